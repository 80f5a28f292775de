import { spawn } from 'node:child_process';
import { join } from 'node:path';

const PROGRAM = join(import.meta.dirname, '../../src/cli/main.ts');

/** How a command ended, and what it said. */
export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `runbook` command that runs. */
export interface RunningCommand {
  readonly ended: Promise<Ended>;
  /** What it has printed so far. */
  said(): string;
  signal(name: NodeJS.Signals): void;
}

/** Starts `runbook` with arguments as a program of its own, not on a terminal. */
export function startCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): RunningCommand {
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  return {
    ended: new Promise((resolve) => child.on('close', (code) => resolve({ code, stdout, stderr }))),
    said: () => stdout + stderr,
    signal: (name) => child.kill(name),
  };
}

/** Runs `runbook` to its end. */
export function runCommand(args: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ended> {
  return startCommand(args, env).ended;
}
