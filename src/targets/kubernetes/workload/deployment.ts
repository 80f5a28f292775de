import { capped } from '../api/api-error.ts';
import {
  controllerOf,
  HASH_LABEL,
  type ManagedField,
  REVISION_ANNOTATION,
  type ReplicaSet,
  type Workload,
} from '../api/resources.ts';
import { fingerprint, withoutHash } from '../template/fingerprint.ts';
import { objectAt } from '../template/pod-template.ts';
import { markOf } from './change-mark.ts';
import { CHANGE_CAUSE, minReadyOf, phaseOf, SCALED_TO_ZERO } from './rollout-words.ts';
import {
  type ControllerState,
  isObserved,
  type Revision,
  type RolloutCounts,
  type WorkloadKind,
} from './workload.ts';

/** `spec.progressDeadlineSeconds` when it is not set, in seconds, and the value that means never (apps/v1). */
const DEFAULT_PROGRESS_DEADLINE = 600;
const NO_PROGRESS_DEADLINE = 2_147_483_647;

/** apps/v1 Deployment: a ReplicaSet for each template, and a rollout that can be paused. */
export const DEPLOYMENT: WorkloadKind = {
  kind: 'Deployment',
  word: 'deployment',
  collection: 'deployments',
  unit: 'replicas',
  wantsNone: SCALED_TO_ZERO,
  history: {
    kind: 'ReplicaSet',
    collection: 'replicasets',
    // The workload itself says the number.
    numbersGrow: false,
    revisionOf: (object) => revisionOf(object as ReplicaSet),
    sourceOf: ({ name, uid, podTemplateHash }) => ({ kind: 'replica-set', name, uid, podTemplateHash }),
  },
  podOwners: (_live, revisions) => new Set(revisions.map(({ uid }) => uid)),
  isOf: (pod, { uid }) => controllerOf(pod) === uid,
  /**
   * One that a ReplicaSet has adopted is older than it, or was not named by it (Kubernetes, non-template pod acquisitions).
   * Images say nothing: admission may have written others.
   */
  isMadeFor({ metadata }, { name, createdAt }) {
    const isNamed = metadata.generateName === `${name}-` || metadata.generateName === name;
    return isNamed && !(Date.parse(metadata.creationTimestamp ?? '') < Date.parse(createdAt));
  },
  view(live) {
    const wanted = live.spec.replicas ?? 1;
    const counts = countsOf(live);
    // As in Kubernetes (deployment_util, DeploymentComplete), together with the observed generation.
    const isComplete =
      isObserved(live) && counts.updated === wanted && counts.old === 0 && counts.available === wanted;
    return {
      wanted,
      counts,
      isComplete,
      message: `${phase(live, counts, wanted)}${refusalOf(live)}`,
      states: statesOf(live, counts, wanted),
    };
  },
  revisionOf: ({ metadata }) => Number(metadata.annotations?.[REVISION_ANNOTATION] ?? 0),
  held: () => undefined,
  progressDeadlineSeconds({ spec }) {
    const seconds = spec.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE;
    return seconds < NO_PROGRESS_DEADLINE ? seconds : undefined;
  },
  /** A rolling update goes on beside pods that are ending; `Recreate` and a quota do not. */
  waitsForEnds: ({ spec, status }) =>
    spec.strategy?.type === 'Recreate' ||
    status?.conditions?.some(({ type, status: on }) => type === 'ReplicaFailure' && on === 'True') === true,
  refusalsIn: 'conditions',
  warnings: () => [],
  uncounted: () => [],
};

/** None for a revision annotation that is no number; a missing one counts as 0 (kubectl the same). */
function revisionOf({ metadata, spec }: ReplicaSet): Revision | undefined {
  const annotations = metadata.annotations ?? {};
  const former = (annotations['deployment.kubernetes.io/revision-history'] ?? '').split(',');
  const revision = Number(annotations[REVISION_ANNOTATION] ?? 0);
  if (!Number.isInteger(revision)) return undefined;
  return {
    name: metadata.name,
    uid: metadata.uid,
    podTemplateHash: metadata.labels?.[HASH_LABEL] ?? '',
    fingerprint: fingerprint(spec.template),
    template: withoutHash(spec.template),
    revision,
    formerRevisions: former.map(Number).filter((number) => Number.isInteger(number) && number > 0),
    createdAt: metadata.creationTimestamp ?? '',
    ...scaledAt(metadata.managedFields),
    changeCause: annotations[CHANGE_CAUSE],
    mark: markOf({ metadata }),
  };
}

/** By the manager of the replicas: the controller. */
function scaledAt(fields: readonly ManagedField[] = []): Pick<Revision, 'scaledAt'> {
  const times = fields
    .filter(({ subresource, fieldsV1 }) => !subresource && 'f:replicas' in objectAt(fieldsV1, 'f:spec'))
    .flatMap(({ time }) => time ?? []);
  const last = times.sort().at(-1);
  return last === undefined ? {} : { scaledAt: last };
}

function countsOf({ status = {} }: Workload): RolloutCounts {
  const updated = status.updatedReplicas ?? 0;
  return {
    updated,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    old: Math.max(0, (status.replicas ?? 0) - updated),
  };
}

function phase(live: Workload, counts: RolloutCounts, wanted: number): string {
  if (wanted === 0 && isObserved(live)) return `${SCALED_TO_ZERO}, ${counts.old} old to end`;
  return phaseOf(live, counts, { wanted, unit: 'replicas' });
}

function statesOf(live: Workload, counts: RolloutCounts, wanted: number): readonly ControllerState[] {
  return [
    ...(isObserved(live) ? [] : (['unobserved'] as const)),
    ...(refusalOf(live) ? (['pods-refused'] as const) : []),
    ...(minReadyOf(live, counts, wanted) ? (['not-available-yet'] as const) : []),
  ];
}

/** Quota, admission, or whatever else keeps the controllers from creating pods, or the ReplicaSet. */
function refusalOf({ status = {} }: Workload): string {
  const condition = (wanted: string, on: string) =>
    status.conditions?.find(({ type, status: is }) => type === wanted && is === on);
  const failure = condition('ReplicaFailure', 'True');
  if (failure) return `; pods are refused: ${capped(failure.message ?? failure.reason ?? '', 300)}`;
  const progressing = condition('Progressing', 'False');
  return progressing?.reason === 'ReplicaSetCreateError'
    ? `; the ReplicaSet is refused: ${capped(progressing.message ?? progressing.reason, 300)}`
    : '';
}
