import { withProofsOnce } from '../domain/versions/choice/standing.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import { nameWithRevision, type ObservedService } from '../domain/versions/versions.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.1: the current version, and the ones before it.
 *
 * Reads: the Deployment and its ReplicaSets, or the containers, files, local images and registry tags; the evidence.
 * Writes: nothing.
 * Result: what was observed, by references and hashes; no template enters history.
 * Errors: `WorkloadMissing`, `WorkloadMismatch`, `ClusterChanged`, `AccessDenied`; `Unreachable` is tried again.
 * Safe to retry: it only reads.
 */
export function identifyVersions(deps: Dependencies) {
  return stepActivity(async ({ signal }, service: string, cluster?: NamedCluster) => {
    const value = withProofsOnce(await deps.service(service).target.observe({ signal, cluster }));
    return {
      value,
      summary: `${nameWithRevision(value.current)} runs; ${others(value)}`,
    };
  });
}

function others({ target, history }: ObservedService): string {
  const count = history.length;
  if (target === 'kubernetes') return `${count} older in the history`;
  return count === 1 ? 'one other version is known' : `${count} other versions are known`;
}
