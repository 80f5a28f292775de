import { lstat, rename, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { LockFileHeld, takeLockFile } from '../../../locks/lock-file.ts';
import { contentHash } from './content-hash.ts';
import { realPathInside } from './inside.ts';
import { notLasting } from './not-written.ts';
import { keepNewest } from './old-backups.ts';
import { inPlace, type Place, readPlace } from './place.ts';
import type { ProjectFile } from './read-file.ts';
import { assertReplaceable } from './replaceable.ts';
import { lockNameOf, removeLeftovers, writeTemporary } from './temporary-file.ts';

/** Another replacement of the same file takes a moment; one that takes this long is stuck. */
const WAIT_MS = 10_000;

/** What to write, and over what. */
export interface Replacement {
  /** SHA-256 of the content that may be written over. */
  readonly expect: string;
  readonly content: Uint8Array | string;
  /**
   * The former content is kept as `<file>.<suffix>`, unless that is there already; letters, digits, `.`, `_`, `-`.
   * Without it there is no backup.
   */
  readonly backupSuffix?: string;
  /** Of the file's backups whose suffix begins so, the newest few are kept. */
  readonly backupFamily?: string;
  readonly signal?: AbortSignal;
}

export interface Replaced {
  /** Real path of the file that has the content now. */
  readonly path: string;
  /** Of the new content. */
  readonly sha256: string;
  /** False: it had this content already, as after a killed earlier attempt. */
  readonly written: boolean;
  /** Real path of the backup, when there is one. */
  readonly backup?: string;
}

/**
 * Replaces the content of a file when it is the expected one (compare-and-set).
 *
 * Never half a file: the new content is written and synced beside it under another name, and rename(2) puts it in
 * place in one step, so that a reader, a kill -9 or a loss of power sees the old file or the new one. Mode and owner
 * are kept; ACLs, extended attributes and further hard links are not.
 *
 * Runs of this function exclude each other by a lock file. Another program's change is found until just before the
 * rename; no file system call compares and renames at once, so a change in the few microseconds between is lost.
 *
 * Safe to repeat: when the file has the new content already, it only makes sure that this lasts.
 * @param asked relative to `root`, or absolute; links are followed as long as they stay inside.
 * @throws RunbookError `WorkloadChanged` (nothing written), `FileNotWritten` (as it was), `TargetLocked`,
 *   `ComposeFileUnsupported` when it leads out of the folder, by now or from the start.
 */
export async function replaceFile(root: string, asked: string, change: Replacement): Promise<Replaced> {
  if (!/^[\w.-]+$/.test(change.backupSuffix ?? 'none'))
    throw new TypeError(`no suffix: ${change.backupSuffix}`);
  const replaced = await inPlace(root, asked, (place) => locked(place, change, () => swap(place, change)));
  if (!replaced) throw changed(resolve(root, asked));
  return replaced;
}

async function swap(
  place: Place,
  { expect, backupSuffix, backupFamily, signal, ...change }: Replacement,
): Promise<Replaced> {
  const { folder, name, path } = place;
  const content = Buffer.from(change.content);
  const sha256 = contentHash(content);
  await removeLeftovers(folder, name);
  const current = await expected(place, [expect, sha256]);
  const backup = backupSuffix === undefined ? undefined : `${name}.${backupSuffix}`;
  const hasBackup = backup !== undefined && (await isThere(place, backup));
  if (current.sha256 === sha256) {
    await folder.sync();
    return { path, sha256, written: false, ...(hasBackup ? { backup: `${path}.${backupSuffix}` } : {}) };
  }
  await assertReplaceable(place, current);
  if (backup !== undefined && !hasBackup) await appear(place, backup, current.bytes, current);
  await appear(place, name, content, current, async () => {
    signal?.throwIfAborted();
    await expected(place, [expect]);
    const isSame = (await realPathInside(place.root, place.asked)) === path;
    if (!isSame || !(await folder.isInPlace())) throw changed(path);
  });
  await folder.sync().catch((error) => {
    throw notLasting(path, error);
  });
  if (backup !== undefined && backupFamily !== undefined)
    await keepNewest(folder, `${name}.${backupFamily}`, backup);
  return { path, sha256, written: true, ...(backup ? { backup: `${path}.${backupSuffix}` } : {}) };
}

async function expected(place: Place, hashes: readonly string[]): Promise<ProjectFile> {
  const current = await readPlace(place);
  if (!current || !hashes.includes(current.sha256)) throw changed(place.path);
  return current;
}

/** A complete file takes the name in one step. */
async function appear(
  { folder, name }: Place,
  as: string,
  content: Uint8Array,
  ownership: ProjectFile,
  lastCheck?: () => Promise<void>,
): Promise<void> {
  const temporary = await writeTemporary(folder, name, content, ownership);
  try {
    await lastCheck?.();
    await rename(folder.at(temporary), folder.at(as));
  } catch (error) {
    await rm(folder.at(temporary), { force: true });
    throw error;
  }
}

async function locked<T>(
  { folder, name }: Place,
  { signal = new AbortController().signal }: Replacement,
  work: () => Promise<T>,
): Promise<T> {
  const lock = await takeLockFile(folder.at(lockNameOf(name)), { signal, waitMs: WAIT_MS }).catch((error) => {
    if (!(error instanceof LockFileHeld)) throw error;
    const held = new LockFileHeld(join(folder.path, lockNameOf(name)), error.holder);
    throw new RunbookError('TargetLocked', held.message, { cause: error });
  });
  try {
    return await work();
  } finally {
    await lock.release();
  }
}

async function isThere({ folder }: Place, name: string): Promise<boolean> {
  return (await lstat(folder.at(name)).catch(() => undefined)) !== undefined;
}

function changed(path: string): RunbookError {
  return new RunbookError(
    'WorkloadChanged',
    `${path} was changed or moved by somebody else after it was read, and nothing was written; check it, then start a new run`,
  );
}
