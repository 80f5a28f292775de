import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

/** A process of this machine. */
export interface FoundProcess {
  readonly pid: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
}

interface Seen extends FoundProcess {
  readonly parent: number;
}

/** A command that is run and ends is no part of the world. */
const LASTING_MS = 2000;
const SUPERVISOR = /\/processes\/supervisor\.ts$/;

/** The processes of a sandbox that are there to stay: the ones that are still there two seconds later. */
export async function lastingProcessesOf(folder: string): Promise<readonly FoundProcess[]> {
  const before = await processesOf(folder);
  await sleep(LASTING_MS);
  const after = new Set((await processesOf(folder)).map(({ pid }) => pid));
  return before.filter(({ pid }) => after.has(pid));
}

/**
 * The processes that a sandbox really has, found without asking those who started them: all that name its folder on
 * their command line, and their descendants. Without its supervisor, which is who brings the others back.
 */
export async function processesOf(folder: string): Promise<readonly FoundProcess[]> {
  const all = await everyProcess();
  const ours = new Map(all.filter(({ command }) => names(command, folder)).map((one) => [one.pid, one]));
  for (let before = -1; before !== ours.size; ) {
    before = ours.size;
    for (const one of all) if (ours.has(one.parent)) ours.set(one.pid, one);
  }
  return [...ours.values()]
    .filter(({ command }) => !SUPERVISOR.test(command[1] ?? ''))
    .sort((one, other) => one.pid - other.pid);
}

function names(command: readonly string[], folder: string): boolean {
  return command.some((argument) => argument === folder || argument.includes(`${folder}/`));
}

async function everyProcess(): Promise<Seen[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Seen[]> => {
      const [command, stat] = await Promise.all([read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/stat`)]);
      // The name of the program stands in brackets and may hold anything.
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!command || !parent) return [];
      return [{ pid: Number(pid), parent: Number(parent), command: command.split('\0') }];
    }),
  );
  return found.flat();
}

/** Processes vanish while they are looked at. */
function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
