import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openSandbox } from '../../../sandbox/index.ts';
import { imageOf } from '../../../sandbox/manifests.ts';

// Opens everything, tells what there is, and stays until it is killed.
const { cluster, temporal, folder } = await openSandbox({ temporal: true, kubernetes: true });
await cluster.createNamespace('default-not');
await cluster.deploy({ namespace: 'default-not', image: imageOf('v0.1.0'), replicas: 1 });
const registry = JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8'));
const pids = [registry.supervisor, ...registry.children].map(({ pid }: { pid: number }) => pid);
process.stdout.write(`${JSON.stringify({ folder, pids, temporal: temporal.address })}\n`);
setInterval(() => undefined, 1_000);
