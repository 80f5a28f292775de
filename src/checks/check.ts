import type { CheckId, OwnPlans, Sample } from '../domain/checks.ts';
import type { Instant, Json } from '../domain/json.ts';
import type { CheckEvidence } from '../domain/known-good.ts';
import type { Instance } from '../domain/pins.ts';
import type { Verdict } from '../domain/verdict.ts';

/** What one look at the service found. */
export interface Look {
  readonly verdict: Verdict;
  /** One line, no secrets, at most 200 characters. */
  readonly saw: string;
  /** Values for the evidence and the baseline. */
  readonly values?: { readonly [name: string]: Json };
  /** True when looking again cannot change the verdict (wrong token, wrong port): the check ends at once. */
  readonly final?: boolean;
  /** The service asked to be left alone for this long, in milliseconds (429, 503, `Retry-After`). */
  readonly retryAfterMs?: number;
  /** The next look begins no earlier than this long after the begin of this one, in milliseconds. */
  readonly restMs?: number;
  /** The look sent a message that reached the service, or may have, and this is what the message accounts for. */
  readonly sent?: OwnPlans;
}

/** A message without an answer: how its plan ended is the matter of the check that sent it, so it counts as failed. */
export const UNANSWERED: OwnPlans = { started: 1, failed: 1 };

/** What a check is given for each look. */
export interface LookContext {
  readonly signal: AbortSignal;
  /** Number of this look, from 1. */
  readonly number: number;
  /** The check that looks, for nonces and correlation ids: the step's key and the instant the check began. */
  readonly key: string;
  /** What the same check found on the target version when its evidence was recorded. */
  readonly baseline?: CheckEvidence;
  /** What our own smoke messages account for in the metrics. */
  readonly ownPlans?: OwnPlans;
  /** Messages of this check that reached the service, or may have; those before a restart included. */
  readonly messages: number;
  /** True for a check that goes on after a restart: what it had learned from its good looks is gone. */
  readonly resumed: boolean;
  /** The running instances; empty when the target could not name them, or the check needs none. */
  readonly instances: readonly Instance[];
}

/** One area of runbook 6, as one look that can be repeated. Checks know no Temporal. */
export interface Check {
  readonly id: CheckId;
  /** True when the looks ask the instances one by one. */
  readonly needsInstances?: boolean;
  /** True when a look may send a message that the service keeps. */
  readonly sendsMessages?: boolean;
  look(context: LookContext): Promise<Look>;
}

/** What a restarted check knows of its earlier attempt. */
export interface CheckProgress {
  readonly startedAt: Instant;
  /** When this was reported, and how long nobody had looked by then because a worker was down. */
  readonly at?: Instant;
  readonly downMs?: number;
  /** Looks begun. */
  readonly looks: number;
  readonly inARow: number;
  /** What the last look saw. */
  readonly last: string;
  /** The last look that decided anything, and what is kept as evidence so far. */
  readonly decisive?: DecisiveLook;
  readonly evidence?: readonly Sample[];
  /** True while a look is under way: when it is still so after a restart, nobody knows how that look ended. */
  readonly underWay?: boolean;
  /** Messages that reached the service, or may have, and what they account for. */
  readonly messages?: number;
  readonly ownPlans?: OwnPlans;
}

/** A look that said passed or failed. */
export interface DecisiveLook {
  readonly verdict: Exclude<Verdict, 'inconclusive'>;
  readonly saw: string;
  readonly values: { readonly [name: string]: Json };
}
