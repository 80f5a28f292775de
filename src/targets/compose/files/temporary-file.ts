import { randomUUID } from 'node:crypto';
import { open, readdir, rm, stat } from 'node:fs/promises';
import type { AnchoredFolder } from './anchored-folder.ts';

const OURS = 'runbook-';
/** Every file is written under another name first; one that still has it after this long has no writer any more. */
const FORGOTTEN_MS = 60_000;

/** Whose a new file is, and who may read it. */
export interface Ownership {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** Name of the lock under which a file is replaced. */
export function lockNameOf(name: string): string {
  return `.${name}.${OURS}lock`;
}

/**
 * Writes a complete, synced file beside the one that it shall replace, under a name of its own.
 * @returns its name.
 */
export async function writeTemporary(
  folder: AnchoredFolder,
  name: string,
  content: Uint8Array,
  ownership?: Ownership,
): Promise<string> {
  const own = `.${name}.${OURS}${randomUUID()}.tmp`;
  const handle = await open(folder.at(own), 'wx', 0o600);
  try {
    await handle.writeFile(content);
    if (ownership) {
      const { uid, gid } = await handle.stat();
      if (uid !== ownership.uid || gid !== ownership.gid) await handle.chown(ownership.uid, ownership.gid);
      // After the owner: a change of owner takes bits away.
      await handle.chmod(ownership.mode);
    }
    await handle.sync();
    return own;
  } catch (error) {
    await rm(folder.at(own), { force: true });
    throw error;
  } finally {
    await handle.close();
  }
}

/** Removes what killed processes left beside a file. The caller holds its lock: no other writer is at work. */
export async function removeLeftovers(folder: AnchoredFolder, name: string): Promise<void> {
  const own = `.${name}.${OURS}`;
  for (const entry of await readdir(folder.at('.'))) {
    const isLeft = entry.startsWith(own) && entry.endsWith('.tmp');
    const isLock = entry.startsWith(`${lockNameOf(name)}.`);
    if (isLeft || (isLock && (await isForgotten(folder, entry)))) await rm(folder.at(entry), { force: true });
  }
}

/** Removes what killed processes left in a folder of ours, by its age: other writers may be at work. */
export async function removeForgotten(folder: AnchoredFolder): Promise<void> {
  for (const entry of await readdir(folder.at('.'))) {
    const isTemporary = entry.startsWith('.') && entry.includes(`.${OURS}`) && entry.endsWith('.tmp');
    if (isTemporary && (await isForgotten(folder, entry))) await rm(folder.at(entry), { force: true });
  }
}

async function isForgotten(folder: AnchoredFolder, entry: string): Promise<boolean> {
  const known = await stat(folder.at(entry)).catch(() => undefined);
  return known !== undefined && Date.now() - known.mtimeMs > FORGOTTEN_MS;
}
