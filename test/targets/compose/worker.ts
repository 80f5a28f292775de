import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RolloutFinished, RolloutStarted } from '../../../src/domain/versions/pins.ts';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import type { Step } from './programs/roll-back.ts';

/** What a worker came to: nothing when it was killed. */
export interface Outcome {
  readonly signal: NodeJS.Signals | null;
  readonly result?: RolloutStarted & RolloutFinished;
  readonly error?: { readonly name: string; readonly type?: string; readonly message: string };
}

/** A process that does one step. */
export interface Worker {
  readonly child: ChildProcess;
  readonly outcome: Promise<Outcome>;
  /** Every progress so far. */
  readonly progress: readonly RolloutProgress[];
}

const started: ChildProcess[] = [];

/** Ends what a failed test has left. */
export function endWorkers(): void {
  for (const child of started.splice(0)) child.kill('SIGKILL');
}

/** Does one step in a process of its own. */
export function startWorker(step: Step, env: Readonly<Record<string, string | undefined>>): Worker {
  const program = join(import.meta.dirname, 'programs/roll-back.ts');
  const child = spawn(process.execPath, [program, JSON.stringify(step)], {
    env: { ...env, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  started.push(child);
  const progress: RolloutProgress[] = [];
  let told: Omit<Outcome, 'signal'> = {};
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text);
    if (line.progress) progress.push(line.progress);
    else told = line;
  });
  const outcome = once(child, 'close').then(([, signal]) => ({ signal, ...told }));
  return { child, outcome, progress };
}
