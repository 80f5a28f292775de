import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../src/domain/request/policy.ts';
import { refuse } from './scripted-service.ts';
import { decide, ended, openScriptedStage, type ScriptedStage, send, stop, waits } from './scripted-stage.ts';

let stage: ScriptedStage;
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterAll(() => stage?.close());

describe('a lock', () => {
  it('is made by a run with the longest workflow id', async () => {
    const cast = await stage.cast('long-id', {});
    const run = await cast.start(`rollback/${'ü'.repeat(450)}`);
    expect((await ended(run)).outcome).toBe('rolled-back');
  });

  it('is held from its start, without a workflow task, and ended with its run', async () => {
    const here = stop();
    const cast = await stage.cast('untouched', { script: { 'verify-health': here.at(1) } });
    const run = await cast.start();
    await here.reached;
    const lock = stage.client.workflow.getHandle(
      `claim/kubernetes/phoenix-orch/master-orchestrator/${cast.uid}`,
    );
    const { events } = await lock.fetchHistory();
    expect((await lock.describe()).status.name).toBe('RUNNING');
    here.release();
    await ended(run);
    await expect(lock.result()).rejects.toThrow();
    expect((await lock.describe()).status.name).toBe('TERMINATED');
    expect(events).toHaveLength(1);
  });

  it('that refuses a run which has changed something is told', async () => {
    const cast = await stage.cast('refused-late', {
      request: { ifRunning: 'join' },
      script: {
        'wait-for-rollout': (usual, time) => (time === 1 ? refuse('WorkloadMissing') : usual()),
        'roll-back': (usual, time) => (time === 2 ? refuse('WorkloadChanged') : usual()),
        'identify-versions': (usual, time) => {
          const seen = usual() as object;
          return time === 1 ? seen : { ...seen, uid: 'held' };
        },
        'identify-holder': () => ({ state: 'open', workflowId: 'another', runId: 'run' }),
      },
    });
    const holder = await stage.client.workflow.start('claim', {
      workflowId: 'claim/kubernetes/phoenix-orch/master-orchestrator/held',
      taskQueue: 'nobody-polls-this',
      args: [],
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'retry');
    const report = await ended(run);
    await holder.terminate();
    expect(report).toMatchObject({ outcome: 'failed', error: { type: 'RollbackInProgress' } });
    expect(cast.told.at(-1)?.headline).toContain('was begun and did NOT end well');
  });

  it('that refuses a run ends the question beside it', async () => {
    const here = stop();
    const first = await stage.cast('holds', { script: { 'verify-health': here.at(1) } });
    const holding = await first.start();
    await here.reached;
    const second = await stage.cast('asks', {
      beside: first,
      script: {
        plan: () => refuse('NoHistory'),
        'identify-holder': () => ({
          state: 'open',
          workflowId: holding.workflowId,
          runId: holding.firstExecutionRunId,
        }),
      },
    });
    expect(await ended(await second.start())).toMatchObject({ error: { type: 'RollbackInProgress' } });
    here.release();
    expect((await ended(holding)).outcome).toBe('rolled-back');
  });
});

describe('what people send', () => {
  it('is refused when the record is full; what the run waits for is taken all the same', async () => {
    const cast = await stage.cast('full', { script: { plan: () => refuse('NoHistory') } });
    const run = await cast.start();
    await waits(run, 'decision-1');
    const symptoms = Array.from({ length: 20 }, (_, index) => `${index} `.padEnd(500, 'x'));
    const evidence = { by: 'alertmanager', reason: 'firing', symptoms };
    for (let sent = 0; sent < 20; sent += 1) await send(run, 'add-evidence', evidence);
    await expect(send(run, 'add-evidence', evidence)).rejects.toMatchObject({
      cause: { message: expect.stringContaining('its record is full') },
    });
    await run.signal('add-evidence', evidence);
    await decide(run, 'abort');
    const report = await ended(run);
    expect(report.events?.filter(({ kind }) => kind === 'evidence')).toHaveLength(20);
  });
});

describe('a follow-through', () => {
  const input = (cast: { uid: string }, policy: unknown) => ({
    request: {
      service: 'orchestrator',
      environment: 'test',
      workload: 'deployment/orchestrator',
      requestedBy: 'anna',
      notifiers: ['slack'],
      symptoms: [],
      policy,
    },
    rollback: { workflowId: 'rollback/x', runId: 'x' },
    version: '0.3.0',
    uid: cast.uid,
    fingerprint: 'template-0.3.0',
  });
  const followThrough = { forMs: 1000, everyMs: 100, failures: 1 };

  it('looks again when somebody says so, however long that took', async () => {
    const seen: number[] = [];
    const cast = await stage.cast('again', {
      script: {
        'watch-service': (_usual, time, args) => {
          seen.push((args[1] as { forMs: number }).forMs);
          return time === 1 ? { end: 'unwell', probes: 1, summary: 'bad' } : { end: 'well', probes: 1 };
        },
      },
    });
    const policy = { ...DEFAULT_POLICY, followThrough: { ...followThrough, forMs: 1 } };
    const run = await cast.start('follow-through/again', 'followThrough', input(cast, policy));
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    expect((await ended(run)).outcome).toBe('stayed-well');
    expect(seen[1]).toBeGreaterThanOrEqual(100);
  });

  it('starts another rollback in the name of whoever decided it', async () => {
    const requests: unknown[] = [];
    const cast = await stage.cast('in-the-name', {
      script: {
        'watch-service': () => ({ end: 'unwell', probes: 1, summary: 'bad' }),
        'resolve-request': (usual, _time, args) => {
          requests.push(args[1]);
          return usual();
        },
      },
    });
    const policy = { ...DEFAULT_POLICY, followThrough };
    const run = await cast.start('follow-through/name', 'followThrough', input(cast, policy));
    await waits(run, 'decision-1');
    await decide(run, 'change-target', { target: '0.2.0' });
    const report = await ended(run);
    expect(report.outcome).toBe('superseded');
    const next = stage.client.workflow.getHandle(`rollback/orchestrator/after/${report.runId}`);
    expect((await ended(next)).outcome).toBe('rolled-back');
    expect(requests[0]).toMatchObject({ requestedBy: 'ben', target: '0.2.0' });
  });

  it.each([[{}], [{ decisions: {} }], [5], [null]])('refuses a policy that is none: %j', async (policy) => {
    const cast = await stage.cast('forged', {});
    const run = await cast.start(
      `follow-through/${JSON.stringify(policy)}`,
      'followThrough',
      input(cast, policy),
    );
    expect(await ended(run)).toMatchObject({ outcome: 'failed', error: { type: 'InvalidRequest' } });
  });
});
