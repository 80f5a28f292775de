import { shellWord } from '../../../domain/media/shell.ts';
import type { Pod, Workload } from '../api/resources.ts';
import { objectAt, objectsAt } from '../template/pod-template.ts';
import { controllerRevisions, OWNER_OF_PODS } from './controller-revisions.ts';
import { heldOnDelete, isOnDelete, onDelete } from './on-delete.ts';
import { isAvailable, isReady } from './pods.ts';
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
    const pods = others.filter((pod) => isInRange(live, pod) && indexOf(live, pod) < partition);
    if (pods.length === 0) return undefined;
    const { name, namespace = '' } = live.metadata;
    const all = '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}';
    return {
      pods,
      because: `partition ${partition}`,
      remedy: `kubectl patch statefulset ${shellWord(name)} -n ${shellWord(namespace)} --type merge -p '${all}'`,
    };
  },
  progressDeadlineSeconds: () => undefined,
  // The next pod has the name of the old one.
  waitsForEnds: () => true,
  blocking: {
    mayBlock: isOrdered,
    /**
     * With `OrderedReady` the controller waits for the first pod that is not available before it replaces any, also with
     * `maxUnavailable` (Kubernetes, forced rollback; stateful_set_control, processReplica): for one of a broken version for ever.
     */
    first(live, others, all, now) {
      if (!isOrdered(live) || isOnDelete(live)) return undefined;
      const { replicas = 1, minReadySeconds = 0 } = live.spec;
      for (let index = 0; index < replicas; index += 1) {
        const pod = all.find((one) => indexOf(live, one) === index);
        // One that is not there, or on its way out, is made anew.
        if (!pod) return undefined;
        if (isAvailable(pod, minReadySeconds, now)) continue;
        return others.includes(pod) && !isReady(pod) ? pod : undefined;
      }
      return undefined;
    },
  },
  refusalsIn: 'events',
  /** Claim templates cannot be changed: a set that was made anew may have others than it had (`--cascade=orphan`). */
  unprovided(live, template) {
    const spec = objectAt(template, 'spec');
    const claims = live.spec.volumeClaimTemplates ?? [];
    const provided = new Set([
      ...objectsAt(spec, 'volumes').map(({ name }) => name),
      ...claims.map(({ metadata }) => metadata.name),
    ]);
    const mounts = ['initContainers', 'containers']
      .flatMap((key) => objectsAt(spec, key))
      .flatMap((container) => ['volumeMounts', 'volumeDevices'].flatMap((key) => objectsAt(container, key)));
    const missing = mounts.flatMap(({ name }) =>
      typeof name === 'string' && !provided.has(name) ? [name] : [],
    );
    return [...new Set(missing)].map(
      (name) =>
        `it mounts ${name}, and statefulset/${live.metadata.name} has no volumeClaimTemplate of that name any more: its pods cannot be created`,
    );
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

function isOrdered({ spec }: Workload): boolean {
  return (spec.podManagementPolicy ?? 'OrderedReady') === 'OrderedReady';
}

/** Pods out of range are removed, whatever the partition: the set was scaled down. */
function isInRange(live: Workload, pod: Pod): boolean {
  const index = indexOf(live, pod);
  return index >= 0 && index < (live.spec.replicas ?? 1);
}

/** A pod's place in the set, from 0: its ordinal, which may begin elsewhere (`spec.ordinals.start`). */
function indexOf({ spec }: Workload, { metadata }: Pod): number {
  return Number(/-(\d+)$/.exec(metadata.name)?.[1] ?? Number.NaN) - (spec.ordinals?.start ?? 0);
}
