import { describe, expect, it } from 'vitest';
import type { Check, ProbeContext, ProbeResult } from '../../../src/checks/check.ts';
import type { CheckPolicy } from '../../../src/checks/check-policy.ts';
import type { CheckProgress } from '../../../src/checks/run/check-progress.ts';
import { runCheck } from '../../../src/checks/run/run-check.ts';
import { RunbookError } from '../../../src/domain/errors.ts';
import type { Verdict } from '../../../src/domain/proof/verdict.ts';
import { instance } from '../surroundings.ts';

const policy: CheckPolicy = { needed: 2, everyMs: 0, withinMs: 5000, timeoutMs: 1000 };
const shorthand: Readonly<Record<string, Verdict>> = { g: 'passed', b: 'failed', u: 'inconclusive' };

/** A check whose probes are written as letters: good, bad, unclear; the last one repeats. */
function scripted(letters: string, more: Partial<ProbeResult> = {}, needsInstances = false) {
  const seen: ProbeContext[] = [];
  const check: Check = {
    id: 'health',
    needsInstances,
    probe: async (context) => {
      seen.push(context);
      const letter = letters[Math.min(seen.length, letters.length) - 1] ?? 'u';
      return {
        verdict: shorthand[letter] ?? 'inconclusive',
        observed: `probe ${context.number} ${letter}`,
        ...more,
      };
    },
  };
  return { check, seen };
}

const options = (more: Partial<Parameters<typeof runCheck>[2]> = {}) => ({
  signal: new AbortController().signal,
  key: 'run/step',
  instances: async () => [],
  report: () => {},
  ...more,
});

describe('S2 a check that nobody answers', () => {
  const short = { ...policy, withinMs: 60 };
  const silent = () => scripted('u', { unreached: true }).check;

  it('says so at the end of its budget', async () => {
    const found = await runCheck(silent(), short, options());
    expect(found).toMatchObject({ verdict: 'inconclusive', reachedNobody: true });
    expect(found.summary).toMatch(/^reached nobody in \d+ probes?: probe \d+ u$/);
  });

  it('says so after a restart that has cut a probe off', async () => {
    const reports: CheckProgress[] = [];
    await runCheck(silent(), short, options({ report: (progress) => reports.push(progress) }));
    const resume = reports.findLast(({ underWay, unreached }) => underWay && unreached)!;
    expect(await runCheck(silent(), short, options({ resume }))).toMatchObject({ reachedNobody: true });
  });

  it.each(['u', 'b', 'g'])('was answered when a single probe was: %s', async (letter) => {
    const { check, seen } = scripted(letter);
    const mostly: Check = {
      ...check,
      probe: async (context) => ({
        ...(await check.probe(context)),
        ...(seen.length > 1 ? { unreached: true } : {}),
      }),
    };
    const found = await runCheck(mostly, { ...short, needed: 99 }, options());
    expect(found.samples).toBeGreaterThan(1);
    expect(found.reachedNobody).toBeUndefined();
  });

  it('is not said of a check whose earlier probes are unknown', async () => {
    const resume: CheckProgress = { startedAt: new Date().toISOString(), probes: 3, inARow: 0, last: '' };
    expect((await runCheck(silent(), short, options({ resume }))).reachedNobody).toBeUndefined();
  });
});

