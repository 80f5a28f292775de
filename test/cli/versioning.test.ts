import { join } from 'node:path';
import { Client } from '@temporalio/client';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TASK_QUEUE } from '../../src/client/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import { type RunningWorker, startWorker } from '../../src/wiring/start-worker.ts';
import { locateTool } from '../../tools/index.ts';
import { until } from '../../tools/until.ts';
import { ASKED, waits } from '../stories/asked.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { type Ended, runCommand } from './run-command.ts';

const NAMESPACE = 'versioned';
let stage: Stage;
let cast: Cast;
let client: Client;
let env: NodeJS.ProcessEnv;
const workers: RunningWorker[] = [];
beforeAll(async () => {
  stage = await openStage();
  // Nothing is deployed: the run finds that out, and asks what to do.
  cast = await stage.cast('versioning', { profile: ASKED, worker: false });
  client = new Client({ connection: stage.client.connection, namespace: NAMESPACE });
  await stage.client.workflowService.registerNamespace({
    namespace: NAMESPACE,
    workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
  });
  env = {
    TEMPORAL_ADDRESS: stage.sandbox.temporal.address,
    TEMPORAL_NAMESPACE: NAMESPACE,
    TEMPORAL_CONFIG_FILE: join(stage.sandbox.folder, 'none.toml'),
  };
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await stage?.close();
});

/** A worker of one version of the deployment, which the server knows. */
async function version(buildId: string): Promise<RunningWorker> {
  const deployment = { name: 'runbook', buildId };
  const options = { connection: stage.native, namespace: NAMESPACE, env: {}, log: () => {} };
  const config = await loadConfig(cast.configFile);
  const worker = await until('the namespace to be known', () =>
    startWorker({ ...options, config, deployment, taskQueue: TASK_QUEUE }).catch(() => undefined),
  );
  workers.push(worker);
  await until('the worker to be seen', async () => {
    const { pollers } = await client.workflowService.describeTaskQueue({
      namespace: NAMESPACE,
      taskQueue: { name: TASK_QUEUE },
      taskQueueType: 1,
    });
    return pollers?.some(({ deploymentOptions }) => deploymentOptions?.buildId === buildId);
  });
  return worker;
}

/** Carries out a command that was offered, as an operator does who pastes it. */
async function paste(text: string, command: string): Promise<void> {
  const [line = ''] = new RegExp(`temporal ${command} [^;\n]*`).exec(text) ?? [];
  const [, ...args] = line.split(' ');
  const { path } = await locateTool('temporal');
  await execa(path, [...args, ...(command.startsWith('worker') ? ['--yes'] : [])], { env });
}

it('T11 with Worker Versioning it is said at once why nobody takes a run up, and which command helps', async () => {
  const first = await version('v1');
  const none = await runCommand(['plan'], env);
  expect(none).toMatchObject({ code: 8, stdout: '' });
  expect(none.stderr).toMatch(/version v1 of deployment runbook polls, and no version is current/);
  await paste(none.stderr, 'worker deployment set-current-version');

  await until(
    'the run to be started',
    async () => (await runCommand(['rollback', '--detach'], env)).code === 0,
  );
  const id = 'rollback/orchestrator';
  await waits(client.workflow.getHandle(id), 'decision');
  await version('v2');
  // Refused until the server has heard of all task queues that the new workers poll.
  await until('the second version to be made current', () =>
    client.workflowService
      .setWorkerDeploymentCurrentVersion({ namespace: NAMESPACE, deploymentName: 'runbook', buildId: 'v2' })
      .then(
        () => true,
        (error: Error) => {
          if (!error.message.includes('missing active task queues')) throw error;
          return false;
        },
      ),
  );
  await first.stop();

  const answer = ['decide', id, 'abort', '--by', 'ada', '--reason', 'nothing is deployed'];
  const asked = [['status', id], answer].map((args) => runCommand(args, env));
  const [status, decided] = (await Promise.all(asked)) as [Ended, Ended];
  for (const { code, stderr } of [status, decided]) {
    expect(code).toBe(8);
    expect(stderr).toMatch(
      /pinned to version v1 of deployment runbook.*TEMPORAL_BUILD_ID=v1.*v2.*which is current/,
    );
  }
  await paste(status.stderr, 'workflow update-options');
  const again = await until('the run to take the answer', async () => {
    const ended = await runCommand(answer, env);
    return ended.code === 8 ? undefined : ended;
  });
  // The first answer may have been taken meanwhile: then there is nothing to decide any more.
  expect([0, 2]).toContain(again.code);
  await expect(client.workflow.getHandle(id).result()).rejects.toMatchObject({
    cause: { type: 'WorkloadMissing' },
  });
});
