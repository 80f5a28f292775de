import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { imageOf } from '../../sandbox/manifests.ts';
import type { RunningWorker } from '../../src/wiring/start-worker.ts';
import { StubApi } from '../targets/kubernetes/stub-api.ts';
import { ASKED, imageNow, reportOf, send, waits } from './asked.ts';
import { openStage, type Stage } from './stage.ts';
import { workerFor } from './stage-runs.ts';

let stage: Stage;
let worker: RunningWorker | undefined;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(async () => {
  await worker?.stop();
  await stage?.close();
});

it('K14 a run whose worker comes back with another cluster writes nothing there, and asks', async () => {
  let kubeconfig = '';
  const profile = { ...ASKED, approval: { required: true, quorum: 1, expires: '120s' } };
  const cast = await stage.cast('meant', {
    profile,
    worker: false,
    kubeconfig: async (file) => {
      kubeconfig = file;
    },
  });
  for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version, { replicas: 1 });
  const startWorker = async () => {
    worker = await workerFor(stage.native, cast.configFile, cast.taskQueue);
  };
  const { server } = stage.sandbox.cluster;
  const own = await readFile(kubeconfig, 'utf8');

  await startWorker();
  const handle = await cast.start({ requestedBy: 'anna' });
  const { planHash } = await waits(handle, 'approval');
  expect((await reportOf(handle)).plan?.cluster).toEqual({ context: 'sandbox', server });
  await worker?.stop();

  await using other = Object.assign(await StubApi.open(), {
    async [Symbol.asyncDispose](this: StubApi) {
      await this.close();
    },
  });
  await writeFile(kubeconfig, await readFile(other.profile.kubeconfig ?? '', 'utf8'));
  await startWorker();
  await send(handle, 'approve', { plan: planHash, approvedBy: 'ben' });
  const open = await waits(handle, 'decision', 'roll-back');
  expect(open.error.type).toBe('ClusterChanged');
  expect(open.error.message).toContain(`the run is about another cluster (context sandbox, ${server})`);
  expect(other.asked).toEqual([]);
  await worker?.stop();

  await writeFile(kubeconfig, own);
  await startWorker();
  await send(handle, 'decide', {
    answer: 'retry',
    decidedBy: 'anna',
    reason: 'the worker has its kubeconfig back',
  });
  const ended = await cast.end(handle);
  expect(ended.outcome).toBe('rolled-back');
  expect(await imageNow(cast)).toBe(imageOf('v0.1.0'));
});
