import type { RolloutStarted } from '../../../domain/versions/pins.ts';
import { capped } from '../api/api-error.ts';
import type { Deployment } from '../api/resources.ts';
import type { StateId } from './wait-states/rows.ts';

/** What is said of a Deployment that wants no pod: its rollout is complete, and nothing runs. */
export const SCALED_TO_ZERO = 'scaled to 0 replicas: no pod is to run';

/** The numbers that progress is seen by. */
export interface RolloutCounts {
  readonly updated: number;
  readonly ready: number;
  readonly available: number;
  readonly old: number;
}

/** What the Deployment says about the rollout. */
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
  | { readonly kind: 'complete'; readonly replicas: number; readonly counts: RolloutCounts };

/**
 * Evaluates one state of the Deployment. Pure. Replicas are read anew each time: an autoscaler may change them in
 * the middle. Complete is as in Kubernetes (deployment_util, DeploymentComplete), together with the observed
 * generation.
 *
 * The condition ProgressDeadlineExceeded does not count, whenever it was written: returning to an existing ReplicaSet
 * does not restart the controller's clock, so it may report the time that the bad version had spent. The wait has a
 * clock of its own (deadlines.ts).
 * @param live fingerprint of the template that this state has.
 */
export function evaluateRollout(
  deployment: Deployment | undefined,
  live: string,
  rollout: RolloutStarted,
): RolloutState {
  if (!deployment) return { kind: 'superseded', reason: 'it was deleted' };
  const { metadata, spec, status = {} } = deployment;
  const generation = metadata.generation ?? 0;
  if (metadata.uid !== rollout.uid) return { kind: 'superseded', reason: 'it was deleted and created again' };
  const counts = countsOf(deployment);
  if (generation < rollout.generation) {
    return { kind: 'waiting', message: 'waiting for the change to be seen', counts, states: [] };
  }
  if (live !== rollout.fingerprint) return { kind: 'superseded', reason: 'its template was changed' };
  const replicas = spec.replicas ?? 1;
  const isComplete =
    (status.observedGeneration ?? 0) >= generation &&
    counts.updated === replicas &&
    counts.old === 0 &&
    counts.available === replicas;
  if (isComplete) return { kind: 'complete', replicas, counts };
  if (spec.paused === true) return { kind: 'paused' };
  const message = `${phaseOf(deployment, counts, replicas)}${refusalOf(deployment)}`;
  return { kind: 'waiting', message, counts, states: statesOf(deployment, counts, replicas) };
}

function statesOf(deployment: Deployment, counts: RolloutCounts, replicas: number): readonly StateId[] {
  return [
    ...(isUnobserved(deployment) ? (['unobserved'] as const) : []),
    ...(refusalOf(deployment) ? (['pods-refused'] as const) : []),
    ...(minReadyOf(deployment.spec, counts, replicas) ? (['not-available-yet'] as const) : []),
  ];
}

function isUnobserved({ metadata, status = {} }: Deployment): boolean {
  return (status.observedGeneration ?? 0) < (metadata.generation ?? 0);
}

function countsOf({ status = {} }: Deployment): RolloutCounts {
  const updated = status.updatedReplicas ?? 0;
  return {
    updated,
    ready: status.readyReplicas ?? 0,
    available: status.availableReplicas ?? 0,
    old: Math.max(0, (status.replicas ?? 0) - updated),
  };
}

function phaseOf(deployment: Deployment, counts: RolloutCounts, replicas: number): string {
  if (isUnobserved(deployment)) return 'waiting for the controller to see the change';
  const { updated, old, available } = counts;
  if (updated < replicas) return `${updated} of ${replicas} replicas updated`;
  if (replicas === 0) return `${SCALED_TO_ZERO}, ${old} old to end`;
  if (old > 0) return `${updated} of ${replicas} replicas updated, ${old} old to end`;
  return `${available} of ${replicas} replicas available${minReadyOf(deployment.spec, counts, replicas)}`;
}

function minReadyOf({ minReadySeconds = 0 }: Deployment['spec'], { ready }: RolloutCounts, replicas: number) {
  return minReadySeconds > 0 && ready >= replicas
    ? `; pods count as available after ${minReadySeconds} s (minReadySeconds)`
    : '';
}

/** Quota, admission, or whatever else keeps the controllers from creating pods, or the ReplicaSet. */
function refusalOf({ status = {} }: Deployment): string {
  const condition = (wanted: string, on: string) =>
    status.conditions?.find(({ type, status: is }) => type === wanted && is === on);
  const failure = condition('ReplicaFailure', 'True');
  if (failure) return `; pods are refused: ${capped(failure.message ?? failure.reason ?? '', 300)}`;
  const progressing = condition('Progressing', 'False');
  return progressing?.reason === 'ReplicaSetCreateError'
    ? `; the ReplicaSet is refused: ${capped(progressing.message ?? progressing.reason, 300)}`
    : '';
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
