import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import type { Source } from './source.ts';
import { versionOf } from './version.ts';

/** The first program of that name on PATH, or in folders of its own, whose version will do; others are told. */
export const path: Source = {
  name: 'path',
  async find({ name, entry, env, progress }) {
    const passedOver: string[] = [];
    const own = (entry.folders ?? []).map((folder) => folder.replace(/^~/, env.HOME ?? ''));
    const folders = [...(env.PATH ?? '').split(delimiter), ...own];
    for (const folder of new Set(folders.filter(isAbsolute))) {
      const candidate = join(folder, name);
      if (!(await isExecutable(candidate))) continue;
      const asked = await versionOf(candidate, entry);
      if ('version' in asked) return { path: candidate, version: asked.version };
      passedOver.push(`${candidate} ${asked.problem}`);
    }
    if (passedOver.length === 0) return { missing: `no ${name} on PATH` };
    progress(`passing over ${passedOver.join(', ')}`);
    return { missing: passedOver.join(', ') };
  },
};

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
