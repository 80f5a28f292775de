import type { NotifierSettings } from '../domain/profile.ts';
import type { SecretResolver } from '../secrets/index.ts';
import type { Notifier } from './notifier.ts';
import { createSlackNotifier } from './slack.ts';
import { createWebhookNotifier } from './webhook.ts';

/** The receivers of a profile. Addresses are read when a message is sent. */
export function createNotifiers(
  settings: readonly NotifierSettings[],
  secrets: SecretResolver,
): readonly Notifier[] {
  return settings.map((receiver) =>
    receiver.kind === 'slack'
      ? createSlackNotifier(receiver, secrets)
      : createWebhookNotifier(receiver, secrets),
  );
}
