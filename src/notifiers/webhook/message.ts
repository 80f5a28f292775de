import { createHmac } from 'node:crypto';
import type { Notification } from '../notifier.ts';

/** Version of the body's form; it grows when a field changes its meaning or goes. */
export const WEBHOOK_SCHEMA_VERSION = 1;

/** The body of a webhook message. */
export function webhookBody(notification: Notification): string {
  return JSON.stringify({ schemaVersion: WEBHOOK_SCHEMA_VERSION, ...notification });
}

/** `sha256=` and the HMAC SHA-256 of a body in hexadecimal digits. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
