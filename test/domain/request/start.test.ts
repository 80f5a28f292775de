import { describe, expect, it } from 'vitest';
import { DEFAULT_POLICY } from '../../../src/domain/request/policy.ts';
import { longestRunMs, type RunStart, refusalOf } from '../../../src/domain/request/start.ts';

const DUE = Date.parse('2026-01-01T00:00:00Z');
const start = (change: Partial<RunStart> = {}): RunStart => ({
  dueAt: DUE,
  servedAt: DUE + 1000,
  inputs: 1,
  isRetried: false,
  isRepetition: false,
  ...change,
});
const demands = { startWithinMs: 60_000, needsMs: 3_600_000, dryRun: false };

describe('T1 T3 what stands against a start', () => {
  it.each<[string, Partial<RunStart>, string | undefined]>([
    ['it was served at once', {}, undefined],
    ['it was served in the last moment', { servedAt: DUE + 60_000 }, undefined],
    ['it was served too late', { servedAt: DUE + 60_001 }, 'StartExpired'],
    ['the clock went back', { servedAt: DUE - 5000 }, undefined],
    ['it has an execution timeout that is too short', { executionTimeoutMs: 3_599_999 }, 'StartRefused'],
    ['it has one that is long enough', { executionTimeoutMs: 3_600_000, runTimeoutMs: 3_600_000 }, undefined],
    ['its run timeout alone is too short', { executionTimeoutMs: 9e9, runTimeoutMs: 5000 }, 'StartRefused'],
    ['it has a retry policy', { isRetried: true }, 'StartRefused'],
    ['it has a cron schedule', { cron: '* * * * *' }, 'StartRefused'],
    ['it is late and strange', { servedAt: DUE + 90_000, isRetried: true }, 'StartExpired'],
  ])('%s', (_what, change, type) => {
    expect(refusalOf(start(change), demands)?.type).toBe(type);
  });

  it('a dry run may be ended in the middle and repeated, and is too late all the same', () => {
    const dry = { ...demands, dryRun: true };
    const strange = { cron: '* * * * *', isRetried: true, runTimeoutMs: 1 };
    expect(refusalOf(start(strange), dry)).toBeUndefined();
    expect(refusalOf(start({ servedAt: DUE + 90_000 }), dry)?.type).toBe('StartExpired');
  });

  it('of a run that comes again people are told the first time', () => {
    expect(refusalOf(start({ cron: '@every 1s' }), demands)).not.toHaveProperty('quiet');
    expect(refusalOf(start({ cron: '@every 1s', isRepetition: true }), demands)?.quiet).toBe(true);
  });
});

describe('T3 how long a run may take', () => {
  const ms = (change: object = {}) => longestRunMs('rollback', { ...DEFAULT_POLICY, ...change });
  const { decisions, approval } = DEFAULT_POLICY;

  it('is more than the sum of its waits', () => {
    expect(ms()).toBeGreaterThan(4 * decisions.waitMs + DEFAULT_POLICY.pauseMs);
    expect(longestRunMs('verify')).toBeGreaterThan(3_600_000);
    expect(longestRunMs('verify')).toBeLessThan(ms());
  });

  it.each([
    ['a longer decision', { decisions: { ...decisions, waitMs: decisions.waitMs + 1 } }],
    ['a longer decision at one step', { decisions: { ...decisions, steps: { plan: { waitMs: 9e8 } } } }],
    ['another fall-back', { decisions: { ...decisions, fallBacks: 3 } }],
    ['an approval', { approval: { ...approval, required: true } }],
    ['a longer pause', { pauseMs: DEFAULT_POLICY.pauseMs + 1 }],
  ])('grows with %s', (_what, change) => {
    expect(ms(change)).toBeGreaterThan(ms());
  });
});