describe('a repeated check', () => {
  it.each([
    ['gg', 'passed', 2, 2],
    ['gbgg', 'passed', 4, 2],
    ['gugg', 'passed', 4, 2],
    ['bbugg', 'passed', 5, 2],
  ])('passes %s with enough good probes in a row: %s after %i', async (letters, verdict, samples, inARow) => {
    expect(await runCheck(scripted(letters).check, policy, options())).toMatchObject({
      verdict,
      samples,
      inARow,
      needed: 2,
    });
  });

  it.each([
    ['b', 'failed'],
    ['u', 'inconclusive'],
    ['gb', 'failed'],
    ['bu', 'failed'],
    ['gu', 'inconclusive'],
    ['bgu', 'inconclusive'],
  ])('at the end of its budget %s is %s', async (letters, verdict) => {
    const result = await runCheck(scripted(letters).check, { ...policy, withinMs: 200 }, options());
    expect(result.verdict).toBe(verdict);
    expect(result.inARow).toBeLessThan(2);
  });

  it('probes at once, again at once without an interval, and ends with the last good probe', async () => {
    const begun = performance.now();
    const result = await runCheck(
      scripted('g').check,
      { ...policy, needed: 20, withinMs: 60_000 },
      options(),
    );
    expect(result.samples).toBe(20);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('keeps its interval from begin to begin', async () => {
    const at: number[] = [];
    const check: Check = {
      id: 'health',
      probe: async () => {
        at.push(performance.now());
        return { verdict: 'passed', observed: '' };
      },
    };
    await runCheck(check, { ...policy, needed: 4, everyMs: 60 }, options());
    expect((at[3] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(170);
  });

  it('does not hammer a service that is not well', async () => {
    const { check, seen } = scripted('b');
    await runCheck(check, { ...policy, withinMs: 500 }, options());
    expect(seen.length).toBeLessThan(8);
  });

  it('does not wait for the end of its budget when no probe fits in any more', async () => {
    const begun = performance.now();
    const result = await runCheck(scripted('b').check, { ...policy, everyMs: 60_000 }, options());
    expect(result.samples).toBe(1);
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it('ends at once with a final probe', async () => {
    const result = await runCheck(scripted('u', { final: true }).check, policy, options());
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      samples: 1,
      summary: 'not decided after 1 probe: probe 1 u',
    });
  });

  it('gives up a probe that never ends, and leaves the check open', async () => {
    const check: Check = { id: 'chat', probe: () => new Promise(() => {}) };
    const begun = performance.now();
    const result = await runCheck(check, { ...policy, timeoutMs: 50, withinMs: 300 }, options());
    expect(result.verdict).toBe('inconclusive');
    expect(result.evidence[0]?.observed).toMatch(/did not end within 50 ms/);
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('never lets a probe outlast the budget by its own time-out', async () => {
    const check: Check = {
      id: 'chat',
      probe: ({ signal }) =>
        new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
    };
    const begun = performance.now();
    const result = await runCheck(check, { ...policy, timeoutMs: 60_000, withinMs: 200 }, options());
    expect(result.verdict).toBe('inconclusive');
    expect(performance.now() - begun).toBeLessThan(20_000);
  });

  it.each<[string, Check['probe']]>([
    [
      'in a probe that listens',
      ({ signal }) => new Promise((_, no) => signal.addEventListener('abort', () => no(signal.reason))),
    ],
    ['in a probe that does not listen', () => new Promise(() => {})],
    ['in the pause between probes', async () => ({ verdict: 'failed', observed: '' })],
  ])('ends within a second when it is aborted %s, with the reason', async (_, probe) => {
    const stop = new AbortController();
    const running = runCheck(
      { id: 'health', probe },
      { ...policy, everyMs: 30_000, withinMs: 120_000, timeoutMs: 60_000 },
      options({
        signal: stop.signal,
        report: ({ probes }) => probes > 0 && setTimeout(() => stop.abort(new Error('cancelled')), 50),
      }),
    );
    const begun = performance.now();
    await expect(running).rejects.toThrow('cancelled');
    expect(performance.now() - begun).toBeLessThan(10_000);
  });

  it('waits within its budget for what an expected error says is missing', async () => {
    const { check } = scripted('gg');
    let reads = 0;
    const probe: Check['probe'] = async (context) => {
      reads += 1;
      if (reads < 3) throw new RunbookError('SecretUnavailable', 'the file x is empty');
      return check.probe(context);
    };
    const result = await runCheck({ ...check, probe }, policy, options());
    expect(result).toMatchObject({ verdict: 'passed', samples: 4 });
    expect(result.evidence[0]).toMatchObject({ verdict: 'inconclusive', observed: 'the file x is empty' });
  });

  it('stays open when that never comes, with the reason', async () => {
    const probe = () => Promise.reject(new RunbookError('SecretUnavailable', 'the file x is empty'));
    const result = await runCheck({ id: 'health', probe }, { ...policy, withinMs: 200 }, options());
    expect(result).toMatchObject({ verdict: 'inconclusive' });
    expect(result.summary).toMatch(/^not decided after \d probes: the file x is empty$/);
  });

  it('ends at once, and open, with an expected error that no waiting helps', async () => {
    const probe = () => Promise.reject(new RunbookError('InvalidConfig', 'no such context'));
    expect(await runCheck({ id: 'health', probe }, policy, options())).toMatchObject({
      verdict: 'inconclusive',
      samples: 1,
      summary: 'not decided after 1 probe: no such context',
    });
  });

  it('waits as long as an expected error asks for', async () => {
    let probes = 0;
    const probe = async (): Promise<ProbeResult> => {
      probes += 1;
      if (probes > 1) return { verdict: 'passed', observed: '' };
      throw new RunbookError('Unreachable', 'busy', { retryAfterMs: 300 });
    };
    const begun = performance.now();
    await runCheck({ id: 'health', probe }, policy, options());
    expect(performance.now() - begun).toBeGreaterThan(290);
  });

  it('lets the service rest as long as a probe says, from its begin', async () => {
    const at: number[] = [];
    const probe = async (): Promise<ProbeResult> => {
      at.push(performance.now());
      return at.length > 1
        ? { verdict: 'passed', observed: '' }
        : { verdict: 'failed', observed: '', restMs: 300 };
    };
    await runCheck({ id: 'chat', probe }, policy, options());
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(290);
  });

  it('takes an unexpected error for an error of the measurement', async () => {
    const broken: Check = { id: 'health', probe: () => Promise.reject(new TypeError('Bearer abcdefghijkl')) };
    const result = await runCheck(broken, { ...policy, withinMs: 100 }, options());
    expect(result.verdict).toBe('inconclusive');
    expect(result.summary).toContain('the measurement itself failed');
    expect(JSON.stringify(result)).not.toContain('abcdefghijkl');
  });
});

describe('the evidence of a check', () => {
  it('keeps the first probe that was not good and the last ones', async () => {
    const { evidence } = await runCheck(scripted('gbgggggggg').check, { ...policy, needed: 8 }, options());
    expect(evidence.map(({ observed }) => observed)).toEqual([
      'probe 2 b',
      'probe 7 g',
      'probe 8 g',
      'probe 9 g',
      'probe 10 g',
    ]);
  });

  it('holds one line of at most 200 characters without secrets, and the whole stays small', async () => {
    const observed = `token=abcdefgh12345678\n${'x'.repeat(400)}`;
    const values = { provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet' };
    const result = await runCheck(
      scripted('g', { observed, values }).check,
      { ...policy, needed: 8 },
      options(),
    );
    for (const sample of result.evidence) {
      expect(sample.observed).not.toContain('abcdefgh12345678');
      expect(sample.observed).not.toContain('\n');
      expect(sample.observed.length).toBeLessThanOrEqual(200);
    }
    expect(result.summary).not.toContain('abcdefgh12345678');
    expect(JSON.stringify(result).length).toBeLessThan(2048);
  });

  it('keeps few and short values, without secrets, whatever the service has said', async () => {
    const values = {
      model: 'm'.repeat(5000),
      provider: 'Bearer abcdef0123456789',
      list: Array(100).fill('password=hunter22'),
      deep: { ['k'.repeat(5000)]: 'y'.repeat(5000) },
      count: 7,
      ...Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`more${index}`, index])),
    };
    const kept = (await runCheck(scripted('g', { values }).check, policy, options())).values;
    expect(Object.keys(kept)).toHaveLength(20);
    expect(kept).toMatchObject({ provider: 'Bearer •••', count: 7, more1: 1 });
    expect(String(kept.model)).toHaveLength(300);
    expect(JSON.stringify(kept)).not.toContain('hunter22');
    expect(JSON.stringify(kept).length).toBeLessThan(4096);
    const open = await runCheck(scripted('u', { values, final: true }).check, policy, options());
    expect(open.values).toEqual(kept);
  });

  it('stays under 1.5 KB for probes as checks write them', async () => {
    const observed =
      'status ok, openrouter / anthropic/claude-3.5-sonnet instead of openrouter / somebody/else';
    const values = { status: 'ok', provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet' };
    const result = await runCheck(
      scripted('g', { observed, values }).check,
      { ...policy, needed: 8 },
      options(),
    );
    expect(JSON.stringify(result).length).toBeLessThan(1536);
  });

  it('takes its values from the probe that decided', async () => {
    const probes: ProbeResult[] = [
      { verdict: 'failed', observed: 'bad', values: { model: 'wrong' } },
      { verdict: 'inconclusive', observed: 'refused' },
    ];
    const check: Check = {
      id: 'health',
      probe: async ({ number }) => probes[Math.min(number, 2) - 1] as ProbeResult,
    };
    const result = await runCheck(check, { ...policy, withinMs: 150 }, options());
    expect(result).toMatchObject({ verdict: 'failed', values: { model: 'wrong' } });
    expect(result.summary).toMatch(/^failed after \d+ probes: bad$/);
  });
});

describe('a check that goes on after a restart', () => {
  const progress: CheckProgress = {
    startedAt: new Date(Date.now() - 2000).toISOString(),
    probes: 4,
    inARow: 1,
    last: 'probe 4 b',
    decisive: { verdict: 'failed', observed: 'probe 4 b', values: {} },
    evidence: [{ at: '2026-01-01T00:00:00.000Z', verdict: 'failed', observed: 'probe 1 b', ms: 1 }],
  };

  it('reports what it needs for that, before and after each probe', async () => {
    const reports: CheckProgress[] = [];
    await runCheck(scripted('bgg').check, policy, options({ report: (told) => reports.push(told) }));
    expect(reports.map(({ probes, inARow }) => `${probes}/${inARow}`)).toEqual([
      '1/0',
      '1/0',
      '2/0',
      '2/1',
      '3/1',
      '3/2',
    ]);
    expect(new Set(reports.map(({ startedAt }) => startedAt)).size).toBe(1);
    expect(JSON.parse(JSON.stringify(reports.at(-1)))).toEqual(reports.at(-1));
  });

  it('numbers its probes on, with the same key, and counts good ones anew', async () => {
    const { check, seen } = scripted('g');
    const result = await runCheck(check, policy, options({ resume: progress }));
    expect(seen.map(({ number }) => number)).toEqual([5, 6]);
    expect(seen[0]?.key).toBe(`run/step@${progress.startedAt}`);
    expect(result).toMatchObject({ verdict: 'passed', samples: 6 });
    expect(result.evidence[0]).toMatchObject({ observed: 'probe 1 b' });
  });

  it('is done when it had enough good probes already', async () => {
    const { check, seen } = scripted('b');
    const done = { ...progress, inARow: 2, last: 'fine' };
    expect(await runCheck(check, policy, options({ resume: done }))).toMatchObject({
      verdict: 'passed',
      samples: 4,
      summary: '2 of 2 good: fine',
    });
    expect(seen).toEqual([]);
  });

  it('tells its probes that it goes on, and what it has sent before', async () => {
    const { check, seen } = scripted('g');
    await runCheck(check, policy, options({ resume: { ...progress, messages: 3 } }));
    expect(seen.map(({ resumed, messages }) => [resumed, messages])).toEqual([
      [true, 3],
      [true, 3],
    ]);
    const fresh = scripted('g');
    await runCheck(fresh.check, policy, options());
    expect(fresh.seen[0]).toMatchObject({ resumed: false, messages: 0 });
  });

  it('does not renew its budget', async () => {
    const resume = { ...progress, startedAt: new Date(Date.now() - 60_000).toISOString() };
    const result = await runCheck(scripted('u').check, policy, options({ resume }));
    expect(result).toMatchObject({ verdict: 'failed', samples: 5 });
  });

  it('does not spend its budget on the time that a worker was down', async () => {
    const startedAt = new Date(Date.now() - 60_000).toISOString();
    const at = new Date(Date.now() - 59_990).toISOString();
    const resume = { ...progress, startedAt, at };
    const result = await runCheck(scripted('ugggggg').check, policy, options({ resume }));
    expect(result).toMatchObject({ verdict: 'passed' });
    const down = { ...progress, startedAt, at: new Date().toISOString(), downMs: 59_900 };
    expect(await runCheck(scripted('ugggggg').check, policy, options({ resume: down }))).toMatchObject({
      verdict: 'passed',
    });
  });

  it('finishes a row of good probes beyond the budget: the time that a worker was down decides nothing', async () => {
    const resume = { ...progress, startedAt: new Date(Date.now() - 60_000).toISOString() };
    expect(await runCheck(scripted('g').check, policy, options({ resume }))).toMatchObject({
      verdict: 'passed',
    });
    expect(await runCheck(scripted('gb').check, policy, options({ resume }))).toMatchObject({
      verdict: 'failed',
      samples: 6,
    });
  });
});

describe('a row of good probes beyond the budget', () => {
  /** A restarted check whose probes are all good, never enough of them, and take a second each by its own clock. */
  async function lasted(downMs: number, longestMs?: number): Promise<number> {
    const began = 1_000_000;
    let time = began + downMs;
    const { check } = scripted('g');
    const probe: Check['probe'] = (context) => {
      time += 1000;
      return check.probe(context);
    };
    const resume = { startedAt: new Date(began).toISOString(), probes: 1, inARow: 0, last: '' };
    const result = await runCheck(
      { ...check, probe },
      { ...policy, needed: 1000, withinMs: 10_000 },
      options({ resume, now: () => time, ...(longestMs === undefined ? {} : { longestMs }) }),
    );
    expect(result.verdict).toBe('inconclusive');
    return time - began;
  }

  it('takes once more the budget at most, from its end or from the restart, whatever is later', async () => {
    expect(await lasted(2000)).toBe(20_000);
    expect(await lasted(60_000)).toBe(70_000);
  });

  it('ends before the step itself would be timed out', async () => {
    expect(await lasted(2000, 15_000)).toBe(15_000);
    expect(await lasted(16_000, 15_000)).toBe(16_000);
  });
});

describe('the instances of a check', () => {
  it('are not asked for by a check that needs none', async () => {
    const instances = () => Promise.reject(new Error('asked'));
    expect(await runCheck(scripted('g').check, policy, options({ instances }))).toMatchObject({
      verdict: 'passed',
    });
  });

  it('are read once while probes prove something, and again some seconds after one did not', async () => {
    let reads = 0;
    let time = 1_000_000;
    const instances = async () => {
      reads += 1;
      return [instance(reads)];
    };
    const { check, seen } = scripted('bugg', {}, true);
    const probe = check.probe;
    const slow: Check = {
      ...check,
      probe: (context) => {
        time += 3000;
        return probe(context);
      },
    };
    await runCheck(slow, { ...policy, withinMs: 60_000 }, options({ instances, now: () => time }));
    expect(seen.map((context) => context.instances[0]?.name)).toEqual(['pod-1', 'pod-1', 'pod-2', 'pod-2']);
  });

  it('are empty while the target cannot be reached, and its refusal ends the check open', async () => {
    const { check, seen } = scripted('u', {}, true);
    const unreachable = () => Promise.reject(new RunbookError('Unreachable', 'no answer'));
    await runCheck(check, { ...policy, withinMs: 100 }, options({ instances: unreachable }));
    expect(seen[0]?.instances).toEqual([]);
    const denied = () => Promise.reject(new RunbookError('AccessDenied', 'may not list pods'));
    expect(await runCheck(check, policy, options({ instances: denied }))).toMatchObject({
      verdict: 'inconclusive',
      samples: 1,
      summary: 'not decided after 1 probe: may not list pods',
    });
  });
});
