import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSandbox } from '../../../../sandbox/index.ts';
import { standIn } from '../project.ts';

// Opens a Compose host with a container that runs, tells what there is, and stays until it is killed.
const { composeHost: host, folder } = await openSandbox({ compose: true });
const project = await host.project('killed', { 'compose.yaml': (await standIn(host, 'v0.1.0')).text });
await host.compose(project, 'up', '--detach');
const container = await host.docker(
  'inspect',
  '--format',
  '{{.State.Pid}}',
  `${await host.docker('ps', '-q')}`,
);
const registry = JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8'));
const pids = [registry.supervisor, ...registry.children].map(({ pid }: { pid: number }) => pid);
const told = { folder, pids: [...pids, Number(container)], supervisor: registry.supervisor.pid };
process.stdout.write(`${JSON.stringify(told)}\n`);
setInterval(() => undefined, 1_000);
