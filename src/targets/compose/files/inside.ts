import { lstat, realpath } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';

/** True when the path is the folder or below it. Both are real paths, or both are not. */
export function isInside(root: string, path: string): boolean {
  return path === root || path.startsWith(root.endsWith(sep) ? root : root + sep);
}

/** The names on the way from the folder to what is below it. */
export function partsBetween(root: string, path: string): readonly string[] {
  return relative(root, path)
    .split(sep)
    .filter((part) => part !== '');
}

/** The project folder is never left, whatever leads out of it. */
export function leadsOut(root: string, path: string): RunbookError {
  return new RunbookError(
    'ComposeFileUnsupported',
    `${path} leads out of the project folder ${root}, which is never left; put the file itself into the folder`,
  );
}

/**
 * Where a path of the project really leads.
 * @param root real path of the project folder. @param path relative to it, or absolute.
 * @returns the real path; undefined when nothing is there.
 * @throws RunbookError `ComposeFileUnsupported` when it leads out of the folder, is the folder itself, or is a link to
 *   nothing; `AccessDenied` when it cannot be examined.
 */
export async function realPathInside(root: string, path: string): Promise<string | undefined> {
  const asked = resolve(root, path);
  const real = await realOrMissing(asked);
  if (real !== undefined) {
    if (!isInside(root, real)) throw leadsOut(root, asked);
    if (real === root) throw notRegular(root);
    return real;
  }
  if (!isInside(root, await nearestReal(dirname(asked)))) throw leadsOut(root, asked);
  const link = await lstat(asked).catch(() => undefined);
  if (!link?.isSymbolicLink()) return undefined;
  throw new RunbookError(
    'ComposeFileUnsupported',
    `${asked} is a link to a file that is not there; restore the file`,
  );
}

async function nearestReal(folder: string): Promise<string> {
  return (
    (await realOrMissing(folder)) ?? (folder === dirname(folder) ? folder : nearestReal(dirname(folder)))
  );
}

async function realOrMissing(path: string): Promise<string | undefined> {
  try {
    return await realpath(path);
  } catch (error) {
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    if (code === 'EACCES') throw notReadable(path, code);
    throw new RunbookError(
      'ComposeFileUnsupported',
      `${JSON.stringify(path)} is not a usable path (${code})`,
    );
  }
}

/** The worker lacks the right to read. */
export function notReadable(path: string, code: string): RunbookError {
  const user = process.getuid?.() ?? 'of the worker';
  return new RunbookError(
    'AccessDenied',
    `${path} cannot be read by user ${user} (${code}); let the worker read it, or run it as its owner`,
  );
}

/** Only regular files are read and replaced. */
export function notRegular(path: string): RunbookError {
  return new RunbookError(
    'ComposeFileUnsupported',
    `${path} is not a regular file (a folder, device or pipe); put a file there`,
  );
}
