import type { NotifierSettings } from '../domain/profile.ts';
import type { SecretResolver } from '../secrets/index.ts';
import { idempotencyHeader } from './idempotency-key.ts';
import type { Notifier } from './notifier.ts';
import { post } from './post.ts';
import { slackMessage } from './slack-message.ts';

/** A Slack incoming webhook, or any receiver that takes its form (Mattermost, Rocket.Chat, Discord's `/slack`). */
export function createSlackNotifier(
  settings: Extract<NotifierSettings, { kind: 'slack' }>,
  secrets: SecretResolver,
): Notifier {
  const { name, url, timeoutMs } = settings;
  return {
    name,
    async send(notification, signal) {
      const body = JSON.stringify(slackMessage(notification));
      const headers = idempotencyHeader(notification.idempotencyKey);
      await post({ receiver: name, url, headers, body, timeoutMs }, secrets, signal);
    },
  };
}
