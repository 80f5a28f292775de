import { describe, expect, it } from 'vitest';
import { MetricsJudge } from '../../../src/checks/metrics/judge.ts';
import type { MetricsSettings } from '../../../src/checks/metrics/settings.ts';
import type { OwnPlans } from '../../../src/domain/proof/checks.ts';
import type { Counters } from '../../../src/signals/scrape/counters.ts';
import { growthOf, type InstanceCounters, NOTHING } from '../../../src/signals/scrape/counters.ts';
import { instance, said } from '../surroundings.ts';

const settings = { needed: 2, maxPlanFailureRatio: 0.05, minPlans: 1, maxAgentFailureGrowth: 0 };
const pod = (counters: Partial<Counters>, number = 1, changes = {}): InstanceCounters => ({
  instance: instance(number, changes),
  counters: { ...NOTHING, ...counters },
});

type Rounds = readonly (readonly InstanceCounters[])[];

function judged(changes: Partial<MetricsSettings>, own: OwnPlans | undefined, rounds: Rounds) {
  const judge = new MetricsJudge({ ...settings, ...changes });
  return rounds.map((pods) => said(judge.judge(pods, own)));
}
const probes = (changes: Partial<MetricsSettings>, ...rounds: Rounds) => judged(changes, undefined, rounds);
const probesBeside = (own: OwnPlans, ...rounds: Rounds) => judged({}, own, rounds);

