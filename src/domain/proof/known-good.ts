import type { Instant, Json } from '../json.ts';
import type { WorkloadKindName } from '../workload-kind.ts';
import type { CheckId } from './checks.ts';
import type { KnownConfig } from './known-config.ts';
import type { Verdict, WholeVerdict } from './verdict.ts';

/** What a check found when the evidence was recorded. */
export interface CheckEvidence {
  readonly verdict: Verdict;
  readonly summary: string;
  readonly values: { readonly [name: string]: Json };
}

/** Whose evidence it is. `cluster` is the address of the API server as the worker reached it: for people, never compared. */
export interface WorkloadIdentity {
  readonly kind: Lowercase<WorkloadKindName> | 'compose';
  readonly namespace: string;
  readonly name: string;
  readonly cluster?: string;
}

/**
 * The recorded proof for one version, or of its failure. It is kept beside the service, where it outlives the retention of
 * workflow histories. A record is evidence even when a check failed: of a version that was known-good all the same
 * (a check that was accepted or not required), that check proves nothing against a later rollback to it (service
 * contract, 4.7).
 */
export interface KnownGoodRecord {
  /** 2 since records say what was required; the first ones have no number. */
  readonly schema?: 2;
  /** The version id (see `VersionCandidate.id`). */
  readonly id?: string;
  readonly workload?: WorkloadIdentity;
  /** Checks whose verdict counted; and of these the ones that did not after all, and why. */
  readonly required?: readonly CheckId[];
  /** Somebody has said beforehand that their failure is accepted. */
  readonly accepted?: readonly CheckId[];
  /** Left out in the middle of the run, by a decision. */
  readonly waived?: readonly CheckId[];
  /** Failed as they had on the known-good version. */
  readonly excused?: readonly CheckId[];
  /** There was nothing to look at, and nothing was expected. */
  readonly notApplicable?: readonly CheckId[];
  /** HMAC over the record, where the profile has a key for it. */
  readonly signature?: string;
  /** What was running: the template's fingerprint (see `VersionCandidate.fingerprint`). */
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  /** The image ID that the pods reported, when they all agreed. */
  readonly imageId?: string;
  /** The image IDs of all containers of the template, by container, where the pods agreed. */
  readonly imageIds?: Readonly<Record<string, string>>;
  /** Kubernetes: the ConfigMaps and Secrets that it was proved with; only what is known. */
  readonly config?: readonly KnownConfig[];
  /** When the version was first seen: it is as old when the workload's history has lost it, and when it is released again. */
  readonly firstSeenAt?: Instant;
  /** The verdict over the checks that the profile requires. Only `passed` makes a version known-good. */
  readonly verdict: WholeVerdict;
  readonly at: Instant;
  /** Which workflow proved it, and its ids, for the audit. */
  readonly provedBy: 'verify' | 'rollback';
  readonly workflowId: string;
  readonly runId: string;
  readonly checks: Partial<Record<CheckId, CheckEvidence>>;
  /** With a failure that no check has found: what failed, `the rollout: ImagePullBackOff …`. */
  readonly failed?: string;
}
