import { cp, mkdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '../..');

/** Its runs began by waiting a moment: the histories of this build are none that it could have made. */
const OLDER = `import { sleep } from '@temporalio/workflow';
import { rollback as later } from './index-later.ts';

export * from './index-later.ts';

export async function rollback(request = {}) {
  await sleep('10 milliseconds');
  return later(request);
}
`;

/**
 * Makes an older build of the worker: the sources of this one with other workflow code.
 * @param folder where it goes; it must not be there yet
 * @returns the worker's program.
 */
export async function makeOlderBuild(folder: string): Promise<string> {
  await mkdir(folder);
  await cp(join(ROOT, 'src'), join(folder, 'src'), { recursive: true });
  await cp(join(ROOT, 'package.json'), join(folder, 'package.json'));
  await symlink(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  const workflows = (name: string) => join(folder, 'src/workflows', name);
  await rename(workflows('index.ts'), workflows('index-later.ts'));
  await writeFile(workflows('index.ts'), OLDER);
  return join(folder, 'src/worker.ts');
}
