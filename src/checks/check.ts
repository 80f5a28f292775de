import type { Json } from '../domain/json.ts';
import type { CheckId, OwnPlans } from '../domain/proof/checks.ts';
import type { CheckEvidence } from '../domain/proof/known-good.ts';
import type { Verdict } from '../domain/proof/verdict.ts';
import type { Instance } from '../domain/versions/pins.ts';

/** What one probe of the service found. */
export interface ProbeResult {
  readonly verdict: Verdict;
  /** One line, no secrets, at most 200 characters. */
  readonly observed: string;
  /** Values for the evidence and the baseline. */
  readonly values?: { readonly [name: string]: Json };
  /** True when nobody answered at all; only of a check behind which nothing is tried then. */
  readonly unreached?: boolean;
  /** True when another probe cannot change the verdict (wrong token, wrong port): the check ends at once. */
  readonly final?: boolean;
  /** Nothing but our own failed messages has moved what was looked at. */
  readonly onlyOurs?: boolean;
  /** The service asked to be left alone for this long, in milliseconds (429, 503, `Retry-After`). */
  readonly retryAfterMs?: number;
  /** The next probe begins no earlier than this long after the begin of this one, in milliseconds. */
  readonly restMs?: number;
  /** The probe sent a message that reached the service, or may have, and this is what the message accounts for. */
  readonly sent?: OwnPlans;
}

/** A message without an answer: how its plan ended is the matter of the check that sent it, so it counts as failed. */
export const UNANSWERED: OwnPlans = { started: 1, failed: 1 };

/** What a check is given for each probe. */
export interface ProbeContext {
  readonly signal: AbortSignal;
  /** Number of this probe, from 1. */
  readonly number: number;
  /** The check that probes, for nonces and correlation ids: the step's key and the instant the check began. */
  readonly key: string;
  /** What the same check found on the target version when its evidence was recorded. */
  readonly baseline?: CheckEvidence;
  /** What our own smoke messages account for in the metrics. */
  readonly ownPlans?: OwnPlans;
  /** Somebody has said that the version may differ from the baseline: a difference is shown, and is no failure. */
  readonly differenceAccepted?: boolean;
  /** Messages of this check that reached the service, or may have; those before a restart included. */
  readonly messages: number;
  /** True for a check that goes on after a restart: what it had learned from its good probes is gone. */
  readonly resumed: boolean;
  /** The running instances; empty when the target could not name them, or the check needs none. */
  readonly instances: readonly Instance[];
}

/** One area of runbook 6, as one probe that can be repeated. Checks know no Temporal. */
export interface Check<Id extends CheckId = CheckId> {
  readonly id: Id;
  /** True when the probes ask the instances one by one. */
  readonly needsInstances?: boolean;
  /** True when a probe may send a message that the service keeps. */
  readonly sendsMessages?: boolean;
  probe(context: ProbeContext): Promise<ProbeResult>;
}
