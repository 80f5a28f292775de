import { rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { bytesReceived } from '../receipt.ts';
import type { Source } from './source.ts';
import { versionOf } from './version.ts';

/** The project's folder in the user's cache. A broken file there is removed, so that the next source replaces it. */
export const cache: Source = {
  name: 'cache',
  async find({ name, entry, folder, progress }) {
    const path = join(folder, name);
    const known = await stat(path).catch(() => undefined);
    if (!known) return { missing: `not in the cache (${folder})` };
    const bytes = await bytesReceived(folder, name);
    const asked =
      bytes === undefined || bytes === known.size
        ? await versionOf(path, entry)
        : { problem: `has ${known.size} of ${bytes} bytes` };
    if ('version' in asked) return { path, version: asked.version };
    progress(`${name} in the cache ${asked.problem}; replacing it`);
    await rm(path, { recursive: true, force: true });
    return { missing: `the one in the cache ${asked.problem}` };
  },
};
