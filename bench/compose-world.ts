import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { ComposeHost } from '../sandbox/compose/index.ts';
import { COMPOSE_FILE, composeProject, SERVICE, withTag } from '../sandbox/demo/compose-project.ts';
import { composeEntry, writeConfig } from '../sandbox/demo/config.ts';
import { openSandbox } from '../sandbox/index.ts';
import { freePorts } from '../tools/ports.ts';
import { until } from '../tools/until.ts';
import { type Place, startWorkerProcess } from './worker.ts';
import { NEEDED } from './world.ts';

/** A Compose host with one service, and a worker in a process of its own. */
export interface ComposeWorld extends Place {
  readonly host: ComposeHost;
  readonly composeFile: string;
  readonly url: string;
  readonly metricsUrl: string;
  /** Edits the tag and brings the service up, as whoever deploys does; waits until it answers. */
  deploy(tag: string): Promise<void>;
  close(): Promise<void>;
}

export async function openComposeWorld(
  taskQueue: string,
  progress: (line: string) => void,
): Promise<ComposeWorld> {
  const sandbox = await openSandbox({ temporal: true, compose: true, progress });
  const { composeHost: host, temporal, folder, processes } = sandbox;
  const [apiPort = 0, metricsPort = 0] = await freePorts(2);
  const image = `${host.images.repository}:v0.1.0`;
  // No healthcheck: its pause of a second would be the greater part of both sides.
  const files = composeProject({ image, apiPort, metricsPort, healthcheck: false });
  const directory = await host.project('bench', files);
  await host.images.publish('v0.2.0');
  const composeFile = join(directory, COMPOSE_FILE);
  const url = `http://127.0.0.1:${apiPort}`;
  const check = (needed: number) => ({ needed, every: '0ms', within: '20s' });
  const config = await writeConfig({
    folder,
    target: composeEntry(directory, '0ms'),
    endpoint: url,
    apiPort,
    metricsPort,
    records: join(folder, 'incidents'),
    checks: {
      health: check(NEEDED.health),
      chat: check(NEEDED.chat),
      agents: { ...check(NEEDED.agents), instancePort: apiPort },
      metrics: { ...check(NEEDED.metrics), port: metricsPort },
    },
  });
  const connection = await Connection.connect({ address: temporal.address });
  const place = { temporal, client: new Client({ connection }) };
  await startWorkerProcess(processes, place, { config, taskQueue, env: { ...host.environment } });
  return {
    ...place,
    host,
    composeFile,
    url,
    metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
    async deploy(tag) {
      await writeFile(composeFile, withTag(await readFile(composeFile, 'utf8'), tag));
      await host.compose(directory, 'up', '--detach', SERVICE);
      await until(tag, () => isUp(url), { everyMs: 10 });
    },
    async close() {
      await connection.close();
      await sandbox.close();
    },
  };
}

function isUp(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}
