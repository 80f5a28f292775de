import { setTimeout as sleep } from 'node:timers/promises';

/** How long is waited, and who may end it. */
export interface UntilOptions {
  readonly withinMs?: number;
  /** Default: soon at first and less often the longer it takes, so that a long wait costs others little. */
  readonly everyMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Asks again until there is an answer.
 * @throws Error naming what was waited for when the deadline passes, and the signal's reason when it aborts.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  { withinMs = 90_000, everyMs, signal }: UntilOptions = {},
): Promise<T> {
  const begun = Date.now();
  const deadline = begun + withinMs;
  for (;;) {
    signal?.throwIfAborted();
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`);
    const pause = everyMs ?? pauseAfter(Date.now() - begun);
    await sleep(pause, undefined, signal ? { signal } : {}).catch(() => signal?.throwIfAborted());
  }
}

/** An eighth of what it has taken so far, in milliseconds, from 20 to 100. */
function pauseAfter(elapsedMs: number): number {
  return Math.min(100, Math.max(20, elapsedMs / 8));
}
