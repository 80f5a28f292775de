import type { LiveVersion } from '../domain/versions/versions.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 2, made stricter: the rollback can be undone too.
 *
 * Reads: the workload and the ReplicaSet that holds its live template; for Compose the files and the container.
 * Writes: a ConfigMap beside the service, only when no ReplicaSet will keep the template; for Compose the contents of
 * the files, beside the compose file.
 * Result: where the live content is kept, with its hash.
 * Errors: `ClusterChanged`, `WorkloadChanged`, `AccessDenied`; `Unreachable` is tried again.
 * Safe to retry: the name is made from the generation or the content, so a second write finds the first.
 */
export function takeSnapshot(deps: Dependencies) {
  return stepActivity(async ({ signal, key }, service: string, live: LiveVersion) => {
    const value = await deps.service(service).target.takeSnapshot(live, { signal, key });
    return { value, summary: `${value.version} is kept in ${value.keptIn}` };
  });
}
