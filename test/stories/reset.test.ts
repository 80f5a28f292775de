import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import { temporal } from '@temporalio/proto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import { imageNow, ready, reportOf, send, waits } from './asked.ts';
import { type Cast, openStage, type Stage } from './stage.ts';
import { stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const RELEASES = ['v0.1.0', 'v0.2.0'];
const APPROVED = { ...UNATTENDED, approval: { required: true, expires: '120s' } };
const { EVENT_TYPE_WORKFLOW_TASK_COMPLETED } = temporal.api.enums.v1.EventType;

/**
 * Does what `temporal workflow reset` does: the run goes on as another one of the same workflow id, from the end of a
 * workflow task on. @param type the last one, or the first. @returns a handle of the run that goes on.
 */
async function reset(
  { workflowId }: WorkflowHandle,
  type: 'last' | 'first' = 'last',
): Promise<WorkflowHandle> {
  const handle = stage.client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const { events } = await handle.fetchHistory();
  const tasks = (events ?? []).filter(({ eventType }) => eventType === EVENT_TYPE_WORKFLOW_TASK_COMPLETED);
  const task = tasks.at(type === 'last' ? -1 : 0);
  if (!task?.eventId) throw new Error('no workflow task has completed');
  await stage.client.workflowService.resetWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId, runId },
    reason: 'an operator tries it once more',
    workflowTaskFinishEventId: task.eventId,
    requestId: randomUUID(),
  });
  return stage.client.workflow.getHandle(workflowId);
}

async function approve(handle: WorkflowHandle): Promise<void> {
  const { planHash } = await waits(handle, 'approval');
  await send(handle, 'approve', { plan: planHash, approvedBy: 'ben' });
}

/** Every open lock of the service. */
async function openLocks({ namespace }: Cast): Promise<string[]> {
  const query = `WorkflowType = 'claim' AND ExecutionStatus = 'Running'`;
  const open: string[] = [];
  for await (const { workflowId } of stage.client.workflow.list({ query })) open.push(workflowId);
  return open.filter((workflowId) => workflowId.includes(namespace));
}

describe('a run that was reset', () => {
  // From its first task on it finds the change made.
  it.each([
    ['last', 'rolled-back'],
    ['first', 'already-there'],
  ] as const)(
    'while it was open, to its %s workflow task, holds its target until it has ended, and nobody longer',
    async (type, outcome) => {
      const cast = await ready(stage, `open-${type}`, ['v0.1.0-slow-ready', 'v0.2.0'], UNATTENDED);
      const handle = await reset(await changing(cast), type);
      const refused = await cast.rollback();
      expect(refused).toMatchObject({ outcome: 'failed', error: { type: 'RollbackInProgress' } });
      expect(refused.summary).toContain(handle.workflowId);
      expect((await cast.end(handle)).outcome).toBe(outcome);
      const began = Date.now();
      expect((await cast.rollback()).outcome).toBe('already-there');
      // The server ends the lock of a run that closes, and not the one of a run that was reset: that is not waited for.
      expect(Date.now() - began).toBeLessThan(9_000);
      await until('no lock to be open', async () => (await openLocks(cast)).length === 0);
    },
    90_000,
  );

  async function changing(cast: Cast): Promise<WorkflowHandle> {
    const handle = await cast.start();
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    return handle;
  }

  it('after it had ended takes the lock of its target again before it writes', async () => {
    const cast = await ready(stage, 'closed', RELEASES, APPROVED);
    const first = await cast.start({ requestedBy: 'anna' });
    await waits(first, 'approval');
    await first.terminate('by mistake');
    await until('its lock to end', async () => (await openLocks(cast)).length === 0);
    const handle = await reset(first);
    await approve(handle);
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    const changes = ended.ledger.filter(({ step }) => step === 'roll-back');
    expect(changes.map(({ error, summary }) => error?.type ?? summary)).toEqual([
      'ClaimLost',
      'patched once',
    ]);
    expect(await imageNow(cast)).toBe(imageOf('v0.1.0'));
    await until('no lock to be open', async () => (await openLocks(cast)).length === 0);
  });

  it('after it had ended writes nothing while another run holds the target', async () => {
    const cast = await ready(stage, 'closed-held', RELEASES, APPROVED);
    const first = await cast.start({ requestedBy: 'anna' });
    await waits(first, 'approval');
    await first.terminate('by mistake');
    const second = await cast.start({ requestedBy: 'anna' });
    await waits(second, 'approval');
    const handle = await reset(first);
    await approve(handle);
    const refused = await cast.end(handle);
    expect(refused).toMatchObject({ outcome: 'failed', error: { type: 'RollbackInProgress' } });
    expect(refused.summary).toContain(second.workflowId);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
    expect((await reportOf(second)).outcome).toBe('running');
    await approve(second);
    expect((await cast.end(second)).outcome).toBe('rolled-back');
  });

  it('when all was done, to its last workflow task, ends as before and is followed through once', async () => {
    const followed = { ...UNATTENDED, followThrough: { for: '60s' } };
    const cast = await ready(stage, 'followed', RELEASES, followed);
    const first = await cast.start();
    const ended = await cast.end(first);
    expect(ended.outcome).toBe('rolled-back');
    const again = await cast.end(await reset(first));
    expect(again).toMatchObject({ outcome: 'rolled-back', ledger: ended.ledger });
    const query = `WorkflowType = 'followThrough' AND ExecutionStatus = 'Running'`;
    const following: string[] = [];
    for await (const { workflowId, runId } of stage.client.workflow.list({ query })) {
      if (workflowId.includes(ended.runId)) following.push(workflowId);
      await stage.client.workflow.getHandle(workflowId, runId).cancel();
    }
    expect(following).toHaveLength(1);
  });
});
