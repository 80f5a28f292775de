import type { RollbackRequest } from './request.ts';

/** What becomes of members that are changed already when another one fails for good. */
export const ON_FAILURE = ['restore', 'keep', 'fall-back'] as const;
export type OnFailure = (typeof ON_FAILURE)[number];

/** Whether the members of a group are changed one after the other, as they are listed, or all at once. */
export const GROUP_ORDERS = ['sequential', 'parallel'] as const;
export type GroupOrder = (typeof GROUP_ORDERS)[number];

/**
 * What starts a run for a group of services: the same as for one service, and the name of the group instead of that of
 * the service.
 */
export interface GroupRequest extends Omit<RollbackRequest, 'service' | 'member' | 'trigger'> {
  /** Name of a group of runbook.yaml; may be missing when exactly one is configured. */
  readonly group?: string;
  /** Other targets for single members, by the names of their services. */
  readonly targets?: Readonly<Record<string, string>>;
}

/** That a run is one of a group's. Only the run of the group itself starts such a run. */
export interface Membership {
  /** Name of the group. */
  readonly group: string;
  readonly onFailure: OnFailure;
  /** How long the run waits for a word of the group before it does what is safe, in ms. */
  readonly waitMs: number;
}

/** A group as its run goes through it. */
export interface ResolvedGroup {
  /** In the order in which they are changed. */
  readonly members: readonly ResolvedMember[];
  readonly order: GroupOrder;
  readonly onFailure: OnFailure;
  /** With `fall-back`: how many times the group may fall back. */
  readonly fallBacks: number;
  /** The longest that the group's run and each of its members wait for each other, in ms. */
  readonly waitMs: number;
}

export interface ResolvedMember {
  readonly service: string;
  /** As the request has it: `known-good`, `0.1.0`, … */
  readonly target: string;
}
