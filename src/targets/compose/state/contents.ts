import { utimes } from 'node:fs/promises';
import { contentHash } from '../files/content-hash.ts';
import type { RecordFolder } from './record-folder.ts';
import { isHash } from './shape.ts';

/** Far above what a project's files may have (`ProjectFolder.read`). */
const LIMIT_BYTES = 16 * 1024 * 1024;
/** Content is kept before the record that names it: what is younger, in milliseconds, may still get one. */
const GRACE_MS = 60 * 60_000;

/** The hash that a content is kept under; nothing where there is no key for it. */
export type HashOf = (content: Uint8Array) => string | undefined | Promise<string | undefined>;

/** Bytes of files, kept under their SHA-256, or another hash of their content. They may hold secrets: their owner alone may read them. */
export class Contents {
  readonly #folder: RecordFolder;

  readonly #hashOf: HashOf;

  constructor(folder: RecordFolder, hashOf: HashOf = contentHash) {
    this.#folder = folder;
    this.#hashOf = hashOf;
  }

  /** Keeps bytes. Safe to repeat; what is broken is replaced. @returns their hash. @throws TypeError where there is none. */
  async keep(bytes: Uint8Array): Promise<string> {
    const sha256 = await this.#hashOf(bytes);
    if (sha256 === undefined) throw new TypeError('no hash to keep a content under');
    if (await this.read(sha256)) await this.#touch(sha256);
    else await this.#folder.write(sha256, bytes);
    return sha256;
  }

  /** The bytes; undefined when they are not kept, or are not what was kept. */
  async read(sha256: string): Promise<Buffer | undefined> {
    if (!isHash(sha256)) return undefined;
    const bytes = await this.#folder.read(sha256, LIMIT_BYTES);
    return bytes && (await this.#hashOf(bytes)) === sha256 ? bytes : undefined;
  }

  /** The hashes of what is kept. */
  async hashes(): Promise<ReadonlySet<string>> {
    return new Set((await this.#folder.names()).filter(isHash));
  }

  /**
   * Removes what nothing refers to any more and what was kept more than an hour ago.
   * @returns how many.
   */
  async removeUnused(used: ReadonlySet<string>): Promise<number> {
    const unused = (await this.#folder.names()).filter((name) => isHash(name) && !used.has(name));
    let removed = 0;
    for (const name of unused) if (await this.#removeOld(name)) removed += 1;
    return removed;
  }

  async #removeOld(name: string): Promise<boolean> {
    const isYoung = await this.#folder.isYoungerThan(name, GRACE_MS);
    if (!isYoung) await this.#folder.remove(name);
    return !isYoung;
  }

  #touch(sha256: string): Promise<void> {
    const now = new Date();
    return this.#folder.within((folder) => utimes(folder.at(sha256), now, now));
  }
}
