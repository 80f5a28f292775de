import type { Writable } from 'node:stream';
import { execa } from 'execa';
import { RunbookError } from '../../../domain/errors.ts';

/** What a command did. */
export interface CommandResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly signal: AbortSignal;
  /** Time-out in milliseconds; default 30 s. */
  readonly timeoutMs?: number;
  /** Working directory. */
  readonly cwd?: string;
  /**
   * Told the process number; the program does nothing before this has resolved, and never begins when the worker dies
   * before that.
   */
  readonly gate?: (pid: number) => Promise<void>;
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

/** Waits for a line on its input and becomes the program; the end of the input, as when the worker dies, ends it. */
const GATE = ['sh', '-c', 'read -r _ && exec "$@"', 'sh'];

async function open(
  running: { readonly stdin: Writable | null; kill(signal: 'SIGKILL'): boolean },
  gate: Promise<void>,
): Promise<void> {
  try {
    await gate;
    running.stdin?.end('\n');
  } catch (error) {
    running.kill('SIGKILL');
    throw error;
  }
}

/**
 * A runner of commands in a fixed environment. A non-zero exit code is a result; what keeps a command from ending is
 * an error: `CommandMissing`, or `Unreachable` for a time-out. The signal ends the process.
 */
export function commandRunner(env: Readonly<Record<string, string | undefined>>): RunCommand {
  return async (program, args, { signal, timeoutMs = TIMEOUT_MS, cwd, gate }) => {
    signal.throwIfAborted();
    const [file, ...rest] = gate ? [...GATE, program, ...args] : [program, ...args];
    const running = execa(file as string, rest, {
      env,
      extendEnv: false,
      ...(cwd === undefined ? {} : { cwd }),
      stdin: gate ? 'pipe' : 'ignore',
      reject: false,
      cancelSignal: signal,
      timeout: timeoutMs,
      maxBuffer: OUTPUT_LIMIT,
      forceKillAfterDelay: 2000,
    });
    if (gate && running.pid !== undefined) await open(running, gate(running.pid));
    const result = await running;
    signal.throwIfAborted();
    const isMissing =
      result.code === 'ENOENT' || result.code === 'EACCES' || (gate !== undefined && result.exitCode === 127);
    if (isMissing) {
      const why = result.code ?? 'not found';
      throw new RunbookError('CommandMissing', `${program} cannot be run on the worker's host (${why})`);
    }
    const named = `${program} ${args[0] ?? ''}`.trim();
    if (result.timedOut) {
      throw new RunbookError('Unreachable', `${named} did not end within ${timeoutMs / 1000} s`);
    }
    if (result.isMaxBuffer) throw new RunbookError('Unreachable', `${named} printed more than may be read`);
    const { exitCode = 1, stdout, stderr } = result;
    return { code: exitCode, stdout, stderr };
  };
}
