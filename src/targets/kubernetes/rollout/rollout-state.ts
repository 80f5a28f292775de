import type { RolloutStarted } from '../../../domain/versions/pins.ts';
import type { Workload } from '../api/resources.ts';
import type { RolloutCounts, WorkloadKind } from '../workload/workload.ts';
import type { StateId } from './wait-states/rows.ts';

/** What the workload says about the rollout. */
export type RolloutState =
  /** Deleted, created again, or its template changed by somebody else. */
  | { readonly kind: 'superseded'; readonly reason: string }
  | { readonly kind: 'paused' }
  | {
      readonly kind: 'waiting';
      readonly message: string;
      readonly counts: RolloutCounts;
      /** What the controllers wait for, where they say so. */
      readonly states: readonly StateId[];
    }
  | {
      /** The controller has done all that it does by itself. */
      readonly kind: 'complete';
      readonly wanted: number;
      readonly counts: RolloutCounts;
      /** Every pod is updated and available, as far as the workload says; else its pods have to be looked at. */
      readonly isWhole: boolean;
    };

/**
 * Evaluates one state of the workload. Pure. Replicas are read anew each time: an autoscaler may change them in
 * the middle.
 *
 * The condition ProgressDeadlineExceeded does not count, whenever it was written: returning to an existing ReplicaSet
 * does not restart the controller's clock, so it may report the time that the bad version had spent. The wait has a
 * clock of its own (deadlines.ts).
 * @param print fingerprint of the template that this state has.
 */
export function evaluateRollout(
  kind: WorkloadKind,
  live: Workload | undefined,
  print: string,
  rollout: RolloutStarted,
): RolloutState {
  if (!live) return { kind: 'superseded', reason: 'it was deleted' };
  const { metadata, spec } = live;
  const generation = metadata.generation ?? 0;
  if (metadata.uid !== rollout.uid) return { kind: 'superseded', reason: 'it was deleted and created again' };
  const view = kind.view(live);
  const { wanted, counts, states, message } = view;
  if (generation < rollout.generation) {
    return { kind: 'waiting', message: 'waiting for the change to be seen', counts, states: [] };
  }
  if (print !== rollout.fingerprint) return { kind: 'superseded', reason: 'its template was changed' };
  if (view.isComplete) {
    const isWhole = counts.old === 0 && counts.updated >= wanted && counts.available >= wanted;
    return { kind: 'complete', wanted, counts, isWhole };
  }
  if (spec.paused === true) return { kind: 'paused' };
  return { kind: 'waiting', message, counts, states };
}

/** Whether anything moved on, by the rule of the Deployment controller (deployment_util, DeploymentProgressing). */
export function hasProgressed(before: RolloutCounts, now: RolloutCounts): boolean {
  return (
    now.updated > before.updated ||
    now.ready > before.ready ||
    now.available > before.available ||
    now.old < before.old
  );
}
