/**
 * Replaces files of a project as it is told, one JSON line a call. `dieAtRename: n` ends it with -9 in place of the
 * n-th rename of the call.
 */
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { createInterface } from 'node:readline';

const [folder = ''] = process.argv.slice(2);
let renamesLeft = Number.POSITIVE_INFINITY;
const { rename } = fs;
fs.rename = async (...args) => {
  renamesLeft -= 1;
  if (renamesLeft === 0) process.kill(process.pid, 'SIGKILL');
  return rename(...args);
};
syncBuiltinESMExports();

const { ProjectFolder } = await import('../../../../../src/targets/compose/files/project-folder.ts');
const project = await ProjectFolder.open(folder);
for await (const line of createInterface({ input: process.stdin })) {
  const { path, dieAtRename, ...change } = JSON.parse(line);
  renamesLeft = dieAtRename ?? Number.POSITIVE_INFINITY;
  const answer =
    path === undefined
      ? { ready: true }
      : await project.replace(path, change).catch(({ type, message }) => ({ type, message }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
