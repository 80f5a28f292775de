import { basename, dirname } from 'node:path';
import { type AnchoredFolder, NotAFolder, openFolder } from './anchored-folder.ts';
import { leadsOut, partsBetween, realPathInside } from './inside.ts';
import { notWritten } from './not-written.ts';
import { type ProjectFile, readIn } from './read-file.ts';

/** Longest file that is replaced, in bytes: far more than anybody writes by hand. */
const LIMIT_BYTES = 16 * 1024 * 1024;

/** Where a file of the project really is, with its folder held open. */
export interface Place {
  /** Real path of the project folder. */
  readonly root: string;
  /** The path as it was asked for. */
  readonly asked: string;
  /** Real path of the file. */
  readonly path: string;
  readonly folder: AnchoredFolder;
  /** The file's name in the folder. */
  readonly name: string;
}

/**
 * Works on a file that is there, and says of a failed write what it means.
 * @returns undefined when the file is not there.
 */
export async function inPlace<T>(
  root: string,
  asked: string,
  work: (place: Place) => Promise<T>,
): Promise<T | undefined> {
  const path = await realPathInside(root, asked);
  if (path === undefined) return undefined;
  let folder: AnchoredFolder | undefined;
  try {
    folder = await openFolder(root, partsBetween(root, dirname(path)));
    return await work({ root, asked, path, folder, name: basename(path) });
  } catch (error) {
    throw error instanceof NotAFolder ? leadsOut(root, path) : notWritten(path, error);
  } finally {
    await folder?.close();
  }
}

/** The file as it is now; undefined when it is gone. */
export function readPlace({ folder, name, root }: Place): Promise<ProjectFile | undefined> {
  return readIn(folder, name, root, LIMIT_BYTES);
}
