import { readdir, readFile } from 'node:fs/promises';

/** A process of this machine. */
export interface FoundProcess {
  readonly pid: number;
  /** The program and its arguments. */
  readonly command: readonly string[];
}

interface Seen extends FoundProcess {
  readonly parent: number;
  readonly ageMs: number;
}

/** Linux tells times of processes in these, whatever the kernel's own clock is. */
const TICK_MS = 10;
/** A command that is run and ends is no part of the world. */
const LASTING_MS = 1000;
const SUPERVISOR = /\/processes\/supervisor\.ts$/;

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
    .filter(({ command, ageMs }) => ageMs >= LASTING_MS && !SUPERVISOR.test(command[1] ?? ''))
    .sort((one, other) => one.pid - other.pid);
}

function names(command: readonly string[], folder: string): boolean {
  return command.some((argument) => argument === folder || argument.includes(`${folder}/`));
}

async function everyProcess(): Promise<Seen[]> {
  const uptimeMs = Number.parseFloat(await readFile('/proc/uptime', 'utf8')) * 1000;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    pids.map(async (pid): Promise<Seen[]> => {
      const [command, stat] = await Promise.all([read(`/proc/${pid}/cmdline`), read(`/proc/${pid}/stat`)]);
      // The name of the program stands in brackets and may hold anything.
      const [, parent, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (!command || !parent) return [];
      const ageMs = uptimeMs - Number(rest[17]) * TICK_MS;
      return [{ pid: Number(pid), parent: Number(parent), command: command.split('\0'), ageMs }];
    }),
  );
  return found.flat();
}

/** Processes vanish while they are looked at. */
function read(file: string): Promise<string> {
  return readFile(file, 'utf8').catch(() => '');
}
