import type { WorkflowHandleWithFirstExecutionRunId as Run } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { until } from '../../tools/until.ts';
import { type ScriptedGroupOptions, scriptedGroup } from './scripted-group.ts';
import { refuse } from './scripted-service.ts';
import {
  decide,
  ended,
  openScriptedStage,
  reportOf,
  type ScriptedStage,
  send,
  stop,
  waits,
} from './scripted-stage.ts';

let stage: ScriptedStage;
const open: { close(): Promise<void> }[] = [];
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterEach(async () => {
  await Promise.all(open.splice(0).map((group) => group.close()));
});
afterAll(() => stage?.close());

async function group(name: string, options: Partial<ScriptedGroupOptions> = {}) {
  const made = await scriptedGroup(stage, name, { services: { agents: {}, orchestrator: {} }, ...options });
  open.push(made);
  return made;
}

const AT_ONCE = { decisions: { waitMs: 0 } };
const SICK = { bad: { '0.3.0': { chat: 'failed' as const } } };
const BEFORE = { agents: '0.4.0', orchestrator: '0.4.0' };
const outcomes = ({ members = [] }: RunReport) =>
  Object.fromEntries(members.map(({ service, outcome }) => [service, outcome]));
const member = (run: Run, service: string) =>
  stage.client.workflow.getHandle(`rollback/${service}/in/${run.firstExecutionRunId}`);
/** Until a member has come so far, as the group knows it. */
const reaches = (run: Run, service: string, stage: string) =>
  until(`${service} to be ${stage}`, async () =>
    (await reportOf(run)).members?.some((one) => one.service === service && one.stage === stage),
  );

describe('a group', () => {
  it('proves nobody before all are changed, and nobody records a proof before all have one', async () => {
    const here = stop();
    const seen: string[] = [];
    const cast = await group('group-whole', {
      services: {
        agents: {
          script: {
            'verify-health': (usual) => {
              seen.push(`beside orchestrator ${cast.live().orchestrator}`);
              return usual();
            },
          },
        },
        orchestrator: { script: { 'verify-metrics': here.at(1) } },
      },
    });
    const run = await cast.start();
    await reaches(run, 'agents', 'proved');
    expect(cast.services.agents?.proofs).toEqual([]);
    here.release();
    expect((await ended(run)).outcome).toBe('rolled-back');
    expect(seen).toEqual(['beside orchestrator 0.3.0']);
    expect(cast.services.agents?.proofs).toHaveLength(1);
    expect(cast.order).toEqual(['agents 0.3.0', 'orchestrator 0.3.0']);
    expect(cast.told).toHaveLength(1);
  });

  it('as a dry run is a plan of all, holds no lock and tells nobody', async () => {
    const cast = await group('group-dry');
    const report = await ended(await cast.start({ dryRun: true }));
    expect(report).toMatchObject({
      outcome: 'planned',
      summary: 'would roll back agents 0.4.0 -> 0.3.0, orchestrator 0.4.0 -> 0.3.0',
      groupPlan: { changesNothing: false },
    });
    expect(cast.told).toEqual([]);
    expect((await ended(await cast.start())).outcome).toBe('rolled-back');
  });

  it('whose plan is refused, or whose member ends meanwhile, changes nothing', async () => {
    const policy = { approval: { required: true } };
    const refused = await group('group-refused', { policy });
    const first = await refused.start();
    const waiting = await waits(first, 'approval-1');
    const plan = 'planHash' in waiting ? waiting.planHash : '';
    await send(first, 'reject', { plan, rejectedBy: 'ben', reason: 'not now' });
    expect(await ended(first)).toMatchObject({ outcome: 'failed', error: { type: 'ApprovalRejected' } });

    const second = await refused.start();
    const again = await waits(second, 'approval-1');
    await member(second, 'orchestrator').cancel();
    await reaches(second, 'orchestrator', 'ended');
    await send(second, 'approve', { plan: 'planHash' in again && again.planHash, approvedBy: 'ben' });
    expect(await ended(second)).toMatchObject({
      outcome: 'failed',
      error: { type: 'GroupFailed', message: expect.stringContaining('nothing was changed') },
    });
    expect(refused.order).toEqual([]);
    expect(refused.live()).toEqual(BEFORE);
  });

  it('shows what a member asks its people, and goes on with their answer', async () => {
    const cast = await group('group-asks', {
      services: {
        agents: {},
        orchestrator: {
          script: { 'wait-for-rollout': (usual, time) => (time === 1 ? refuse('RolloutTimedOut') : usual()) },
        },
      },
    });
    const run = await cast.start();
    const asked = member(run, 'orchestrator');
    await until('the group to say it', async () =>
      (await reportOf(run)).members?.some(({ waitingFor }) => waitingFor?.includes('wait-for-rollout')),
    );
    await decide(asked as Run, 'retry');
    const report = await ended(run);
    expect(report.outcome).toBe('rolled-back');
    expect(report.members?.some(({ waitingFor }) => waitingFor !== undefined)).toBe(false);
  });

  it("refuses what is a member's to answer, and a member another target; cancelled before the change it changes nothing", async () => {
    const cast = await group('group-updates', { policy: { approval: { required: true } } });
    const run = await cast.start();
    await waits(run, 'approval-1');
    await expect(decide(run, 'retry')).rejects.toThrow();
    await expect(
      send(member(run, 'agents') as Run, 'change-target', { target: '0.1.0', by: 'ben', reason: 'older' }),
    ).rejects.toMatchObject({ cause: { message: expect.stringContaining('member of the group platform') } });
    await run.cancel();
    expect(await ended(run)).toMatchObject({
      outcome: 'cancelled',
      summary: 'cancelled on request; nothing was changed',
      members: [{ outcome: 'cancelled' }, { outcome: 'cancelled' }],
    });
    expect(cast.order).toEqual([]);
  });
});

