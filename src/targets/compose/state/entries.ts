import type { Instant } from '../../../domain/json.ts';
import type { VersionContent } from './content.ts';
import type { RecordFolder } from './record-folder.ts';
import { parseJson } from './shape.ts';

/** Entries kept of one service. */
export const ENTRIES_KEPT = 50;
/** Longest entry, in bytes. */
const LIMIT_BYTES = 1024 * 1024;
/** Digits of the fingerprint that name an entry. */
const NAME_DIGITS = 16;

/** What is kept of one version. */
export interface Entry {
  readonly fingerprint: string;
  readonly at: Instant;
  /** What the version is made of; a failure may be recorded of one that is gone again. */
  readonly content?: VersionContent;
}

/** The entries that could be read, by fingerprint, and a line for each that could not. */
export interface Found<T> {
  readonly entries: ReadonlyMap<string, T>;
  readonly warnings: readonly string[];
}

export interface EntryKind<T> {
  /** The entry of a value read from disk; undefined when it is none. */
  readonly parse: (value: unknown) => T | undefined;
  /** Sorts those that are kept to the front when there are too many. Default: the newest. */
  readonly rank?: (a: T, b: T) => number;
}

/** One JSON file for each version, named by its fingerprint. */
export class Entries<T extends Entry> {
  readonly #folder: RecordFolder;
  readonly #kind: EntryKind<T>;

  constructor(folder: RecordFolder, kind: EntryKind<T>) {
    this.#folder = folder;
    this.#kind = kind;
  }

  /** All entries; one that cannot be read is left out and told of. */
  async read(): Promise<Found<T>> {
    const entries = new Map<string, T>();
    const warnings: string[] = [];
    for (const [name, bytes] of await this.#folder.readEach(LIMIT_BYTES)) {
      const entry = this.#entryOf(name, bytes);
      if (entry) entries.set(entry.fingerprint, entry);
      else warnings.push(`${this.#folder.path}/${name} is no entry that can be read, and is ignored`);
    }
    return { entries, warnings };
  }

  /**
   * Writes an entry. The newer one of a version stays, with the earliest instant at which the version was seen; of
   * too many the last in rank go, never the one that was just written. Safe to repeat.
   * @param sealed makes the entry what is written, once it is known what that is.
   * @returns where it is kept, relative to the project folder.
   */
  async write(entry: T, sealed: (entry: T) => T = (one) => one): Promise<string> {
    const name = nameOf(entry.fingerprint);
    const former = this.#entryOf(name, await this.#folder.readSound(name, LIMIT_BYTES));
    const newest = former && Date.parse(former.at) > Date.parse(entry.at) ? former : entry;
    const merged = { ...newest, ...seenFirst(newest, entry, former) };
    await this.#folder.write(name, `${JSON.stringify(sealed(merged), null, 2)}\n`);
    await this.#prune(entry.fingerprint);
    return `${this.#folder.path}/${name}`;
  }

  async #prune(written: string): Promise<void> {
    if ((await this.#folder.names()).length <= ENTRIES_KEPT) return;
    const { rank = newestFirst } = this.#kind;
    const others = [...(await this.read()).entries.values()].filter(
      ({ fingerprint }) => fingerprint !== written,
    );
    const tooMany = others.sort((a, b) => rank(a, b) || newestFirst(a, b)).slice(ENTRIES_KEPT - 1);
    for (const { fingerprint } of tooMany) await this.#folder.remove(nameOf(fingerprint));
  }

  #entryOf(name: string, bytes: Buffer | undefined): T | undefined {
    const entry = bytes && this.#kind.parse(parseJson(bytes.toString('utf8')));
    return entry && nameOf(entry.fingerprint) === name ? entry : undefined;
  }
}

function nameOf(fingerprint: string): string {
  return `${fingerprint.slice(0, NAME_DIGITS)}.json`;
}

function newestFirst(a: Entry, b: Entry): number {
  return Date.parse(b.at) - Date.parse(a.at);
}

/** The content with the earliest instant at which the version was seen. */
function seenFirst(
  { content }: Entry,
  entry: Entry,
  former: Entry | undefined,
): { readonly content?: VersionContent } {
  if (!content) return {};
  const seen = [entry, former].flatMap((one) => one?.content?.firstSeenAt ?? []);
  return { content: { ...content, firstSeenAt: seen.reduce(earliest, content.firstSeenAt) } };
}

function earliest(a: Instant, b: Instant | undefined): Instant {
  return b !== undefined && Date.parse(b) < Date.parse(a) ? b : a;
}
