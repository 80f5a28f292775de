import { execFile } from 'node:child_process';
import { realpath, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MajorMinor, ToolEntry } from '../catalogue.ts';
import { Interrupted } from '../interrupted.ts';

/** A program tells its version in milliseconds; one that waits for something else is not ours. */
const ANSWER_MS = 20_000;
/** A file just written may still be open for writing in a process that is being forked (`ETXTBSY`). */
const BUSY_RETRIES = 5;
/** What files have told this process: some take a second to say their version, and stand in several folders. */
const told = new Map<string, string>();

/**
 * Asks a program for its version. A broken file (empty, truncated, for another machine) answers nothing.
 * @returns `major.minor.patch`, or the reason why the program will not do.
 * @throws Interrupted when Ctrl-C ended it: that says nothing about the program.
 */
export async function versionOf(
  path: string,
  entry: ToolEntry,
): Promise<{ readonly version: string } | { readonly problem: string }> {
  const state = await stateOf(path, entry.versionArguments);
  const known = told.get(state);
  const answer = known === undefined ? await ask(path, entry.versionArguments) : { output: known };
  const [, major, minor, patch] = entry.versionPattern.exec(answer.output) ?? [];
  if (!major || !minor || !patch) {
    return { problem: answer.failure ? `does not run (${answer.failure})` : 'tells no version' };
  }
  told.set(state, answer.output);
  const version = `${major}.${minor}.${patch}`;
  if (isWithin([Number(major), Number(minor)], entry)) return { version };
  return { problem: `is version ${version}, accepted is ${acceptedRange(entry)}` };
}

/** Tells one state of a file from another. */
async function stateOf(path: string, args: readonly string[]): Promise<string> {
  const [file, { ino, size, mtimeMs }] = await Promise.all([realpath(path), stat(path)]).catch(
    () => [path, { ino: 0, size: 0, mtimeMs: 0 }] as const,
  );
  return JSON.stringify([file, ino, size, mtimeMs, ...args]);
}

async function ask(path: string, args: readonly string[]): Promise<Answer> {
  let answer = await run(path, args);
  for (let retry = 0; answer.failure === 'ETXTBSY' && retry < BUSY_RETRIES; retry++) {
    await sleep(50);
    answer = await run(path, args);
  }
  return answer;
}

/** The versions that will do, in words. */
export function acceptedRange({ oldest, newest }: Pick<ToolEntry, 'oldest' | 'newest'>): string {
  if (newest[1] === Number.POSITIVE_INFINITY) return `${oldest.join('.')} or newer`;
  return compare(oldest, newest) === 0
    ? `${oldest.join('.')}.x`
    : `${oldest.join('.')} to ${newest.join('.')}`;
}

function isWithin(version: MajorMinor, { oldest, newest }: ToolEntry): boolean {
  return compare(version, oldest) >= 0 && compare(version, newest) <= 0;
}

function compare(a: MajorMinor, b: MajorMinor): number {
  return a[0] === b[0] ? Math.sign(a[1] - b[1]) || 0 : a[0] - b[0];
}

interface Answer {
  readonly output: string;
  readonly failure?: string;
}

function run(path: string, args: readonly string[]): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const options = { timeout: ANSWER_MS, killSignal: 'SIGKILL', maxBuffer: 64 * 1024 } as const;
    try {
      execFile(path, [...args], options, (error, stdout, stderr) => {
        if (error?.signal === 'SIGINT') return reject(new Interrupted(path));
        const output = `${stdout}\n${stderr}`;
        resolve(error ? { output, failure: reasonOf(error) } : { output });
      });
    } catch (error) {
      resolve({ output: '', failure: reasonOf(error as Error) });
    }
  });
}

function reasonOf(error: Error & { code?: unknown; signal?: unknown }): string {
  if (typeof error.code === 'string') return error.code;
  return error.signal ? `killed by ${error.signal}` : `exit code ${error.code}`;
}
