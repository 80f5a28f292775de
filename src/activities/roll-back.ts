import type { Pin } from '../domain/versions/pins.ts';
import type { Dependencies } from './dependencies.ts';
import { assertLocked } from './lock-holder.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.2: the one change of the run.
 *
 * Reads: the workload, the pinned template or files; in a run that was reset its lock.
 * Writes: the pinned template into the workload, as compare-and-set on its uid and generation; annotations and
 * replicas are left alone. For Compose the image is pulled first, then files are replaced as compare-and-set on their
 * hashes, then the service alone is brought up.
 * Result: the generation to wait for, and whether anything was changed.
 * Where config was written in place before it (restore-config), and the template is refused, that is taken back.
 * Errors: `ClaimLost`, `ClusterChanged`, `WorkloadChanged`, `WorkloadDeleted`, `PinLost`, `ImageMissing`, `WriteRejected`, `AccessDenied`; `Unreachable`, `TargetLocked`
 * and `FileNotWritten` are tried again.
 * `lockId` is given by a run that was reset alone.
 * Safe to retry: a workload that already has the pinned content is a success; a write whose outcome is unknown is
 * read and compared, and a second write at the same generation is refused by the API server. For Compose each part
 * (pull, replacement, up) is a success where it finds itself done.
 */
export function rollBack(deps: Dependencies) {
  return stepActivity(async (context, service: string, pin: Pin, lockId?: string) => {
    const { signal, key } = context;
    if (lockId) await assertLocked(context, lockId);
    const value = await deps.service(service).target.rollBack(pin, { signal, key });
    return { value, summary: value.changed ? deed(pin) : 'already there, nothing written' };
  });
}

function deed(pin: Pin): string {
  if (pin.target === 'kubernetes') return 'patched once';
  return [...pin.changes.map(({ path }) => `${path} replaced`), 'container replaced'].join(', ');
}
