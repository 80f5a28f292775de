import type { CheckId } from '../domain/proof/checks.ts';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import { agents } from './agents/index.ts';
import { chat } from './chat/index.ts';
import type { CheckKind } from './check-kind.ts';
import { health } from './health/index.ts';
import { metrics } from './metrics/index.ts';

/**
 * Every check: a folder and a line. How it stands among the others (order, what stops the rest, whom it asks) is its row
 * of `domain/proof/checks.ts`, because workflows read that: their bundle holds no zod, no network and nothing of this room. A
 * row without a line here does not compile, nor does a line without a row.
 */
export const CHECK_KINDS = { health, chat, agents, metrics } satisfies {
  readonly [C in CheckId]: CheckKind<C>;
};

/** What can be set of one check, with every default filled in. */
export type SettingsOf<C extends CheckId> = SettingsFrom<(typeof CHECK_KINDS)[C]['settings']>;

/** The checks that a service has switched on. */
export type CheckSettings = { readonly [C in CheckId]?: SettingsOf<C> };
