import { RunbookError } from '../../../domain/errors.ts';
import type { ConfigRestored, ConfigWrite, KubernetesPin } from '../../../domain/versions/pins.ts';
import { ApiError, asRunbookError, isStatus } from '../api/api-error.ts';
import type { ObjectMeta, Workload } from '../api/resources.ts';
import { type ConfigObject, contentChangedAt, hasherOf, hasWritten, writerOf } from '../config/content.ts';
import { findCopy, type HashOf, keepConfig, readObject } from '../config/kept-config.ts';
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
  readonly look: () => Promise<Workload>;
  /** Whether the workload has the pinned template already: then nothing is taken back. */
  readonly isLive: () => Promise<boolean>;
  /** Copies by the hash of what they hold, as the records tell. */
  readonly known: () => ReadonlyMap<string, string>;
  /** Names of copies that templates and records refer to. */
  readonly inUse: (live: Workload) => Promise<ReadonlySet<string>>;
  /** Hashes of what the last rollback has overwritten. */
  readonly overwritten: (live: Workload) => readonly string[];
  /** Milliseconds since 1970. */
  readonly clock: () => number;
  readonly pause: (ms: number) => Promise<void>;
}

/** One object with what it is to hold. */
interface Prepared {
  readonly write: ConfigWrite;
  readonly kind: ConfigKind;
  readonly name: string;
  readonly hashOf: HashOf;
  /** What holds the content; none where the object is to go. */
  readonly content: ConfigObject | undefined;
}

/** Whether an object is as it is to be, as it was, or neither. */
type Standing = 'done' | 'before' | 'half' | 'other';

/** Writes the content of copies into objects of the user, and takes it back. */
export class InPlaceConfig {
  readonly #parts: InPlaceParts;
  readonly #pin: KubernetesPin;
  readonly #writes: readonly ConfigWrite[];

  constructor(parts: InPlaceParts, pin: KubernetesPin) {
    this.#parts = parts;
    this.#pin = pin;
    this.#writes = pin.inPlace ?? [];
  }

