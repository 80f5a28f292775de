/**
 * What a state means for a wait: `at-once` ends it, because nothing in the cluster will change the state; `own-deadline`
 * ends it when the state has stood for {@link OWN_DEADLINE_MS}; `deadlines` may pass, and is waited for as long as the
 * profile and the Deployment allow; `no-trouble` never ends it.
 */
export type Ends = 'at-once' | 'own-deadline' | 'deadlines' | 'no-trouble';

/** What of it all is in the state. */
export type StateOf = 'container' | 'pod' | 'controller';

/** One state of the table of docs/operations.md. */
export interface StateRow {
  readonly of: StateOf;
  readonly ends: Ends;
  /** How Kubernetes shows it. */
  readonly shows: string;
  /** Why it ends the wait or not. */
  readonly because: string;
  /** Whether a wait that comes to its deadline in it has seen the version fail; else it has seen the cluster. */
  readonly ofVersion: boolean;
  /** Where Kubernetes documents it: under https://kubernetes.io/docs/, or a file of its source. */
  readonly documented: string;
}

/**
 * How long a state with a deadline of its own may stand, in milliseconds. Whoever keeps a missing object in place (an
 * operator, a GitOps tool, an image puller) comes round in less.
 */
export const OWN_DEADLINE_MS = 300_000;

const LIFECYCLE = 'concepts/workloads/pods/pod-lifecycle/';
const IMAGES = 'concepts/containers/images/';
const DEPLOYMENT = 'concepts/workloads/controllers/deployment/';
const PULL_REASONS = 'pkg/kubelet/images/types.go';

/** Rows that keep their names as literals. */
function stateRows<const Rows extends Readonly<Record<string, StateRow>>>(rows: Rows): Rows {
  return rows;
}

