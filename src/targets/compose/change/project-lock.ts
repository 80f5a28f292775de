import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { LockFileHeld, takeLockFile } from '../../../locks/lock-file.ts';
import { notWritten } from '../files/not-written.ts';

/** How long a step waits for another run before its next attempt, in milliseconds. */
const WAIT_MS = 20_000;
/**
 * A holder on another host that was silent for this long is gone, in milliseconds. The Compose command that it may have
 * left behind cannot be examined from here: it has ended by then, or its own time-out has.
 */
const SILENT_MS = 330_000;

/**
 * Carries out a change of the project while no other run, of this host or another one, changes it. A lock whose holder
 * was killed is taken over as soon as the Compose command that it left behind has ended.
 * @param folder of the project's state; the lock is the file `lock` in it.
 * @throws TargetLocked with who holds it; FileNotWritten when the lock cannot be written.
 */
export async function withProjectLock<T>(
  folder: string,
  by: string,
  signal: AbortSignal,
  work: (beforeExec: (pid: number) => Promise<void>) => Promise<T>,
): Promise<T> {
  const file = join(folder, 'lock');
  const lock = await takeLockFile(file, {
    signal,
    waitMs: WAIT_MS,
    silentMs: SILENT_MS,
    note: by,
  }).catch((error: unknown) => {
    if (error instanceof LockFileHeld) throw new RunbookError('TargetLocked', error.message);
    throw notWritten(file, error);
  });
  try {
    return await work((pid) => lock.owns(pid));
  } finally {
    await lock.release();
  }
}
