import type { PreconditionId } from '../domain/preconditions/preconditions.ts';
import type { SettingsFrom } from '../schema-parts/settings.ts';
import { command } from './command/index.ts';
import { freeze } from './freeze/index.ts';
import { image } from './image/index.ts';
import { autoscaler, conflictingController, disruptionBudget, platform, quota } from './of-target.ts';
import type { PreconditionKind } from './precondition-kind.ts';
import { reachable } from './reachable/index.ts';

/**
 * Every precondition: a folder, or a line in of-target.ts, and a line here. How people read it and how it counts is its row of
 * `domain/preconditions/preconditions.ts`. A row without a line does not compile, nor does a line without a row.
 */
export const PRECONDITION_KINDS = {
  freeze,
  command,
  image,
  platform,
  quota,
  'disruption-budget': disruptionBudget,
  autoscaler,
  'conflicting-controller': conflictingController,
  reachable,
} satisfies { readonly [P in PreconditionId]: PreconditionKind<P> };

/** What can be set of one precondition, with every default filled in. */
export type SettingsOf<P extends PreconditionId> = SettingsFrom<(typeof PRECONDITION_KINDS)[P]['settings']>;

/** The preconditions that a service has switched on. */
export type PreconditionSettings = { readonly [P in PreconditionId]?: SettingsOf<P> };
