import { describe, expect, it } from 'vitest';
import { growthOf, type InstanceCounters, MetricsJudge } from '../../src/checks/judge-metrics.ts';
import type { Counters } from '../../src/checks/scrape.ts';
import type { MetricsSettings } from '../../src/domain/profile.ts';
import { instance, said } from './surroundings.ts';

const NOTHING: Counters = { plansStarted: 0, plansFailed: 0, agentFailures: 0, taskSeconds: 0, tasks: 0 };
const settings = { needed: 2, maxPlanFailureRatio: 0.05, minPlans: 1, maxAgentFailureGrowth: 0 };
const pod = (counters: Partial<Counters>, number = 1, changes = {}): InstanceCounters => ({
  instance: instance(number, changes),
  counters: { ...NOTHING, ...counters },
});

function looks(
  changes: Partial<MetricsSettings>,
  ownPlans: number,
  ...rounds: readonly (readonly InstanceCounters[])[]
): readonly string[] {
  const judge = new MetricsJudge({ ...settings, ...changes }, ownPlans);
  return rounds.map((pods) => said(judge.judge(pods)));
}

describe('the judgement of metrics', () => {
  it('passes few failures that do not grow, and keeps the numbers', () => {
    const judge = new MetricsJudge(settings, 0);
    const pods = [
      pod({ plansStarted: 60, plansFailed: 1, agentFailures: 3, taskSeconds: 90, tasks: 60 }, 1),
      pod({ plansStarted: 40, plansFailed: 1, agentFailures: 2, taskSeconds: 30, tasks: 40 }, 2),
    ];
    judge.judge(pods);
    expect(judge.judge(pods)).toEqual({
      verdict: 'passed',
      saw: '2 of 100 plans failed; 5 agent failures, not growing',
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
    expect(looks({}, 0, [pod({ plansStarted: 20, plansFailed: 9 })])).toEqual([
      'failed: 9 of 20 plans failed',
    ]);
    expect(looks({}, 0, [pod({ plansStarted: 20, plansFailed: 1 })])[0]).toMatch(/^passed/);
  });

  it.each([
    [0, 1, 'inconclusive: insufficient data: 0 plans started, 1 needed'],
    [9, 10, 'inconclusive: insufficient data: 9 plans started, 10 needed'],
    [10, 10, 'passed: 0 of 10 plans failed; 0 agent failures'],
  ])('%i plans where %i are needed: %s', (plansStarted, minPlans, expected) => {
    expect(looks({ minPlans }, 0, [pod({ plansStarted })])).toEqual([expected]);
  });

  it('does not take too few plans for good because all of them failed', () => {
    expect(looks({ minPlans: 10 }, 0, [pod({ plansStarted: 5, plansFailed: 5 })])[0]).toMatch(
      /^inconclusive/,
    );
  });

  it('fails while agent failures grow, and passes when they have stopped', () => {
    const at = (agentFailures: number) => [pod({ plansStarted: 9, agentFailures })];
    expect(looks({}, 0, at(10), at(15), at(15))).toEqual([
      'passed: 0 of 9 plans failed; 10 agent failures',
      'failed: agent failures still growing: 5 more since the last look',
      'passed: 0 of 9 plans failed; 15 agent failures, not growing',
    ]);
    expect(looks({ maxAgentFailureGrowth: 5 }, 0, at(10), at(15))[1]).toMatch(/^passed/);
  });

  it('cannot show growth by one look where one look is all that is asked for', () => {
    const pods = [pod({ plansStarted: 9 })];
    expect(looks({ needed: 1 }, 0, pods, pods)).toEqual([
      'inconclusive: 0 of 9 plans failed; one look cannot show growth',
      'passed: 0 of 9 plans failed; 0 agent failures, not growing',
    ]);
  });

  it('leaves failures that our own smoke messages explain to the chat check', () => {
    const pods = [pod({ plansStarted: 2, plansFailed: 1, agentFailures: 5 })];
    expect(looks({}, 5, pods, pods)).toEqual([
      'inconclusive: 1 of 2 plans failed, perhaps our own smoke messages: does it grow?',
      'passed: 1 of 2 plans failed, no more than our own smoke messages; 5 agent failures, not growing',
    ]);
    expect(looks({}, 0, pods)).toEqual(['failed: 1 of 2 plans failed']);
  });

  it('does not explain more failures by our smoke messages than were sent', () => {
    expect(looks({}, 5, [pod({ plansStarted: 20, plansFailed: 9 })])).toEqual([
      'failed: 9 of 20 plans failed',
    ]);
    const at = (plansFailed: number) => [pod({ plansStarted: 10, plansFailed })];
    expect(looks({}, 5, at(3), at(4))[1]).toMatch(/^inconclusive: 4 of 10/);
  });

  it('judges the mean of tasks, and nothing when there were none', () => {
    const slow = [pod({ plansStarted: 9, taskSeconds: 30, tasks: 10 })];
    expect(looks({ maxTaskSeconds: 2 }, 0, slow)).toEqual([
      'failed: tasks take 3 s on average, more than 2 s',
    ]);
    expect(looks({ maxTaskSeconds: 4 }, 0, slow)[0]).toMatch(/^passed/);
    expect(looks({ maxTaskSeconds: 1 }, 0, [pod({ plansStarted: 9 })])[0]).toMatch(/^passed/);
  });
});

describe('growth between two looks', () => {
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
