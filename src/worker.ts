import { loadClientConnectConfig } from '@temporalio/envconfig';
import { NativeConnection } from '@temporalio/worker';
import { loadConfig } from './config/load.ts';
import { startWorker } from './wiring/start-worker.ts';
import { installRuntime, log } from './wiring/worker-log.ts';

/**
 * The worker as a program. Configured by `RUNBOOK_CONFIG` (default `runbook.yaml`), by the Temporal environment
 * configuration (`TEMPORAL_ADDRESS`, `TEMPORAL_PROFILE`, …), and for Worker Versioning by
 * `TEMPORAL_DEPLOYMENT_NAME` and `TEMPORAL_BUILD_ID`. SIGTERM lets running steps end.
 */
async function main(env: NodeJS.ProcessEnv): Promise<void> {
  installRuntime({ logsExpected: true });
  const config = await loadConfig(env.RUNBOOK_CONFIG ?? 'runbook.yaml');
  const { connectionOptions, namespace = 'default' } = loadClientConnectConfig({});
  const address = connectionOptions.address ?? 'localhost:7233';
  const connection = await NativeConnection.connect(connectionOptions).catch((error: Error) => {
    throw new Error(`Temporal at ${address} cannot be reached: ${error.message}`, { cause: error });
  });
  try {
    const { worker, ended } = await startWorker({
      config,
      connection,
      namespace,
      env,
      log,
      ...(env.RUNBOOK_TASK_QUEUE ? { taskQueue: env.RUNBOOK_TASK_QUEUE } : {}),
      ...(env.RUNBOOK_UI ? { ui: env.RUNBOOK_UI } : {}),
      ...(env.TEMPORAL_DEPLOYMENT_NAME && env.TEMPORAL_BUILD_ID
        ? { deployment: { name: env.TEMPORAL_DEPLOYMENT_NAME, buildId: env.TEMPORAL_BUILD_ID } }
        : {}),
    });
    const services = Object.keys(config.services).join(', ');
    log(`worker polls ${worker.options.taskQueue} at ${address} for ${services}`);
    await ended;
  } finally {
    await connection.close();
  }
}

try {
  await main(process.env);
} catch (error) {
  log((error as Error).message);
  process.exitCode = 1;
}
