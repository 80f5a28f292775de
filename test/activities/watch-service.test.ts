import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import type { Dependencies, PreparedService } from '../../src/activities/dependencies.ts';
import { watchService } from '../../src/activities/watch-service.ts';
import type { ProbeResult } from '../../src/checks/check.ts';
import { RunbookError } from '../../src/domain/errors.ts';
import type { Watched, WatchInput } from '../../src/domain/ledger/follow-through.ts';
import type { StepResult } from '../../src/domain/ledger/ledger.ts';
import type { Verdict } from '../../src/domain/proof/verdict.ts';

const PROVED = { uid: 'uid-1', fingerprint: 'good' };
const input = (change: Partial<WatchInput> = {}): WatchInput => ({
  ...PROVED,
  forMs: 200,
  everyMs: 10,
  failures: 2,
  ...change,
});

interface Script {
  /** What is live at each probe; the last one stays. */
  readonly live?: readonly (object | Error)[];
  readonly ours?: boolean;
  readonly probes?: readonly Verdict[];
  readonly probe?: (signal: AbortSignal) => Promise<ProbeResult>;
  readonly resume?: object;
}

/** Watches a service that behaves as scripted. @returns its result and how often it was probed. */
async function watch(script: Script, change: Partial<WatchInput> = {}) {
  const live = [...(script.live ?? [{ ...PROVED, version: '0.1.0' }])];
  const probes = [...(script.probes ?? ['passed'])];
  let count = 0;
  const service = {
    target: {
      current: async () => {
        const now = live.length > 1 ? live.shift() : live[0];
        if (now instanceof Error) throw now;
        return now;
      },
      lastChangedBy: async () => ({ who: 'field manager "argocd-controller"', ours: script.ours ?? false }),
    },
    checks: {
      health: {
        policy: { needed: 1, everyMs: 10, withinMs: 1000, timeoutMs: 50 },
        create: () => ({
          id: 'health',
          probe: async ({ signal }: { signal: AbortSignal }) => {
            count += 1;
            if (script.probe) return script.probe(signal);
            const verdict = (probes.length > 1 ? probes.shift() : probes[0]) as Verdict;
            return { verdict, observed: `status ${verdict}` };
          },
        }),
      },
    },
    notifiers: [],
  } as unknown as PreparedService;
  const env = new MockActivityEnvironment(
    { activityId: 'watch-service', ...(script.resume ? { heartbeatDetails: script.resume } : {}) },
    { logger: new DefaultLogger('ERROR') },
  );
  const deps = { service: () => service } as unknown as Dependencies;
  const result = await env.run(watchService(deps), 'orchestrator', input(change));
  const { value, summary } = result as StepResult<Watched>;
  return { value, summary, count };
}

describe('the watch of a service that was proved well', () => {
  it('ends well when the time is up and nothing has happened', async () => {
    const { value, count } = await watch({});
    expect(value.end).toBe('well');
    expect(count).toBeGreaterThan(2);
    expect(value.probes).toBe(count);
  });

  it('names who changed it, as soon as another version is live', async () => {
    const other = { ...PROVED, fingerprint: 'bad', version: '0.2.0' };
    const { value } = await watch({ live: [{ ...PROVED, version: '0.1.0' }, other] }, { forMs: 60_000 });
    expect(value).toMatchObject({ end: 'changed', ours: false, version: '0.2.0' });
    expect(value).toHaveProperty('summary', '0.2.0 was put there by field manager "argocd-controller"');
  });

  it('tells a change of this runbook from one of somebody else', async () => {
    const other = { ...PROVED, fingerprint: 'older', version: '0.0.9' };
    expect((await watch({ live: [other], ours: true })).value).toMatchObject({ end: 'changed', ours: true });
  });

  it('takes a service that was created anew, or is gone, for changed', async () => {
    expect((await watch({ live: [{ ...PROVED, uid: 'uid-2', version: '0.1.0' }] })).value.end).toBe(
      'changed',
    );
    const gone = new RunbookError('WorkloadMissing', 'deployment/x is not there');
    expect((await watch({ live: [gone] })).value).toMatchObject({ end: 'changed', version: 'nothing' });
  });

  it('does not judge by a question that got no answer', async () => {
    const away = new RunbookError('Unreachable', 'the API server does not answer');
    expect((await watch({ live: [away] })).value.end).toBe('well');
  });

  it('counts bad probes in a row, and a good one between them starts anew', async () => {
    const unwell = await watch({ probes: ['passed', 'failed', 'inconclusive'] }, { forMs: 60_000 });
    expect(unwell.value).toMatchObject({ end: 'unwell', probes: 3, summary: 'status inconclusive' });
    const flapping = await watch({
      probes: [...Array.from({ length: 40 }, (_, index): Verdict => (index % 2 ? 'passed' : 'failed'))],
    });
    expect(flapping.value.end).toBe('well');
  });

  it('takes a service that never answers for a bad probe', async () => {
    const silent = (signal: AbortSignal) =>
      new Promise<ProbeResult>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    expect((await watch({ probe: silent }, { forMs: 60_000 })).value).toMatchObject({
      end: 'unwell',
      summary: 'no answer within 50 ms',
    });
  });

  it('goes on where a killed worker left it: time and bad probes count on', async () => {
    const startedAt = new Date(Date.now() - 10_000).toISOString();
    const over = { startedAt, probes: 7, badInARow: 0, last: 'ok' };
    expect((await watch({ resume: over })).value).toEqual({ end: 'well', probes: 7 });
    const { probes, ...others } = over;
    const earlier = { ...others, looks: probes };
    expect((await watch({ resume: earlier })).value, 'of version 0.1.0').toEqual({ end: 'well', probes: 7 });
    const bad = { startedAt, probes: 7, badInARow: 1, last: 'bad' };
    const { value } = await watch({ resume: bad, probes: ['failed'] }, { forMs: 60_000 });
    expect(value).toMatchObject({ end: 'unwell', probes: 8 });
  });
});
