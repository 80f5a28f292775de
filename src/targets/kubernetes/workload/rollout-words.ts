import type { Workload } from '../api/resources.ts';
import { isObserved, type RolloutCounts } from './workload.ts';

/** Annotation by which somebody says why a version was made. */
export const CHANGE_CAUSE = 'kubernetes.io/change-cause';

/** What is said of a workload that wants no pod: its rollout is complete, and nothing runs. */
export const SCALED_TO_ZERO = 'scaled to 0 replicas: no pod is to run';

/** How far a rollout is, in words. */
export function phaseOf(
  live: Workload,
  counts: RolloutCounts,
  { wanted, unit }: { readonly wanted: number; readonly unit: string },
): string {
  if (!isObserved(live)) return 'waiting for the controller to see the change';
  const { updated, old, available } = counts;
  if (updated < wanted) return `${updated} of ${wanted} ${unit} updated`;
  if (old > 0) return `${updated} of ${wanted} ${unit} updated, ${old} old to end`;
  return `${available} of ${wanted} ${unit} available${minReadyOf(live, counts, wanted)}`;
}

/** Why pods that are ready are not available yet. */
export function minReadyOf(
  { spec: { minReadySeconds = 0 } }: Workload,
  { ready }: RolloutCounts,
  wanted: number,
): string {
  return minReadySeconds > 0 && ready >= wanted
    ? `; pods count as available after ${minReadySeconds} s (minReadySeconds)`
    : '';
}
