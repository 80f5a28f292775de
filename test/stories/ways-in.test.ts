import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { startRollback, startVerify, TASK_QUEUE } from '../../src/client/index.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { SERVED_WITHIN_MS, servedAlone } from './served-alone.ts';
import { type Cast, openStage, type Stage } from './stage.ts';

let stage: Stage;
let cast: Cast;
beforeAll(async () => {
  stage = await openStage({ ui: true });
  cast = await stage.cast('ways-in', { taskQueue: TASK_QUEUE });
  await cast.deploy('v0.1.0');
  await cast.verify();
  await servedAlone(stage.client);
}, SERVED_WITHIN_MS + 10_000);
beforeEach(() => cast.deploy('v0.2.0'));
afterAll(() => stage?.close());

const base64 = (text: string) => Buffer.from(text).toString('base64');

/** Starts a run as the form "Start Workflow" of the Temporal UI does: with its cookie and token against forgery. */
async function startFromUi(workflowId: string, input: object | null): Promise<void> {
  const { uiUrl } = stage.sandbox.temporal;
  const page = await fetch(`${uiUrl}/`);
  const cookie = page.headers.getSetCookie().map((line) => line.split(';')[0] ?? '');
  const token = cookie.find((pair) => pair.startsWith('_csrf='))?.slice('_csrf='.length) ?? '';
  const answer = await fetch(`${uiUrl}/api/v1/namespaces/default/workflows/${workflowId}`, {
    method: 'POST',
    headers: { 'x-csrf-token': token, cookie: cookie.join('; '), 'caller-type': 'operator' },
    body: JSON.stringify({
      workflowId,
      taskQueue: { name: TASK_QUEUE },
      workflowType: { name: 'rollback' },
      input,
      userMetadata: {},
      searchAttributes: null,
    }),
  });
  expect(answer.status, await answer.text()).toBe(200);
}

it.each<[string, object | null]>([
  ['{}', { payloads: [{ metadata: { encoding: base64('json/plain') }, data: base64('{}') }] }],
  ['nothing', null],
])('the form of the Temporal UI, with %s as its input', async (name, input) => {
  const workflowId = `from-the-ui-${base64(name).replace(/\W/g, '')}`;
  await startFromUi(workflowId, input);
  const report: RunReport = await stage.client.workflow.getHandle(workflowId).result();
  expect(report.outcome).toBe('rolled-back');
  expect(report.plan).toMatchObject({
    from: { version: '0.2.0' },
    to: { version: '0.1.0' },
    basis: 'known-good',
  });
});

it('a ten-line script of another service that has nothing but the Temporal client', async () => {
  const script = join(import.meta.dirname, '../../examples/start-rollback.ts');
  const source = readFileSync(script, 'utf8');
  expect([...source.matchAll(/from '([^']+)'/g)].map(([, name]) => name)).toEqual([
    '@temporalio/client',
    '@temporalio/envconfig',
  ]);
  const child = spawn(process.execPath, [script], {
    env: { ...process.env, TEMPORAL_ADDRESS: stage.sandbox.temporal.address },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.on('data', (text) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  expect(said).toBe('rolled-back: 0.2.0 -> 0.1.0; health, chat, agents, metrics passed\n');
  expect(code).toBe(0);
});

it('U5 a run has one workflow id, whether its request names the one service of the worker or not', async () => {
  const ids = [];
  for (const request of [{}, { service: 'orchestrator' }]) {
    const rollback = await startRollback(stage.client, { ...request, dryRun: true });
    await cast.end(rollback);
    const verify = await startVerify(stage.client, request);
    ids.push(rollback.workflowId, verify.workflowId);
    await verify.terminate();
  }
  expect(ids).toEqual([
    'rollback/orchestrator',
    'verify/orchestrator',
    'rollback/orchestrator',
    'verify/orchestrator',
  ]);
});
