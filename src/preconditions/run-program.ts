import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';

/** A program that is run: never through a shell. */
export interface Program {
  readonly path: string;
  readonly args: readonly string[];
  /** The whole of its environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Ended after this long, in ms. */
  readonly timeoutMs: number;
}

/** How a program ended. `output` is the end of what it printed, on both outputs as it came. */
export type ProgramEnd =
  | { readonly kind: 'exited'; readonly code: number; readonly output: string }
  | { readonly kind: 'killed'; readonly by: string; readonly output: string }
  | { readonly kind: 'timed-out'; readonly output: string }
  | { readonly kind: 'too-much' }
  /** It could not be started; a code of the system: `ENOENT`. */
  | { readonly kind: 'not-started'; readonly code: string };

/** So much of the end of its output is kept, in bytes. */
const KEPT = 16 * 1024;
/** Whoever prints more than this is ended, in bytes. */
const MOST_PRINTED = 16 * 1024 * 1024;
/** Time between asking a program to end and ending it, in ms. */
const GRACE_MS = 1000;
/** How long outputs are read on that a process outside of the group holds open, in ms. */
const DRAIN_MS = 500;

type Exit =
  | { readonly code: number }
  | { readonly by: string }
  /** It never began. */
  | { readonly failed: string };

/**
 * Runs a program in a process group of its own, without input, and ends the whole group with it: at its own end, at the
 * time-out (SIGTERM, a second later SIGKILL), when it floods its outputs, and at once when the signal aborts.
 * @throws the signal's reason when it aborts.
 */
export async function runProgram(program: Program, signal: AbortSignal): Promise<ProgramEnd> {
  signal.throwIfAborted();
  const child = begin(program);
  if (typeof child === 'string') return { kind: 'not-started', code: child };
  const stopped = Promise.withResolvers<'timed-out' | 'too-much'>();
  const exit = exitOf(child);
  const closed = new Promise<void>((resolve) => void child.once('close', () => resolve()));
  const output = tailOf(child, () => stopped.resolve('too-much'));
  const timer = setTimeout(() => stopped.resolve('timed-out'), program.timeoutMs);
  const onAbort = () => end(child, 'SIGKILL');
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    const first = await Promise.race([exit, stopped.promise]);
    if (first === 'timed-out') {
      end(child, 'SIGTERM');
      await Promise.race([exit, pause(GRACE_MS, undefined, { signal, ref: false })]);
    }
    end(child, 'SIGKILL');
    const exited = await exit;
    if (!('failed' in exited)) await Promise.race([closed, pause(DRAIN_MS, undefined, { ref: false })]);
    signal.throwIfAborted();
    return toEnd(first, exited, output);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function toEnd(
  first: Exit | 'timed-out' | 'too-much',
  exited: Exit,
  output: { text(): string; isTooMuch(): boolean },
): ProgramEnd {
  if ('failed' in exited) return { kind: 'not-started', code: exited.failed };
  if (output.isTooMuch()) return { kind: 'too-much' };
  if (first === 'timed-out') return { kind: 'timed-out', output: output.text() };
  if ('code' in exited) return { kind: 'exited', code: exited.code, output: output.text() };
  return { kind: 'killed', by: exited.by, output: output.text() };
}

/** @returns a code of the system where it cannot even be tried: an argument that no program can be given. */
function begin({ path, args, env }: Program): ChildProcess | string {
  try {
    return spawn(path, args, { env, cwd: '/', detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    return codeOf(error);
  }
}

function exitOf(child: ChildProcess): Promise<Exit> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve({ failed: codeOf(error) }));
    child.once('exit', (code, by) => resolve(code === null ? { by: by ?? 'a signal' } : { code }));
  });
}

/** Signals the whole group. Its number is its own for as long as anything of the group runs. */
function end({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch {
    // Nothing of it runs any more.
  }
}

/** Keeps the end of what is printed, whatever the amount. */
function tailOf(child: ChildProcess, onTooMuch: () => void) {
  let [tail, printed] = [Buffer.alloc(0), 0];
  const take = (chunk: Buffer) => {
    printed += chunk.length;
    tail = Buffer.concat([tail, chunk]).subarray(-KEPT);
    if (printed > MOST_PRINTED) onTooMuch();
  };
  child.stdout?.on('data', take).on('error', () => undefined);
  child.stderr?.on('data', take).on('error', () => undefined);
  return {
    text: () => (printed > KEPT ? withoutFirstLine(tail.toString('utf8')) : tail.toString('utf8')),
    isTooMuch: () => printed > MOST_PRINTED,
  };
}

/** The first line was cut: a secret in it would not be known any more by its shape. */
function withoutFirstLine(text: string): string {
  const end = text.indexOf('\n');
  return end < 0 ? '' : text.slice(end + 1);
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}
