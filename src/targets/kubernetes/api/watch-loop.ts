import { setTimeout as delay } from 'node:timers/promises';
import { RunbookError } from '../../../domain/errors.ts';
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

const FIRST_DELAY_MS = 50;
const LONGEST_DELAY_MS = 5_000;

/**
 * Keeps a watch open until the signal: reconnects from the last version, begins anew when that is too old (410), and
 * no sooner than the server asks for (`Retry-After`).
 */
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
        if (event.type === 'ERROR') throw watchError(event.object.message, event.object.code ?? 500);
        version = event.object.metadata.resourceVersion ?? version;
        if (event.type !== 'BOOKMARK') source.receive(event);
      }
    } catch (error) {
      if (isStatus(error, 410)) version = undefined;
      problem = isWatchError(error)
        ? error
        : watchError(error instanceof Error ? error.message : String(error));
    }
    if (signal.aborted) return;
    source.disconnected(problem);
    const asked = problem instanceof ApiError ? (problem.retryAfterMs ?? 0) : 0;
    const pause = Math.max(asked, Math.min(FIRST_DELAY_MS * 2 ** failures++, LONGEST_DELAY_MS));
    await delay(pause, undefined, { signal, ref: false }).catch(() => {});
  }
}

async function* openEvents(
  source: WatchSource,
  version: string | undefined,
  anew: boolean,
  signal: AbortSignal,
): AsyncGenerator<WatchEvent> {
  const done = new AbortController();
  try {
    const body = await source.open(version, AbortSignal.any([signal, done.signal]));
    source.connected(anew);
    yield* eventsOf(body);
  } finally {
    // Ends the request also when the reader stopped early.
    done.abort();
  }
}

function isWatchError(error: unknown): boolean {
  return error instanceof ApiError || error instanceof RunbookError;
}

/** @param code 0: the stream broke. */
function watchError(message = 'the API server ended the watch', code = 0): ApiError {
  return new ApiError({ verb: 'watch', on: 'events' }, { code, message });
}