it('a group that is paused waits with the next member, and goes on when it is told', async () => {
  const here = stop();
  const cast = await group('group-paused', {
    services: { agents: { script: { 'wait-for-rollout': here.at(1) } }, orchestrator: {} },
  });
  const run = await cast.start();
  await here.reached;
  await send(run, 'pause', { by: 'ben', reason: 'to look' });
  here.release();
  await waits(run, 'pause-1');
  expect(cast.order).toEqual(['agents 0.3.0']);
  await send(run, 'resume', { by: 'ben', reason: 'seen' });
  expect((await ended(run)).outcome).toBe('rolled-back');
});

it('a group that is reset has its members of before come to their end, and begins them anew', async () => {
  const cast = await group('group-reset', { policy: { approval: { required: true } } });
  const run = await cast.start();
  await waits(run, 'approval-1');
  const { events = [] } = await run.fetchHistory();
  const task = events?.find(({ workflowTaskCompletedEventAttributes: completed }) => completed);
  await stage.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId: run.workflowId, runId: run.firstExecutionRunId },
    reason: 'an operator tries it once more',
    workflowTaskFinishEventId: task?.eventId ?? null,
    requestId: 'once',
  });
  const anew = stage.client.workflow.getHandle(run.workflowId) as Run;
  const waiting = await waits(anew, 'approval-1');
  await send(anew, 'approve', { plan: 'planHash' in waiting && waiting.planHash, approvedBy: 'ben' });
  expect((await ended(anew)).outcome).toBe('rolled-back');
  expect(cast.order).toEqual(['agents 0.3.0', 'orchestrator 0.3.0']);
});

describe('two groups with a member in common', () => {
  it('end in a refusal of one, with nothing of it changed, whatever their orders are', async () => {
    const here = stop();
    const cast = await group('group-common', {
      services: { agents: { script: { 'wait-for-rollout': here.at(1) } }, orchestrator: {} },
    });
    const first = await cast.start();
    await here.reached;
    const second = await stage.client.workflow.start('rollbackGroup', {
      workflowId: `rollback-group/${cast.taskQueue}/second`,
      taskQueue: cast.taskQueue,
      args: [{}],
    });
    expect(await ended(second)).toMatchObject({ outcome: 'failed', error: { type: 'RollbackInProgress' } });
    here.release();
    expect((await ended(first)).outcome).toBe('rolled-back');
    expect(cast.order).toEqual(['agents 0.3.0', 'orchestrator 0.3.0']);
  });
});

