import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openProcesses } from '../../../tools/processes/index.ts';

// Owns one process that would run for ever, tells its number, and stays until it is killed.
const processes = await openProcesses();
const { pid } = await processes.start('idle', process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
const registry = JSON.parse(await readFile(join(processes.folder, 'processes.json'), 'utf8'));
process.stdout.write(
  `${JSON.stringify({ folder: processes.folder, pids: [pid], supervisor: registry.supervisor.pid })}\n`,
);
setInterval(() => undefined, 1_000);
