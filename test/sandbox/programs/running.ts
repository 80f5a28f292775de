import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { until } from '../../../tools/until.ts';

/** What the programs of this folder tell when they are up. */
export interface Told {
  readonly folder: string;
  readonly pids: readonly number[];
  readonly supervisor: number;
  readonly temporal: string;
}

const started: ChildProcess[] = [];

/** Ends every program that was started: for the case that a test failed before it did so itself. */
export function endPrograms(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL');
}

/** Starts a program of this folder and waits for the line that it tells. */
export async function startProgram(name: string): Promise<{ child: ChildProcess; told: Told }> {
  const child = spawn(process.execPath, [join(import.meta.dirname, name)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const lines = createInterface({ input: child.stdout });
  const [line] = await Promise.race([
    once(lines, 'line', { signal: AbortSignal.timeout(60_000) }),
    once(child, 'exit').then(([code]) => Promise.reject(new Error(`${name} ended with ${code}`))),
  ]);
  return { child, told: JSON.parse(line) as Told };
}

/** True while the process runs; one that has ended and was not collected yet does not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    if (process.platform !== 'linux') return true;
    return !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return false;
  }
}

/** Waits until nothing of it is left: no process, no folder. */
export async function nothingLeft({ folder, pids }: Pick<Told, 'folder' | 'pids'>): Promise<void> {
  await until('nothing to be left', async () => !existsSync(folder) && pids.every((pid) => !isRunning(pid)), {
    withinMs: 10_000,
  });
}
