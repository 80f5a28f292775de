import { nameWithRevision } from '../domain/versions.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.1: the current version, and the ones before it.
 *
 * Reads: the Deployment and its ReplicaSets, or the containers, files, local images and registry tags; the evidence.
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
      summary: `${nameWithRevision(value.current)} runs; ${older} ${value.target === 'compose' ? 'others are known' : 'older in the history'}`,
    };
  });
}
