import type { RolloutFinished, RolloutStarted } from '../domain/versions/pins.ts';
import type { RollbackTarget, RolloutProgress } from '../targets/target.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.2: waits for the rollout by watching it.
 *
 * Reads: the workload and its pods. Without `rollout` it waits for what is live now.
 * Writes: nothing; for Compose, which keeps nothing running beside a failed start, what was there before comes back.
 * Result: the proof that every running pod is of the pinned template, and which pods these are.
 * Errors: `RolloutFailed`, `RolloutTimedOut`, `ClusterChanged`, `WorkloadChanged`, `WorkloadMissing`; `Unreachable` is tried again.
 * Safe to retry: it only reads; deadline and progress are taken up from the last heartbeat.
 */
export function waitForRollout(deps: Dependencies) {
  return stepActivity(async ({ signal, key, report, resume }, service: string, rollout?: RolloutStarted) => {
    const { target } = deps.service(service);
    const value = await target.waitForRollout(
      rollout ?? (await target.current({ signal })),
      { signal, key },
      report,
      resume<RolloutProgress>(),
    );
    return {
      value,
      summary: whatIsUp(target.kind, value),
    };
  });
}

function whatIsUp(
  target: RollbackTarget['kind'],
  { replicas, revision, otherImages, warnings = [] }: RolloutFinished,
): string {
  const up =
    target === 'compose'
      ? `${replicas} of ${replicas} containers up`
      : `${replicas} of ${replicas} replicas updated and available (revision ${revision})`;
  return [up, ...(otherImages ? [otherImages] : []), ...warnings].join('; ');
}
