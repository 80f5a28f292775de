import { constants } from 'node:fs';
import { access, readFile, rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { readOnly } from './not-written.ts';
import { inPlace, type Place, readPlace } from './place.ts';
import type { ProjectFile } from './read-file.ts';
import { writeTemporary } from './temporary-file.ts';

/**
 * Proves that a file could be replaced now: rights, owner, a file system that is writable, and room for a second
 * file of its size. Changes nothing.
 * @throws RunbookError `FileNotWritten`, `ComposeFileUnsupported`, `AccessDenied`.
 */
export async function proveReplaceable(root: string, asked: string): Promise<void> {
  const isProved = await inPlace(root, asked, async (place) => {
    const current = await readPlace(place);
    if (!current) return false;
    await assertReplaceable(place, current);
    const temporary = await writeTemporary(place.folder, place.name, current.bytes, current);
    await rm(place.folder.at(temporary), { force: true });
    return true;
  });
  if (isProved) return;
  throw new RunbookError('FileNotWritten', `${resolve(root, asked)} is not there; restore it`, {
    retryable: false,
  });
}

/**
 * Refuses what a rename would replace although it should not, and what it is known to fail on: a file without any
 * write bit, an immutable one, one that is mounted on its own.
 * @throws RunbookError `FileNotWritten`; what the file system says.
 */
export async function assertReplaceable({ folder, name, path }: Place, { mode }: ProjectFile): Promise<void> {
  // Root may write it all the same; whoever took the bits away did not mean that.
  if ((mode & 0o222) === 0) throw readOnly(path);
  await access(folder.at(name), constants.W_OK);
  if ((await mountPoints()).has(path)) {
    throw Object.assign(new Error(`${path} is a mount point`), { code: 'EBUSY', syscall: 'rename' });
  }
}

/** Of this process: the fifth field of proc_pid_mountinfo(5), with octal escapes. Empty where there is none. */
async function mountPoints(): Promise<ReadonlySet<string>> {
  const text = await readFile('/proc/self/mountinfo', 'utf8').catch(() => '');
  const character = (_: string, octal: string) => String.fromCharCode(Number.parseInt(octal, 8));
  const points = text.split('\n').map((line) => line.split(' ')[4] ?? '');
  return new Set(points.map((point) => point.replaceAll(/\\([0-7]{3})/g, character)));
}
