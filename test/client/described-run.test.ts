import { Client, NamespaceNotFoundError, WorkflowNotFoundError } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeRun, listRuns } from '../../src/client/described-run.ts';
import { until } from '../../tools/until.ts';
import { openStage, type Stage } from '../stories/stage.ts';

let stage: Stage;
const WORKFLOW_ID = 'started-by-somebody-with-a-codec';
beforeAll(async () => {
  stage = await openStage();
  const { workflowService, options } = stage.client;
  const sealed = { metadata: { encoding: Buffer.from('binary/encrypted') }, data: Buffer.from('?') };
  await workflowService.startWorkflowExecution({
    namespace: options.namespace,
    workflowId: WORKFLOW_ID,
    workflowType: { name: 'rollback' },
    taskQueue: { name: 'nobody-polls-this' },
    requestId: WORKFLOW_ID,
    memo: { fields: { sealed } },
  });
});
afterAll(async () => {
  await stage?.client.workflow.getHandle(WORKFLOW_ID).terminate();
  await stage?.close();
});

describe('a run with a memo that nobody here can read', () => {
  it('is described, though the SDK refuses to', async () => {
    await expect(stage.client.workflow.getHandle(WORKFLOW_ID).describe()).rejects.toThrow();
    expect(await describeRun(stage.client, WORKFLOW_ID)).toMatchObject({
      workflowId: WORKFLOW_ID,
      status: 'RUNNING',
      taskQueue: 'nobody-polls-this',
    });
  });

  it('is listed with the others', async () => {
    const query = `WorkflowId = '${WORKFLOW_ID}'`;
    const [run] = await until('visibility to have it', async () => {
      const runs = await listRuns(stage.client, query, 20);
      return runs.length > 0 && runs;
    });
    expect(run).toMatchObject({ workflowId: WORKFLOW_ID, status: 'RUNNING' });
  });
});

describe('what is not there', () => {
  it('is told as the SDK tells it: a run from a namespace', async () => {
    await expect(describeRun(stage.client, 'no-such-run')).rejects.toThrow(WorkflowNotFoundError);
    const elsewhere = new Client({ connection: stage.client.connection, namespace: 'no-such-namespace' });
    await expect(describeRun(elsewhere, WORKFLOW_ID)).rejects.toThrow(NamespaceNotFoundError);
  });
});
