import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { kubernetesEntry, writeConfig } from '../sandbox/demo/config.ts';
import { openSandbox, type Sandbox, type SandboxCluster } from '../sandbox/index.ts';
import { LABELS, NAMESPACE, WORKER_ACCOUNT } from '../sandbox/manifests.ts';
import { locateTool } from '../tools/index.ts';
import { startTemporalServer, type TemporalServer } from '../tools/temporal-server.ts';
import { type Place, type StartedWorker, startWorkerProcess } from './worker.ts';

/** Good results in a row that each side must see. */
export const NEEDED = { health: 3, chat: 1, agents: 2, metrics: 2 } as const;

/** Audit user of the worker. */
export const WORKER_USER = `system:serviceaccount:${NAMESPACE}:${WORKER_ACCOUNT}`;

/** A sandbox whose pods are ready at once, and workers in processes of their own. */
export interface World extends Place {
  readonly sandbox: Sandbox & { readonly cluster: SandboxCluster };
  readonly kubeconfig: string;
  readonly url: string;
  /** A second Temporal server, whose database waits for the disk. */
  openDurable(): Promise<Place>;
  startWorker(place: Place, taskQueue: string): Promise<StartedWorker>;
  close(): Promise<void>;
}

export async function openWorld(progress: (line: string) => void): Promise<World> {
  const sandbox = await openSandbox({ temporal: true, kubernetes: { instantReady: true }, progress });
  const { cluster, processes, folder } = sandbox;
  await cluster.createNamespace(NAMESPACE);
  const kubeconfig = await cluster.kubeconfigFor(NAMESPACE);
  const service = await cluster.node.openService(NAMESPACE, LABELS);
  const check = (needed: number) => ({ needed, every: '0ms', within: '20s' });
  const config = await writeConfig({
    folder,
    target: kubernetesEntry(kubeconfig),
    endpoint: service.url,
    apiPort: cluster.node.apiPort,
    metricsPort: cluster.node.metricsPort,
    records: join(folder, 'incidents'),
    checks: {
      health: check(NEEDED.health),
      chat: check(NEEDED.chat),
      agents: { ...check(NEEDED.agents), instancePort: cluster.node.apiPort },
      metrics: { ...check(NEEDED.metrics), port: cluster.node.metricsPort },
    },
  });
  const connections: Connection[] = [];
  const placeOn = async (temporal: TemporalServer): Promise<Place> => {
    const connection = await Connection.connect({ address: temporal.address });
    connections.push(connection);
    return { temporal, client: new Client({ connection }) };
  };
  return {
    ...(await placeOn(sandbox.temporal)),
    sandbox,
    kubeconfig,
    url: service.url,
    async openDurable() {
      const { path } = await locateTool('temporal', { progress });
      const databaseFile = join(folder, 'durable.db');
      return placeOn(await startTemporalServer(processes, path, { ui: false, databaseFile, fsync: true }));
    },
    startWorker: (place, taskQueue) => startWorkerProcess(processes, place, { config, taskQueue }),
    async close() {
      await Promise.all(connections.map((connection) => connection.close()));
      await sandbox.close();
    },
  };
}
