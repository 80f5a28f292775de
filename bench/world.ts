import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { writeConfig } from '../sandbox/demo/config.ts';
import { openSandbox, type Sandbox, type SandboxCluster } from '../sandbox/index.ts';
import { LABELS, NAMESPACE, WORKER_ACCOUNT } from '../sandbox/manifests.ts';
import type { TemporalServer } from '../tools/temporal-server.ts';
import { until } from '../tools/until.ts';

/** Good results in a row that each side must see. */
export const NEEDED = { health: 3, chat: 1, agents: 2, metrics: 2 } as const;

/** Audit user of the worker. */
export const WORKER_USER = `system:serviceaccount:${NAMESPACE}:${WORKER_ACCOUNT}`;

/** A sandbox whose pods are ready at once, and a worker in a process of its own. */
export interface World {
  readonly sandbox: Sandbox & { readonly cluster: SandboxCluster; readonly temporal: TemporalServer };
  readonly client: Client;
  readonly kubeconfig: string;
  readonly url: string;
  startWorker(taskQueue: string): Promise<{ readonly process: ChildProcess; readonly firstPollMs: number }>;
  close(): Promise<void>;
}

export async function openWorld(progress: (line: string) => void): Promise<World> {
  const sandbox = await openSandbox({ temporal: true, kubernetes: { instantReady: true }, progress });
  const { cluster, temporal } = sandbox;
  await cluster.createNamespace(NAMESPACE);
  const kubeconfig = await cluster.kubeconfigFor(NAMESPACE);
  const service = await cluster.node.openService(NAMESPACE, LABELS);
  const check = (needed: number) => ({ needed, every: '0ms', within: '20s' });
  const config = await writeConfig({
    folder: sandbox.folder,
    kubeconfig,
    endpoint: service.url,
    apiPort: cluster.node.apiPort,
    metricsPort: cluster.node.metricsPort,
    records: join(sandbox.folder, 'incidents'),
    checks: {
      health: check(NEEDED.health),
      chat: check(NEEDED.chat),
      agents: { ...check(NEEDED.agents), instancePort: cluster.node.apiPort },
      metrics: { ...check(NEEDED.metrics), port: cluster.node.metricsPort },
    },
  });
  const connection = await Connection.connect({ address: temporal.address });
  const client = new Client({ connection });
  const workers: ChildProcess[] = [];
  return {
    sandbox,
    client,
    kubeconfig,
    url: service.url,
    async startWorker(taskQueue) {
      const begun = performance.now();
      const worker = spawn(process.execPath, [join(import.meta.dirname, '..', 'src', 'worker.ts')], {
        env: {
          ...process.env,
          TEMPORAL_ADDRESS: temporal.address,
          RUNBOOK_CONFIG: config,
          RUNBOOK_TASK_QUEUE: taskQueue,
        },
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      workers.push(worker);
      await until('the first poll', () => polls(client, taskQueue), { everyMs: 5 });
      return { process: worker, firstPollMs: performance.now() - begun };
    },
    async close() {
      for (const worker of workers) worker.kill('SIGKILL');
      await connection.close();
      await sandbox.close();
    },
  };
}

async function polls(client: Client, name: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name },
    taskQueueType: 1,
  });
  return (pollers?.length ?? 0) > 0;
}
