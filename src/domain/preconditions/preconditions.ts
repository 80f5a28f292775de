import type { Consequence } from '../consequence.ts';

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

/** The rules of the preconditions that a profile has switched on. */
export type PreconditionRules = { readonly [P in PreconditionId]?: PreconditionRule };

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
  /** Why it goes on although the rule says otherwise: `forced`, `break-glass: <reason>`. */
  readonly overridden?: string;
}

/** A row of the catalogue: how people read it, and how it counts where the profile says nothing else. */
export interface PreconditionRow extends PreconditionRule {
  readonly title: string;
  /** The line of the runbook. */
  readonly runbook: string;
}

/**
 * Every precondition. What certainly makes the rollback fail, or does harm, blocks; what a rollback can live with is told. A
 * question that could not be answered is told and does not block, but for the one that a team has written itself
 * (decision 31).
 */
export const PRECONDITIONS: Readonly<Record<PreconditionId, PreconditionRow>> = {
  freeze: { title: 'change freeze', runbook: '2', on: 'warn', unknown: 'open' },
  command: { title: 'schema gate', runbook: '2', on: 'block', unknown: 'closed' },
  image: { title: 'image', runbook: '2', on: 'block', unknown: 'open' },
  platform: { title: 'platform', runbook: '2', on: 'block', unknown: 'open' },
  quota: { title: 'quota', runbook: '2', on: 'warn', unknown: 'open' },
  'disruption-budget': { title: 'disruption budget', runbook: '2', on: 'warn', unknown: 'open' },
  autoscaler: { title: 'autoscaler', runbook: '2', on: 'warn', unknown: 'open' },
  'conflicting-controller': { title: 'conflicting controller', runbook: '2', on: 'warn', unknown: 'open' },
  reachable: { title: 'reachable', runbook: '2', on: 'warn', unknown: 'open' },
};
