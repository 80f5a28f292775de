import type { CheckId } from './checks.ts';
import type { Instant, Json } from './json.ts';
import type { Verdict } from './verdict.ts';

/** What a check found when the evidence was recorded. */
export interface CheckEvidence {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly values: { readonly [name: string]: Json };
}

/**
 * The recorded proof for one version. It is kept beside the service, where it outlives the retention of
 * workflow histories. A record is evidence even when a check failed: of a version that was known-good all the same
 * (a check that was accepted or not required), that check proves nothing against a later rollback to it (service
 * contract, 4.7).
 */
export interface KnownGoodRecord {
  /** What was running: the template's fingerprint (see `VersionCandidate.fingerprint`). */
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  /** The image ID that the pods reported, when they all agreed. */
  readonly imageId?: string;
  /** The verdict over the checks that the profile requires. Only `passed` makes a version known-good. */
  readonly verdict: Verdict;
  readonly at: Instant;
  /** Which workflow proved it, and its ids, for the audit. */
  readonly provedBy: 'verify' | 'rollback';
  readonly workflowId: string;
  readonly runId: string;
  readonly checks: Partial<Record<CheckId, CheckEvidence>>;
  /** With a failure that no check has found: what failed, `the rollout: ImagePullBackOff …`. */
  readonly failed?: string;
}
