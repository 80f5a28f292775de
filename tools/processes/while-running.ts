import { readFile } from 'node:fs/promises';
import type { Exit, Managed } from './index.ts';

/** Enough of a log to see why a program gave up. */
const [LINES, CHARACTERS] = [12, 3000];

/** A process ended while something was waited for that needs it. Its log goes with the sandbox, so its end stands here. */
export class ProcessEnded extends Error {
  override readonly name = 'ProcessEnded';
}

/**
 * Waits for something that needs processes, and no longer than all of them live.
 * @throws ProcessEnded with the last lines of the log when one ends first.
 */
export async function whileRunning<T>(
  needed: readonly Managed[],
  work: (signal: AbortSignal) => Promise<T>,
  outer?: AbortSignal,
): Promise<T> {
  const over = new AbortController();
  const ended = Promise.race(
    needed.map(async (one): Promise<never> => {
      const exit = await one.exited;
      throw new ProcessEnded(await lastWords(one, exit));
    }),
  );
  ended.catch((error: unknown) => over.abort(error));
  try {
    return await Promise.race([work(AbortSignal.any(outer ? [outer, over.signal] : [over.signal])), ended]);
  } finally {
    over.abort();
  }
}

async function lastWords({ name, log }: Managed, { code, signal, message }: Exit): Promise<string> {
  const how = message ?? (signal ? `ended by ${signal}` : `exit code ${code}`);
  const text = log ? await readFile(log, 'utf8').catch(() => '') : '';
  const lines = text.slice(-CHARACTERS).trim().split('\n').slice(-LINES);
  const said = lines.join('\n  ');
  return `${name} has ended (${how})${said ? `; its last lines:\n  ${said}` : ''}`;
}
