import { createHmac } from 'node:crypto';
import type { NotifierSettings } from '../domain/profile.ts';
import type { SecretResolver } from '../secrets/index.ts';
import { idempotencyHeader } from './idempotency-key.ts';
import type { Notification, Notifier } from './notifier.ts';
import { post } from './post.ts';

/** Version of the body's form; it grows when a field changes its meaning or goes. */
export const WEBHOOK_SCHEMA_VERSION = 1;

/**
 * A generic webhook: POST of the notification as JSON with `schemaVersion`. Header `Idempotency-Key` is the same for
 * every attempt. With a signing secret, header `X-Runbook-Signature: sha256=<hex>` is the HMAC SHA-256 of the body.
 */
export function createWebhookNotifier(
  settings: Extract<NotifierSettings, { kind: 'webhook' }>,
  secrets: SecretResolver,
): Notifier {
  const { name, url, signingSecret, timeoutMs } = settings;
  return {
    name,
    async send(notification, signal) {
      const body = webhookBody(notification);
      const key = signingSecret ? await secrets.resolve(signingSecret, signal) : undefined;
      const headers = {
        ...idempotencyHeader(notification.idempotencyKey),
        ...(key === undefined ? {} : { 'x-runbook-signature': signatureOf(body, key) }),
      };
      await post({ receiver: name, url, headers, body, timeoutMs }, secrets, signal);
    },
  };
}

/** The body of a webhook message. */
export function webhookBody(notification: Notification): string {
  return JSON.stringify({ schemaVersion: WEBHOOK_SCHEMA_VERSION, ...notification });
}

/** `sha256=` and the HMAC SHA-256 of a body in hexadecimal digits. */
export function signatureOf(body: string, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`;
}
