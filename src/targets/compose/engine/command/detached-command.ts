import { spawn } from 'node:child_process';
import { OutputFile } from './output-file.ts';

/** Where and how long a program runs. */
export interface ProcessOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly cwd?: string | undefined;
  readonly timeoutMs: number;
}

/** What a detached program did. */
export interface DetachedResult {
  readonly code: number;
  readonly timedOut: boolean;
  readonly isMissing: boolean;
  /** Both outputs, as they came. */
  readonly output: string;
}

/** Waits for a line on its input and becomes the program; the end of the input, as when the worker dies, ends it. */
const HELD = ['-c', 'read -r _ && exec "$@"', 'sh'];

/**
 * Runs a program that changes something: it begins when `beforeExec` was told its number and has resolved, and is not
 * broken off by the end of this process, however that comes.
 */
export async function runDetached(
  program: string,
  args: readonly string[],
  { env, cwd, timeoutMs }: ProcessOptions,
  beforeExec: (pid: number) => Promise<void>,
): Promise<DetachedResult> {
  const output = await OutputFile.open();
  const { fd } = output;
  const child = spawn('sh', [...HELD, program, ...args], {
    env,
    ...(cwd === undefined ? {} : { cwd }),
    stdio: ['pipe', fd, fd],
    // A group of its own: Ctrl-C at the worker's terminal is not meant for it.
    detached: true,
  });
  const ended = new Promise<number>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
  ended.catch(() => undefined);
  child.stdin?.on('error', () => undefined);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    endGroup(child.pid);
  }, timeoutMs);
  try {
    if (child.pid !== undefined) await beforeExec(child.pid);
    child.stdin?.end('\n');
    const code = await ended;
    return { code, timedOut, isMissing: code === 127, output: await output.text() };
  } catch (error) {
    endGroup(child.pid);
    throw error;
  } finally {
    clearTimeout(timer);
    await output.close();
  }
}

function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
