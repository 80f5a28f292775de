import { join } from 'node:path';
import type { WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import { bundleWorkflowCode, DefaultLogger, Worker } from '@temporalio/worker';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from '../../tools/until.ts';
import { openScriptedStage, type ScriptedCast, type ScriptedStage } from './scripted-stage.ts';

let stage: ScriptedStage;
let cast: ScriptedCast;
beforeAll(async () => {
  stage = await openScriptedStage();
  cast = await stage.cast('unknown-type', {});
});
afterAll(() => stage?.close());

/** A worker of other code. */
async function workerOf(file: string, taskQueue: string): Promise<() => Promise<void>> {
  const workflowBundle = await bundleWorkflowCode({
    workflowsPath: join(import.meta.dirname, 'bundles', file),
    logger: new DefaultLogger('ERROR'),
  });
  const worker = await Worker.create({
    connection: stage.native,
    taskQueue,
    workflowBundle,
    // Two workers of one process and task queue are told apart by it.
    workerDeploymentOptions: {
      version: { deploymentName: 'test', buildId: file },
      useWorkerVersioning: false,
    },
  });
  const ended = worker.run();
  return async () => {
    worker.shutdown();
    await ended;
  };
}

/** A run of a type that today's workers do not know; a task that failed comes again soon. */
const begin = (workflowId: string, taskQueue: string, more: Partial<WorkflowStartOptions> = {}) =>
  stage.client.workflow.start('rescue', {
    workflowId,
    taskQueue,
    args: [],
    workflowTaskTimeout: '1s',
    ...more,
  });

const failing = (handle: WorkflowHandle) =>
  until('a workflow task to have failed', async () => {
    const { raw, status } = await handle.describe();
    expect(status.name).toBe('RUNNING');
    return (raw.pendingWorkflowTask?.attempt ?? 1) > 1;
  });

it.each(['Rollback', 'ROLLBACK', 'roll-back', 'roll_back', 'RollbackWorkflow', 'rolback', 'Verify'])(
  'T2 the type %s ends at once, with what exists',
  async (type) => {
    const handle = await cast.start(`spelled/${type}`, type);
    const error = await handle.result().then(
      () => expect.fail('it went on'),
      ({ cause }) => cause,
    );
    expect(error).toMatchObject({ type: 'UnknownWorkflowType' });
    expect(error.message).toMatch(
      /there are: rollback, verify, rollbackGroup\); it is spelled (rollback|verify)/,
    );
  },
);

it('T2 a type that a newer worker knows waits for that worker', async () => {
  const older = await stage.cast('upgraded', {});
  const handle = await begin('unknown/rescue', older.taskQueue);
  await failing(handle);
  await older.close();
  const stop = await workerOf('newer-worker.ts', older.taskQueue);
  expect(await handle.result()).toBe('taken by the newer worker');
  await stop();
});

it('T2 a type that nobody knows ends when no newer worker has come in time, counted from when it was due', async () => {
  const taskQueue = `${cast.taskQueue}-older`;
  const stop = await workerOf('older-worker.ts', taskQueue);
  const delayed = await begin('unknown/delayed', taskQueue, { startDelay: '2500ms' });
  const handle = await begin('unknown/nobody', taskQueue);
  await expect(handle.result()).rejects.toMatchObject({
    cause: { type: 'UnknownWorkflowType', message: expect.stringContaining('no worker that knows it') },
  });
  await failing(delayed);
  await delayed.terminate();
  await stop();
});
