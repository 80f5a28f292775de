import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Dependencies } from '../../src/activities/dependencies.ts';
import { type VerifyInput, verifyActivities } from '../../src/activities/verify.ts';
import type { Check, ProbeContext } from '../../src/checks/check.ts';
import type { CheckPolicy } from '../../src/checks/check-policy.ts';
import type { CheckProgress } from '../../src/checks/run/check-progress.ts';
import type { CheckId, CheckResult } from '../../src/domain/proof/checks.ts';
import type { CheckEvidence } from '../../src/domain/proof/known-good.ts';
import type { Verdict } from '../../src/domain/proof/verdict.ts';
import type { ResolvedRun } from '../../src/domain/request/request.ts';
import type { Instance, RolloutFinished } from '../../src/domain/versions/pins.ts';
import type { RollbackTarget } from '../../src/targets/target.ts';
import { verifyService } from '../../src/workflows/run/proof/verification.ts';
import type { Run } from '../../src/workflows/run/run.ts';

const pod = (name: string): Instance => ({
  name,
  uid: `uid-${name}`,
  address: '127.0.0.1',
  restarts: 0,
  startedAt: '2026-01-01T00:00:00Z',
});

interface Played {
  readonly verdicts: readonly Verdict[];
  /** What the target answers when it is asked for the pods. */
  readonly live?: readonly Instance[];
  /** How long each probe takes by the clock, in milliseconds. */
  readonly probeMs?: number;
  readonly policy?: Partial<CheckPolicy>;
  readonly input?: Partial<VerifyInput>;
  readonly attempt?: number;
  readonly resume?: CheckProgress;
  readonly sendsMessages?: boolean;
  /** What the target runs at the end, where it is not what was rolled out. */
  readonly now?: { readonly uid?: string; readonly fingerprint?: string; readonly version?: string };
}

const proved = { uid: 'uid-1', fingerprint: 'f-1' };

/** Runs the step with a check that finds one verdict after the other. */
async function verified(played: Played) {
  const {
    verdicts,
    live = [],
    probeMs = 0,
    policy,
    input,
    attempt = 1,
    resume,
    sendsMessages = false,
    now,
  } = played;
  const seen: ProbeContext[] = [];
  const asked: number[] = [];
  const beats: unknown[] = [];
  /** How many heartbeats had been sent when each probe began. */
  const told: number[] = [];
  const check: Check = {
    id: 'metrics',
    needsInstances: true,
    sendsMessages,
    probe: async (context) => {
      told.push(beats.length);
      seen.push(context);
      if (probeMs > 0) vi.setSystemTime(Date.now() + probeMs);
      return { verdict: verdicts[seen.length - 1] ?? 'inconclusive', observed: `probe ${context.number}` };
    },
  };
  const all: CheckPolicy = { needed: 1, everyMs: 0, withinMs: 200, timeoutMs: 1000, ...policy };
  const instances = async () => {
    asked.push(seen.length);
    return live;
  };
  const current = async () => ({ ...proved, version: '0.1.0', ...now });
  const target = { instances, current, workload: 'deployment/x' } as unknown as RollbackTarget;
  const deps = {
    service: () => ({ target, checks: { metrics: { policy: all, create: () => check } }, notifiers: [] }),
  } as unknown as Dependencies;
  const env = new MockActivityEnvironment(
    {
      activityId: 'verify-metrics',
      attempt,
      workflowExecution: { workflowId: 'w', runId: 'r' },
      heartbeatTimeoutMs: 5000,
      ...(resume ? { heartbeatDetails: resume } : {}),
    },
    { logger: new DefaultLogger('ERROR') },
  );
  env.on('heartbeat', (details) => beats.push(details));
  const result = await env.run(verifyActivities(deps)['verify-metrics'], 'orchestrator', {
    ...proved,
    instances: [],
    ...input,
  });
  const pods = seen.map((context) => context.instances.map(({ name }) => name));
  return { result, seen, asked, beats, told, pods };
}

