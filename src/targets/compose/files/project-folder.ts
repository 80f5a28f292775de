import { realpath, stat } from 'node:fs/promises';
import { RunbookError } from '../../../domain/errors.ts';
import { notReadable, realPathInside } from './inside.ts';
import { type ProjectFile, readReal } from './read-file.ts';
import { type Replaced, type Replacement, replaceFile } from './replace-file.ts';
import { proveReplaceable } from './replaceable.ts';

/** Longest file that is read, in bytes. */
const LIMIT_BYTES = 1024 * 1024;

export interface ReadOptions {
  /** A longer file is refused. Default: 1 MiB. */
  readonly limitBytes?: number;
}

/**
 * The folder of a Compose project, which is never left: a link, `..` or an absolute path that leads out of it is
 * refused, also when it is put there between two calls or in the middle of one. Paths are relative to the folder,
 * or absolute ones inside it.
 */
export class ProjectFolder {
  /** Real path, fixed when it was opened. */
  readonly path: string;

  private constructor(path: string) {
    this.path = path;
  }

  /** @throws RunbookError `WorkloadMissing`, `AccessDenied`. */
  static async open(directory: string): Promise<ProjectFolder> {
    try {
      const path = await realpath(directory);
      if ((await stat(path)).isDirectory()) return new ProjectFolder(path);
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES') throw notReadable(directory, code);
      if (code !== 'ENOENT' && code !== 'ENOTDIR') throw error;
    }
    throw new RunbookError(
      'WorkloadMissing',
      `the project folder ${directory} is not there; check the profile, and that it is mounted where the worker runs`,
    );
  }

  /**
   * Reads a file as a whole. A link that stays inside is followed.
   * @returns undefined when it is not there.
   * @throws RunbookError `ComposeFileUnsupported` when it is not a regular file, too large, or leads out of the
   *   folder; `AccessDenied`; `Unreachable` for an error of the disk.
   */
  async read(path: string, { limitBytes = LIMIT_BYTES }: ReadOptions = {}): Promise<ProjectFile | undefined> {
    const real = await realPathInside(this.path, path);
    return real === undefined ? undefined : readReal(this.path, real, limitBytes);
  }

  /** Compare-and-set of a file's content, whole or not at all. See {@link replaceFile}. */
  replace(path: string, change: Replacement): Promise<Replaced> {
    return replaceFile(this.path, path, change);
  }

  /** Proves beforehand that {@link replace} could work. See {@link proveReplaceable}. */
  writable(path: string): Promise<void> {
    return proveReplaceable(this.path, path);
  }
}
