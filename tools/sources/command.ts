import { spawn } from 'node:child_process';
import { Interrupted } from '../interrupted.ts';
import { sayAtWork } from './at-work.ts';

/** How a command ended. */
export interface Ended {
  /** Exit code; 127 when it could not be started, 1 when a signal ended it. */
  readonly code: number;
  /** The last 4,000 characters of what it printed. */
  readonly output: string;
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
  /** What is being done, for progress lines. */
  readonly label: string;
  readonly progress: (line: string) => void;
}

const OUTPUT_KEPT = 4000;
/** pip's words for Ctrl-C; its exit code is that of any failure. */
const PIP_INTERRUPTED = /^ERROR: Operation cancelled by user$/m;

/**
 * Runs a long command and says every ten seconds that it is still at work. It is ended by SIGINT, on which Go and pip
 * clear their temporary folders.
 * @throws the signal's reason when it was aborted, and Interrupted when Ctrl-C reached the command first.
 */
export async function runCommand(
  command: string,
  args: readonly string[],
  { label, progress, timeoutMs, signal, ...where }: CommandOptions,
): Promise<Ended> {
  const isOver = sayAtWork(label, progress);
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    return await run(command, args, { ...where, signal: bound });
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Interrupted) throw error;
    const { name, message } = error as Error;
    return { code: 1, output: name === 'AbortError' ? `no end after ${timeoutMs / 1000} s` : message };
  } finally {
    isOver();
  }
}

function run(
  command: string,
  args: readonly string[],
  where: { cwd?: string; env: NodeJS.ProcessEnv; signal: AbortSignal },
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { ...where, killSignal: 'SIGINT', stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    let failure: NodeJS.ErrnoException | undefined;
    const keep = (chunk: Buffer) => {
      output = (output + chunk.toString()).slice(-OUTPUT_KEPT);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.on('error', (error) => {
      failure = error;
    });
    child.on('close', (code, endedBy) => {
      if (failure?.name === 'AbortError') reject(failure);
      else if (endedBy === 'SIGINT' || code === 130 || PIP_INTERRUPTED.test(output))
        reject(new Interrupted(command));
      else if (failure) resolve({ code: 127, output: `${command}: ${failure.code ?? failure.message}` });
      else resolve({ code: code ?? 1, output });
    });
  });
}

/** The last line that says something, as the reason of a failure. */
export function lastLine(output: string): string {
  return output.trim().split('\n').at(-1)?.trim() || 'no output';
}
