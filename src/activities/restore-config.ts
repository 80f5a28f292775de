import type { Pin } from '../domain/versions/pins.ts';
import type { Dependencies } from './dependencies.ts';
import { assertLocked } from './lock-holder.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 5, with `config.restore: in-place`: objects of the user hold again what the target version was proved with. Carried
 * out only where the plan names such objects.
 *
 * Reads: the workload, the objects, the copies that hold the contents; in a run that was reset its lock.
 * Writes: first a copy of what each object holds, then `data` and `binaryData` of the object, as compare-and-set on its uid and
 * resourceVersion; one that is immutable or gone is deleted (the same preconditions) and created again under its name. When one
 * of them is refused, those that were written are taken back.
 * Result: whether anything was changed, and what.
 * Errors: `ClaimLost`, `ClusterChanged`, `WorkloadChanged`, `WorkloadDeleted`, `WorkloadPaused`, `PinLost`,
 * `ConfigNotWritable`, `WriteRejected`, `AccessDenied`; `Unreachable` is tried again.
 * `lockId` is given by a run that was reset alone.
 * Safe to retry: an object that holds the content is done; a write whose outcome is unknown is read and compared; an object that
 * was deleted and not yet created again is known by the copy of what it held.
 */
export function restoreConfig(deps: Dependencies) {
  return stepActivity(async (context, service: string, pin: Pin, lockId?: string) => {
    const { signal, key } = context;
    if (lockId) await assertLocked(context, lockId);
    const value = await deps.service(service).target.restoreConfig(pin, { signal, key });
    return { value, summary: value.written.join('; ') || 'already as it was, nothing written' };
  });
}
