import { lstat, readdir, rm } from 'node:fs/promises';
import type { AnchoredFolder } from './anchored-folder.ts';

/** Backups of one file that are kept, the one that was just made included. */
const KEPT = 3;

/**
 * Removes the backups of a file that are older than the newest few. What cannot be removed stays: it is in nobody's way.
 * @param family what their names begin with; hexadecimal digits follow. @param made the one that was just made or found.
 */
export async function keepNewest(folder: AnchoredFolder, family: string, made: string): Promise<void> {
  const names = await readdir(folder.at('.')).catch(() => []);
  const others = names.filter(
    (name) => name !== made && name.startsWith(family) && /^[0-9a-f]+$/.test(name.slice(family.length)),
  );
  const dated = await Promise.all(
    others.map(async (name) => ({
      name,
      at: (await lstat(folder.at(name)).catch(() => undefined))?.mtimeMs ?? 0,
    })),
  );
  const old = dated.sort((a, b) => b.at - a.at).slice(KEPT - 1);
  for (const { name } of old) await rm(folder.at(name), { force: true }).catch(() => undefined);
}
