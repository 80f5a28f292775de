import { setTimeout as delay } from 'node:timers/promises';
import { ApiError, isStatus } from './api-error.ts';
import { eventsOf, type WatchEvent } from './event-stream.ts';

/** What a watch loop follows, and whom it tells. */
export interface WatchSource {
  /** Begins anew. Returns the version to watch from, or undefined when the watch itself brings the state. */
  restart(signal: AbortSignal): Promise<string | undefined>;
  open(resourceVersion: string | undefined, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  /** The stream is open. `anew`: the state comes as new ADDED events. */
  connected(anew: boolean): void;
  receive(event: WatchEvent): void;
  /** The stream is not open any more; the loop tries again by itself. */
  disconnected(error: unknown): void;
}

/** A watch without a sign of life for this long is taken for dead; bookmarks come about every minute. */
const INACTIVITY_MS = 90_000;
const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/** Keeps a watch open until the signal: reconnects from the last version, begins anew when that is too old (410). */
export async function runWatch(source: WatchSource, signal: AbortSignal): Promise<void> {
  let version: string | undefined;
  let failures = 0;
  while (!signal.aborted) {
    let problem: unknown;
    try {
      const anew = version === undefined;
      version ??= await source.restart(signal);
      for await (const event of openEvents(source, version, anew, signal)) {
        failures = 0;
        if (event.type === 'ERROR') throw watchError(event);
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== 'BOOKMARK') source.receive(event);
      }
    } catch (error) {
      if (isStatus(error, 410)) version = undefined;
      problem = error;
    }
    if (signal.aborted) return;
    source.disconnected(problem);
    const pause = Math.min(FIRST_DELAY_MS * 2 ** failures++, LONGEST_DELAY_MS);
    await delay(pause, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function* openEvents(
  source: WatchSource,
  version: string | undefined,
  anew: boolean,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const silent = new AbortController();
  const timer = setTimeout(() => silent.abort(new Error('the watch fell silent')), INACTIVITY_MS).unref();
  try {
    const body = await source.open(version, AbortSignal.any([signal, silent.signal]));
    source.connected(anew);
    yield* eventsOf(
      (async function* () {
        for await (const chunk of body) {
          timer.refresh();
          yield chunk;
        }
      })(),
    );
  } finally {
    clearTimeout(timer);
    // Ends the request also when the reader stopped early.
    silent.abort();
  }
}

function watchError({ object }: WatchEvent): ApiError {
  return new ApiError(
    { verb: 'watch', on: 'events' },
    { code: object.code ?? 500, message: object.message ?? 'the API server ended the watch' },
  );
}
