import { notifierKind } from '../notifier-kind.ts';
import { createWebhookNotifier } from './send.ts';
import { webhookSettings } from './settings.ts';

/**
 * A generic webhook: POST of the notification as JSON with `schemaVersion`. Header `Idempotency-Key` is the same for
 * every attempt. With a signing secret, header `X-Runbook-Signature: sha256=<hex>` is the HMAC SHA-256 of the body.
 */
export const webhook = notifierKind({
  settings: webhookSettings,
  describedAs: 'A receiver of the notification as JSON.',
  create: createWebhookNotifier,
});
