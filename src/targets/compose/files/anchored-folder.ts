import { constants, readlinkSync } from 'node:fs';
import { type FileHandle, mkdir, open, readlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux names what an open handle stands for: a path through it cannot be led elsewhere by a swapped folder. */
const HANDLES = '/proc/self/fd';
const hasHandles = canSeeHandles();
const FOLDER = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;

/** What stands in place of a folder is none: a link, or a file. */
export class NotAFolder extends Error {
  override readonly name = 'NotAFolder';
  readonly path: string;

  constructor(path: string) {
    super(`${path} is not a folder of its own: a link or a file stands there`);
    this.path = path;
  }
}

/**
 * A folder that is held open. On Linux everything below is reached through the handle, so that whoever renames the
 * folder or puts a link in its place meanwhile leads nothing astray. Elsewhere it is a path that was checked before.
 */
export interface AnchoredFolder {
  /** Real path at the time of opening. */
  readonly path: string;
  /** The path to use for an entry of this folder; valid until `close`. */
  at(name: string): string;
  /** False when the folder was moved, or something else stands at its path. */
  isInPlace(): Promise<boolean>;
  /** Makes renames in this folder outlive a loss of power. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Opens the folder below `root`, one part after the other, and follows no link on the way.
 * @param root real path. @param make makes parts that are missing, for the owner alone.
 * @throws NotAFolder; what the file system says, `ENOENT` when it is not there.
 */
export async function openFolder(
  root: string,
  parts: readonly string[],
  make = false,
): Promise<AnchoredFolder> {
  let folder = anchored(root, await openAt(root, root));
  try {
    if (!(await folder.isInPlace())) throw new NotAFolder(root);
    for (const part of parts) {
      const path = join(folder.path, part);
      if (make) await makeIn(folder, part);
      const next = anchored(path, await openAt(folder.at(part), path));
      await folder.close();
      folder = next;
    }
    return folder;
  } catch (error) {
    await folder.close();
    throw error;
  }
}

async function makeIn(folder: AnchoredFolder, part: string): Promise<void> {
  try {
    await mkdir(folder.at(part), { mode: 0o700 });
    await folder.sync();
  } catch (error) {
    unless('EEXIST')(error);
  }
}

async function openAt(at: string, path: string): Promise<FileHandle> {
  try {
    return await open(at, FOLDER);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw code === 'ENOTDIR' || code === 'ELOOP' ? new NotAFolder(path) : error;
  }
}

function anchored(path: string, handle: FileHandle): AnchoredFolder {
  return {
    path,
    at: (name) => join(hasHandles ? `${HANDLES}/${handle.fd}` : path, name),
    isInPlace: async () => ((await placeOf(handle)) ?? path) === path,
    // Some file systems have no such thing for folders.
    sync: () => handle.sync().catch(unless('EINVAL')),
    close: () => handle.close(),
  };
}

/** Where the open file or folder is now; nothing where the system does not tell. */
export async function placeOf(handle: FileHandle): Promise<string | undefined> {
  return hasHandles ? readlink(`${HANDLES}/${handle.fd}`) : undefined;
}

/** Not without /proc, and not in a process that gained rights when it was started. */
function canSeeHandles(): boolean {
  try {
    return readlinkSync(`${HANDLES}/0`) !== '';
  } catch {
    return false;
  }
}

function unless(code: string): (error: unknown) => undefined {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code !== code) throw error;
    return undefined;
  };
}
