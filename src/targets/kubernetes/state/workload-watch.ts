import { RunbookError } from '../../../domain/errors.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import type { WatchEvent } from '../api/event-stream.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { runWatch } from '../api/watch-loop.ts';
import type { WorkloadPlace } from '../workload/workload.ts';
import { type CachedWorkload, WorkloadCache } from './workload-cache.ts';

/** Without users the watch is kept open this long for the next step or run. */
const LINGER_MS = 60_000;
/** A watch that brings no object within this long after it opened is asked about by a GET. */
const SYNC_MS = 250;
/** How long a reader waits for a broken watch to come back. */
const OPEN_TIMEOUT_MS = 5_000;

/**
 * One watch of one workload, shared by all steps and runs of this worker. Its first event replaces a GET, and
 * every later read costs no request. What is read is old by milliseconds as a rule, and by any amount when the API
 * server lags or the connection died unnoticed. The write is safe all the same, it is a compare-and-set; whoever
 * decides something else on what the watch says asks for a `refresh` when that is doubtful.
 */
export class WorkloadWatch {
  readonly #transport: ApiTransport;
  readonly #workload: WorkloadPlace;
  readonly #cache = new WorkloadCache();
  #synced = false;
  #connected = false;
  #disconnectedAt = performance.now();
  #problem: unknown;
  #users = 0;
  #loop: AbortController | undefined;
  #linger: NodeJS.Timeout | undefined;
  #syncTimer: NodeJS.Timeout | undefined;

  constructor(transport: ApiTransport, workload: WorkloadPlace) {
    this.#transport = transport;
    this.#workload = workload;
  }

  /** Keeps the watch open while the work runs, and a little longer. */
  async use<T>(work: () => Promise<T>): Promise<T> {
    this.#users += 1;
    clearTimeout(this.#linger);
    this.#start();
    try {
      return await work();
    } finally {
      this.#users -= 1;
      if (this.#users === 0) this.#linger = setTimeout(() => this.close(), LINGER_MS).unref();
    }
  }

  /** The newest state. Waits for the watch to open; throws when it cannot be opened within 5 s. */
  async read(signal: AbortSignal): Promise<CachedWorkload> {
    const deadline = performance.now() + OPEN_TIMEOUT_MS;
    while (!this.#synced || !this.#connected) {
      signal.throwIfAborted();
      if (isHopeless(this.#problem)) throw this.#problem;
      const left = deadline - performance.now();
      if (left <= 0) throw this.#problem ?? new RunbookError('Unreachable', 'the watch does not open');
      await this.#cache.next(left, signal);
    }
    return this.#cache.entry;
  }

  /**
   * Asks the API server itself: one GET, consistent with every write before it.
   * @returns the newest state that is known then.
   */
  async refresh(signal: AbortSignal): Promise<Workload | undefined> {
    const { sequence } = this.#cache.entry;
    const live = await this.#get(signal);
    const silent = this.#cache.entry.sequence === sequence;
    // The watch may have told of something newer while the response was on its way.
    if (silent || (live && this.#cache.entry.live)) this.#take(live, live);
    return this.#cache.entry.live;
  }

  /** The newest state even when the watch is broken, and for how long it has been, in milliseconds. */
  peek(): { readonly cached: CachedWorkload; readonly brokenForMs: number; readonly problem: unknown } {
    const broken = !this.#connected || !this.#synced;
    return {
      cached: this.#cache.entry,
      brokenForMs: broken ? performance.now() - this.#disconnectedAt : 0,
      problem: this.#problem,
    };
  }

  /** Ends at the next change after `sequence`, or after `ms`. */
  async changed(sequence: number, ms: number, signal: AbortSignal): Promise<void> {
    if (this.#cache.entry.sequence !== sequence) return;
    await this.#cache.next(ms, signal);
  }

  /** Takes over what the response to a read or write says, which may be newer than the watch. */
  adopt(live: Workload): void {
    this.#take(live, live);
  }

  /** Wakes everyone who waits for a change, for a cause outside the watch. */
  wake(): void {
    this.#cache.wake();
  }

  /** Begins anew: versions of another API server say nothing here. */
  reset(): void {
    this.close();
    this.#cache.forget();
    if (this.#users > 0) this.#start();
  }

  close(): void {
    clearTimeout(this.#linger);
    clearTimeout(this.#syncTimer);
    this.#loop?.abort();
    this.#loop = undefined;
    this.#synced = false;
    this.#connected = false;
    this.#problem = undefined;
  }

  #start(): void {
    if (this.#loop) return;
    const loop = new AbortController();
    this.#loop = loop;
    this.#disconnectedAt = performance.now();
    const { kind, namespace, name } = this.#workload;
    const own = (act: () => void) => {
      if (this.#loop === loop) act();
    };
    const source = {
      restart: async () => undefined,
      open: (version: string | undefined, signal: AbortSignal) => {
        const query = {
          fieldSelector: `metadata.name=${name}`,
          timeoutSeconds: '280',
          ...(version === undefined ? {} : { resourceVersion: version }),
        };
        return this.#transport.openWatch({ resource: kind.collection, namespace, query }, signal);
      },
      connected: (anew: boolean) => own(() => this.#opened(anew, loop.signal)),
      receive: (event: WatchEvent) => own(() => this.#receive(event)),
      disconnected: (error: unknown) => own(() => this.#broke(error)),
    };
    void runWatch(source, loop.signal);
  }

  #opened(anew: boolean, signal: AbortSignal): void {
    this.#connected = true;
    this.#problem = undefined;
    if (anew) {
      this.#synced = false;
      this.#syncTimer = setTimeout(() => void this.#ask(signal), SYNC_MS).unref();
    }
    this.wake();
  }

  /** The watch is open and says nothing: the workload is missing, or the server is slow. */
  async #ask(signal: AbortSignal): Promise<void> {
    try {
      await this.refresh(signal);
    } catch (error) {
      if (signal.aborted || this.#synced) return;
      this.#problem = error;
      this.#syncTimer = setTimeout(() => void this.#ask(signal), SYNC_MS).unref();
      this.wake();
    }
  }

  /** Undefined when there is none. */
  async #get(signal: AbortSignal): Promise<Workload | undefined> {
    const { kind, namespace, name } = this.#workload;
    try {
      return await this.#transport.get<Workload>({ resource: kind.collection, namespace, name }, signal);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  }

  #receive({ type, object }: WatchEvent): void {
    this.#take(object, type === 'DELETED' ? undefined : (object as Workload));
  }

  /** @param bearer the object that brings the news: the state itself, or the one that was deleted. */
  #take(bearer: Pick<Workload, 'metadata'> | undefined, live: Workload | undefined): void {
    clearTimeout(this.#syncTimer);
    this.#synced = true;
    if (bearer && this.#cache.isOutdated(bearer)) this.wake();
    else this.#cache.replace(live);
  }

  #broke(error: unknown): void {
    if (this.#connected) this.#disconnectedAt = performance.now();
    this.#connected = false;
    this.#problem = error;
    clearTimeout(this.#syncTimer);
    this.wake();
  }
}

/** Trying again cannot help: credentials or configuration. */
function isHopeless(error: unknown): boolean {
  if (error instanceof ApiError) return error.code === 401 || error.code === 403;
  return error instanceof RunbookError && error.type !== 'Unreachable';
}
