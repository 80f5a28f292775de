import { join } from 'node:path';
import type { Client } from '@temporalio/client';
import type { Managed, Processes } from '../tools/processes/index.ts';
import { type UntilOptions, until } from '../tools/until.ts';

/** Where a worker program runs. */
export interface WorkerSurroundings {
  readonly processes: Processes;
  readonly temporal: { readonly address: string };
  readonly folder: string;
}

export interface WorkerProgramOptions {
  readonly configFile: string;
  /** Default: the runbook's own. */
  readonly taskQueue?: string;
  /** Address of the Temporal UI, for links in messages. */
  readonly ui?: string;
}

/** A worker as a program of its own, which can be killed and ends with the sandbox. @param program default: of this build. */
export function startWorkerProgram(
  { processes, temporal, folder }: WorkerSurroundings,
  { configFile, taskQueue, ui }: WorkerProgramOptions,
  env: Readonly<Record<string, string>> = {},
  program = join(import.meta.dirname, '../src/worker.ts'),
): Promise<Managed> {
  return processes.start('worker', process.execPath, [program], {
    env: {
      ...process.env,
      ...env,
      TEMPORAL_ADDRESS: temporal.address,
      RUNBOOK_CONFIG: configFile,
      ...(taskQueue ? { RUNBOOK_TASK_QUEUE: taskQueue } : {}),
      ...(ui ? { RUNBOOK_UI: ui } : {}),
    },
    log: join(folder, 'workers.log'),
  });
}

/** The pending activity of the run, once it is the given one and has said something. */
export function stepUnderWay(client: Client, workflowId: string, step: string, options: UntilOptions = {}) {
  const isUnderWay = async () => {
    const { raw } = await client.workflow.getHandle(workflowId).describe();
    return raw.pendingActivities?.find(
      ({ activityType, heartbeatDetails }) =>
        activityType?.name === step && heartbeatDetails?.payloads?.length,
    );
  };
  return until(`${step} to be under way`, isUnderWay, options);
}
