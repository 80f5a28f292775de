import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Sandbox } from '../../sandbox/index.ts';
import type { Managed } from '../../tools/processes/index.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { until } from '../../tools/until.ts';

/** A worker as a program of its own, which can be killed and ends with the sandbox. */
export function startWorkerProgram(
  { processes, temporal, folder }: Sandbox & { readonly temporal: TemporalServer },
  { configFile, taskQueue }: { readonly configFile: string; readonly taskQueue: string },
  env: Readonly<Record<string, string>> = {},
): Promise<Managed> {
  return processes.start('worker', process.execPath, [join(import.meta.dirname, '../../src/worker.ts')], {
    env: {
      ...process.env,
      ...env,
      TEMPORAL_ADDRESS: temporal.address,
      RUNBOOK_CONFIG: configFile,
      RUNBOOK_TASK_QUEUE: taskQueue,
    },
    log: join(folder, 'workers.log'),
  });
}

/** The pending activity of the run, once it is the given one and has said something. */
export function stepUnderWay(client: Client, workflowId: string, step: string) {
  return until(`${step} to be under way`, async () => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return raw.pendingActivities?.find(
      ({ activityType, heartbeatDetails }) =>
        activityType?.name === step && heartbeatDetails?.payloads?.length,
    );
  });
}
