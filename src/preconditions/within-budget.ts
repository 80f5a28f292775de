import { setTimeout as pause } from 'node:timers/promises';

/** Pauses before another attempt, in ms; there is no fourth. */
const PAUSES_MS = [250, 500];
/** Less time than this is left to no attempt, in ms. */
const LEAST_MS = 200;

/** What one attempt came to. */
export interface Attempt<T> {
  readonly response: T;
  /** Whether another attempt may say more; with a number, after so many ms at the soonest. */
  readonly again: boolean | number;
}

/**
 * Asks up to three times within a budget: a question that changes nothing may be put again.
 * @param ms for all attempts together, pauses included
 * @param attempt is told how long it may take
 * @returns what the last attempt came to
 */
export async function withinBudget<T>(
  ms: number,
  signal: AbortSignal,
  attempt: (timeoutMs: number) => Promise<Attempt<T>>,
): Promise<T> {
  const until = performance.now() + ms;
  for (let tries = 0; ; tries += 1) {
    const { response, again } = await attempt(Math.max(1, Math.ceil(until - performance.now())));
    const least = PAUSES_MS[tries];
    if (again === false || least === undefined) return response;
    const wait = Math.max(least, again === true ? 0 : again);
    if (performance.now() + wait + LEAST_MS > until) return response;
    await pause(wait, undefined, { signal });
  }
}