/** Every state in which a rollout is seen while it is waited for. */
export const STATES = stateRows({
  'image-refused': {
    of: 'container',
    ends: 'at-once',
    shows: '`ErrImagePull`, `ImagePullBackOff` with the words of a refusal: not found, denied, unauthorized',
    because: 'the registry has answered, and its answer is no',
    ofVersion: true,
    documented: `${IMAGES}#imagepullbackoff`,
  },
  'image-name-invalid': {
    of: 'container',
    ends: 'at-once',
    shows: '`InvalidImageName`',
    because: 'no registry can be asked for such a name',
    ofVersion: true,
    documented: PULL_REASONS,
  },
  'image-not-now': {
    of: 'container',
    ends: 'deadlines',
    shows:
      '`ErrImagePull`, `ImagePullBackOff` with other words or none: 429, 5xx, time-outs, DNS, TLS, refused connections; `RegistryUnavailable`, `ImageInspectError`',
    because: 'the kubelet tries again, after at most 5 minutes',
    ofVersion: false,
    documented: `${IMAGES}#imagepullbackoff`,
  },
  'image-never-pulled': {
    of: 'container',
    ends: 'own-deadline',
    shows: '`ErrImageNeverPull`, `SignatureValidationFailed`',
    because: 'somebody has to bring the image, or its signature, to the node',
    ofVersion: true,
    documented: `${IMAGES}#image-pull-policy`,
  },
  'config-missing': {
    of: 'container',
    ends: 'own-deadline',
    shows: '`CreateContainerConfigError`, which names the ConfigMap, the Secret or its key',
    because: 'whoever keeps the object in place may make it again',
    ofVersion: true,
    documented: 'tasks/configure-pod-container/configure-pod-configmap/#restrictions',
  },
  'config-refused': {
    of: 'container',
    ends: 'at-once',
    shows: '`CreateContainerConfigError` because of `runAsNonRoot`',
    because: 'image and template contradict each other',
    ofVersion: true,
    documented: 'tasks/configure-pod-container/security-context/',
  },
  'create-failed': {
    of: 'container',
    ends: 'deadlines',
    shows: '`CreateContainerError`, and every reason that is not in this table',
    because: 'the runtime of the node tries again',
    ofVersion: true,
    documented: 'pkg/kubelet/kuberuntime/kuberuntime_container.go',
  },
  crashed: {
    of: 'container',
    ends: 'deadlines',
    shows:
      '`CrashLoopBackOff`, `RunContainerError`, `PostStartHookError` or ended (`OOMKilled`, `Error`, `Completed`), with fewer restarts than `rollout.crashLoopRestarts`',
    because: 'it is started again',
    ofVersion: true,
    documented: `${LIFECYCLE}#restart-policy`,
  },
  'crash-loop': {
    of: 'container',
    ends: 'at-once',
    shows:
      'the same, with as many restarts since the wait began, or in a row by the back-off that the kubelet names (`back-off 40s restarting …` is the third)',
    because: 'that is what the profile calls a crash loop, whatever the exit code',
    ofVersion: true,
    documented: `${LIFECYCLE}#restart-policy`,
  },
  starting: {
    of: 'container',
    ends: 'deadlines',
    shows: '`ContainerCreating`, `PodInitializing`; what holds it up stands in events (`FailedMount`)',
    because: 'volumes, network and init containers take their time',
    ofVersion: false,
    documented: 'tasks/debug/debug-application/debug-pods/#my-pod-stays-waiting',
  },
  'not-ready': {
    of: 'container',
    ends: 'deadlines',
    shows: 'running, and not started or not ready yet, however often it was restarted',
    because: 'its probes may pass',
    ofVersion: true,
    documented: `${LIFECYCLE}#container-probes`,
  },
  well: {
    of: 'container',
    ends: 'no-trouble',
    shows:
      'ready, or an init container that has ended with exit code 0, however often it was restarted; a native sidecar (`restartPolicy: Always`) has to run, as a container',
    because: 'it is judged by its present state',
    ofVersion: false,
    documented: 'concepts/workloads/pods/init-containers/#detailed-behavior',
  },
  'pod-ready': {
    of: 'pod',
    ends: 'no-trouble',
    shows: 'condition `Ready`',
    because: 'whatever has happened before',
    ofVersion: false,
    documented: `${LIFECYCLE}#pod-conditions`,
  },
  unschedulable: {
    of: 'pod',
    ends: 'deadlines',
    shows: 'condition `PodScheduled` false: `Unschedulable`, `SchedulingGated`',
    because: 'a node may come, or become free; a gate may be opened',
    ofVersion: false,
    documented: 'tasks/debug/debug-application/debug-pods/#my-pod-stays-pending',
  },
  'no-sandbox': {
    of: 'pod',
    ends: 'deadlines',
    shows:
      'condition `PodReadyToStartContainers` false; the cause stands in events (`FailedCreatePodSandBox`)',
    because: 'the kubelet tries again',
    ofVersion: false,
    documented: `${LIFECYCLE}#pod-has-network`,
  },
  'readiness-gate': {
    of: 'pod',
    ends: 'deadlines',
    shows: 'all containers ready, and a condition of `spec.readinessGates` not true',
    because: 'it is for its controller to set',
    ofVersion: false,
    documented: `${LIFECYCLE}#pod-readiness-gate`,
  },
  'node-not-ready': {
    of: 'pod',
    ends: 'deadlines',
    shows: 'all containers and gates ready, and condition `Ready` false or unknown',
    because: 'its node may come back, or the pod is replaced',
    ofVersion: false,
    documented: 'concepts/architecture/nodes/#condition',
  },
  disrupted: {
    of: 'pod',
    ends: 'deadlines',
    shows: 'condition `DisruptionTarget`, or phase `Failed` (`Evicted`, `NodeShutdown`, …) or `Succeeded`',
    because: 'its controller makes another',
    ofVersion: false,
    documented: 'concepts/workloads/pods/disruptions/#pod-disruption-conditions',
  },
  adopted: {
    of: 'pod',
    ends: 'deadlines',
    shows: 'older than its ReplicaSet, or not named by its `generateName`',
    because: 'the ReplicaSet has not made it: it proves nothing of the version, and may be removed',
    ofVersion: false,
    documented: 'concepts/workloads/controllers/replicaset/#non-template-pod-acquisitions',
  },
  'old-pod-ending': {
    of: 'pod',
    ends: 'deadlines',
    shows:
      'a pod with `deletionTimestamp`, while strategy `Recreate`, a quota, or the next pod of a StatefulSet or node waits for its end',
    because: 'it ends with its grace period, its finalizers or its node',
    ofVersion: false,
    documented: `${DEPLOYMENT}#recreate-deployment`,
  },
  'blocked-by-old-pod': {
    of: 'pod',
    ends: 'deadlines',
    shows:
      'StatefulSet, `OrderedReady`: a pod of another version that is not ready, and that the controller waits for before it replaces any',
    because:
      'it is replaced where the worker may delete pods; where it may not, or a partition leaves the pod alone, the wait ends (`RolloutHeld`)',
    ofVersion: false,
    documented: 'concepts/workloads/controllers/statefulset/#forced-rollback',
  },
  unobserved: {
    of: 'controller',
    ends: 'deadlines',
    shows: '`status.observedGeneration` behind `metadata.generation`',
    because: 'the controllers may be late, or be started again',
    ofVersion: false,
    documented: `${DEPLOYMENT}#deployment-status`,
  },
  'controller-silent': {
    of: 'controller',
    ends: 'deadlines',
    shows:
      'pods missing or not counted, none of them in trouble, and nothing has moved for 10 s (and `minReadySeconds`)',
    because: 'the controllers may be down, or be started again',
    ofVersion: false,
    documented: `${DEPLOYMENT}#deployment-status`,
  },
  'pods-refused': {
    of: 'controller',
    ends: 'deadlines',
    shows:
      'condition `ReplicaFailure` (`FailedCreate`: quota, admission), or `ReplicaSetCreateError`; of a StatefulSet or DaemonSet, whose conditions say nothing, its events `FailedCreate`',
    because: 'the controller tries again, and a quota may become free',
    ofVersion: false,
    documented: `${DEPLOYMENT}#failed-deployment`,
  },
  'progress-deadline': {
    of: 'controller',
    ends: 'no-trouble',
    shows: 'condition `Progressing`: `ProgressDeadlineExceeded`',
    because: "it may tell of the bad version's time: the wait has a clock of its own for the same deadline",
    ofVersion: false,
    documented: `${DEPLOYMENT}#progress-deadline-seconds`,
  },
  'not-available-yet': {
    of: 'controller',
    ends: 'deadlines',
    shows: 'pods ready, and not available for want of `minReadySeconds`',
    because: 'they become so by waiting',
    ofVersion: false,
    documented: `${DEPLOYMENT}#min-ready-seconds`,
  },
  'scaled-to-zero': {
    of: 'controller',
    ends: 'no-trouble',
    shows: '`spec.replicas: 0`',
    because: 'the rollout is complete without a pod; that nothing runs is said, and no check can pass',
    ofVersion: false,
    documented: `${DEPLOYMENT}#scaling-a-deployment`,
  },
  paused: {
    of: 'controller',
    ends: 'at-once',
    shows: '`spec.paused`',
    because: 'the controller does nothing until somebody resumes it (`WorkloadPaused`)',
    ofVersion: false,
    documented: `${DEPLOYMENT}#pausing-and-resuming-a-deployment`,
  },
  superseded: {
    of: 'controller',
    ends: 'at-once',
    shows: 'deleted, made again, or another template',
    because: 'what is waited for is not wanted any more (`WorkloadChanged`)',
    ofVersion: false,
    documented: `${DEPLOYMENT}#rollover-aka-multiple-updates-in-flight`,
  },
});

export type StateId = keyof typeof STATES;
/** Every state, in the order of the table. */
export const STATE_IDS = Object.keys(STATES) as readonly StateId[];

/** A state that was found. */
export interface Finding {
  readonly state: StateId;
  readonly pod?: string;
  readonly container?: string;
  /** In the words of Kubernetes, without secrets: `ErrImagePull: … not found`. */
  readonly text: string;
}

/** What of it ends a wait first, comes first. */
export function byUrgency(a: Finding, b: Finding): number {
  return URGENCY.indexOf(STATES[a.state].ends) - URGENCY.indexOf(STATES[b.state].ends);
}

const URGENCY: readonly Ends[] = ['at-once', 'own-deadline', 'deadlines', 'no-trouble'];
