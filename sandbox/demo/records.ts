import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UNWRITABLE } from '../../src/report/write-record.ts';
import { stateFolder } from '../../tools/index.ts';

/**
 * Where incident records of the demo are kept: `incidents` in the current folder, so that they are found at once, or
 * the user's state folder where that cannot be written to.
 */
export async function recordsFolder(
  current: string,
  env: NodeJS.ProcessEnv,
): Promise<{ readonly folder: string; readonly instead?: string }> {
  const wanted = join(current, 'incidents');
  const problem = await problemWith(wanted);
  if (!problem) return { folder: wanted };
  const folder = join(stateFolder(env), 'incidents');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  return { folder, instead: `${wanted} cannot be written to (${problem}): records go to ${folder}` };
}

/** Only writing shows whether it can be written to: permissions say nothing of a read-only disk. */
async function problemWith(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { recursive: true });
    await rm(await mkdtemp(join(folder, '.try-')), { recursive: true });
    return undefined;
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    if (UNWRITABLE.has(code)) return code;
    throw error;
  }
}
