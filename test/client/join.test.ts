import { Client } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  AnswerRefused,
  decide,
  type RollbackRequest,
  reportOf,
  rollbackId,
  startRollback,
} from '../../src/client/index.ts';
import { until } from '../../tools/until.ts';
import { ready, waits } from '../stories/asked.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';

let stage: Stage;
let cast: Cast;
beforeAll(async () => {
  stage = await openStage();
  cast = await ready(stage, 'join', ['v0.1.0', 'v0.2.0']);
});
afterAll(() => stage?.close());

const STUCK: RollbackRequest = { service: 'orchestrator', target: 'revision:77' };
const ALERT: RollbackRequest = {
  ...STUCK,
  ifRunning: 'join',
  requestedBy: 'alertmanager',
  reason: 'error ratio',
  symptoms: ['40 % of chats fail'],
  incident: 'INC-9',
};
const start = (request: RollbackRequest, client = stage.client) =>
  startRollback(client, request, { taskQueue: cast.taskQueue });

async function abort(workflowId: string): Promise<void> {
  await decide(stage.client, workflowId, { answer: 'abort', decidedBy: 'ada', reason: 'enough' });
  await expect(stage.client.workflow.getHandle(workflowId).result()).rejects.toThrow();
}

describe('a second start while a run of the same id is under way', () => {
  it('is refused with the id of the first', async () => {
    const first = await start(STUCK);
    expect(first.joined).toBe(false);
    await waits(first, 'decision');
    await expect(start(STUCK)).rejects.toMatchObject({
      name: 'WorkflowExecutionAlreadyStartedError',
      workflowId: rollbackId(STUCK),
    });
    await abort(first.workflowId);
  });

  it('joins it when asked to, and hands over what it knows', async () => {
    const first = await start(STUCK);
    await waits(first, 'decision');
    const second = await start(ALERT);
    expect(second).toMatchObject({ joined: true, workflowId: first.workflowId, runId: first.runId });
    const { events } = await reportOf(stage.client, first.workflowId);
    expect(events?.at(-1)).toMatchObject({
      kind: 'evidence',
      by: 'alertmanager',
      reason: 'error ratio',
      summary: 'INC-9; 40 % of chats fail',
    });
    await abort(first.workflowId);
    await expect(second.result()).rejects.toThrow();
  });

  it('hands over nothing that no run would take', async () => {
    const first = await start(STUCK);
    await waits(first, 'decision');
    // The message that somebody is waited for is a line of the report too.
    await until('people to be told', async () => {
      const { ledger } = await reportOf(stage.client, first.workflowId);
      return ledger.some(({ step }) => step === 'notify');
    });
    const before = await reportOf(stage.client, first.workflowId);
    const wrong = start({ ...ALERT, symptoms: ['see https://evil.example/'] });
    await expect(wrong).rejects.toBeInstanceOf(AnswerRefused);
    await expect(wrong).rejects.toThrow('symptoms: holds a URL');
    expect(await reportOf(stage.client, first.workflowId)).toEqual(before);
    await abort(first.workflowId);
  });

  it('starts anew when the first one closes in between', async () => {
    const first = await start(STUCK);
    await waits(first, 'decision');
    let closed = false;
    const meanwhile = new Client({
      connection: stage.client.connection,
      interceptors: {
        workflow: [
          {
            async startUpdate(input, next) {
              if (!closed) await abort(first.workflowId);
              closed = true;
              return next(input);
            },
          },
        ],
      },
    });
    const second = await start(ALERT, meanwhile);
    expect(closed).toBe(true);
    expect(second.joined).toBe(false);
    expect(second.runId).not.toBe(first.runId);
    await waits(second, 'decision');
    await abort(second.workflowId);
  });

  it('starts at once when none is under way', async () => {
    const only = await start(ALERT);
    expect(only.joined).toBe(false);
    await waits(only, 'decision');
    await abort(only.workflowId);
  });
});
