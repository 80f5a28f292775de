import type { ObjectMeta, Workload } from '../api/resources.ts';

/** The newest state that is known. */
export interface CachedWorkload {
  /** Undefined: the Deployment does not exist. */
  readonly live: Workload | undefined;
  /** Grows with every change. */
  readonly sequence: number;
}

/** Remembers the newest state, whoever brings it, and wakes those who wait for the next one. */
export class WorkloadCache {
  #entry: CachedWorkload = { live: undefined, sequence: 0 };
  readonly #listeners = new Set<() => void>();

  get entry(): CachedWorkload {
    return this.#entry;
  }

  /** Takes the state over, undefined for none, and wakes everyone. */
  replace(live: Workload | undefined): void {
    this.#entry = { live, sequence: this.#entry.sequence + 1 };
    this.wake();
  }

  /** Knows nothing any more, and tells nobody: what comes next counts, whatever its version. */
  forget(): void {
    this.#entry = { ...this.#entry, live: undefined };
  }

  /** True when what is known is newer than this object. */
  isOutdated({ metadata }: { readonly metadata: ObjectMeta }): boolean {
    const known = this.#entry.live;
    return known !== undefined && isOlderVersion(metadata, known.metadata);
  }

  /** Wakes everyone who waits for a change, for a cause outside the state. */
  wake(): void {
    for (const listener of this.#listeners) listener();
  }

  /** Ends at the next change or wake-up, or after `ms`. */
  async next(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    await new Promise<void>((resolve) => {
      const finish = () => {
        clearTimeout(timer);
        this.#listeners.delete(finish);
        signal.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, Math.max(0, Math.min(ms, 2 ** 31 - 1)));
      this.#listeners.add(finish);
      signal.addEventListener('abort', finish, { once: true });
    });
    signal.throwIfAborted();
  }
}

/** Versions count upwards within a kind of object, whichever object it is (Kubernetes API concepts, KEP-5504). */
function isOlderVersion(offered: ObjectMeta, known: ObjectMeta): boolean {
  const [a = '', b = ''] = [offered.resourceVersion, known.resourceVersion];
  if (/^\d+$/.test(a) && /^\d+$/.test(b)) return BigInt(a) < BigInt(b);
  return offered.uid === known.uid && (offered.generation ?? 0) < (known.generation ?? 0);
}
