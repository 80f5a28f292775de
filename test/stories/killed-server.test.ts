import { afterAll, beforeAll, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { until } from '../../tools/until.ts';
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
});

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
});

it('a run whose worker is killed and whose server is leaves no lock behind: it is held until the run has ended', async () => {
  const cast = await stage.cast('killed-lock', { worker: false, profile: UNATTENDED });
  const worker = await startProgram(cast);
  for (const version of ['v0.1.0-slow-ready', 'v0.2.0']) await cast.deploy(version);
  const first = await cast.start();
  await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
  worker.signal('SIGKILL');
  await stage.sandbox.temporal.restart();
  await startProgram(cast);
  const refused = await cast.rollback();
  expect(refused.error?.type).toBe('RollbackInProgress');
  expect((await cast.end(first)).outcome).toBe('rolled-back');
  const next = await cast.rollback();
  expect(next.outcome).toBe('already-there');
  await until('no lock to be open', async () => {
    const open = stage.client.workflow.list({
      query: `WorkflowType = 'claim' AND ExecutionStatus = 'Running'`,
    });
    for await (const { workflowId } of open) if (workflowId.includes(cast.namespace)) return false;
    return true;
  });
});
