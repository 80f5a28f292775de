import { controllerOf, type Pod } from '../api/resources.ts';
import type { Revision } from './history.ts';
import { isActive } from './pods.ts';

/** The pods of a Deployment by what they are to the rollout of one ReplicaSet. */
export interface RolloutPods {
  /** Active, and made by the ReplicaSet. */
  readonly made: readonly Pod[];
  /** Active, and adopted by it: they count for nothing. */
  readonly adopted: readonly Pod[];
  /** Active, and of another version. */
  readonly others: readonly Pod[];
  /** Of another version, on their way out. */
  readonly ending: readonly Pod[];
  /** Made by the ReplicaSet, and failed for good: another one takes their place. */
  readonly ended: readonly Pod[];
}

/**
 * Sorts the Deployment's own pods. Pure.
 * @param holder the ReplicaSet of the target version. With strategy `Recreate` there is none while old pods are ending.
 */
export function sortPods(
  own: readonly Pod[],
  holder: Pick<Revision, 'uid' | 'name' | 'createdAt'> | undefined,
): RolloutPods {
  const held = own.filter((pod) => holder && controllerOf(pod) === holder.uid);
  const foreign = own.filter((pod) => !held.includes(pod));
  const active = held.filter(isActive);
  return {
    made: active.filter((pod) => holder && isMadeBy(pod, holder)),
    adopted: active.filter((pod) => holder && !isMadeBy(pod, holder)),
    others: foreign.filter(isActive),
    ending: foreign.filter(({ metadata }) => metadata.deletionTimestamp !== undefined),
    ended: held.filter(({ status, metadata }) => status?.phase === 'Failed' && !metadata.deletionTimestamp),
  };
}

/**
 * Whether the ReplicaSet has made the pod: one that it has adopted is older than it, or was not named by it (Kubernetes,
 * non-template pod acquisitions). Images say nothing: admission may have written others.
 */
export function isMadeBy(
  { metadata }: Pod,
  { name, createdAt }: Pick<Revision, 'name' | 'createdAt'>,
): boolean {
  const isNamed = metadata.generateName === `${name}-` || metadata.generateName === name;
  return isNamed && !(Date.parse(metadata.creationTimestamp ?? '') < Date.parse(createdAt));
}
