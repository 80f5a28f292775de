import type { LiveSince } from '../domain/need/signals.ts';
import type { PreconditionFinding } from '../domain/preconditions/preconditions.ts';
import type { KnownGoodRecord } from '../domain/proof/known-good.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { Finding } from '../domain/versions/findings.ts';
import type {
  ConfigRestored,
  Instance,
  Pin,
  RolloutFinished,
  RolloutStarted,
  SnapshotReference,
} from '../domain/versions/pins.ts';
import type { Plan } from '../domain/versions/plan.ts';
import type { TargetWish } from '../domain/versions/targets.ts';
import type { LiveVersion, ObservedService } from '../domain/versions/versions.ts';

/** What a target method may use of its caller. Targets know no Temporal. */
export interface TargetContext {
  /** Which step of which run asks, the same for every attempt: noted on locks and in the audit log. */
  readonly key?: string;
  /**
   * Aborted when the step is cancelled; every request and wait ends on it within a second. A change that was begun is
   * finished first, within its own time-outs: what is seen afterwards is what stays.
   */
  readonly signal: AbortSignal;
  /** The cluster that the run is about: a worker that has another one by now refuses (`ClusterChanged`). */
  readonly cluster?: NamedCluster | undefined;
}

/** What check-access found. Problems are thrown as `RunbookError`; this is the good case. */
export interface AccessReport {
  /** One line for people: `may get, list, watch, patch; references present: configmap/app-config`. */
  readonly summary: string;
  readonly warnings: readonly string[];
}

/** How the wait reports and resumes. `Resume` is what the last report said, from an earlier worker. */
export interface RolloutProgress {
  /** `2 of 3 replicas updated`. */
  readonly message: string;
  /** When this wait first began, so that a restart does not renew the deadline. */
  readonly waitingSince: string;
  /** When progress was last seen: the own progress-deadline clock. */
  readonly progressAt: string;
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly old: number;
  /** Restarts that containers had before the wait began, by their IDs; in Kubernetes by pod and name. */
  readonly restarts?: Readonly<Record<string, number>>;
  /** Kubernetes: since when a state with a deadline of its own stands, by container and state. */
  readonly troubledSince?: Readonly<Record<string, string>>;
  /** Kubernetes: since when the controller is seen to wait for a pod of another version, by its uid. */
  readonly blockedSince?: Readonly<Record<string, string>>;
  /** Kubernetes: pods that were replaced because the controller waited for them, by their uids, each with why. */
  readonly replaced?: Readonly<Record<string, string>>;
}

/** A plan that is exact, with what it changes. */
export interface ResolvedPlan {
  readonly plan: Plan;
  readonly diff: string;
  /** Settings of config beside the template that change, a line each, secrets masked. */
  readonly settings?: readonly string[];
  /** Critical rules that the config which will be live does not keep, the gravest first. None: it keeps them all. */
  readonly findings?: readonly Finding[];
}

/** An image that a plan will run. */
export interface PlannedImage {
  readonly container: string;
  /** The reference as it will be written, with the digest where the pin knows it. */
  readonly image: string;
  /** Whether it is asked of its registry for every start, where it is missing, or never. */
  readonly pull: 'always' | 'if-missing' | 'never';
}

/** The last change of a workload. */
export interface LastChange {
  readonly who: string;
  readonly ours: boolean;
}

/** The logins with which an image is pulled, as far as they could be read. Holds secrets: never logged, kept, or put into an error. */
export interface PullLogins {
  readonly logins: readonly {
    readonly server: string;
    readonly username: string;
    readonly password: string;
  }[];
  /** What may hold more of them and was not read, in words without secrets, and what helps. */
  readonly unread: readonly { readonly says: string; readonly remedy?: string }[];
}

/**
 * What is rolled back: a Kubernetes Deployment or a Docker Compose service. One object per service profile,
 * kept by the worker; every method may be called again after a crash in the middle of itself.
 *
 * Errors are `RunbookError`s of the catalogue; anything else is a bug.
 */
export interface RollbackTarget {
  readonly kind: 'kubernetes' | 'compose';
  /** For people: `deployment/master-orchestrator in namespace phoenix-orch`. */
  readonly workload: string;

  /** Which cluster it is in, fixed by name when that is first asked; none of a Compose service. Connects to nothing. */
  cluster(): Promise<NamedCluster | undefined>;

