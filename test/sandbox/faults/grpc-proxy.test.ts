import { Client, Connection } from '@temporalio/client';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import { type GrpcAnswer, type GrpcProxy, startGrpcProxy } from '../../../sandbox/faults/grpc-proxy.ts';
import { openSandbox } from '../../../sandbox/index.ts';
import { until } from '../../../tools/until.ts';

let sandbox: Awaited<ReturnType<typeof openSandbox>>;
let proxy: GrpcProxy;
let client: Client;
beforeAll(async () => {
  sandbox = await openSandbox({ temporal: true });
});
afterAll(() => sandbox?.close());
beforeEach(async () => {
  proxy = await startGrpcProxy(sandbox.temporal?.address ?? '');
  client = new Client({ connection: await Connection.connect({ address: proxy.address }) });
});
afterEach(async () => {
  await client.connection.close();
  await proxy.close();
});

const describeNamespace = () => client.workflowService.describeNamespace({ namespace: 'default' });
const startRun = (workflowId: string) =>
  client.workflow.start('none', { workflowId, taskQueue: `queue-${workflowId}` });

it('passes answers and errors on, and counts the calls of each method', async () => {
  expect((await describeNamespace()).namespaceInfo?.name).toBe('default');
  await describeNamespace();
  await expect(client.workflow.getHandle('nobody').describe()).rejects.toThrow(/workflow not found|nobody/);
  expect(proxy.counts.get('DescribeNamespace')).toBe(2);
  expect(proxy.counts.get('DescribeWorkflowExecution')).toBe(1);
});

it('holds a call before it is forwarded: the server knows nothing of it yet', async () => {
  const direct = new Client({
    connection: await Connection.connect({ address: sandbox.temporal?.address ?? '' }),
  });
  let known: unknown;
  proxy.hook({
    async before({ method }) {
      if (method !== 'StartWorkflowExecution') return undefined;
      known = await direct.workflow
        .getHandle('held-before')
        .describe()
        .catch((error: Error) => error.name);
      return undefined;
    },
  });
  await startRun('held-before');
  expect(known).toBe('WorkflowNotFoundError');
  expect((await direct.workflow.getHandle('held-before').describe()).status.name).toBe('RUNNING');
  await direct.connection.close();
});

it('holds an answer before its caller has it: the server has done what was asked', async () => {
  const direct = new Client({
    connection: await Connection.connect({ address: sandbox.temporal?.address ?? '' }),
  });
  const answers: GrpcAnswer[] = [];
  let known: unknown;
  proxy.hook({
    async after(answer) {
      answers.push(answer);
      if (answer.method !== 'StartWorkflowExecution') return undefined;
      known = (await direct.workflow.getHandle('held-after').describe()).status.name;
      return undefined;
    },
  });
  await startRun('held-after');
  expect(known).toBe('RUNNING');
  expect(answers).toMatchObject([{ method: 'StartWorkflowExecution', nth: 1, status: 0 }]);
  await direct.connection.close();
});

it('lets a call end nowhere: its caller waits until its own deadline', async () => {
  proxy.hook({ before: () => 'drop' });
  await expect(client.withDeadline(Date.now() + 300, describeNamespace)).rejects.toThrow(
    /DEADLINE|deadline/i,
  );
});

it('takes back polls that wait at the server without telling who polls', async () => {
  const polling = new AbortController();
  const poll = client.withAbortSignal(polling.signal, () =>
    client.withDeadline(Date.now() + 60_000, () =>
      client.workflowService.pollWorkflowTaskQueue({
        namespace: 'default',
        taskQueue: { name: 'withdrawn' },
        identity: 'test',
      }),
    ),
  );
  let answered = false;
  poll.then(
    () => (answered = true),
    () => (answered = true),
  );
  const pollers = async () =>
    (
      await client.workflowService.describeTaskQueue({
        namespace: 'default',
        taskQueue: { name: 'withdrawn' },
        taskQueueType: 1,
      })
    ).pollers ?? [];
  await until('the poll to be known', async () => (await pollers()).length > 0);
  proxy.withdrawPolls();
  await client.workflow.start('none', { workflowId: 'withdrawn', taskQueue: 'withdrawn' });
  const history = await client.workflow.getHandle('withdrawn').fetchHistory();
  expect(history.events).toHaveLength(2);
  expect(answered).toBe(false);
  polling.abort();
  await expect(poll).rejects.toThrow(/cancel/i);
});

it('ends a connection when the server behind it dies, and leads to the next one', async () => {
  await describeNamespace();
  await sandbox.temporal?.restart();
  await until('the next server to answer', () => describeNamespace().catch(() => undefined));
});
