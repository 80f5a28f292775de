import type { Instant, Json } from './json.ts';
import type { Verdict } from './verdict.ts';

/** The areas of runbook section 6 that a check can prove well. */
export const CHECK_IDS = ['health', 'chat', 'agents', 'metrics'] as const;
export type CheckId = (typeof CHECK_IDS)[number];

/** One look at the service, kept as evidence. */
export interface Sample {
  readonly at: Instant;
  readonly verdict: Verdict;
  /** One line that says what was seen, without secrets, at most 200 characters. */
  readonly saw: string;
  /** How long the look took, in milliseconds. */
  readonly ms: number;
}

/**
 * Plans that our own smoke messages started in the service, and how many of them it counted as failed: its metrics
 * hold them as well (service contract, section 1.5, trap 6).
 */
export interface OwnPlans {
  readonly started: number;
  readonly failed: number;
}

/** What one check found, over all of its samples. */
export interface CheckResult {
  readonly check: CheckId;
  readonly verdict: Verdict;
  /** One line for people, for example `3 of 3 good: status ok, openrouter / claude`. */
  readonly summary: string;
  /** Samples taken, and how many good ones in a row were needed and reached at the end. */
  readonly samples: number;
  readonly needed: number;
  readonly inARow: number;
  /** Values worth keeping as a baseline: provider, model, agent states, counters. Small, without secrets. */
  readonly values: { readonly [name: string]: Json };
  /** The last samples and the first that was not good, capped at {@link EVIDENCE_SAMPLES}. */
  readonly evidence: readonly Sample[];
  /** Only for a check that sent messages: what they set going. */
  readonly ownPlans?: OwnPlans;
  /** True when the same check had failed on the known-good version too: no proof against the rollback. */
  readonly failedBefore?: boolean;
}

/** How many samples of a check are kept as evidence. */
export const EVIDENCE_SAMPLES = 5;
