import { randomUUID } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { WorkflowHandle, WorkflowStartOptions } from '@temporalio/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import type { RunReport } from '../../src/domain/ledger/ledger.ts';
import { until } from '../../tools/until.ts';
import { headlines, imageNow, send } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';
import { workerFor } from './stage-runs.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

/** Starts a run as any client of the server can. */
async function begin(
  { namespace, taskQueue }: Cast,
  name: string,
  input: unknown = {},
  how: Partial<WorkflowStartOptions> & { readonly type?: string } = {},
): Promise<WorkflowHandle> {
  const { type = 'rollback', args = [input], ...options } = how;
  const workflowId = `${type}/${namespace}/${name}`;
  const started = { workflowId, taskQueue, args, ...options } as WorkflowStartOptions;
  const { firstExecutionRunId } = await stage.client.workflow.start(type, started);
  return stage.client.workflow.getHandle(workflowId, firstExecutionRunId, { followRuns: false });
}

const dryRun = { dryRun: true };

describe('T1 a run that nobody serves', () => {
  const WITHIN_MS = 3000;
  let cast: Cast;
  const runs: Record<string, WorkflowHandle> = {};
  const reportOf = (name: string): Promise<RunReport> => cast.end(runs[name] as WorkflowHandle);

  beforeAll(async () => {
    const profile = { ...UNATTENDED, startWithin: `${WITHIN_MS / 1000}s` };
    cast = await stage.cast('unserved', { profile, worker: false });
    for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version);
    runs.rollback = await begin(cast, 'late', { reason: 'chat fails' });
    runs.verify = await begin(cast, 'late', {}, { type: 'verify' });
    runs.plan = await begin(cast, 'late-plan', dryRun);
    runs.delayed = await begin(cast, 'delayed', dryRun, { startDelay: WITHIN_MS + 2000 });
    const { executionTime } = await (runs.plan as WorkflowHandle).describe();
    const expiry = (executionTime?.getTime() ?? 0) + WITHIN_MS;
    await until('the time in which a run has to be served to be over', async () => Date.now() > expiry);
    const worker = await workerFor(stage.native, cast.configFile, cast.taskQueue);
    return () => worker.stop();
  });

  it('T1 within startWithin changes nothing and ends as expired; people are told, and the record is kept', async () => {
    const report = await reportOf('rollback');
    expect(report).toMatchObject({ outcome: 'expired', error: { type: 'StartExpired' } });
    expect(report.error?.message).toMatch(/was due at .*Z.*startWithin.*3 s/);
    expect(report.ledger.map(({ step }) => step)).toEqual(['resolve-request', 'notify', 'record-incident']);
    expect(headlines(cast)).toEqual([expect.stringContaining('was NOT rolled back: nobody served')]);
    expect((await recordOf(report)).json.outcome).toBe('expired');
    expect(await imageNow(cast)).toContain('0.2.0');
  });

  it.each(['verify', 'plan'])('T1 a %s ends as expired too, and tells nobody', async (name) => {
    expect(await reportOf(name)).toMatchObject({ outcome: 'expired', error: { type: 'StartExpired' } });
    expect(headlines(cast)).toHaveLength(1);
  });

  it('T1 a delayed start counts from the time that it was due', async () => {
    expect((await reportOf('delayed')).outcome).toBe('planned');
  });

  it('T1 a run that is reset counts from then on: whoever resets it asks for it now', async () => {
    const { workflowId, runId } = await (runs.plan as WorkflowHandle).describe();
    const reset = await stage.client.workflowService.resetWorkflowExecution({
      namespace: 'default',
      workflowExecution: { workflowId, runId },
      reason: 'once more',
      workflowTaskFinishEventId: 4 as never,
      requestId: randomUUID(),
    });
    const handle = stage.client.workflow.getHandle(workflowId, reset.runId);
    expect((await cast.end(handle)).outcome).toBe('planned');
  });

  it('T1 what a schedule makes up for later counts from the time that it was due', async () => {
    const schedule = await stage.client.schedule.create({
      scheduleId: `schedule-${cast.namespace}`,
      spec: { intervals: [{ every: '1h' }] },
      state: { paused: true },
      action: {
        type: 'startWorkflow',
        workflowType: 'rollback',
        workflowId: `scheduled/${cast.namespace}`,
        taskQueue: cast.taskQueue,
        args: [{}],
      },
    });
    const hourAgo = Date.now() - 3_600_000;
    await schedule.backfill({ start: new Date(hourAgo - 3_600_000), end: new Date(hourAgo) });
    const workflowId = await until('the schedule to have started the run', async () => {
      const { info } = await schedule.describe();
      return info.recentActions[0]?.action.workflow.workflowId;
    });
    await schedule.delete();
    const report = await cast.end(stage.client.workflow.getHandle(workflowId));
    expect(report.outcome).toBe('expired');
    expect(await imageNow(cast)).toContain('0.2.0');
  });
});

