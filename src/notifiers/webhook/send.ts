import type { SecretResolver } from '../../secrets/index.ts';
import { idempotencyHeader } from '../idempotency-key.ts';
import type { Notifier } from '../notifier.ts';
import type { Named } from '../notifier-kind.ts';
import { post } from '../post.ts';
import { signatureOf, webhookBody } from './message.ts';
import type { WebhookSettings } from './settings.ts';

/** A receiver of one address. */
export function createWebhookNotifier(
  { name, url, signingSecret, timeoutMs }: Named<WebhookSettings>,
  secrets: SecretResolver,
): Notifier {
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
