import type { Pin } from '../domain/pins.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.2: the one change of the run.
 *
 * Reads: the workload, the pinned template.
 * Writes: the pinned template into the workload, as compare-and-set on its uid and generation. Annotations and
 * replicas are left alone.
 * Result: the generation to wait for, and whether anything was changed.
 * Errors: `WorkloadChanged`, `PinLost`, `WriteRejected`, `AccessDenied`; `Unreachable` is tried again.
 * Safe to retry: a workload that already has the pinned template is a success; a write whose outcome is unknown is
 * read and compared, and a second write at the same generation is refused by the API server.
 */
export function rollBack(deps: Dependencies) {
  return stepActivity(async ({ signal }, service: string, pin: Pin) => {
    const value = await deps.service(service).target.rollBack(pin, { signal });
    return { value, summary: value.changed ? 'patched once' : 'already there, nothing written' };
  });
}
