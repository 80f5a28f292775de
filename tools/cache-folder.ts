import { readdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { ToolEntry, ToolName } from './catalogue.ts';

/**
 * The project's folder in the user's cache: `RUNBOOK_CACHE`, else below `XDG_CACHE_HOME` (XDG Base Directory
 * Specification: relative paths there do not count), `~/Library/Caches` on macOS, `~/.cache`.
 */
export function cacheFolder(env: NodeJS.ProcessEnv, platform: NodeJS.Platform = process.platform): string {
  if (env.RUNBOOK_CACHE) return resolve(env.RUNBOOK_CACHE);
  const home = env.HOME || homedir();
  if (platform === 'darwin') return join(home, 'Library', 'Caches', 'rollback-runbook');
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(home, '.cache'), 'rollback-runbook');
}

/** The project's folder for what has to be kept: below `XDG_STATE_HOME`, else `~/.local/state`. */
export function stateFolder(env: NodeJS.ProcessEnv): string {
  const xdg = env.XDG_STATE_HOME;
  const state = xdg && isAbsolute(xdg) ? xdg : join(env.HOME || homedir(), '.local', 'state');
  return join(state, 'rollback-runbook');
}

/** The folder of one tool in one version for this platform. */
export function toolFolder(name: ToolName, entry: ToolEntry, env: NodeJS.ProcessEnv): string {
  return join(cacheFolder(env), 'tools', `${name}-${entry.version}-${process.platform}-${process.arch}`);
}

/** Removes what a killed process left half done. The caller holds the folder's lock. */
export async function removeLeftovers(folder: string): Promise<void> {
  const left = (await readdir(folder)).filter((name) => /^\.(download|wheel|build)-/.test(name));
  await Promise.all(left.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}
