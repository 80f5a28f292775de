import { spawnSync } from 'node:child_process';
import { lstatSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processStartOf } from '../../src/locks/process-start.ts';
import type { LastCommand } from './protocol.ts';

/** Start of the name of every folder of processes in the system's temporary folder. */
export const FOLDER_PREFIX = 'rollback-runbook-';
const FILE = 'processes.json';
/** A command at the end may take this long. */
const LAST_COMMAND_MS = 30_000;

/** A process that can be told from a later one with the same number. */
interface Owned {
  readonly pid: number;
  readonly startedAt: string;
}

interface Registry {
  readonly supervisor: Owned;
  readonly children: readonly Owned[];
  readonly atEnd?: readonly LastCommand[];
}

/** Notes which processes belong to a sandbox, for the case that even its supervisor is killed. */
export function writeRegistry(
  folder: string,
  children: readonly number[],
  atEnd: readonly LastCommand[] = [],
): void {
  const owned = (pid: number): Owned[] => {
    const startedAt = processStartOf(pid);
    return startedAt ? [{ pid, startedAt }] : [];
  };
  const [supervisor] = owned(process.pid);
  if (!supervisor) return;
  const registry: Registry = { supervisor, children: children.flatMap(owned), atEnd };
  try {
    writeFileSync(join(folder, `${FILE}.new`), JSON.stringify(registry));
    renameSync(join(folder, `${FILE}.new`), join(folder, FILE));
  } catch {
    // The folder is being removed: there is nothing left to remember.
  }
}

/**
 * Ends what an earlier sandbox left behind whose supervisor was killed, and removes its folder. A process is
 * touched only when number, boot and start time are the recorded ones, and a folder only when it is ours.
 * @returns how many processes were ended.
 */
export function reapLeftovers(base = tmpdir()): number {
  let reaped = 0;
  for (const name of readdirSync(base).filter((entry) => entry.startsWith(FOLDER_PREFIX))) {
    const folder = join(base, name);
    const registry = isOurs(folder) ? readRegistry(folder) : undefined;
    if (!registry || isSame(registry.supervisor)) continue;
    for (const child of registry.children.filter(isSame)) {
      if (kill(child.pid)) reaped += 1;
    }
    removeFolder(folder, registry.atEnd);
  }
  return reaped;
}

/**
 * Runs the commands that tidy up, and removes the folder after them. When one fails the folder stays for the next
 * start: something may still be mounted in it, and what lies behind a mount is not ours to remove.
 */
export function removeFolder(folder: string, atEnd: readonly LastCommand[] = []): void {
  for (const { program, args, env } of atEnd) {
    const { status } = spawnSync(program, args, { env, stdio: 'ignore', timeout: LAST_COMMAND_MS });
    if (status !== 0) return;
  }
  rmSync(folder, { recursive: true, force: true });
}

function readRegistry(folder: string): Registry | undefined {
  try {
    return JSON.parse(readFileSync(join(folder, FILE), 'utf8')) as Registry;
  } catch {
    return undefined;
  }
}

/** The temporary folder is shared: another user's list must not make us end processes of our own. */
function isOurs(folder: string): boolean {
  try {
    const { uid } = lstatSync(folder);
    return process.getuid === undefined || uid === process.getuid();
  } catch {
    return false;
  }
}

function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

function isSame({ pid, startedAt }: Owned): boolean {
  return processStartOf(pid) === startedAt;
}