describe('the judgement of metrics', () => {
  it('passes few failures that do not grow, and keeps the numbers', () => {
    const judge = new MetricsJudge(settings);
    const pods = [
      pod({ plansStarted: 60, plansFailed: 1, agentFailures: 3, taskSeconds: 90, tasks: 60 }, 1),
      pod({ plansStarted: 40, plansFailed: 1, agentFailures: 2, taskSeconds: 30, tasks: 40 }, 2),
    ];
    judge.judge(pods);
    expect(judge.judge(pods)).toEqual({
      verdict: 'passed',
      observed: '2 of 100 plans failed; 5 agent failures, not growing',
      values: {
        plansStarted: 100,
        plansFailed: 2,
        planFailureRatio: 0.02,
        agentFailures: 5,
        meanTaskSeconds: 1.2,
      },
    });
  });

  it('fails a ratio above its limit, and passes one at it', () => {
    expect(probes({}, [pod({ plansStarted: 20, plansFailed: 9 })])).toEqual(['failed: 9 of 20 plans failed']);
    expect(probes({}, [pod({ plansStarted: 20, plansFailed: 1 })])[0]).toMatch(/^passed/);
  });

  it.each([
    [0, 1, 'inconclusive: insufficient data: 0 plans started, 1 needed'],
    [9, 10, 'inconclusive: insufficient data: 9 plans started, 10 needed'],
    [10, 10, 'passed: 0 of 10 plans failed; 0 agent failures'],
  ])('%i plans where %i are needed: %s', (plansStarted, minPlans, expected) => {
    expect(probes({ minPlans }, [pod({ plansStarted })])).toEqual([expected]);
  });

  it('does not take too few plans for good because all of them failed', () => {
    expect(probes({ minPlans: 10 }, [pod({ plansStarted: 5, plansFailed: 5 })])[0]).toMatch(/^inconclusive/);
  });

  it('fails while agent failures grow, and passes when they have stopped', () => {
    const at = (agentFailures: number) => [pod({ plansStarted: 9, agentFailures })];
    expect(probes({}, at(10), at(15), at(15))).toEqual([
      'passed: 0 of 9 plans failed; 10 agent failures',
      'failed: agent failures still growing: 5 more since the last probe',
      'passed: 0 of 9 plans failed; 15 agent failures, not growing',
    ]);
    expect(probes({ maxAgentFailureGrowth: 5 }, at(10), at(15))[1]).toMatch(/^passed/);
  });

  it('cannot show growth by one probe where one probe is all that is asked for', () => {
    const pods = [pod({ plansStarted: 9 })];
    expect(probes({ needed: 1 }, pods, pods)).toEqual([
      'inconclusive: 0 of 9 plans failed; one probe cannot show growth',
      'passed: 0 of 9 plans failed; 0 agent failures, not growing',
    ]);
  });

  it('fails what fails now, however many plans went well before', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    expect(probes({ needed: 3 }, at(10_000, 3), at(10_004, 7), at(10_006, 9))).toEqual([
      'passed: 3 of 10000 plans failed; 0 agent failures',
      'failed: 4 of 4 plans failed in the last probes',
      'failed: 6 of 6 plans failed in the last probes',
    ]);
  });

  it('does not hold against a service what failed before the first probe', () => {
    const at = (started: number) => [pod({ plansStarted: started, plansFailed: 50 })];
    expect(probes({ needed: 3 }, at(100), at(103), at(109))).toEqual([
      'failed: 50 of 100 plans failed',
      'passed: 0 of 3 plans failed in the last probes; 0 agent failures, not growing',
      'passed: 0 of 9 plans failed in the last probes; 0 agent failures, not growing',
    ]);
  });

  it('forgets a failure that has passed, and needs as many good probes anew', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    const rounds = [at(100, 0), at(102, 1), at(104, 1), at(106, 1), at(108, 1)];
    expect(probes({ needed: 3 }, ...rounds).map((probe) => probe.split(';')[0])).toEqual([
      'passed: 0 of 100 plans failed',
      'failed: 1 of 2 plans failed in the last probes',
      'failed: 1 of 4 plans failed in the last probes',
      'passed: 0 of 4 plans failed in the last probes',
      'passed: 0 of 4 plans failed in the last probes',
    ]);
  });

  it('adds up what was counted in the last probes over restarts and new instances', () => {
    const rounds = [
      [pod({ plansStarted: 500 })],
      [pod({ plansStarted: 504, plansFailed: 1 })],
      [pod({ plansStarted: 3, plansFailed: 1 }, 1, { restarts: 1 })],
      [
        pod({ plansStarted: 4, plansFailed: 1 }, 1, { restarts: 1 }),
        pod({ plansStarted: 2, plansFailed: 2 }, 2),
      ],
    ];
    expect(probes({ needed: 4 }, ...rounds).slice(1)).toEqual([
      'failed: 1 of 4 plans failed in the last probes',
      'failed: 2 of 7 plans failed in the last probes',
      'failed: 4 of 10 plans failed in the last probes',
    ]);
  });

  it('falls back to the life of the instances while too few plans were started in the last probes', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    expect(probes({ needed: 3, minPlans: 5 }, at(100, 1), at(104, 3), at(105, 3))).toEqual([
      'passed: 1 of 100 plans failed; 0 agent failures',
      'passed: 3 of 104 plans failed; 0 agent failures, not growing',
      'failed: 2 of 5 plans failed in the last probes',
    ]);
  });

  it('leaves out what our own smoke messages account for, and nothing else', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    const own = { started: 3, failed: 2 };
    expect(probesBeside(own, at(23, 2))).toEqual([
      'passed: 0 of 20 plans failed, beside 2 of our own 3; 0 agent failures',
    ]);
    expect(probesBeside(own, at(23, 4))).toEqual(['failed: 2 of 20 plans failed, beside 2 of our own 3']);
    expect(probesBeside({ started: 5, failed: 0 }, at(20, 3))).toEqual([
      'failed: 3 of 15 plans failed, beside 0 of our own 5',
    ]);
  });

  it('leaves our own plans to the chat check, also where there are no others', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    expect(probesBeside({ started: 1, failed: 0 }, at(1, 0))).toEqual([
      'passed: no plans but ours, 0 of our own 1 failed; 0 agent failures',
    ]);
  });

  describe('S3 what our own failed messages moved', () => {
    const at = (started: number, failed: number) => [pod({ plansStarted: started, plansFailed: failed })];
    const nothing = 'what our own failed messages moved proves nothing';

    it('proves nothing, until others have started plans', () => {
      expect(probesBeside({ started: 5, failed: 5 }, at(5, 5), at(6, 6))).toEqual([
        `inconclusive: no plans but ours, 5 of our own 5 failed: ${nothing}`,
        'failed: 1 of 1 plans failed in the last probes',
      ]);
      expect(probesBeside({ started: 5, failed: 5 }, at(5, 5), at(6, 5))[1]).toMatch(/^passed: 0 of 1 plans/);
      // Two of them were sent to an instance that is gone.
      expect(probesBeside({ started: 5, failed: 5 }, at(3, 3))[0]).toMatch(
        /^inconclusive: no plans but ours/,
      );
    });

    it('proves nothing either where the service counted a false success', () => {
      expect(probesBeside({ started: 5, failed: 0, answered: 0 }, at(5, 0))).toEqual([
        `inconclusive: no plans but ours, 0 of our own 5 failed: ${nothing}`,
      ]);
    });

    it('is beside one that was answered, which proves that plans are counted', () => {
      expect(probesBeside({ started: 5, failed: 4, answered: 1 }, at(5, 4))[0]).toMatch(
        /^passed: no plans but/,
      );
      expect(judged({ minPlans: 2 }, { started: 5, failed: 4, answered: 1 }, [at(5, 4)])[0]).toMatch(
        /^inconclusive/,
      );
    });

    it('is waited out for no longer than a proof takes', () => {
      const judge = new MetricsJudge({ ...settings, needed: 3 });
      const own = { started: 5, failed: 5 };
      const finals = [1, 2, 3].map(() => judge.judge(at(5, 5), own).final);
      expect(finals).toEqual([undefined, undefined, true]);
    });
  });

  it('judges the mean of tasks, and nothing when there were none', () => {
    const slow = [pod({ plansStarted: 9, taskSeconds: 30, tasks: 10 })];
    expect(probes({ maxTaskSeconds: 2 }, slow)).toEqual(['failed: tasks take 3 s on average, more than 2 s']);
    expect(probes({ maxTaskSeconds: 4 }, slow)[0]).toMatch(/^passed/);
    expect(probes({ maxTaskSeconds: 1 }, [pod({ plansStarted: 9 })])[0]).toMatch(/^passed/);
  });

  it('judges the mean of the tasks in the last probes once plans were started in them', () => {
    const at = (plansStarted: number, taskSeconds: number, tasks: number) => [
      pod({ plansStarted, taskSeconds, tasks }),
    ];
    expect(probes({ maxTaskSeconds: 2 }, at(1000, 1000, 1000), at(1002, 1010, 1002))[1]).toBe(
      'failed: tasks take 5 s on average, more than 2 s',
    );
    expect(probes({ maxTaskSeconds: 2 }, at(1000, 9000, 1000), at(1002, 9002, 1002))).toEqual([
      'failed: tasks take 9 s on average, more than 2 s',
      'passed: 0 of 2 plans failed in the last probes; 0 agent failures, not growing',
    ]);
  });
});

describe('growth between two probes', () => {
  it.each<[string, InstanceCounters[], InstanceCounters[], number]>([
    ['counts up', [pod({ agentFailures: 3 })], [pod({ agentFailures: 8 })], 5],
    [
      'starts again without a restart being known',
      [pod({ agentFailures: 30 })],
      [pod({ agentFailures: 2 })],
      2,
    ],
    [
      'restarted and counted beyond the old value',
      [pod({ agentFailures: 3 })],
      [pod({ agentFailures: 8 }, 1, { restarts: 1 })],
      8,
    ],
    ['is new', [pod({ agentFailures: 3 })], [pod({ agentFailures: 3 }), pod({ agentFailures: 4 }, 2)], 4],
    ['is gone', [pod({ agentFailures: 3 }), pod({ agentFailures: 9 }, 2)], [pod({ agentFailures: 3 })], 0],
  ])('of an instance that %s', (_, before, now, growth) => {
    expect(growthOf(before, now).agentFailures).toBe(growth);
  });
});