/** Lets a cron schedule start two runs, and ends it. @returns the report of the first; people are told by that one alone. */
async function twice({ workflowId }: WorkflowHandle): Promise<RunReport> {
  const latest = stage.client.workflow.getHandle(workflowId);
  const first = (await latest.describe()).raw.workflowExecutionInfo?.firstRunId ?? '';
  const runs = [first];
  for (const run of runs) {
    const next = await until('a run to be followed by the next one', async () => {
      const { events } = await stage.client.workflow.getHandle(workflowId, run).fetchHistory();
      return events?.at(-1)?.workflowExecutionFailedEventAttributes?.newExecutionRunId || undefined;
    });
    if (runs.length < 3) runs.push(next);
  }
  await latest.terminate();
  const report = (run = '') => stage.client.workflow.getHandle(workflowId, run).query<RunReport>('report');
  expect((await report(runs[1])).error?.type).toBe('StartRefused');
  return report(first);
}

describe('a run that is started strangely', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await stage.cast('strange', { profile: UNATTENDED });
    for (const version of ['v0.1.0', 'v0.2.0']) await cast.deploy(version);
  });

  it.each<[string, Partial<WorkflowStartOptions>, RegExp]>([
    ['an execution timeout', { workflowExecutionTimeout: '1 hour' }, /execution timeout of 60 min/],
    ['a run timeout', { workflowRunTimeout: '50s' }, /run timeout of 50 s/],
    ['a retry policy', { retry: { maximumAttempts: 3 } }, /retry policy/],
    ['a cron schedule', { cronSchedule: '@every 1s' }, /cron schedule.*Temporal Schedule/],
  ])(
    'T3 with %s is refused by the first step, with the remedy, and people are told',
    async (what, how, said) => {
      const before = headlines(cast).length;
      const handle = await begin(cast, what.replaceAll(' ', '-'), {}, how);
      const report = how.cronSchedule ? await twice(handle) : await cast.end(handle);
      expect(report).toMatchObject({ outcome: 'failed', error: { type: 'StartRefused' } });
      expect(report.error?.message).toMatch(said);
      expect(report.ledger.some(({ step }) => step === 'check-access')).toBe(false);
      expect(headlines(cast).length - before).toBe(1);
      expect(await imageNow(cast)).toContain('0.2.0');
    },
  );

  it.each<[string, Partial<WorkflowStartOptions>]>([
    ['a timeout that is long enough', { workflowExecutionTimeout: '30 days' }],
    ['a retry policy of one attempt', { retry: { maximumAttempts: 1 } }],
  ])('T3 with %s is a start like another', async (what, how) => {
    const handle = await begin(cast, what.replaceAll(' ', '-'), { target: 'revision:42' }, how);
    expect((await cast.end(handle)).error?.type).toBe('TargetNotFound');
  });

  it('T3 a dry run changes nothing however it is started', async () => {
    const handle = await begin(cast, 'short-plan', dryRun, { workflowExecutionTimeout: '25s' });
    expect((await cast.end(handle)).outcome).toBe('planned');
  });

  it.each(['rollback', 'verify'])('T9 a second argument of %s is refused', async (type) => {
    const handle = await begin(cast, 'two-arguments', {}, { type, args: [{}, { target: '0.1.0' }] });
    const { error } = await cast.end(handle);
    expect(error?.type).toBe('InvalidRequest');
    expect(error?.message).toMatch(/2 arguments.*one JSON object/);
  });
});

describe('T10 a dry run', () => {
  it('T10 asks nobody when it is refused', async () => {
    const cast = await stage.cast('dry', { profile: { decisions: { wait: '15m' } } });
    await cast.deploy('v0.1.0');
    const refused = await cast.rollback({ ...dryRun, target: 'revision:42' });
    expect(refused).toMatchObject({ outcome: 'failed', error: { type: 'TargetNotFound' } });
    expect(refused.events ?? []).toEqual([]);
    expect(headlines(cast)).toEqual([]);
  });

  it('T10 tells nobody that it is paused or takes too long', async () => {
    const away = async (file: string) =>
      writeFile(file, (await readFile(file, 'utf8')).replace(/https:\/\/[^"]+/, 'https://127.0.0.1:1'));
    const profile = { decisions: { wait: '15m' }, budgets: { decide: '1s' } };
    const cast = await stage.cast('away', { profile, kubeconfig: away });
    const handle = await cast.start(dryRun);
    const events = () => handle.query<RunReport>('report').then((report) => report.events ?? []);
    await until('the budget to be over', async () =>
      (await events()).some(({ kind }) => kind === 'over-budget'),
    );
    await send(handle, 'pause', { by: 'ada', reason: 'looks first' });
    await handle.cancel();
    await expect(handle.result()).rejects.toThrow();
    expect(headlines(cast)).toEqual([]);
  });
});
