import { resolve } from 'node:path';
import { remedyFor } from '../remedy.ts';
import { ToolMissing } from '../tool-missing.ts';
import type { Source } from './source.ts';
import { versionOf } from './version.ts';

/** The variable that names the program. One that is set and wrong is an error: somebody meant it. */
export const environment: Source = {
  name: 'environment',
  async find({ name, entry, env }) {
    const value = env[entry.variable];
    if (!value) return { missing: `${entry.variable} is not set` };
    const path = resolve(value);
    const asked = await versionOf(path, entry);
    if ('version' in asked) return { path, version: asked.version };
    const tried = [`environment: ${entry.variable}=${value} ${asked.problem}`];
    throw new ToolMissing([{ tool: name, tried, remedy: remedyFor(entry) }]);
  },
};
