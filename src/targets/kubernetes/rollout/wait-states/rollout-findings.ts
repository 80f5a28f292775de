import type { Pod, Workload } from '../../api/resources.ts';
import type { RolloutPods } from '../../workload/rollout-pods.ts';
import type { WorkloadKind } from '../../workload/workload.ts';
import { stateOfEndedPod } from './pod-state.ts';
import type { Finding } from './rows.ts';

/**
 * Pods that hold a rollout up, beside those that were made for it. Pure.
 * @param waitingSince pods that had failed before are of no interest.
 */
export function statesOfRollout(
  kind: Pick<WorkloadKind, 'waitsForEnds'>,
  live: Workload,
  { adopted, ending, leaving, ended }: RolloutPods,
  waitingSince: string,
): readonly Finding[] {
  return [
    ...adopted.map(adoption),
    ...(kind.waitsForEnds(live) ? [...ending.map(oldPod), ...leaving.map(ownPod)] : []),
    ...ended.filter((pod) => !isOlder(pod, waitingSince)).map(stateOfEndedPod),
  ];
}

function adoption({ metadata }: Pod): Finding {
  return {
    state: 'adopted',
    pod: metadata.name,
    text: 'was adopted by the ReplicaSet, which has not made it: it does not count, and takes the place of one that does; delete it',
  };
}

/** Of the version that is waited for, evicted or deleted: another takes its place. */
function ownPod(pod: Pod): Finding {
  return { state: 'old-pod-ending', text: endingText(pod, 'pod') };
}

function nodeOf({ spec }: Pod): string {
  return spec?.nodeName ? ` on node ${spec.nodeName}` : '';
}

function oldPod(pod: Pod): Finding {
  return { state: 'old-pod-ending', text: endingText(pod, 'old pod') };
}

function endingText(pod: Pod, what: string): string {
  const { finalizers = [], deletionTimestamp, name } = pod.metadata;
  const held = finalizers.length > 0 ? `, held by finalizer ${finalizers.join(', ')}` : '';
  const lost = pod.status?.reason ? `, ${pod.status.reason}` : '';
  return `${what} ${name}${nodeOf(pod)} is still ending, due by ${deletionTimestamp}${held}${lost}`;
}

function isOlder({ metadata }: Pod, waitingSince: string): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') < Date.parse(waitingSince) - 1_000;
}
