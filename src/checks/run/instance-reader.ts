import { RunbookError } from '../../domain/errors.ts';
import type { Instance } from '../../domain/versions/pins.ts';

/** Doubtful instances are read again after this long, in milliseconds: pods may have been replaced. */
const STALE_MS = 5000;

/** The running instances of a check: read once, and again when a probe could prove nothing. */
export class InstanceReader {
  readonly #read: () => Promise<readonly Instance[]>;
  readonly #now: () => number;
  #known: readonly Instance[] | undefined;
  #readAt = 0;
  #doubtful = false;

  constructor(read: () => Promise<readonly Instance[]>, now: () => number) {
    this.#read = read;
    this.#now = now;
  }

  /**
   * The instances; what was known before when the target cannot be reached now. Rejects with the target's
   * `RunbookError` when asking again cannot help.
   */
  async read(): Promise<readonly Instance[]> {
    const stale = this.#doubtful && this.#now() - this.#readAt >= STALE_MS;
    if (this.#known && !stale) return this.#known;
    this.#readAt = this.#now();
    this.#doubtful = false;
    try {
      this.#known = await this.#read();
    } catch (error) {
      if (!(error instanceof RunbookError && error.retryable)) throw error;
      this.#doubtful = true;
    }
    return this.#known ?? [];
  }

  /** The last probe proved nothing: perhaps it asked instances that are gone. */
  doubt(): void {
    this.#doubtful = true;
  }
}
