import { execa } from 'execa';
import { RunbookError } from '../../../../domain/errors.ts';
import { type ProcessOptions, runDetached } from './detached-command.ts';

/** What a command did. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  /** Of a detached command: both outputs, as they came. */
  readonly stderr: string;
}

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** Time-out in milliseconds; default 30 s. */
  readonly timeoutMs?: number;
  /** Working directory. */
  readonly cwd?: string;
  /**
   * For a program that changes something: told the process number; the program does nothing before this has resolved,
   * and never begins when the worker dies before that. Once begun it is not broken off, neither by the signal nor by
   * the end of the worker: half a change is worse than a late one.
   */
  readonly beforeExec?: (pid: number) => Promise<void>;
}

/** Runs one program with arguments; never through a shell. */
export type RunCommand = (
  program: string,
  args: readonly string[],
  options: CommandOptions,
) => Promise<CommandResult>;

const TIMEOUT_MS = 30_000;
/** More output than this of one stream is an error, in bytes. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;
/**
 * A runner of commands in a fixed environment. A non-zero exit code is a result; what keeps a command from ending is
 * an error: `CommandMissing`, or `Unreachable` for a time-out. The signal ends the process, unless it is detached.
 */
export function commandRunner(env: Readonly<Record<string, string | undefined>>): RunCommand {
  return async (program, args, options) => {
    const { signal, timeoutMs = TIMEOUT_MS, cwd, beforeExec } = options;
    signal.throwIfAborted();
    const named = `${program} ${args[0] ?? ''}`.trim();
    const { result, ...output } = beforeExec
      ? await detached(program, args, { env, cwd, timeoutMs }, beforeExec)
      : await attached(program, args, { env, cwd, timeoutMs }, signal);
    if (!beforeExec) signal.throwIfAborted();
    if (result.missing) throw commandMissing(program, result.missing);
    if (result.timedOut) {
      throw new RunbookError('Unreachable', `${named} did not end within ${timeoutMs / 1000} s`);
    }
    if (result.tooMuch) throw new RunbookError('Unreachable', `${named} printed more than may be read`);
    return { code: result.code, ...output };
  };
}

/** @param why of the system: `ENOENT`. */
export function commandMissing(program: string, why: string): RunbookError {
  return new RunbookError('CommandMissing', `${program} cannot be run on the worker's host (${why})`);
}

/** How a process ended. */
interface Ended {
  readonly code: number;
  readonly timedOut: boolean;
  readonly tooMuch: boolean;
  /** Why it could not be started at all. */
  readonly missing?: string;
}

async function attached(
  program: string,
  args: readonly string[],
  { env, cwd, timeoutMs }: ProcessOptions,
  signal: AbortSignal,
) {
  const running = execa(program, args, {
    env,
    extendEnv: false,
    ...(cwd === undefined ? {} : { cwd }),
    stdin: 'ignore',
    reject: false,
    cancelSignal: signal,
    timeout: timeoutMs,
    maxBuffer: OUTPUT_LIMIT,
    forceKillAfterDelay: 2000,
  });
  const { code, exitCode = 1, timedOut, isMaxBuffer, stdout, stderr } = await running;
  const missing = code === 'ENOENT' || code === 'EACCES' ? { missing: code } : {};
  const result: Ended = { code: exitCode, timedOut, tooMuch: isMaxBuffer, ...missing };
  return { result, stdout, stderr };
}

async function detached(
  program: string,
  args: readonly string[],
  options: ProcessOptions,
  beforeExec: (pid: number) => Promise<void>,
) {
  const { code, timedOut, isMissing, output } = await runDetached(program, args, options, beforeExec);
  const missing = isMissing ? { missing: 'not found' } : {};
  const result: Ended = { code, timedOut, tooMuch: false, ...missing };
  return { result, stdout: '', stderr: output };
}
