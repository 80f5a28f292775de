import type { SettingsFrom } from '../schema-parts/settings.ts';
import type { Named, NotifierKind } from './notifier-kind.ts';
import { slack } from './slack/index.ts';
import { webhook } from './webhook/index.ts';

/** Every kind of receiver by its key in an entry of `notify:`: a folder and a line. */
export const NOTIFIER_KINDS = { slack, webhook } satisfies Readonly<Record<string, NotifierKind>>;

export type NotifierId = keyof typeof NOTIFIER_KINDS;
/** Every kind, in the order in which they are shown. */
export const NOTIFIER_IDS = Object.keys(NOTIFIER_KINDS) as readonly NotifierId[];

/** What can be set of one kind, with every default filled in. */
export type SettingsOf<N extends NotifierId> = SettingsFrom<(typeof NOTIFIER_KINDS)[N]['settings']>;

/** One receiver of a profile. */
export type NotifierSettings = {
  [N in NotifierId]: { readonly kind: N } & Named<SettingsOf<N>>;
}[NotifierId];
