import type { Workload } from '../api/resources.ts';
import { controllerRevisions, OWNER_OF_PODS, REVISION_HASH_LABEL } from './controller-revisions.ts';
import { heldOnDelete, isOnDelete, onDelete } from './on-delete.ts';
import { minReadyOf, phaseOf } from './rollout-words.ts';
import { isObserved, type RolloutCounts, type WorkloadKind } from './workload.ts';

/** What is said of a DaemonSet that no node takes. */
const NO_NODE = 'no node is to run a pod of it';

/** apps/v1 DaemonSet: a pod on each node that takes it; how many that are may change at any moment. */
export const DAEMON_SET: WorkloadKind = {
  kind: 'DaemonSet',
  word: 'daemonset',
  collection: 'daemonsets',
  unit: 'nodes',
  wantsNone: NO_NODE,
  history: controllerRevisions(({ metadata }) => metadata.labels?.[REVISION_HASH_LABEL] ?? ''),
  ...OWNER_OF_PODS,
  view(live) {
    const wanted = live.status?.desiredNumberScheduled ?? 0;
    const counts = countsOf(live);
    const isWhole = counts.old === 0 && counts.updated >= wanted && counts.available >= wanted;
    return {
      wanted,
      counts,
      isComplete: isObserved(live) && (isWhole || isOnDelete(live)),
      message:
        wanted === 0 && isObserved(live)
          ? `${NO_NODE}, ${counts.old} old to end`
          : phaseOf(live, counts, { wanted, unit: 'nodes' }),
      states: [
        ...(isObserved(live) ? [] : (['unobserved'] as const)),
        ...(minReadyOf(live, counts, wanted) ? (['not-available-yet'] as const) : []),
      ],
    };
  },
  held: (live, others) => (isOnDelete(live) ? heldOnDelete(live, others) : undefined),
  progressDeadlineSeconds: () => undefined,
  /** Unless a new pod may start beside the old one on its node (`maxSurge`). */
  waitsForEnds({ spec }) {
    const surge = spec.updateStrategy?.rollingUpdate?.maxSurge ?? 0;
    return surge === 0 || surge === '0%';
  },
  refusalsIn: 'events',
  warnings: (live) => (isOnDelete(live) ? [onDelete(live.metadata.name, 'daemonset')] : []),
  /** A lost node takes none, and what runs there is not even counted as old. */
  uncounted({ status = {} }) {
    const { numberMisscheduled = 0 } = status;
    if (numberMisscheduled === 0) return [];
    const nodes = numberMisscheduled === 1 ? '1 node' : `${numberMisscheduled} nodes`;
    return [
      `what runs on ${nodes} is not counted, and may be of another version: lost, tainted or not selected any more`,
    ];
  },
};

function countsOf({ status = {} }: Workload): RolloutCounts {
  const updated = status.updatedNumberScheduled ?? 0;
  return {
    updated,
    ready: status.numberReady ?? 0,
    available: status.numberAvailable ?? 0,
    // Of nodes that take none now nothing is counted: their pods are removed, or stay while the node is lost. Pods tell.
    old: Math.max(0, (status.currentNumberScheduled ?? 0) - updated),
  };
}
