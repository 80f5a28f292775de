import type { Trigger } from '../need/need-policy.ts';
import type { CheckId } from '../proof/checks.ts';
import type { NamedCluster } from '../versions/cluster.ts';
import type { TargetWish } from '../versions/targets.ts';
import type { Membership, ResolvedGroup } from './group.ts';
import type { RunPolicy, Severity } from './policy.ts';
import type { SearchAttribute } from './search-attributes.ts';
import type { Refusal } from './start.ts';

/**
 * What starts a run, from the Temporal UI, the CLI, an alert or another service. One JSON object in which
 * everything may be missing. It names a service and a wish; it never carries a URL or a secret, so whoever may
 * start a workflow cannot point our credentials elsewhere.
 */
export interface RollbackRequest {
  /** Name of a service profile; may be missing when exactly one is configured. */
  readonly service?: string;
  /** Must agree with the profile's environment when given: a guard against the wrong cluster. */
  readonly environment?: string;
  /** `known-good` (default), `previous`, a version, `revision:6`, `sha256:…`, `id:…`. */
  readonly target?: string;
  readonly reason?: string;
  /** Incident id, for example `INC-1234`. */
  readonly incident?: string;
  readonly requestedBy?: string;
  /** Runbook 7.2: what was seen. */
  readonly symptoms?: readonly string[];
  /** Runbook 7.2: what was tried before. */
  readonly mitigationsTried?: readonly string[];
  /** Stop after the plan. */
  readonly dryRun?: boolean;
  /** Goes to a target that is refused otherwise (`ForceRequired`); takes a reason. */
  readonly force?: boolean;
  readonly severity?: Severity;
  /** Why the run may go on without the approval that the profile requires; counts for the severities that it names. */
  readonly breakGlass?: string;
  /** What to do when the target is being rolled back already: end, or hand over what this request knows and end well. */
  readonly ifRunning?: 'refuse' | 'join';
  /** Who or what starts the run; a person, when it is not said. What is done about a need that is not warranted depends on it. */
  readonly trigger?: Trigger;
  /** Only in a run that the run of a group has started. */
  readonly member?: Membership;
}

/** Starts the verification of what is running, after a deploy. */
export interface VerifyRequest {
  readonly service?: string;
  readonly environment?: string;
  readonly reason?: string;
  readonly requestedBy?: string;
  /** Checks whose failure is accepted: the version is recorded as known-good all the same, and the record says so. */
  readonly accept?: readonly CheckId[];
}

/** The request after validation, joined with what the workflow must know of the profile. No URL, no secret. */
export interface ResolvedRun {
  readonly service: string;
  readonly environment: string;
  readonly workload: string;
  /** Which cluster is meant, by the worker that resolved the request. Runs of before that was noted have none. */
  readonly cluster?: NamedCluster;
  readonly wish: TargetWish;
  readonly reason: string;
  readonly incident: string;
  readonly requestedBy: string;
  readonly symptoms: readonly string[];
  readonly mitigationsTried: readonly string[];
  readonly dryRun: boolean;
  readonly force?: boolean;
  readonly accept: readonly CheckId[];
  /** Checks that the profile enables, and of these the ones whose verdict counts. */
  readonly checks: readonly CheckId[];
  readonly required: readonly CheckId[];
  /** Names of the configured notifiers, for example `slack`. */
  readonly notifiers: readonly string[];
  /** SHA-256 of the profile, first 12 digits: tells which configuration a run used. */
  readonly profile: string;
  /** Whether the Temporal namespace has the runbook's search attributes. */
  readonly searchAttributes: boolean;
  /** Of these the ones that it has with another type: they are not written. */
  readonly unindexed?: readonly SearchAttribute[];
  readonly severity?: Severity;
  readonly breakGlass?: string;
  readonly ifRunning?: 'refuse' | 'join';
  readonly trigger?: Trigger;
  /**
   * The schema of the evidence that the run records. Runs that were begun before there was a second one have none: they
   * keep no record of what failed.
   */
  readonly evidenceSchema?: 2;
  /** Why the run ends before anything is looked at. */
  readonly refusal?: Refusal;
  /** The group that the run goes through; `service` is its name then. */
  readonly group?: ResolvedGroup;
  /** The group that the run is a member of. */
  readonly member?: Membership;
  /** How the run behaves beside its steps. Runs of before 0.2 have none: they ask nobody, lock nothing and watch nothing. */
  readonly policy?: RunPolicy;
}
