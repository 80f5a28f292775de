/** One row of the error catalogue. docs/errors.md is generated from these rows. */
export interface ErrorEntry {
  /** What happened. */
  readonly meaning: string;
  /** What the operator can do. */
  readonly remedy: string;
  /** False: trying again cannot help, the step ends at once. */
  readonly retryable: boolean;
}

/** Every expected error by its type: the `type` of the `ApplicationFailure` that a workflow or activity fails with. */
export const ERRORS = {
  InvalidRequest: {
    meaning: 'The request that started the run is wrong; the message names each wrong field.',
    remedy: 'Start a new run with the fields mended. Nothing was read or changed.',
    retryable: false,
  },
  StartExpired: {
    meaning:
      'No worker took the run up within `startWithin` of the time that it was due; the message says when that was. Nothing was changed.',
    remedy: 'Start a new run if it is still wanted, and find out why no worker was there.',
    retryable: false,
  },
  StartRefused: {
    meaning:
      'The run was started so that Temporal could end it in the middle or repeat it: with an execution or run timeout that is shorter than it may need, a workflow retry policy, or a cron schedule. Nothing was changed.',
    remedy: 'Start it again without what the message names.',
    retryable: false,
  },
  UnknownWorkflowType: {
    meaning:
      'A workflow was started on the runbook’s task queue with a type that no worker knows. Nothing was read or changed.',
    remedy: 'Start it with the type that the message names, in that spelling.',
    retryable: false,
  },
  InvalidConfig: {
    meaning: 'The runbook.yaml of the worker is wrong; the message names line, column and path.',
    remedy: 'Mend the file and restart the worker; the JSON Schema beside it helps an editor to check it.',
    retryable: false,
  },
  ServiceNotConfigured: {
    meaning:
      'The service of the run is not in the worker’s runbook.yaml any more: it was removed, or renamed, while the run was under way.',
    remedy:
      'Put it back and restart the worker, then answer `retry`; or abort the run and check the service by hand.',
    retryable: false,
  },
  SecretUnavailable: {
    meaning:
      'A secret that the profile refers to (environment variable, file, Kubernetes Secret key) is missing or empty.',
    remedy: 'Provide the secret to the worker; the step tries again by itself.',
    retryable: true,
  },
  AccessDenied: {
    meaning: 'The credentials of the worker lack a permission that the rollback needs; the message names it.',
    remedy:
      'Grant the verb and resource that the message names (deploy/rbac.yaml has the whole Role), then start again.',
    retryable: false,
  },
  WorkloadMissing: {
    meaning: 'The workload that the profile names does not exist.',
    remedy: 'Check the profile: cluster, namespace and name, or folder and service of a Compose project.',
    retryable: false,
  },
  WorkloadMismatch: {
    meaning:
      'The container that runs was started from another Compose project than the profile describes: another project name, folder, files or env files. Nothing was changed.',
    remedy:
      'Set in runbook.yaml what the message names and restart the worker, or bring the service up as the profile says.',
    retryable: false,
  },
  WorkloadPaused: {
    meaning: 'The workload is paused: it would accept the change and never roll it out.',
    remedy: 'kubectl rollout resume deployment/<name>, then start again.',
    retryable: false,
  },
  WorkloadChanged: {
    meaning:
      'Somebody else changed or re-created the workload (or a file of the Compose project) after the plan was made, or while it was verified; nothing was written over it.',
    remedy:
      'Find out what changed (a deploy, or a GitOps tool that reverts), then start a new run, which plans anew.',
    retryable: false,
  },
  WorkloadDeleted: {
    meaning:
      'The workload is being deleted (it has a deletionTimestamp, and a finalizer holds it): a change of it would roll nothing out. Nothing was written.',
    remedy: 'Let the deletion end and create the workload again, or find out who deletes it.',
    retryable: false,
  },
  ClusterChanged: {
    meaning:
      'The worker has another cluster by now than the one that the run was begun on; the message names both by context and address. Nothing was written.',
    remedy:
      'Start the worker with the context that the message names (kubernetes.context fixes it for good), then retry; or start a new run when the other cluster is meant.',
    retryable: false,
  },
  NoHistory: {
    meaning:
      'There is no version to go back to: the history holds the current one alone, or only newer ones.',
    remedy:
      'Ask for a version or digest by name; for the next time raise spec.revisionHistoryLimit, or run `verify` after each deploy.',
    retryable: false,
  },
  TargetNotFound: {
    meaning: 'The version, revision or digest that was asked for is not in the history.',
    remedy: 'Choose one of the versions that the message lists.',
    retryable: false,
  },
  ForceRequired: {
    meaning:
      'The target is one that the runbook does not go to unasked; the message says why. Nothing was changed.',
    remedy: 'Do what the message says, or start again with `force` and a reason when it is meant.',
    retryable: false,
  },
  NotWarranted: {
    meaning:
      'What is measured does not say that the release is the cause (runbook 1), a person was asked whether it is rolled back all the same, and nobody has said so. Nothing was changed.',
    remedy:
      'Read the numbers in the record; start again as a person when it is meant. `need` of the profile says what follows from which verdict.',
    retryable: false,
  },
  SettingsRefused: {
    meaning:
      'The config that would be live after the rollback does not keep a critical rule (runbook 5) which blocks, or of which nobody has said that it goes on all the same; the message names object, key, setting and rule. This plan was not carried out.',
    remedy:
      'Mend the setting and answer retry, choose another target, or start again with `force` and a reason when it is meant; `config.critical` of the profile says what each rule leads to.',
    retryable: false,
  },
  PreconditionFailed: {
    meaning:
      'What has to hold before a rollback (runbook 2) does not: a change freeze, the schema gate, the image in its registry, its platform, quota, or what else `preconditions` of the profile says blocks, or of which nobody has said that it goes on all the same; the message names it. This plan was not carried out.',
    remedy:
      'Do what the message says and answer retry, choose another target, or start again with `force` and a reason when it is meant; a freeze alone goes with `breakGlass` and a severity that the profile names, too. `preconditions` of the profile says what each leads to.',
    retryable: false,
  },
  PinLost: {
    meaning:
      'The pinned ReplicaSet is gone or its template is no longer the pinned one; the config that it refers to is not what was proved any more; or the planned files of a Compose service cannot be made any more.',
    remedy: 'Start a new run, which plans from what is there now.',
    retryable: false,
  },
  ReferenceMissing: {
    meaning:
      'The target needs an object, or a key of one (ConfigMap, Secret, ServiceAccount, claim, class), or a file of a Compose service, that does not exist.',
    remedy: 'Restore what the message names, or choose another target.',
    retryable: false,
  },
  ConfigNotWritable: {
    meaning:
      'With `config.restore: in-place` an object has to be written back that is one of other workloads too (or nobody may look whether it is), that an operator writes anew by itself, that cannot be deleted and created again, or whose content no copy has room for; the message says which. Nothing was changed.',
    remedy:
      'Do what the message says, or accept it in the profile (`config.shared`, `config.managed`); `config.restore: by-reference` writes no object of yours.',
    retryable: false,
  },
  ComposeFileUnsupported: {
    meaning:
      'The compose files name the image of the service in a way that cannot be changed safely; the message says which and where. Nothing was changed.',
    remedy: 'Do what the message says (mostly: give the service an image line of its own), then start again.',
    retryable: false,
  },
  CommandMissing: {
    meaning:
      'A program that the Compose target needs (docker, docker compose) is not on the host of the worker, or is too old.',
    remedy: 'Install what the message names, or correct `command` in the profile.',
    retryable: false,
  },
  ImageMissing: {
    meaning:
      'The image of the target version is neither in the registry nor on the host of the engine. Nothing was changed.',
    remedy: 'Push the image again, or choose another version.',
    retryable: false,
  },
  ImageNotAllowed: {
    meaning:
      'The image is of a repository that is neither that of what runs, nor of the workload’s own history, nor named in `repositories` of the profile. Nothing was changed.',
    remedy: 'Add the repository to `repositories` of the profile if it is meant.',
    retryable: false,
  },
  TargetLocked: {
    meaning: 'Another run, of this host or another one, is changing the same Compose project.',
    remedy: 'None at once: the step tries again by itself. The message names the holder of the lock file.',
    retryable: true,
  },
  FileNotWritten: {
    meaning:
      'A file of the Compose project could not be written (disk full, read-only, not ours). It is as it was before.',
    remedy: 'Make room, or make the file that the message names writable for the worker.',
    retryable: true,
  },
  WriteRejected: {
    meaning: 'The API server, or admission (a webhook or policy, by whatever code), refused the change.',
    remedy: 'Read the reason in the message: a policy, a quota or a webhook stands against the old template.',
    retryable: false,
  },
  RolloutFailed: {
    meaning:
      'The pods or containers of the target version cannot start: image pull error, crash loop, exit, failing healthcheck, or the progress deadline passed without a sign that the cluster alone is to blame. Of a Compose service, what ran before is restored, and the message says so.',
    remedy:
      'Read the pod or container and the reason in the message; the target version itself is broken or its image is gone.',
    retryable: false,
  },
  RolloutTimedOut: {
    meaning:
      'The rollout made no end within the time that the profile allows, or no progress for the progress deadline because of the cluster alone: a registry that limits pulls, no room, a quota. It says nothing of the version.',
    remedy: 'See the pods that the message names: capacity, quota, or probes that never pass.',
    retryable: false,
  },
  RolloutHeld: {
    meaning:
      'All is done that the controllers do by themselves, and some pods are of another version still: the update strategy of the workload (OnDelete, a partition) leaves them to a person, or a pod that is never ready keeps the controller from replacing any and the worker may not delete it. It says nothing of the version.',
    remedy:
      'Do what the message names (delete the pods, or lower the partition), then answer retry: the wait goes on. Or leave it at that: abort.',
    retryable: false,
  },
  VerificationFailed: {
    meaning: 'The rollback was carried out and a required check still fails.',
    remedy: 'Read the evidence of the failed check: the fault is not (only) in the release.',
    retryable: false,
  },
  VerificationInconclusive: {
    meaning: 'The rollback was carried out and a required check could not be decided: no data, or no answer.',
    remedy: 'Check the way to the service (endpoint, credentials, metrics port), then run `runbook verify`.',
    retryable: false,
  },
  Unreachable: {
    meaning:
      'The cluster, the engine, a registry, the service or a receiver did not answer, or answered with a passing error.',
    remedy: 'None at once: the step tries again by itself until its budget is spent.',
    retryable: true,
  },
  NotificationFailed: {
    meaning: 'A receiver refused the message or could not be reached. It never undoes or blocks a rollback.',
    remedy: 'Tell people by hand; check the webhook reference in the profile.',
    retryable: true,
  },
  RecordFailed: {
    meaning: 'The incident record or the known-good evidence could not be written.',
    remedy:
      'Check the folder or the ConfigMap that the message names; `runbook audit` makes the record again from history.',
    retryable: true,
  },
  RollbackInProgress: {
    meaning:
      'Another run is rolling the same target back; the message names its workflow id. This run has changed nothing.',
    remedy:
      'Follow the other run (`runbook status <workflow id>`), or start with `ifRunning: join` to hand over what you know.',
    retryable: false,
  },
  TargetBlocked: {
    meaning:
      'The workflow id that locks the target (`claim/…`) is taken by a workflow that is no run of this runbook; the message names it. Nothing was changed.',
    remedy: 'Find out who started it, end it with the command that the message has, then start again.',
    retryable: false,
  },
  ClaimLost: {
    meaning:
      'The run was reset to a point behind the lock that it took on its target, and the lock went with the run that was reset. Nothing was written.',
    remedy:
      'None at once: the run takes the lock again by itself, and ends with RollbackInProgress when another run holds it.',
    retryable: false,
  },
  GroupFailed: {
    meaning:
      'The run is a member of a group, and the group could not be completed: another member failed, or its plan was refused. The message says what; nothing was changed, or what was changed was taken back.',
    remedy: 'Read the record of the group’s run, which has every member.',
    retryable: false,
  },
  ApprovalRejected: {
    meaning:
      'The plan needed approval and somebody refused it; the message says who and why. Nothing of it was carried out.',
    remedy: 'Start a new run with what was asked for.',
    retryable: false,
  },
  ApprovalExpired: {
    meaning: 'The plan needed approval and did not get enough in time. Nothing of it was carried out.',
    remedy: 'Start a new run when somebody can approve it, or break the glass where the profile allows it.',
    retryable: false,
  },
  WrongAnswer: {
    meaning:
      'An update of a running run was refused: it does not fit what the run waits for; the message says what is possible now.',
    remedy: 'Send it again with what the message names. The refused one left no trace in the run.',
    retryable: false,
  },
  NotWellAgain: {
    meaning: 'After a proved rollback the service became unwell again while the run followed through.',
    remedy:
      'Read the evidence of the watch; start a rollback to an older version, or mend the service itself.',
    retryable: false,
  },
  ChangedBack: {
    meaning:
      'After a proved rollback somebody else changed the service; the message names who, as far as it can be told.',
    remedy:
      'Suspend what reverts it (a GitOps tool, another controller) or revert the change in its source, then start again.',
    retryable: false,
  },
  RunTerminated: {
    meaning:
      'The run was ended from outside: terminated by an operator, or closed by Temporal. Nobody was told and no record was written.',
    remedy:
      'Check the service, the change may be half done; `runbook audit` tells how far the run came. Cancel runs, never terminate them.',
    retryable: false,
  },
  StepTimedOut: {
    meaning: 'A step spent its whole time budget: no worker took it, or every attempt ended in an error.',
    remedy: 'Check that a worker runs and what its last error was (`runbook status`), then start again.',
    retryable: false,
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorType = keyof typeof ERRORS;

/**
 * An expected error of a target, check, notifier or record. The activities turn it into an `ApplicationFailure`
 * of the same type; whether it is tried again stands in the catalogue.
 */
export class RunbookError extends Error {
  override readonly name = 'RunbookError';
  readonly type: ErrorType;
  /** Wait at least this long before the next attempt, in milliseconds (from `Retry-After`). */
  readonly retryAfterMs?: number;
  /** Whether another attempt can help; the catalogue says it where this one error does not. */
  readonly retryable: boolean;
  /** Whether everything that the change had written before was taken back; none where there was nothing. */
  readonly takenBack?: boolean;

  constructor(
    type: ErrorType,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number; retryable?: boolean; takenBack?: boolean } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.type = type;
    this.retryable = options.retryable ?? ERRORS[type].retryable;
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
    if (options.takenBack !== undefined) this.takenBack = options.takenBack;
  }
}

/** True for an error type of the catalogue. */
export function isErrorType(type: string | undefined | null): type is ErrorType {
  return typeof type === 'string' && Object.hasOwn(ERRORS, type);
}
