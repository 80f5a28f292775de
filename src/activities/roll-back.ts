import type { Pin } from '../domain/pins.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.2: the one change of the run.
 *
 * Reads: the workload, the pinned template or files.
 * Writes: the pinned template into the workload, as compare-and-set on its uid and generation; annotations and
 * replicas are left alone. For Compose the image is pulled first, then files are replaced as compare-and-set on their
 * hashes, then the service alone is brought up.
 * Result: the generation to wait for, and whether anything was changed.
 * Errors: `WorkloadChanged`, `PinLost`, `ImageMissing`, `WriteRejected`, `AccessDenied`; `Unreachable`, `TargetLocked`
 * and `FileNotWritten` are tried again.
 * Safe to retry: a workload that already has the pinned content is a success; a write whose outcome is unknown is
 * read and compared, and a second write at the same generation is refused by the API server. For Compose each part
 * (pull, replacement, up) is a success where it finds itself done.
 */
export function rollBack(deps: Dependencies) {
  return stepActivity(async ({ signal, key }, service: string, pin: Pin) => {
    const value = await deps.service(service).target.rollBack(pin, { signal, key });
    return { value, summary: value.changed ? deed(pin) : 'already there, nothing written' };
  });
}

function deed(pin: Pin): string {
  if (pin.target === 'kubernetes') return 'patched once';
  return [...pin.changes.map(({ path }) => `${path} replaced`), 'container replaced'].join(', ');
}
