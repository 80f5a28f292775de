import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Asks again until there is an answer.
 * @throws Error naming what was waited for when the deadline passes.
 */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  { withinMs = 30_000, everyMs = 50 }: { withinMs?: number; everyMs?: number } = {},
): Promise<T> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() > deadline) throw new Error(`waited ${withinMs} ms for ${what}`);
    await sleep(everyMs);
  }
}
