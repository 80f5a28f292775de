import type { Pod, Workload } from '../api/resources.ts';
import { controllerRevisions, OWNER_OF_PODS } from './controller-revisions.ts';
import { heldOnDelete, isOnDelete, onDelete } from './on-delete.ts';
import { isReady } from './pods.ts';
import { minReadyOf, phaseOf, SCALED_TO_ZERO } from './rollout-words.ts';
import { isObserved, type RolloutCounts, type WorkloadKind } from './workload.ts';

/**
 * apps/v1 StatefulSet: pods with names that stay, replaced one after the other from the highest ordinal down, as far as the
 * partition allows. Its PersistentVolumeClaims are no part of the template: nothing here touches them.
 */
export const STATEFUL_SET: WorkloadKind = {
  kind: 'StatefulSet',
  word: 'statefulset',
  collection: 'statefulsets',
  unit: 'replicas',
  wantsNone: SCALED_TO_ZERO,
  history: controllerRevisions(({ metadata }) => metadata.name),
  ...OWNER_OF_PODS,
  view(live) {
    const { spec } = live;
    const wanted = spec.replicas ?? 1;
    const counts = countsOf(live);
    const replaced = isOnDelete(live) ? 0 : Math.max(0, wanted - partitionOf(live));
    const isWhole = counts.old === 0 && counts.updated === wanted && counts.available === wanted;
    // What stays behind a partition, or waits to be deleted, may never be available: only pods can tell then.
    const isDone = replaced < wanted && counts.updated >= replaced && (live.status?.replicas ?? 0) === wanted;
    return {
      wanted,
      counts,
      isComplete: isObserved(live) && (isWhole || isDone),
      message:
        wanted === 0 && isObserved(live)
          ? `${SCALED_TO_ZERO}, ${counts.old} old to end`
          : phaseOf(live, counts, { wanted, unit: 'replicas' }),
      states: [
        ...(isObserved(live) ? [] : (['unobserved'] as const)),
        ...(minReadyOf(live, counts, wanted) ? (['not-available-yet'] as const) : []),
      ],
    };
  },
  held(live, others) {
    if (isOnDelete(live)) return heldOnDelete(live, others);
    const partition = partitionOf(live);
    const pods = others.filter((pod) => indexOf(live, pod) < partition);
    if (pods.length === 0) return undefined;
    return {
      pods,
      because: `partition ${partition}`,
      remedy: `kubectl patch statefulset ${live.metadata.name} -n ${live.metadata.namespace} --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
    };
  },
  progressDeadlineSeconds: () => undefined,
  // The next pod has the name of the old one.
  waitsForEnds: () => true,
  /**
   * With `OrderedReady` the controller waits for the first pod that is not ready before it replaces any (Kubernetes, forced
   * rollback): of a broken version for ever.
   */
  blocking(live, others, all) {
    if ((live.spec.podManagementPolicy ?? 'OrderedReady') !== 'OrderedReady' || isOnDelete(live))
      return undefined;
    const first = all
      .filter((pod) => !isReady(pod))
      .toSorted((a, b) => indexOf(live, a) - indexOf(live, b))[0];
    const isReplaced = first && others.includes(first) && indexOf(live, first) >= partitionOf(live);
    return isReplaced ? first : undefined;
  },
  uncounted: () => [],
  warnings(live) {
    const { name } = live.metadata;
    if (isOnDelete(live)) return [onDelete(live.metadata.name, 'statefulset')];
    const partition = partitionOf(live);
    const wanted = live.spec.replicas ?? 1;
    if (partition === 0 || wanted === 0) return [];
    const stay = Math.min(partition, wanted);
    return [
      `statefulset/${name} has partition ${partition}: ${stay} of ${wanted} replicas stay as they are, ${wanted - stay} are to be of the target version; those that stay at another version wait for a person`,
    ];
  },
};

function countsOf({ status = {} }: Workload): RolloutCounts {
  const updated = status.updatedReplicas ?? 0;
  return {
    updated,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    old: Math.max(0, (status.replicas ?? 0) - updated),
  };
}

function partitionOf({ spec }: Workload): number {
  return spec.updateStrategy?.rollingUpdate?.partition ?? 0;
}

/** A pod's place in the set, from 0: its ordinal, which may begin elsewhere (`spec.ordinals.start`). */
function indexOf({ spec }: Workload, { metadata }: Pod): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? Number.NaN) - (spec.ordinals?.start ?? 0);
}
