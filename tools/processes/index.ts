import { spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Command, Report } from './protocol.ts';
import { FOLDER_PREFIX, reapLeftovers } from './registry.ts';

export { type Kept, keep } from './kept.ts';
export { ProcessEnded, whileRunning } from './while-running.ts';

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly message?: string;
}

/** A process that the supervisor runs. */
export interface Managed {
  readonly name: string;
  readonly pid: number;
  /** File with what it prints, if that is kept. */
  readonly log?: string;
  /** Resolves when it has ended, for whatever reason. */
  readonly exited: Promise<Exit>;
  signal(signal: NodeJS.Signals): void;
  /** Asks it to end and kills it when it does not within two seconds. */
  stop(): Promise<Exit>;
}

/** The processes of one sandbox. */
export interface Processes {
  /** Removed when the sandbox is closed. */
  readonly folder: string;
  start(
    name: string,
    program: string,
    args: readonly string[],
    options?: { readonly env?: NodeJS.ProcessEnv; readonly log?: string },
  ): Promise<Managed>;
  /**
   * Runs a command when the sandbox ends, however that happens: after its processes were killed and before its folder
   * is removed, which stays when the command fails. For what is no process of ours, such as an engine's containers.
   */
  atEnd(program: string, args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void>;
  /** Stops every process and removes the folder. */
  close(): Promise<void>;
}

/** Opens a supervisor with a folder of its own, after removing what killed sandboxes left behind. */
export async function openProcesses(): Promise<Processes> {
  reapLeftovers();
  const folder = await mkdtemp(join(tmpdir(), FOLDER_PREFIX));
  const supervisor = spawn(process.execPath, [join(import.meta.dirname, 'supervisor.ts'), folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
    detached: true,
  });
  const starting = new Map<string, (pid: number) => void>();
  const exits = new Map<string, (exit: Exit) => void>();
  const noted: (() => void)[] = [];
  let over = false;
  const ended = new Promise<void>((resolve) =>
    supervisor.once('exit', () => {
      over = true;
      // Normally it goes last. When it was killed, what it owned is ended here and nobody waits in vain.
      reapLeftovers();
      for (const started of starting.values()) started(0);
      for (const one of noted.splice(0)) one();
      for (const exit of exits.values()) exit({ code: null, signal: 'SIGKILL', message: 'supervisor ended' });
      resolve();
    }),
  );
  let count = 0;

  createInterface({ input: supervisor.stdout }).on('line', (line) => {
    const report = JSON.parse(line) as Report;
    if (report.event === 'start') return starting.get(report.id)?.(report.pid);
    if (report.event === 'at-end') return noted.shift()?.();
    const { code, signal, message } = report;
    starting.get(report.id)?.(0);
    exits.get(report.id)?.({ code, signal, ...(message ? { message } : {}) });
  });
  supervisor.stdin.on('error', () => undefined);

  const tell = (command: Command) => supervisor.stdin.write(`${JSON.stringify(command)}\n`);

  return {
    folder,
    async start(name, program, args, options = {}) {
      if (over) throw new Error(`${name} cannot be started: the sandbox is closed`);
      count += 1;
      const id = `${name}-${count}`;
      const started = new Promise<number>((resolve) => starting.set(id, resolve));
      const exited = new Promise<Exit>((resolve) => exits.set(id, resolve));
      tell({
        do: 'start',
        id,
        program,
        args,
        env: { ...surroundings(), ...options.env },
        ...(options.log ? { log: options.log } : {}),
      });
      const pid = await started;
      starting.delete(id);
      const signal = (name: NodeJS.Signals) => void tell({ do: 'signal', id, signal: name });
      return {
        name,
        pid,
        exited,
        ...(options.log ? { log: options.log } : {}),
        signal,
        async stop() {
          signal('SIGTERM');
          const killer = setTimeout(() => signal('SIGKILL'), 2000);
          const exit = await exited;
          clearTimeout(killer);
          return exit;
        },
      };
    },
    async atEnd(program, args, env) {
      if (over) throw new Error('the sandbox is closed');
      const isNoted = new Promise<void>((resolve) => noted.push(resolve));
      tell({ do: 'at-end', command: { program, args, env: { ...surroundings(), ...env } } });
      await isNoted;
    },
    async close() {
      supervisor.stdin.end();
      await ended;
    },
  };
}

/** What every process is given of this one's environment. */
function surroundings(): NodeJS.ProcessEnv {
  return { PATH: process.env.PATH, HOME: process.env.HOME, TMPDIR: process.env.TMPDIR };
}
