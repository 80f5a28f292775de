import { RunbookError } from '../../../domain/errors.ts';
import type { ConfigRestored, ConfigWrite, KubernetesPin } from '../../../domain/versions/pins.ts';
import { asRunbookError } from '../api/api-error.ts';
import { contentChangedAt } from '../config/content.ts';
import { type InPlaceParts, ObjectsInPlace, type Prepared } from './in-place-object.ts';

/** Writes the content of copies into objects of the user, and takes it back. */
export class InPlaceConfig {
  readonly #parts: InPlaceParts;
  readonly #pin: KubernetesPin;
  readonly #writes: readonly ConfigWrite[];
  readonly #objects: ObjectsInPlace;

  constructor(parts: InPlaceParts, pin: KubernetesPin) {
    this.#parts = parts;
    this.#pin = pin;
    this.#writes = pin.inPlace ?? [];
    this.#objects = new ObjectsInPlace(parts);
  }

  /** Everything is looked at before anything is written; when one is refused, those that were written are taken back. */
  async restore(signal: AbortSignal): Promise<ConfigRestored> {
    const live = await this.#parts.readWritable();
    const prepared: Prepared[] = [];
    for (const write of this.#writes)
      prepared.push(await this.#objects.prepare(write, live.metadata, signal));
    for (const one of prepared) {
      const seen = await this.#objects.read(one, signal);
      const standing = await this.#objects.standing(one, seen, live.metadata, signal);
      if (standing === 'other') throw this.#objects.changed(one, seen);
      if (standing === 'before' && seen) await this.#objects.keep(one, seen, live, signal);
    }
    const written: string[] = [];
    try {
      for (const one of prepared) {
        await this.#parts.readWritable();
        if (await this.#objects.write(one, live.metadata, signal)) written.push(deed(one.write));
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
      const one = this.#objects.named(write);
      const seen = await this.#objects.read(one, signal);
      const now = seen && one.hashOf(seen);
      // What was to be deleted, and may not be, is there still.
      const isHeld = now === write.hash || (write.hash === undefined && now === write.before);
      if (!isHeld) throw this.#objects.changed(one, seen);
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
        const one = await this.#objects.prepare(inverse, owner, signal);
        const seen = await this.#objects.read(one, signal);
        const standing = await this.#objects.standing(one, seen, owner, signal);
        if (standing === 'done') continue;
        if (standing === 'other') lines.push(`${reference} ${this.#objects.whatIsThere(seen)}, and stays`);
        else if (await this.#objects.write(one, owner, signal)) lines.push(`${reference} was taken back`);
        else lines.push(`${reference}, which was not there before, may not be deleted and stays`);
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

  /**
   * The API server notes whole seconds: pods have to begin in a later one than the content, so that it can be told that they
   * have seen it.
   */
  async #untilNextSecond(prepared: readonly Prepared[], signal: AbortSignal): Promise<void> {
    const { clock, pause } = this.#parts;
    const seen = await Promise.all(prepared.map((one) => this.#objects.read(one, signal)));
    const times = seen.flatMap((object) => (object && !object.immutable && contentChangedAt(object)) || []);
    const left = Math.max(0, ...times) + 1000 - clock();
    if (left > 0) await pause(Math.min(left, 1000));
  }
}

function deed({ reference, copy, hash, before }: ConfigWrite): string {
  if (hash === undefined) return `${reference}: deleted, as it was not there before`;
  const from = copy ? ` (copy ${copy.name})` : '';
  return `${reference}: ${before === undefined ? 'created again' : 'written'} as it was${from}`;
}
