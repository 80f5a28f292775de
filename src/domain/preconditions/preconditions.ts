import type { Consequence } from '../versions/findings.ts';

/** Runbook 2: what has to hold before a rollback, in the order in which people read it. */
export const PRECONDITION_IDS = [
  'freeze',
  'command',
  'image',
  'platform',
  'quota',
  'disruption-budget',
  'autoscaler',
  'conflicting-controller',
  'reachable',
] as const;
export type PreconditionId = (typeof PRECONDITION_IDS)[number];

/** How a precondition counts, by the profile. */
export interface PreconditionRule {
  /** What follows when it does not hold. */
  readonly on: Consequence;
  /** What follows when it cannot be told: `open` tells it, `closed` takes it for one that does not hold. */
  readonly unknown: 'open' | 'closed';
}

/** What was found of one precondition. */
export interface PreconditionFinding {
  readonly id: PreconditionId;
  readonly state: 'met' | 'not-met' | 'unknown';
  /** What was looked at and what is so, for people, without addresses and secrets. */
  readonly says: string;
  /** What helps, as a command where there is one. */
  readonly remedy?: string;
}

/** The same, weighed by its rule: what follows is `undefined` where it holds. */
export interface WeighedPrecondition extends PreconditionFinding {
  readonly follows?: Consequence;
}