describe('a group that goes back', () => {
  it('names the member that cannot, and the others go back all the same', async () => {
    const cast = await group('group-stuck', {
      policy: AT_ONCE,
      services: {
        agents: {
          script: { 'roll-back': (usual, time) => (time === 2 ? refuse('WriteRejected') : usual()) },
        },
        orchestrator: SICK,
        web: {},
      },
      group: { order: 'parallel' },
    });
    const report = await ended(await cast.start());
    expect(report).toMatchObject({ outcome: 'not-proved', error: { type: 'VerificationFailed' } });
    expect(report.summary).toContain('NOT everything could be restored');
    expect(outcomes(report)).toEqual({ agents: 'failed', orchestrator: 'restored', web: 'restored' });
    expect(cast.live()).toEqual({ agents: '0.3.0', orchestrator: '0.4.0', web: '0.4.0' });
  });

  it('is not stopped by a cancellation', async () => {
    const here = stop();
    const cast = await group('group-back-cancelled', {
      policy: AT_ONCE,
      services: { agents: {}, orchestrator: { ...SICK, script: { 'wait-for-rollout': here.at(2) } } },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    here.release();
    expect(outcomes(await ended(run))).toEqual({ agents: 'restored', orchestrator: 'restored' });
    expect(cast.live()).toEqual(BEFORE);
  });

  it('because the plan to fall back was refused restores what was changed before', async () => {
    const cast = await group('group-fall-refused', {
      policy: { ...AT_ONCE, approval: { required: true } },
      services: { agents: {}, orchestrator: SICK },
      group: { onFailure: 'fall-back' },
    });
    const run = await cast.start();
    const first = await waits(run, 'approval-1');
    await send(run, 'approve', { plan: 'planHash' in first && first.planHash, approvedBy: 'ben' });
    const second = await waits(run, 'approval-2');
    await send(run, 'reject', {
      plan: 'planHash' in second && second.planHash,
      rejectedBy: 'ben',
      reason: 'no',
    });
    expect(await ended(run)).toMatchObject({ outcome: 'restored', error: { type: 'ApprovalRejected' } });
    expect(cast.live()).toEqual(BEFORE);
  });

  it('falls back as often as it may, together, and restores then', async () => {
    const cast = await group('group-falls', {
      policy: AT_ONCE,
      services: {
        agents: {},
        orchestrator: { bad: { '0.3.0': { chat: 'failed' }, '0.2.0': { chat: 'failed' } } },
      },
      group: { onFailure: 'fall-back', fallBacks: 1 },
    });
    const report = await ended(await cast.start());
    expect(report.outcome).toBe('restored');
    expect(cast.order).toEqual([
      'agents 0.3.0',
      'orchestrator 0.3.0',
      'agents 0.2.0',
      'orchestrator 0.2.0',
      'orchestrator 0.4.0',
      'agents 0.4.0',
    ]);
  });
});

describe('a member that hears nothing of its group in time', () => {
  const silent = { group: { waitMs: 1500 } };

  it('before its change ends with nothing changed', async () => {
    const cast = await group('group-silent-early', { ...silent, policy: { approval: { required: true } } });
    const run = await cast.start();
    await waits(run, 'approval-1');
    const report = await ended(member(run, 'agents') as Run);
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'GroupFailed' } });
    await run.cancel();
    await ended(run);
    expect(cast.order).toEqual([]);
  });

  it('after its change does what the group is for: it goes back', async () => {
    const here = stop();
    const cast = await group('group-silent-late', {
      ...silent,
      services: { agents: {}, orchestrator: { script: { 'wait-for-rollout': here.at(1) } } },
    });
    const run = await cast.start();
    await here.reached;
    expect((await ended(member(run, 'agents') as Run)).outcome).toBe('restored');
    here.release();
    const report = await ended(run);
    expect(outcomes(report)).toMatchObject({ agents: 'restored', orchestrator: 'restored' });
    expect(cast.live()).toEqual(BEFORE);
  });
});
