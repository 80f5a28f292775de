import type { Pod } from '../api/resources.ts';
import { isActive } from './pods.ts';
import type { Revision, WorkloadKind } from './workload.ts';

/** The pods of a workload by what they are to the rollout of one revision. */
export interface RolloutPods {
  /** Active, and made for the revision. */
  readonly made: readonly Pod[];
  /** Active, and adopted by it: they count for nothing. */
  readonly adopted: readonly Pod[];
  /** Active, and of another version. */
  readonly others: readonly Pod[];
  /** Of another version, on their way out. */
  readonly ending: readonly Pod[];
  /** Of the revision, on their way out. */
  readonly leaving: readonly Pod[];
  /** Of the revision, and ended for good, however: another one takes their place. */
  readonly ended: readonly Pod[];
}

/**
 * Sorts the workload's own pods. Pure.
 * @param holder the revision of the target version. With strategy `Recreate` there is none while old pods are ending.
 */
export function sortPods(
  kind: Pick<WorkloadKind, 'isOf' | 'isMadeFor'>,
  own: readonly Pod[],
  holder: Pick<Revision, 'uid' | 'name' | 'createdAt' | 'podTemplateHash'> | undefined,
): RolloutPods {
  const held = own.filter((pod) => holder && kind.isOf(pod, holder));
  const foreign = own.filter((pod) => !held.includes(pod));
  const active = held.filter(isActive);
  return {
    made: active.filter((pod) => holder && kind.isMadeFor(pod, holder)),
    adopted: active.filter((pod) => holder && !kind.isMadeFor(pod, holder)),
    others: foreign.filter(isActive),
    ending: foreign.filter(isEnding),
    leaving: held.filter(isEnding),
    ended: held.filter((pod) => !isActive(pod) && !isEnding(pod)),
  };
}

function isEnding({ metadata }: Pod): boolean {
  return metadata.deletionTimestamp !== undefined;
}
