import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.1: the current version, and the ones before it.
 *
 * Reads: the Deployment, its ReplicaSets, the known-good evidence.
 * Writes: nothing.
 * Result: what was observed, by references and hashes; no template enters history.
 * Errors: `WorkloadMissing`, `AccessDenied`; `Unreachable` is tried again.
 * Safe to retry: it only reads.
 */
export function identifyVersions(deps: Dependencies) {
  return stepActivity(async ({ signal }, service: string) => {
    const value = await deps.service(service).target.observe({ signal });
    const older = value.history.length;
    return {
      value,
      summary: `${value.current.version} (revision ${value.current.revision}) runs; ${older} older in the history`,
    };
  });
}
