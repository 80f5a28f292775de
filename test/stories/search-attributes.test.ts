import { Client } from '@temporalio/client';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { decide, RunUnanswered } from '../../src/client/index.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { SEARCH_ATTRIBUTES } from '../../src/domain/request/search-attributes.ts';
import { type RunningWorker, startWorker } from '../../src/wiring/start-worker.ts';
import { until } from '../../tools/until.ts';
import { ASKED, waits } from './asked.ts';
import { type Cast, openStage, type Stage } from './stage.ts';
import { castRuns } from './stage-runs.ts';

const [INT, KEYWORD] = [3, 2];
let stage: Stage;
let cast: Cast;
const workers: RunningWorker[] = [];
beforeAll(async () => {
  stage = await openStage();
  // Nothing is deployed: each run finds that out, and asks what to do.
  cast = await stage.cast('attributes', { profile: ASKED, worker: false });
});
afterAll(async () => {
  await Promise.all(workers.map((worker) => worker.stop()));
  await stage?.close();
});

/** A namespace of its own on the server, with these attributes. */
async function namespaceWith(namespace: string, searchAttributes: Readonly<Record<string, number>>) {
  const { connection } = stage.client;
  const retention = { seconds: 86_400 as never };
  await stage.client.workflowService.registerNamespace({
    namespace,
    workflowExecutionRetentionPeriod: retention,
  });
  const { operatorService } = stage.native;
  await until('the namespace to be known', async () => {
    const answer = operatorService.listSearchAttributes({ namespace });
    return answer.then(() => true).catch(() => false);
  });
  if (Object.keys(searchAttributes).length > 0) {
    await operatorService.addSearchAttributes({ namespace, searchAttributes });
  }
  const client = new Client({ connection, namespace });
  const said: string[] = [];
  const worker = await startWorker({
    config: await loadConfig(cast.configFile),
    connection: stage.native,
    namespace,
    env: {},
    log: (line) => said.push(line),
    taskQueue: cast.taskQueue,
    attributesEveryMs: 200,
  });
  workers.push(worker);
  return { client, said, runs: castRuns(client, namespace, cast.taskQueue) };
}

it('T4 attributes of another type are told when the worker starts, and not written', async () => {
  const namespace = `${cast.namespace}-int`;
  const { client, said, runs } = await namespaceWith(namespace, {
    [SEARCH_ATTRIBUTES.service]: INT,
    [SEARCH_ATTRIBUTES.step]: KEYWORD,
  });
  const run = await runs.start({ dryRun: true });
  const report = await runs.end(run);
  expect(report.error?.type).toBe('WorkloadMissing');
  expect(report.request?.unindexed).toEqual(['service']);
  expect(said.join('\n')).toMatch(/RollbackService is Int.*search-attribute remove --name RollbackService/);
  expect(said).toHaveLength(1);
  const { searchAttributes } = await client.workflow.getHandle(run.workflowId).describe();
  expect(searchAttributes).toMatchObject({ RollbackOutcome: ['failed'] });
  expect(searchAttributes).not.toHaveProperty('RollbackService');
});

it('T4 attributes that are removed under a running worker come back, and its runs go on', async () => {
  const namespace = `${cast.namespace}-removed`;
  const { client, runs } = await namespaceWith(namespace, {});
  const run = await runs.start();
  await waits(client.workflow.getHandle(run.workflowId), 'decision');
  await stage.native.operatorService.removeSearchAttributes({
    namespace,
    searchAttributes: Object.values(SEARCH_ATTRIBUTES),
  });
  const answer = { answer: 'abort', decidedBy: 'ada', reason: 'nothing is deployed' } as const;
  // As long as they are missing the run cannot go on, and says so; the same answer is taken once.
  await until('the run to take the answer', () =>
    decide(client, run.workflowId, answer, { updateId: 'one-answer' }).catch((error: unknown) => {
      expect(error).toBeInstanceOf(RunUnanswered);
      return undefined;
    }),
  );
  const report: RunReport = await runs.end(run);
  expect(report.outcome).toBe('failed');
});
