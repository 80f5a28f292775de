import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { TargetWish } from '../domain/versions/targets.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 2: sufficient access, and nothing in the way, before anything is changed.
 *
 * Reads: permissions, the workload, its history, and the objects that the chosen template refers to.
 * Writes: nothing.
 * Result: what may be done, in one line, and warnings.
 * Errors: `AccessDenied`, `ClusterChanged`, `WorkloadMissing`, `WorkloadMismatch`, `WorkloadDeleted`, `WorkloadPaused`, `NoHistory`, `TargetNotFound`, `ReferenceMissing`,
 * each with its remedy; `Unreachable` is tried again.
 * Safe to retry: it only reads.
 */
export function checkAccess(deps: Dependencies) {
  return stepActivity(async ({ signal }, service: string, wish: TargetWish, cluster?: NamedCluster) => {
    const { target } = deps.service(service);
    const { summary, warnings } = await target.checkAccess(wish, { signal, cluster });
    return { value: { warnings }, summary };
  });
}
