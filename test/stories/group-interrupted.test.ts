import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import type { Managed } from '../../tools/processes/index.ts';
import { until } from '../../tools/until.ts';
import { reportOf, send, waits } from './asked.ts';
import { openStage, type Stage } from './stage.ts';
import { type GroupCast, type GroupOptions, groupCast } from './stage-group.ts';
import { startWorkerProgram, stepUnderWay } from './stage-worker.ts';

let stage: Stage;
const open: GroupCast[] = [];
beforeAll(async () => {
  stage = await openStage();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((cast) => cast.close()));
});
afterAll(() => stage?.close());

async function group(name: string, options: Partial<GroupOptions> = {}): Promise<GroupCast> {
  const cast = await groupCast(stage, name, { members: { agents: SLOW, orchestrator: SLOW }, ...options });
  open.push(cast);
  return cast;
}

const SLOW = ['v0.1.0-slow-ready', 'v0.2.0'];
const BEFORE = { agents: 'v0.2.0', orchestrator: 'v0.2.0' };
const memberId = (run: { readonly runId: string }, service: string) => `rollback/${service}/in/${run.runId}`;

/** A member of the group waits for its rollout. */
async function rollsOut(run: Awaited<ReturnType<GroupCast['start']>>, service: string): Promise<void> {
  await until(`${service} to be started`, async () =>
    (await reportOf(run)).members?.some((member) => member.service === service && member.runId !== undefined),
  );
  await stepUnderWay(stage.client, memberId(run, service), 'wait-for-rollout');
}

/** The report of a run that has closed, however it has. */
async function closed(workflowId: string): Promise<RunReport> {
  const handle = stage.client.workflow.getHandle(workflowId);
  await until(`${workflowId} to close`, async () => (await handle.describe()).status.name !== 'RUNNING', {
    withinMs: 60_000,
  });
  return reportOf(handle);
}

it('a group whose worker is killed with -9, while it asks and while its second member is changed, ends as if nothing had been', async () => {
  const approval = { required: true, expires: '120s' };
  const cast = await group('group-killed', { worker: false, profile: { approval } });
  const killed = async (worker: Managed) => {
    worker.signal('SIGKILL');
    await worker.exited;
    return startWorkerProgram(stage.sandbox, cast);
  };
  const first = await startWorkerProgram(stage.sandbox, cast);
  const run = await cast.start({ requestedBy: 'ada' });
  const { planHash } = await waits(run, 'approval');
  const second = await killed(first);
  await send(run, 'approve', { plan: planHash, approvedBy: 'ben' });
  await rollsOut(run, 'orchestrator');
  await killed(second);
  const report = await cast.end(run);
  expect(report.outcome).toBe('rolled-back');
  expect(report.events?.filter(({ kind }) => kind === 'approval-due')).toHaveLength(1);
  expect(await cast.writes()).toEqual(['agents', 'orchestrator']);
});

describe('a group that is ended in the middle', () => {
  it('cancelled while its first member is changed, finishes that one and never begins the other', async () => {
    const cast = await group('group-cancelled');
    const run = await cast.start();
    await rollsOut(run, 'agents');
    await run.cancel();
    const report = await closed(run.workflowId);
    expect(report.outcome).toBe('cancelled');
    expect(report.summary).toContain('agents 0.2.0 -> 0.1.0-slow-ready (cancelled)');
    expect(await cast.running()).toEqual({ ...BEFORE, agents: 'v0.1.0-slow-ready' });
    expect(await cast.writes()).toEqual(['agents']);
  });

  it('cancelled while its second member is changed, has both do what their profile says: restore', async () => {
    const cast = await group('group-cancelled-late', { profile: { onCancel: 'restore' } });
    const run = await cast.start();
    await rollsOut(run, 'orchestrator');
    await run.cancel();
    const report = await closed(run.workflowId);
    expect(report.outcome).toBe('cancelled');
    expect(await cast.running()).toEqual(BEFORE);
  });

  it('terminated, has its members cancelled: each comes to its own end', async () => {
    const cast = await group('group-terminated', { profile: { onCancel: 'restore' } });
    const run = await cast.start();
    await rollsOut(run, 'orchestrator');
    await stage.client.workflow.getHandle(run.workflowId).terminate('an operator was in a hurry');
    const reports = await Promise.all(
      ['agents', 'orchestrator'].map((service) => closed(memberId(run, service))),
    );
    expect(reports.map(({ outcome }) => outcome)).toEqual(['cancelled', 'cancelled']);
    expect(await cast.running()).toEqual(BEFORE);
  });
});
