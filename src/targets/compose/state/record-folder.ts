import { readdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import { type AnchoredFolder, NotAFolder, openFolder } from '../files/anchored-folder.ts';
import { notReadable } from '../files/inside.ts';
import { notWritten } from '../files/not-written.ts';
import { readIn } from '../files/read-file.ts';
import { removeForgotten, writeTemporary } from '../files/temporary-file.ts';

/** Makes the state folder itself before anything is written below it. */
type Prepare = () => Promise<void>;

/**
 * One folder of the state. It is made with the first write, for the owner alone, and a read never makes it. Every
 * file is written whole or not at all: synced under another name, then renamed. Links are never followed.
 */
export class RecordFolder {
  /** Relative to the project folder, for people. */
  readonly path: string;
  readonly #root: string;
  readonly #parts: readonly string[];
  readonly #prepare: Prepare;

  constructor(root: string, parts: readonly string[], prepare: Prepare = async () => undefined) {
    this.path = join(...parts);
    this.#root = root;
    this.#parts = parts;
    this.#prepare = prepare;
  }

  /** A folder in this one. */
  below(name: string): RecordFolder {
    return new RecordFolder(this.#root, [...this.#parts, name], this.#prepare);
  }

  /**
   * Reads a file as a whole.
   * @returns undefined when it is not there.
   * @throws RunbookError `ComposeFileUnsupported` when it is too large or no regular file; `AccessDenied`;
   *   `FileNotWritten` when something else stands in place of the folder.
   */
  async read(name: string, limitBytes: number): Promise<Buffer | undefined> {
    return this.#ifThere(
      async (folder) => (await readIn(folder, name, this.#root, limitBytes))?.bytes,
      undefined,
    );
  }

  /** As {@link read}; undefined too when what is there is too large or no regular file. */
  async readSound(name: string, limitBytes: number): Promise<Buffer | undefined> {
    return this.read(name, limitBytes).catch(undefinedIfUnsound);
  }

  /** Every entry by its name, as {@link readSound}. */
  async readEach(limitBytes: number): Promise<readonly (readonly [string, Buffer | undefined])[]> {
    return this.#ifThere(async (folder) => {
      const read = async (name: string) => {
        const file = await readIn(folder, name, this.#root, limitBytes).catch(undefinedIfUnsound);
        return [name, file?.bytes] as const;
      };
      // The folder stays open until the last of them has ended.
      const ended = await Promise.allSettled((await visibleIn(folder)).map(read));
      return ended.map((one) => {
        if (one.status === 'rejected') throw one.reason;
        return one.value;
      });
    }, []);
  }

  /** Names of the files and folders in it, sorted; temporary ones are left out. Empty when it is not there. */
  async names(): Promise<readonly string[]> {
    return this.#ifThere(visibleIn, []);
  }

  /** Writes a file that its owner alone may read. @throws RunbookError `FileNotWritten`. */
  async write(name: string, content: Uint8Array | string): Promise<void> {
    await this.within(async (folder) => {
      await removeForgotten(folder);
      const temporary = await writeTemporary(folder, name, Buffer.from(content));
      try {
        await rename(folder.at(temporary), folder.at(name));
      } catch (error) {
        await rm(folder.at(temporary), { force: true });
        throw error;
      }
      await folder.sync();
    });
  }

  /** Removes a file; one that is not there is no error. */
  async remove(name: string): Promise<void> {
    await this.#ifThere(
      async (folder) => {
        await rm(folder.at(name), { force: true });
        await folder.sync();
      },
      undefined,
      notWritten,
    );
  }

  /** True when a file was written less than so many milliseconds ago; false when it is not there. */
  async isYoungerThan(name: string, ms: number): Promise<boolean> {
    return this.#ifThere(async (folder) => Date.now() - (await stat(folder.at(name))).mtimeMs < ms, false);
  }

  /** Works in the folder, which is made when it is not there. */
  async within<T>(work: (folder: AnchoredFolder) => Promise<T>): Promise<T> {
    try {
      await this.#prepare();
      return await this.#opened(true, work);
    } catch (error) {
      throw notWritten(join(this.#root, this.path), this.#ours(error));
    }
  }

  async #ifThere<T>(
    work: (folder: AnchoredFolder) => Promise<T>,
    missing: T,
    explain: (path: string, error: unknown) => unknown = unreadable,
  ): Promise<T> {
    try {
      return await this.#opened(false, work);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return missing;
      throw explain(join(this.#root, this.path), this.#ours(error));
    }
  }

  async #opened<T>(make: boolean, work: (folder: AnchoredFolder) => Promise<T>): Promise<T> {
    const folder = await openFolder(this.#root, this.#parts, make);
    try {
      return await work(folder);
    } finally {
      await folder.close();
    }
  }

  #ours(error: unknown): unknown {
    if (!(error instanceof NotAFolder)) return error;
    return new RunbookError(
      'FileNotWritten',
      `${error.path} has to be a folder, and a link or a file stands there; remove that, or name another state folder in the profile`,
      { retryable: false },
    );
  }
}

async function visibleIn(folder: AnchoredFolder): Promise<readonly string[]> {
  return (await readdir(folder.at('.'))).filter((name) => !name.startsWith('.')).sort();
}

function undefinedIfUnsound(error: unknown): undefined {
  if (error instanceof RunbookError && error.type === 'ComposeFileUnsupported') return undefined;
  throw error;
}

function unreadable(path: string, error: unknown): unknown {
  if (error instanceof RunbookError) return error;
  const { code } = error as NodeJS.ErrnoException;
  return code === 'EACCES' || code === 'EPERM' ? notReadable(path, code) : error;
}