  /** Everything is looked at before anything is written; when one is refused, those that were written are taken back. */
  async restore(signal: AbortSignal): Promise<ConfigRestored> {
    const live = await this.#parts.look();
    const prepared: Prepared[] = [];
    for (const write of this.#writes) prepared.push(await this.#prepare(write, live.metadata, signal));
    for (const one of prepared) {
      const seen = await this.#read(one, signal);
      const standing = await this.#standing(one, seen, live.metadata, signal);
      if (standing === 'other') throw this.#changed(one, seen);
      if (standing === 'before' && seen) await this.#keep(one, seen, live, signal);
    }
    const written: string[] = [];
    try {
      for (const one of prepared) {
        await this.#parts.look();
        if (await this.#write(one, live.metadata, signal)) written.push(deed(one.write));
      }
      await this.#untilNextSecond(prepared, signal);
      await this.assertHeld(signal);
    } catch (error) {
      throw await this.taken(error, signal);
    }
    return { changed: written.length > 0, written };
  }

  /** @throws WorkloadChanged when an object does not hold what was written: somebody has written it anew. */
  async assertHeld(signal: AbortSignal): Promise<void> {
    for (const write of this.#writes) {
      const one = this.#named(write);
      const seen = await this.#read(one, signal);
      if (seen ? one.hashOf(seen) !== write.hash : write.hash !== undefined) throw this.#changed(one, seen);
    }
  }

  /**
   * What is told of a change that is refused for good: what was written is taken back first, as compare-and-set on what was
   * written. What somebody has changed since stays, and is named. An outcome that is not known takes nothing back.
   */
  async taken(error: unknown, signal: AbortSignal): Promise<unknown> {
    const failure = asRunbookError(error);
    if (signal.aborted || !(failure instanceof RunbookError) || failure.retryable) return error;
    if (failure.type === 'ClusterChanged') return error;
    if (await this.#parts.isLive()) return error;
    const owner = { uid: this.#pin.workload.uid };
    const lines: string[] = [];
    let isWhole = true;
    for (const { copy: _copy, ...write } of this.#writes.toReversed()) {
      const { reference, before, hash } = write;
      const inverse: ConfigWrite = {
        reference,
        ...(before === undefined ? {} : { hash: before }),
        ...(hash === undefined ? {} : { before: hash }),
      };
      try {
        const one = await this.#prepare(inverse, owner, signal);
        const seen = await this.#read(one, signal);
        const standing = await this.#standing(one, seen, owner, signal);
        if (standing === 'done') continue;
        if (standing === 'other') lines.push(`${reference} ${this.#whatIsThere(seen)}, and stays`);
        else if (await this.#write(one, owner, signal)) lines.push(`${reference} was taken back`);
      } catch (problem) {
        const told = asRunbookError(problem);
        if (!(told instanceof RunbookError)) throw problem;
        isWhole = false;
        lines.push(`${reference} could not be taken back: ${told.message}`);
      }
    }
    return new RunbookError(failure.type, [failure.message, ...lines].join('; '), {
      retryable: false,
      takenBack: isWhole,
    });
  }

  #named(write: ConfigWrite) {
    const [kind, name = ''] = write.reference.split('/', 2) as [ConfigKind, string?];
    return { write, kind, name, hashOf: hasherOf(kind, this.#parts.key) };
  }

  /** @throws PinLost when no copy holds the content any more. */
  async #prepare(write: ConfigWrite, owner: Pick<ObjectMeta, 'uid'>, signal: AbortSignal): Promise<Prepared> {
    const one = this.#named(write);
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

  async #read({ kind, name }: Pick<Prepared, 'kind' | 'name'>, signal: AbortSignal) {
    const { transport, namespace } = this.#parts;
    try {
      return await readObject(transport, namespace, { kind, name }, signal);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  async #standing(
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
  async #keep(
    { write, kind, hashOf, content }: Prepared,
    object: ConfigObject,
    live: Workload,
    signal: AbortSignal,
  ) {
    const { transport, place, known, inUse, overwritten, clock } = this.#parts;
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
      { inUse: await inUse(live), overwritten: overwritten(live), known: known(), now: clock() },
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
  async #write(one: Prepared, owner: Pick<ObjectMeta, 'uid'>, signal: AbortSignal): Promise<boolean> {
    const { fieldManager } = this.#parts;
    for (let rebases = 0; ; rebases += 1) {
      const seen = await this.#read(one, signal);
      const standing = await this.#standing(one, seen, owner, signal);
      if (standing === 'done') return seen ? hasWritten(seen, fieldManager) : false;
      if (standing === 'other') throw this.#changed(one, seen);
      try {
        await this.#attempt(one, seen, owner, signal);
        return true;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const isConflict = isStatus(error, 409) || isStatus(error, 422);
        if (!error.outcomeUnknown && !isConflict) throw error;
        const now = await this.#read(one, signal).catch(() => {
          throw error;
        });
        if ((await this.#standing(one, now, owner, signal)) === 'done') return true;
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

  /**
   * The API server notes whole seconds: pods have to begin in a later one than the content, so that it can be told that they
   * have seen it.
   */
  async #untilNextSecond(prepared: readonly Prepared[], signal: AbortSignal): Promise<void> {
    const { clock, pause } = this.#parts;
    const seen = await Promise.all(prepared.map((one) => this.#read(one, signal)));
    const times = seen.flatMap((object) => (object && !object.immutable && contentChangedAt(object)) || []);
    const left = Math.max(0, ...times) + 1000 - clock();
    if (left > 0) await pause(Math.min(left, 1000));
  }

  #changed({ write: { reference } }: Pick<Prepared, 'write'>, seen: ConfigObject | undefined): RunbookError {
    return new RunbookError(
      'WorkloadChanged',
      `${reference} ${this.#whatIsThere(seen)}; it is left as it is`,
    );
  }

  #whatIsThere(seen: ConfigObject | undefined): string {
    if (!seen) return 'was deleted';
    if (seen.metadata.deletionTimestamp) return 'is being deleted';
    return `holds another content than was planned, written by ${writerOf(seen, this.#parts.fieldManager)}`;
  }
}

/** What is immutable, or a Secret of another type, cannot be changed: it is deleted, and created again. */
function isMadeAnew({ immutable, type }: ConfigObject, content: ConfigObject | undefined): boolean {
  return immutable === true || content === undefined || type !== content.type;
}

function deed({ reference, copy, hash, before }: ConfigWrite): string {
  if (hash === undefined) return `${reference}: deleted, as it was not there before`;
  const from = copy ? ` (copy ${copy.name})` : '';
  return `${reference}: ${before === undefined ? 'created again' : 'written'} as it was${from}`;
}
