import { spawn } from 'node:child_process';
import type { Environment } from './files.ts';

/** How a plugin ended. */
export interface PluginEnd {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** More output than this of one stream is none of a credential, in bytes. */
const OUTPUT_LIMIT = 1024 * 1024;

/**
 * Becomes the program, whose input is at its end, after it has left somebody to watch the pipe from the worker: when that
 * ends, as when the worker is killed, the whole group does.
 */
const WATCHED = ['-c', 'exec 3<&0; { read -r _ <&3; kill -9 -$$; } & exec "$@" </dev/null 3<&-', 'sh'];

/** Codes of the shell for a program that cannot be run or is not there (POSIX, Shell Command Language, 2.8.2). */
export const CANNOT_BE_RUN: readonly number[] = [126, 127];

/**
 * Runs a program in a process group of its own, without a terminal to ask. The group ends with the signal, when the
 * program has ended, and with this process, however that ends.
 */
export async function runPlugin(
  command: string,
  args: readonly string[],
  env: Environment,
  signal: AbortSignal,
): Promise<PluginEnd> {
  signal.throwIfAborted();
  const child = spawn('sh', [...WATCHED, command, ...args], { env, stdio: 'pipe', detached: true });
  const end = () => endGroup(child.pid);
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
      if (output[name].length > OUTPUT_LIMIT) end();
    });
  }
  child.stdin.on('error', () => undefined);
  const ended = new Promise<PluginEnd>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, by) =>
      resolve({ code: code ?? 1, ...output, ...(by ? { stderr: `${output.stderr} (${by})` } : {}) }),
    );
    // What it has left behind holds its outputs open, and is no part of the answer.
    child.on('exit', end);
  });
  signal.addEventListener('abort', end, { once: true });
  try {
    const result = await ended;
    signal.throwIfAborted();
    return result;
  } finally {
    signal.removeEventListener('abort', end);
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