  /**
   * What can be found wrong before the first run: kubeconfig, and the files and programs that it names. Connects to nothing.
   * @throws RunbookError `InvalidConfig`, which names the field.
   */
  prepare(): Promise<void>;

  /**
   * Proves before anything is changed that the rollback can be carried out: permissions, a workload that is not
   * paused, a history, and everything that the chosen template refers to.
   */
  checkAccess(wish: TargetWish, context: TargetContext): Promise<AccessReport>;

  /** Reads what runs, what the history has and what evidence is recorded. Changes nothing. */
  observe(context: TargetContext): Promise<ObservedService>;

  /**
   * Makes the pin exact where the observation alone could not (the digest behind a tag, the files to be replaced), and
   * shows the change: a unified diff, secret values masked, capped, empty when nothing changes. Changes nothing.
   */
  resolve(plan: Plan, context: TargetContext): Promise<ResolvedPlan>;

  /** Makes sure that what is live now is kept somewhere beside the service, and says where. */
  takeSnapshot(live: LiveVersion, context: TargetContext): Promise<SnapshotReference>;

  /**
   * Writes config where it stands, for a pin that says so (`writesInPlace`): before `rollBack`, which takes it back where its
   * own write is refused.
   */
  restoreConfig(pin: Pin, context: TargetContext): Promise<ConfigRestored>;

  /** The one change: compare-and-set to the pin. An unknown outcome is read and compared, never repeated blind. */
  rollBack(pin: Pin, context: TargetContext): Promise<RolloutStarted>;

  /**
   * Waits until the rollout of exactly this generation and fingerprint is complete and every instance is of it.
   * A target that has replaced the only instance restores what was there before it reports a failed start.
   * @param report called on every change; the caller records it as heartbeat.
   * @param resume the last report of an earlier attempt.
   */
  waitForRollout(
    rollout: RolloutStarted,
    context: TargetContext,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ): Promise<RolloutFinished>;

  /** The state that a wait without a change waits for: what is live now. For `verify` and for "already there". */
  current(context: TargetContext): Promise<RolloutStarted>;

  /**
   * Who changed what is live last, as far as the target can tell, for people: `field manager "argocd-controller" at …`.
   * `ours` when it was a run of this runbook.
   */
  lastChangedBy(context: TargetContext): Promise<LastChange>;

  /**
   * Since when the current version is live: when its last rollout began, and so could first have an effect. Restarts, scaling,
   * replaced pods and containers, and what stands beside the version are no deploys. Changes nothing.
   * @returns nothing where it cannot be told, or where nothing of it runs.
   */
  liveSince(context: TargetContext): Promise<LiveSince | undefined>;

  /** Every image that the pods of a plan will run; without it, it is the one that the plan names. Changes nothing. */
  images?(plan: Plan, context: TargetContext): Promise<readonly PlannedImage[]>;

  /** The running pods of the live template, or the running containers. */
  instances(context: TargetContext): Promise<readonly Instance[]>;

  /** Keeps the evidence beside the service, where it outlives workflow histories; the newest record of a fingerprint replaces the older one. */
  recordKnownGood(
    record: KnownGoodRecord,
    context: TargetContext,
  ): Promise<{
    readonly keptIn: string;
    /** What could not be recorded with it, a line each. */
    readonly warnings?: readonly string[];
  }>;

  /**
   * What only the target can tell of whether a rollback may go ahead (runbook 2), a finding for each that it can tell anything
   * of; none of a plan that changes nothing. Reads nothing before it is called, and changes nothing; what it may not read
   * is `unknown`, never an error.
   * @param known `platforms`: what the pinned image is for, as `linux/amd64`; told by its registry. `hasChanged`: the run that asks
   * has changed the workload before, so that a rollout of this runbook that is under way may be its own.
   */
  preconditions?(
    plan: Plan,
    context: TargetContext,
    known?: { readonly platforms?: readonly string[]; readonly hasChanged?: true },
  ): Promise<readonly PreconditionFinding[]>;

  /**
   * The logins with which the plan's image is pulled, as far as the worker may read them: secrets, for the one who asks the
   * registry, never to be logged or kept. What it may not read is named.
   */
  pullCredentials?(plan: Plan, context: TargetContext): Promise<PullLogins>;

  /** Closes connections and watches. */
  close(): Promise<void>;
}
