import { tsToMs } from '@temporalio/common/lib/time.js';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cast, openStage, type Stage } from './stage.ts';
import { startWorkerProgram, stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage({ own: true });
});
afterAll(() => stage?.close());

const startProgram = (cast: Cast) => startWorkerProgram(stage.sandbox, cast);
const pending = (workflowId: string, step: string) => stepUnderWay(stage.client, workflowId, step);

/** Writes to the Deployment that the API server took. */
async function effectivePatches(cast: Cast, mark: number) {
  const requests = await stage.sandbox.cluster.requests(cast.user, mark);
  return requests.filter(
    ({ verb, requestURI, status }) =>
      verb === 'patch' && requestURI.includes('/deployments/') && status === 200,
  );
}

it('a worker killed with -9 in the middle of wait-for-rollout changes nothing about the outcome', async () => {
  const cast = await stage.cast('killed', { worker: false });
  const first = await startProgram(cast);
  await cast.deploy('v0.1.0-slow-ready');
  await cast.deploy('v0.2.0');
  const mark = await stage.sandbox.cluster.mark();
  const handle = await cast.start();
  await pending(handle.workflowId, 'wait-for-rollout');
  first.signal('SIGKILL');
  await startProgram(cast);
  const report = await cast.end(handle);

  expect(report.outcome).toBe('rolled-back');
  const wait = report.ledger.find(({ step }) => step === 'wait-for-rollout');
  expect(wait?.attempts).toBeGreaterThanOrEqual(2);
  expect(await effectivePatches(cast, mark)).toHaveLength(1);
}, 90_000);

it('a worker killed with -9 while it verifies goes on with the same check', async () => {
  const health = { needed: 8, every: '250ms', within: '20s' };
  const cast = await stage.cast('killed-verifying', { worker: false, checks: { health } });
  const first = await startProgram(cast);
  await cast.deploy('v0.1.0');
  await cast.deploy('v0.2.0');
  const handle = await cast.start();
  await pending(handle.workflowId, 'verify-health');
  first.signal('SIGKILL');
  await startProgram(cast);
  const report = await cast.end(handle);

  expect(report.outcome).toBe('rolled-back');
  const entry = report.ledger.find(({ step }) => step === 'verify-health');
  expect(entry?.attempts).toBeGreaterThanOrEqual(2);
  expect(entry?.check).toMatchObject({ verdict: 'passed', inARow: 8 });
  expect(entry?.check?.samples).toBeGreaterThan(8);
}, 90_000);

it('the Temporal server killed with -9 in the middle of the wait loses nothing', async () => {
  const cast = await stage.cast('server-killed');
  await cast.deploy('v0.1.0-slow-ready');
  await cast.deploy('v0.2.0');
  const mark = await stage.sandbox.cluster.mark();
  const handle = await cast.start();
  await pending(handle.workflowId, 'wait-for-rollout');
  await stage.sandbox.temporal.restart();
  const report = await cast.end(handle);

  expect(report.outcome).toBe('rolled-back');
  expect(await effectivePatches(cast, mark)).toHaveLength(1);
}, 90_000);

it('a cancelled run ends within two seconds of waiting, tells people and keeps the record', async () => {
  const cast = await stage.cast('cancelled');
  await cast.deploy('v0.1.0-slow-ready');
  await cast.deploy('v0.2.0');
  const handle = await cast.start();
  await pending(handle.workflowId, 'wait-for-rollout');
  const asked = Date.now();
  await handle.cancel();
  await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  const history = await stage.client.workflow.getHandle(handle.workflowId).fetchHistory();
  const ended = history.events?.find(
    ({ activityTaskCanceledEventAttributes }) => activityTaskCanceledEventAttributes,
  );
  expect(tsToMs(ended?.eventTime) - asked).toBeLessThan(2000);
  expect(cast.channel.received).toHaveLength(1);
}, 60_000);
