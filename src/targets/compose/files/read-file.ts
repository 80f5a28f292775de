import { isUtf8 } from 'node:buffer';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { type AnchoredFolder, NotAFolder, openFolder, placeOf } from './anchored-folder.ts';
import { contentHash } from './content-hash.ts';
import { isInside, leadsOut, notReadable, notRegular, partsBetween } from './inside.ts';

/** A pipe must not block the open, and a terminal must not become ours. */
const READ = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | constants.O_NOCTTY;

/** A file as it was read, in one piece. */
export interface ProjectFile {
  /** Real absolute path: links inside the project folder are followed. */
  readonly path: string;
  readonly bytes: Buffer;
  /** The bytes as UTF-8, byte order mark and line ends included. */
  readonly text: string;
  /** False: the bytes are no UTF-8, and `text` cannot be written back as they were. */
  readonly isText: boolean;
  /** Of the bytes, 64 hexadecimal digits. */
  readonly sha256: string;
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/**
 * Reads a file below `root` without following any link any more: what the real path led to when it was resolved
 * and what is opened here must be the same, or somebody swapped it in between.
 * @returns undefined when it is gone.
 * @throws RunbookError `ComposeFileUnsupported`, `AccessDenied`; `Unreachable` for an error of the disk.
 */
export async function readReal(
  root: string,
  real: string,
  limitBytes: number,
): Promise<ProjectFile | undefined> {
  let folder: AnchoredFolder | undefined;
  try {
    folder = await openFolder(root, partsBetween(root, dirname(real)));
    return await readIn(folder, basename(real), root, limitBytes);
  } catch (error) {
    if (error instanceof NotAFolder) throw leadsOut(root, real);
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw readError(real, error);
  } finally {
    await folder?.close();
  }
}

/** As {@link readReal}, of a folder that is held open. Undefined when it is gone. */
export async function readIn(
  folder: AnchoredFolder,
  name: string,
  root: string,
  limitBytes: number,
): Promise<ProjectFile | undefined> {
  const path = join(folder.path, name);
  let handle: FileHandle | undefined;
  try {
    handle = await open(folder.at(name), READ);
    const place = await placeOf(handle);
    if (place !== undefined && !isInside(root, place)) throw leadsOut(root, path);
    return await readHandle(handle, path, limitBytes);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    // Not a link when its real path was resolved: swapped since.
    if (code === 'ELOOP' || code === 'EMLINK') throw leadsOut(root, path);
    if (code === 'ENXIO') throw notRegular(path);
    throw readError(path, error);
  } finally {
    await handle?.close();
  }
}

async function readHandle(handle: FileHandle, path: string, limitBytes: number): Promise<ProjectFile> {
  const found = await handle.stat();
  if (!found.isFile()) throw notRegular(path);
  const bytes = found.size > limitBytes ? undefined : await upTo(handle, limitBytes);
  if (!bytes) {
    throw new RunbookError(
      'ComposeFileUnsupported',
      `${path} is larger than ${limitBytes} bytes; make it smaller`,
    );
  }
  const { uid, gid } = found;
  const mode = found.mode & 0o7777;
  return {
    path,
    bytes,
    text: bytes.toString('utf8'),
    isText: isUtf8(bytes),
    sha256: contentHash(bytes),
    mode,
    uid,
    gid,
  };
}

/** All bytes; nothing when there are more than the limit, as in a file that grows. */
async function upTo(handle: FileHandle, limitBytes: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  for (let total = 0; ; ) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024));
    if (bytesRead === 0) return Buffer.concat(chunks);
    total += bytesRead;
    if (total > limitBytes) return undefined;
    chunks.push(buffer.subarray(0, bytesRead));
  }
}

function readError(path: string, error: unknown): unknown {
  if (error instanceof RunbookError) return error;
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) return error;
  if (code === 'EACCES' || code === 'EPERM') return notReadable(path, code);
  return new RunbookError('Unreachable', `${path} could not be read (${code}); check the disk`, {
    cause: error,
  });
}
