import { notifierKind } from '../notifier-kind.ts';
import { createSlackNotifier } from './send.ts';
import { slackSettings } from './settings.ts';

/** A Slack incoming webhook, or any receiver that takes its form (Mattermost, Rocket.Chat, Discord's `/slack`). */
export const slack = notifierKind({
  settings: slackSettings,
  describedAs: 'A Slack incoming webhook, or a receiver that takes its form.',
  create: createSlackNotifier,
});
