import { createHmac } from 'node:crypto';
import { sentence, visibleJson } from '../../domain/media/visible.ts';
import type { Notification } from '../notifier.ts';

/** Version of the body's form; it grows when a field changes its meaning or goes. */
export const WEBHOOK_SCHEMA_VERSION = 1;

/** The body of a webhook message. What people read of it is one line each; ids are what they are. */
export function webhookBody(notification: Notification): string {
  const { headline, lines } = notification;
  const shown = { headline: sentence(headline), lines: lines.map(sentence) };
  return visibleJson({ schemaVersion: WEBHOOK_SCHEMA_VERSION, ...notification, ...shown });
}

/** `sha256=` and the HMAC SHA-256 of a body in hexadecimal digits. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
