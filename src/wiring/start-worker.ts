import { hostname } from 'node:os';
import { type NativeConnection, Worker, type WorkerDeploymentOptions } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { workerIdentity } from '../client/served-service.ts';
import { TASK_QUEUE } from '../client/task-queue.ts';
import type { RunbookConfig } from '../config/profile.ts';
import { workflowBuildId, workflowBundle } from './bundle.ts';
import { watchSearchAttributes } from './search-attributes.ts';
import { prepareDependencies } from './services.ts';

export interface WorkerOptions {
  readonly config: RunbookConfig;
  readonly connection: NativeConnection;
  readonly namespace: string;
  /** Where secret references of kind `env` are looked up. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly log: (line: string) => void;
  readonly taskQueue?: string;
  /** Address of the Temporal UI, for links in messages. */
  readonly ui?: string;
  readonly identity?: string;
  /** How often the search attributes of the namespace are looked at, in ms. Default: 30 s. */
  readonly attributesEveryMs?: number;
  /** Worker Versioning, opt-in: `TEMPORAL_DEPLOYMENT_NAME` and `TEMPORAL_BUILD_ID`. */
  readonly deployment?: { readonly name: string; readonly buildId: string };
}

/** A worker that polls. */
export interface RunningWorker {
  readonly worker: Worker;
  /** Resolves when it has ended; rejects when it failed. */
  readonly ended: Promise<void>;
  /** Lets running steps end, then stops. */
  stop(): Promise<void>;
}

/** Without Worker Versioning the build id says in every history which code ran; the default one is four times as long. */
function deploymentOptions(
  deployment: WorkerOptions['deployment'],
  ownBuildId: string,
): WorkerDeploymentOptions {
  if (!deployment) {
    return {
      version: { deploymentName: TASK_QUEUE, buildId: ownBuildId },
      useWorkerVersioning: false,
    };
  }
  const { name: deploymentName, buildId } = deployment;
  return {
    version: { deploymentName, buildId },
    useWorkerVersioning: true,
    defaultVersioningBehavior: 'PINNED',
  };
}

/**
 * Starts a worker on an open connection.
 * @throws RunbookError `InvalidConfig` when a kubeconfig is missing, wrong, or has what is not supported: before it polls.
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { connection, namespace, log } = options;
  const buildId = workflowBuildId();
  const [workflows, attributes] = await Promise.all([
    workflowBundle(buildId),
    watchSearchAttributes(connection, namespace, { log, everyMs: options.attributesEveryMs }),
  ]);
  const prepared = prepareDependencies(options, attributes.usable);
  try {
    for (const problem of await prepared.check()) log(problem);
  } catch (error) {
    await prepared.close();
    throw error;
  }
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue: options.taskQueue ?? TASK_QUEUE,
    workflowBundle: workflows,
    activities: createActivities(prepared.dependencies),
    identity: workerIdentity(
      options.identity ?? `${process.pid}@${hostname()}`,
      Object.keys(options.config.services),
    ),
    // A rollback is small work that must not wait behind other rollbacks.
    maxConcurrentActivityTaskExecutions: 100,
    maxCachedWorkflows: 200,
    // After a killed worker its runs wait this long for it before another worker may go on with them (default 10 s).
    stickyQueueScheduleToStartTimeout: '2s',
    // Heartbeats leave at once, or a cancellation would be heard of late.
    maxHeartbeatThrottleInterval: '500ms',
    defaultHeartbeatThrottleInterval: '500ms',
    shutdownGraceTime: '5s',
    shutdownForceTime: '15s',
    workerDeploymentOptions: deploymentOptions(options.deployment, buildId),
  });
  const ended = worker.run().finally(() => {
    attributes.stop();
    return prepared.close();
  });
  // Whoever waits for `ended` sees the error; nobody waiting must not end the process.
  ended.catch(() => undefined);
  return {
    worker,
    ended,
    async stop() {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await ended.catch(() => undefined);
    },
  };
}
