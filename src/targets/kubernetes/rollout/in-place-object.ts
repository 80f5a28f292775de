import { RunbookError } from '../../../domain/errors.ts';
import type { ConfigWrite } from '../../../domain/versions/pins.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import type { ObjectMeta, Workload } from '../api/resources.ts';
import { type ConfigObject, hasherOf, hasWritten, writerOf } from '../config/content.ts';
import { type CopiesKnown, findCopy, type HashOf, keepConfig, readIfThere } from '../config/kept-config.ts';
import {
  changeContent,
  createAgain,
  notedOn,
  noteOriginal,
  type ObjectWriter,
  type OriginalObject,
  originalOf,
  removeSeen,
} from '../config/write-object.ts';
import type { ConfigKind } from '../template/config-references.ts';
import type { WorkloadPlace } from '../workload/workload.ts';

/** How often one object is written again because only something beside its content had changed. */
const REBASES = 3;

/** What writing config in place needs beside the pin. */
export interface InPlaceParts extends ObjectWriter {
  readonly place: WorkloadPlace;
  /** Content of Secrets is compared by its keyed hash. */
  readonly key: string | undefined;
  /** A real read of the workload. @throws where it may not be changed any more by this plan. */
  readonly readWritable: () => Promise<Workload>;
  /** Whether the workload has the pinned template already: then nothing is taken back. */
  readonly isLive: () => Promise<boolean>;
  /** Copies by the hash of what they hold, as the records tell. */
  readonly known: () => ReadonlyMap<string, string>;
  /** Everything that may refer to a copy, read anew. */
  readonly copies: (live: Workload) => Promise<CopiesKnown>;
  /** Hashes of what the last rollback has overwritten. */
  readonly overwritten: (live: Workload) => readonly string[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** One object with what it is to hold. */
export interface Prepared {
  readonly write: ConfigWrite;
  readonly kind: ConfigKind;
  readonly name: string;
  readonly hashOf: HashOf;
  /** What holds the content; none where the object is to go. */
  readonly content: ConfigObject | undefined;
}

/** Whether an object is as it is to be, as it was, or neither. */
export type Standing = 'done' | 'before' | 'half' | 'other';

/** Reads and writes objects of the user one by one, each as compare-and-set. */
export class ObjectsInPlace {
  readonly #parts: InPlaceParts;

  constructor(parts: InPlaceParts) {
    this.#parts = parts;
  }

  /** What a write is about. */
  named(write: ConfigWrite) {
    const [kind, name = ''] = write.reference.split('/', 2) as [ConfigKind, string?];
    return { write, kind, name, hashOf: hasherOf(kind, this.#parts.key) };
  }

  /** @throws PinLost when no copy holds the content any more. */
  async prepare(write: ConfigWrite, owner: Pick<ObjectMeta, 'uid'>, signal: AbortSignal): Promise<Prepared> {
    const one = this.named(write);
    const { hash, copy } = write;
    if (hash === undefined) return { ...one, content: undefined };
    const { transport, place, known } = this.#parts;
    const names = copy ? new Map([...known(), [hash, copy.name]]) : known();
    const content = await findCopy(
      transport,
      place,
      owner,
      { of: one.kind, hash, hashOf: one.hashOf },
      names,
      signal,
    );
    if (content) return { ...one, content };
    throw new RunbookError(
      'PinLost',
      `no copy holds any more what ${write.reference} held; start a new run, which plans anew`,
    );
  }

  /** The object as it is now; undefined where there is none. */
  read({ write: { reference } }: Pick<Prepared, 'write'>, signal: AbortSignal) {
    const { transport, namespace } = this.#parts;
    return readIfThere(transport, namespace, reference, signal);
  }

  /** How it stands to what is wanted of it. */
  async standing(
    one: Prepared,
    seen: ConfigObject | undefined,
    owner: Pick<ObjectMeta, 'uid'>,
    signal: AbortSignal,
  ): Promise<Standing> {
    const { hash, before } = one.write;
    if (seen?.metadata.deletionTimestamp) return 'other';
    const now = seen && one.hashOf(seen);
    if (seen ? now === hash : hash === undefined) return 'done';
    if (seen ? now === before : before === undefined) return 'before';
    return !seen && (await this.#originalOf(one, owner, signal)) ? 'half' : 'other';
  }

  /** Of an object that was deleted and not yet created again: what it had, by the copy of what it held. */
  async #originalOf(
    { write, kind, hashOf }: Prepared,
    owner: Pick<ObjectMeta, 'uid'>,
    signal: AbortSignal,
  ): Promise<OriginalObject | undefined> {
    const { transport, place, known } = this.#parts;
    const { before: hash } = write;
    if (hash === undefined) return undefined;
    const copy = await findCopy(transport, place, owner, { of: kind, hash, hashOf }, known(), signal);
    return copy && notedOn(copy);
  }

  /** What it holds is kept before it is overwritten. @throws ConfigNotWritable when there is no room. */
  async keep(
    { write, kind, hashOf, content }: Prepared,
    object: ConfigObject,
    live: Workload,
    signal: AbortSignal,
  ) {
    const { transport, place, known, copies, overwritten, clock } = this.#parts;
    if (isMadeAnew(object, content) && object.metadata.finalizers?.length) {
      throw new RunbookError(
        'ConfigNotWritable',
        `${write.reference} is immutable and has finalizers (${object.metadata.finalizers.join(', ')}): it cannot be deleted and created again; nothing was changed`,
      );
    }
    const kept = await keepConfig(
      transport,
      place,
      live.metadata,
      { of: kind, object, hashOf },
      { all: () => copies(live), overwritten: overwritten(live), known: known(), now: clock() },
      signal,
    );
    if ('problem' in kept) {
      throw new RunbookError(
        'ConfigNotWritable',
        `what ${write.reference} holds cannot be kept before it is written, and so nothing was changed: ${kept.problem}`,
      );
    }
    if (isMadeAnew(object, content)) {
      await noteOriginal(this.#parts, { kind, name: kept.name }, originalOf(object), signal);
    }
  }

  /** One object, by what is read right before. @returns false when it was so before this run. */
  async write(one: Prepared, owner: Pick<ObjectMeta, 'uid'>, signal: AbortSignal): Promise<boolean> {
    const { fieldManager } = this.#parts;
    for (let rebases = 0; ; rebases += 1) {
      const seen = await this.read(one, signal);
      const standing = await this.standing(one, seen, owner, signal);
      if (standing === 'done') return seen ? hasWritten(seen, fieldManager) : false;
      if (standing === 'other') throw this.changed(one, seen);
      try {
        await this.#attempt(one, seen, owner, signal);
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        // What was not there before, and may not be deleted, is left: nothing of the older version refers to it.
        if (one.content === undefined && isStatus(error, 403)) return false;
        const isConflict = isStatus(error, 409) || isStatus(error, 422);
        if (!error.outcomeUnknown && !isConflict) throw error;
        const now = await this.read(one, signal).catch(() => {
          throw error;
        });
        if ((await this.standing(one, now, owner, signal)) === 'done') return true;
        const isMoved = now?.metadata.resourceVersion !== seen?.metadata.resourceVersion;
        if (error.outcomeUnknown || !isMoved || rebases >= REBASES) throw error;
      }
    }
  }

  async #attempt(
    one: Prepared,
    seen: ConfigObject | undefined,
    owner: Pick<ObjectMeta, 'uid'>,
    signal: AbortSignal,
  ): Promise<void> {
    const { kind, content } = one;
    if (seen && content && !isMadeAnew(seen, content)) {
      await changeContent(this.#parts, { kind, object: seen }, content, signal);
      return;
    }
    const original = seen ? originalOf(seen) : await this.#originalOf(one, owner, signal);
    if (seen) await removeSeen(this.#parts, { kind, object: seen }, signal);
    if (content) await createAgain(this.#parts, one, original ?? {}, content, signal);
  }

  /** What is told of an object that is neither as it was nor as it is to be. */
  changed({ write: { reference } }: Pick<Prepared, 'write'>, seen: ConfigObject | undefined): RunbookError {
    return new RunbookError('WorkloadChanged', `${reference} ${this.whatIsThere(seen)}; it is left as it is`);
  }

  /** The same, as the end of a sentence. */
  whatIsThere(seen: ConfigObject | undefined): string {
    if (!seen) return 'was deleted';
    if (seen.metadata.deletionTimestamp) return 'is being deleted';
    return `holds another content than was planned, written by ${writerOf(seen, this.#parts.fieldManager)}`;
  }
}

/** What is immutable, or a Secret of another type, cannot be changed: it is deleted, and created again. */
function isMadeAnew({ immutable, type }: ConfigObject, content: ConfigObject | undefined): boolean {
  return immutable === true || content === undefined || type !== content.type;
}
