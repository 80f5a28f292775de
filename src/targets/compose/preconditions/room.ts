import { statfs } from 'node:fs/promises';
import { hostname } from 'node:os';
import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { EngineMachine } from '../engine/objects/machine.ts';
import { type Seen, unknown } from './seen.ts';

export interface RoomQuestion {
  readonly version: string;
  /** Whether the engine has the pinned image: then nothing is brought. */
  readonly isThere: boolean;
  /** What the image takes that runs, in bytes: one before it is about as large. */
  readonly running?: number | undefined;
}

/**
 * Whether the engine has room for the pinned image. An engine has no quotas, and does not tell how full its disk is: that is asked
 * of the file system, where the engine is of this host. Pure.
 * @param free bytes of the disk with the engine's images; undefined where that cannot be seen.
 */
export function judgeRoom(
  { version, isThere, running }: RoomQuestion,
  free: Seen<number | undefined>,
): PreconditionFinding {
  const id = 'quota';
  if (isThere)
    return { id, state: 'met', says: `the engine has the image of ${version}: nothing is brought` };
  if ('unread' in free) return unknown(id, free.unread);
  if (free.is === undefined) {
    return unknown(
      id,
      `the image of ${version} is to be pulled; how full the engine's disk is cannot be seen from here`,
    );
  }
  const has = `the engine's disk has ${bytes(free.is)} free`;
  if (running === undefined) return unknown(id, `${has}; how large the image of ${version} is is not known`);
  const needs = `the image of ${version} is to be pulled (the one that runs takes ${bytes(running)})`;
  return free.is < running
    ? { id, state: 'not-met', says: `${has}, and ${needs}`, remedy: 'docker image prune --force' }
    : { id, state: 'met', says: `${has}; ${needs}` };
}

/** Free bytes for whoever is not root, of the file system that the engine has its images in; undefined of another host's. */
export async function freeOf(
  { rootFolder, host, isDesktop }: EngineMachine,
  endpoint: string,
): Promise<number | undefined> {
  if (!endpoint.startsWith('unix://') || isDesktop || host !== hostname()) return undefined;
  try {
    const { bavail, bsize } = await statfs(rootFolder);
    return bavail * bsize;
  } catch {
    // It is not to be seen from here: another mount namespace, or no right to the folders above it.
    return undefined;
  }
}

function bytes(count: number): string {
  const [unit, size] = count >= 1e9 ? ['GB', 1e9] : ['MB', 1e6];
  return `${(count / Number(size)).toFixed(1)} ${unit}`;
}
