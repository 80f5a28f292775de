import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import { type Managed, type Processes, whileRunning } from '../tools/processes/index.ts';
import type { TemporalServer } from '../tools/temporal-server.ts';
import { until } from '../tools/until.ts';

const WORKER = join(import.meta.dirname, '..', 'src', 'worker.ts');

/** A Temporal server and a client of it. */
export interface Place {
  readonly temporal: TemporalServer;
  readonly client: Client;
}

/** A worker in a process of its own, and how long it took to its first poll, in milliseconds. */
export interface StartedWorker {
  readonly process: Managed;
  readonly firstPollMs: number;
}

/** Starts a worker and waits until it polls. */
export async function startWorkerProcess(
  processes: Processes,
  { client, temporal }: Place,
  { config, taskQueue, env = process.env }: WorkerSettings,
): Promise<StartedWorker> {
  const begun = performance.now();
  const worker = await processes.start('worker', process.execPath, [WORKER], {
    env: {
      ...env,
      TEMPORAL_ADDRESS: temporal.address,
      RUNBOOK_CONFIG: config,
      RUNBOOK_TASK_QUEUE: taskQueue,
    },
    log: join(processes.folder, `worker-${taskQueue}.log`),
  });
  await whileRunning([worker], (signal) =>
    until('the first poll', () => polls(client, taskQueue), { everyMs: 5, signal }),
  );
  return { process: worker, firstPollMs: performance.now() - begun };
}

export interface WorkerSettings {
  /** Path of its runbook.yaml. */
  readonly config: string;
  readonly taskQueue: string;
  readonly env?: NodeJS.ProcessEnv;
}

async function polls(client: Client, name: string): Promise<boolean> {
  const { pollers } = await client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name },
    taskQueueType: 1,
  });
  return (pollers?.length ?? 0) > 0;
}
