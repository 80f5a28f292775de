import { section } from '../../schema-parts/parts.ts';
import type { SettingsFrom } from '../../schema-parts/settings.ts';
import { inMilliseconds, receiverKeys } from '../receiver-settings.ts';

export const slackSettings = section(receiverKeys()).transform(inMilliseconds);

/** What can be set of a Slack receiver. */
export type SlackSettings = SettingsFrom<typeof slackSettings>;
