import { appendFileSync } from 'node:fs';
import promises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { basename } from 'node:path';

/** At which of its writes a worker is killed: every file appears by a rename. */
export interface KilledAt {
  /** Where the names of what appears are noted, a line each. */
  readonly log: string;
  /** What appears. None: it is not killed. */
  readonly name?: string;
  /** Which of that name, counted from 1. */
  readonly nth?: number;
  readonly when?: 'before' | 'after';
}

// Loaded before the worker's own program: kills it with -9, as if the machine had, before or after it puts a file in its place.
const { log, name, nth, when } = JSON.parse(process.env.KILLED_AT ?? '{}') as KilledAt;
const rename = promises.rename;
let seen = 0;
promises.rename = async (from, to) => {
  if (basename(String(to)) === name) seen += 1;
  const isIt = basename(String(to)) === name && seen === nth;
  if (isIt && when === 'before') process.kill(process.pid, 'SIGKILL');
  await rename(from, to);
  appendFileSync(log, `${basename(String(to))}\n`);
  if (isIt) process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
