import type { SecretResolver } from '../../secrets/index.ts';
import { idempotencyHeader } from '../idempotency-key.ts';
import type { Notifier } from '../notifier.ts';
import type { Named } from '../notifier-kind.ts';
import { post } from '../post.ts';
import { slackMessage } from './message.ts';
import type { SlackSettings } from './settings.ts';

/** A receiver of one address. */
export function createSlackNotifier(
  { name, url, timeoutMs }: Named<SlackSettings>,
  secrets: SecretResolver,
): Notifier {
  return {
    name,
    async send(notification, signal) {
      const body = JSON.stringify(slackMessage(notification));
      const headers = idempotencyHeader(notification.idempotencyKey);
      await post({ receiver: name, url, headers, body, timeoutMs }, secrets, signal);
    },
  };
}
