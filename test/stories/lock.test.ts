import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { startRollback } from '../../src/client/index.ts';
import { headlines, ready } from './asked.ts';
import { openStage, type Stage } from './stage.ts';
import { workerFor } from './stage-runs.ts';
import { stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const SLOW = ['v0.1.0-slow-ready', 'v0.2.0'];

describe('one rollback for each target', () => {
  it('a second run is refused whatever the name of the service profile that names the target', async () => {
    const cast = await ready(stage, 'other-profile', SLOW, UNATTENDED);
    const otherFile = `${cast.configFile}.other.yaml`;
    const text = await readFile(cast.configFile, 'utf8');
    await writeFile(
      otherFile,
      text.replace(/\borchestrator:/, 'another-name:').replace('"orchestrator":', '"another-name":'),
    );
    const worker = await workerFor(stage.native, otherFile, `${cast.taskQueue}-other`);
    try {
      const first = await cast.start();
      await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
      const ids = { workflowId: 'rollback/another-name', taskQueue: `${cast.taskQueue}-other` };
      const refused = await cast.end(await startRollback(stage.client, { service: 'another-name' }, ids));
      expect(refused.error?.type).toBe('RollbackInProgress');
      expect((await cast.end(first)).outcome).toBe('rolled-back');
    } finally {
      await worker.stop();
    }
  });

  it('a second run that wants to join hands over what it knows, and ends well', async () => {
    const cast = await ready(stage, 'joins', SLOW, UNATTENDED);
    const first = await cast.start();
    await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
    const alert = {
      ifRunning: 'join',
      requestedBy: 'alertmanager',
      symptoms: ['error ratio 40 %'],
      incident: 'INC-9',
    };
    const joined = await cast.rollback(alert);
    expect(joined).toMatchObject({ outcome: 'joined', summary: expect.stringContaining(first.workflowId) });
    const ended = await cast.end(first);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.events).toEqual([
      expect.objectContaining({ kind: 'evidence', by: 'alertmanager', summary: 'INC-9; error ratio 40 %' }),
    ]);
    expect(headlines(cast)).toHaveLength(1);
  });

  it.each([
    ['another type', 'somebody-elses'],
    ['the type of locks, by hand', 'claim'],
  ])(
    'T9 a workflow of %s that has the id of the lock is named, with the command that ends it',
    async (_what, type) => {
      const cast = await ready(stage, 'blocked', ['v0.1.0', 'v0.2.0'], UNATTENDED);
      const { uid, name } = (await cast.workload()).metadata;
      const workflowId = `claim/kubernetes/${cast.namespace}/${name}/${uid}`;
      const foreign = await stage.client.workflow.start(type, {
        workflowId,
        taskQueue: 'nobody-polls-this',
        args: [],
      });
      const blocked = await cast.rollback();
      expect(blocked).toMatchObject({ outcome: 'failed', error: { type: 'TargetBlocked' } });
      const { message } = blocked.error ?? {};
      expect(message).toContain(`a workflow of the type ${type}`);
      expect(message).toContain(
        `temporal workflow terminate --workflow-id ${workflowId} --run-id ${foreign.firstExecutionRunId}`,
      );
      expect(headlines(cast)).toHaveLength(1);
      await foreign.terminate();
      expect((await cast.rollback()).outcome).toBe('rolled-back');
    },
  );

  it('a terminated run leaves no lock behind', async () => {
    const cast = await ready(stage, 'terminated', SLOW, UNATTENDED);
    const first = await cast.start();
    await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
    await stage.client.workflow.getHandle(first.workflowId).terminate('an operator was in a hurry');
    expect((await cast.rollback({ target: 'revision:1' })).error?.type).not.toBe('RollbackInProgress');
  });

  it('runs one after another without a pause between them', async () => {
    const cast = await ready(stage, 'one-by-one', ['v0.1.0', 'v0.2.0'], UNATTENDED);
    const outcomes: string[] = [];
    for (let run = 0; run < 4; run += 1) outcomes.push((await cast.rollback()).outcome);
    expect(outcomes).toEqual(['rolled-back', 'already-there', 'already-there', 'already-there']);
  });
});
