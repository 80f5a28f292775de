import { posix } from 'node:path';
import { RunbookError } from '../../../../domain/errors.ts';
import { type ComposeFile, parseComposeFile } from '../text/compose-file.ts';
import type { ReadText } from '../text/project-options.ts';
import { type Line, unsupported } from '../text/unsupported.ts';

/** Largest file that is read, in UTF-16 code units. */
const SIZE_LIMIT = 1024 * 1024;
/** Files of one project: some hundred are known, more is a mistake. */
const FILES_LIMIT = 500;

/** The files of a project, each read once. */
export class ProjectFiles {
  readonly #readText: ReadText;
  readonly #texts = new Map<string, Promise<string | undefined>>();
  readonly #compose = new Map<string, ComposeFile>();

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  /** Compose files that were read, in order. */
  get composePaths(): readonly string[] {
    return [...this.#compose.keys()];
  }

  /** @throws RunbookError ComposeFileUnsupported for a file that is too large, and what the reader throws. */
  async text(path: string): Promise<string | undefined> {
    let pending = this.#texts.get(path);
    if (!pending) {
      if (this.#texts.size >= FILES_LIMIT) throw unsupported(path, `more than ${FILES_LIMIT} files`);
      pending = this.#readText(path);
      this.#texts.set(path, pending);
    }
    const text = await pending;
    if (text !== undefined && text.length > SIZE_LIMIT) throw unsupported(path, 'larger than 1 MiB');
    return text;
  }

  /**
   * A compose file.
   * @param from where the file is named; without it, it is one of the profile.
   */
  async compose(path: string, from?: Line): Promise<ComposeFile> {
    const known = this.#compose.get(path);
    if (known) return known;
    const text = await this.text(path);
    if (text === undefined) {
      if (from) throw unsupported(from, `there is no file ${path}`);
      throw new RunbookError('WorkloadMissing', `there is no compose file ${path}; check the profile`);
    }
    const file = parseComposeFile(path, text);
    this.#compose.set(path, file);
    return file;
  }
}

/** A path of a compose file, seen from the project folder. */
export function within(folder: string, path: string): string {
  return path.startsWith('/') || path.startsWith('~') ? path : posix.normalize(posix.join(folder, path));
}

/** The folder of a path; `.` is the project folder. */
export function folderOf(path: string): string {
  return posix.dirname(path);
}