describe('a verify step', () => {
  it.each([
    { sendsMessages: true, title: 'has told of a message before it is sent', before: [1, 3] },
    { sendsMessages: false, title: 'writes nothing down of probes that take no time', before: [0, 0] },
  ])('$title', async ({ sendsMessages, before }) => {
    const { told } = await verified({
      verdicts: ['passed', 'passed'],
      policy: { needed: 2 },
      sendsMessages,
    });
    expect(told).toEqual(before);
  });

  it('begins with the pods that the wait step has found', async () => {
    const { pods, asked } = await verified({ verdicts: ['passed'], input: { instances: [pod('a')] } });
    expect(pods).toEqual([['a']]);
    expect(asked).toEqual([]);
  });

  it('asks the target for the pods some seconds after a probe that proved nothing, on its first attempt too', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    onTestFinished(() => void vi.useRealTimers());
    const { pods, asked } = await verified({
      verdicts: ['inconclusive', 'passed'],
      probeMs: 6000,
      policy: { withinMs: 20_000 },
      input: { instances: [pod('a')] },
      live: [pod('b')],
    });
    expect(pods).toEqual([['a'], ['b']]);
    expect(asked).toEqual([1]);
  });

  it.each<[string, Partial<Played>]>([
    ['on a second attempt', { attempt: 2, input: { instances: [pod('a')] } }],
    ['when the wait step has found none', {}],
  ])('asks the target for the pods at once %s', async (_, more) => {
    const { pods } = await verified({ verdicts: ['passed'], live: [pod('b')], ...more });
    expect(pods).toEqual([['b']]);
  });

  it('tells the check what our own smoke messages account for', async () => {
    const ownPlans = { started: 3, failed: 2 };
    const { seen } = await verified({ verdicts: ['passed'], input: { ownPlans } });
    expect(seen[0]?.ownPlans).toEqual(ownPlans);
    expect((await verified({ verdicts: ['passed'] })).seen[0]).not.toHaveProperty('ownPlans');
  });

  it.each([
    ['another template', { fingerprint: 'f-2', version: '0.2.0' }],
    ['another workload of the same name', { uid: 'uid-2', version: '0.2.0' }],
  ])('gives no verdict when %s runs by then', async (_title, now) => {
    for (const verdict of ['passed', 'failed'] as const) {
      await expect(verified({ verdicts: [verdict], now })).rejects.toMatchObject({
        type: 'WorkloadChanged',
        nonRetryable: true,
        message: expect.stringContaining('it runs 0.2.0 now'),
      });
    }
  });

  it('marks a failure that the known-good version had too', async () => {
    const baseline: CheckEvidence = { verdict: 'failed', summary: '', values: {} };
    const { result } = await verified({
      verdicts: ['failed'],
      policy: { withinMs: 20 },
      input: { baseline },
    });
    expect(result).toMatchObject({ verdict: 'failed', value: { failedBefore: true } });
  });

  it('ends with what it knows when it is restarted shortly before its time-out', async () => {
    const resume: CheckProgress = {
      startedAt: new Date(Date.now() - 905_000).toISOString(),
      probes: 4,
      inARow: 0,
      last: 'probe 4',
      decisive: { verdict: 'failed', observed: 'probe 4', values: {} },
    };
    const { result, seen } = await verified({ verdicts: ['passed'], attempt: 2, resume });
    expect(seen).toEqual([]);
    expect(result).toMatchObject({ verdict: 'failed', summary: 'failed after 4 probes: probe 4' });
  });

  it('goes on where a worker of version 0.1.0 was, which had other words', async () => {
    const startedAt = new Date(Date.now() - 905_000).toISOString();
    const sample = { at: startedAt, verdict: 'failed', saw: 'as it was', ms: 3 };
    const decisive = { verdict: 'failed', saw: 'as it was', values: {} };
    const resume = { startedAt, looks: 4, inARow: 0, last: '', decisive, evidence: [sample] };
    const { result } = await verified({
      verdicts: [],
      attempt: 2,
      resume: resume as unknown as CheckProgress,
    });
    expect(result).toMatchObject({
      summary: 'failed after 4 probes: as it was',
      value: { samples: 4, evidence: [{ at: startedAt, verdict: 'failed', observed: 'as it was', ms: 3 }] },
    });
  });
});

describe('what the workflow gives to a verify step', () => {
  const request = { service: 'o', checks: ['chat', 'metrics'], required: [], accept: [] };
  const found = (check: CheckId, more: Partial<CheckResult> = {}): CheckResult => ({
    check,
    verdict: 'failed',
    summary: '',
    samples: 5,
    needed: 1,
    inARow: 0,
    values: {},
    evidence: [],
    ...more,
  });

  async function inputs(chat: Partial<CheckResult>, checks: readonly CheckId[] = ['chat', 'metrics']) {
    const given: Record<string, VerifyInput> = {};
    const run = {
      optional: async (step: string, _service: string, input: VerifyInput) => {
        given[step] = input;
        return found(step.replace('verify-', '') as CheckId, step === 'verify-chat' ? chat : {});
      },
    } as unknown as Run;
    const rollout = { ...proved, instances: [pod('a')] } as unknown as RolloutFinished;
    await verifyService(run, {
      request: { ...request, checks } as unknown as ResolvedRun,
      rollout,
      baseline: {},
    });
    return given;
  }

  it('is what was rolled out, and the pods only where they are asked one by one', async () => {
    const given = await inputs({}, ['health', 'chat', 'agents', 'metrics']);
    expect(given['verify-health']).toEqual({ ...proved, instances: [] });
    expect(given['verify-chat']).toEqual({ ...proved, instances: [] });
    expect(given['verify-agents']).toEqual({ ...proved, instances: [pod('a')] });
    expect(given['verify-metrics']).toEqual({ ...proved, instances: [pod('a')] });
  });

  it('is for metrics which plans chat really started, and how many of them failed', async () => {
    const ownPlans = { started: 2, failed: 1 };
    const given = await inputs({ ownPlans });
    expect(given['verify-metrics']).toEqual({ ...proved, instances: [pod('a')], ownPlans });
  });

  it('is no plan of ours when chat sent no message, or did not run', async () => {
    expect((await inputs({}))['verify-metrics']).not.toHaveProperty('ownPlans');
    expect((await inputs({}, ['metrics']))['verify-metrics']).not.toHaveProperty('ownPlans');
  });
});
