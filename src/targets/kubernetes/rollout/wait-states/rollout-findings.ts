import type { Deployment, Pod } from '../../api/resources.ts';
import type { RolloutPods } from '../../state/rollout-pods.ts';
import { stateOfEndedPod } from './pod-state.ts';
import type { Finding } from './rows.ts';

/**
 * Pods that hold a rollout up, beside those that were made for it. Pure.
 * @param waitingSince pods that had failed before are of no interest.
 */
export function statesOfRollout(
  deployment: Deployment,
  { adopted, ending, ended }: RolloutPods,
  waitingSince: string,
): readonly Finding[] {
  return [
    ...adopted.map(adoption),
    ...(waitsForEnds(deployment) ? ending.map(oldPod) : []),
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

/** A rolling update goes on beside pods that are ending; `Recreate` and a quota do not. */
function waitsForEnds({ spec, status }: Deployment): boolean {
  return (
    spec.strategy?.type === 'Recreate' ||
    status?.conditions?.some(({ type, status: on }) => type === 'ReplicaFailure' && on === 'True') === true
  );
}

function oldPod({ metadata, status }: Pod): Finding {
  const { finalizers = [], deletionTimestamp } = metadata;
  const held = finalizers.length > 0 ? `, held by finalizer ${finalizers.join(', ')}` : '';
  const lost = status?.reason ? `, ${status.reason}` : '';
  return {
    state: 'old-pod-ending',
    text: `old pod ${metadata.name} is still ending, due by ${deletionTimestamp}${held}${lost}`,
  };
}

function isOlder({ metadata }: Pod, waitingSince: string): boolean {
  return Date.parse(metadata.creationTimestamp ?? '') < Date.parse(waitingSince) - 1_000;
}
