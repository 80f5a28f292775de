import { describe, expect, it } from 'vitest';
import { CHECK_IDS } from '../../../src/domain/proof/checks.ts';
import { ANSWER_MEANINGS, ANSWERS, type Answer } from '../../../src/domain/steps/answers.ts';
import { answersFor, type Situation } from '../../../src/domain/steps/recovery.ts';
import { STEP_IDS, type StepId } from '../../../src/domain/steps/steps.ts';

const SKIPPABLE: readonly StepId[] = [
  'check-access',
  'assess-need',
  'take-snapshot',
  ...CHECK_IDS.map((id) => `verify-${id}` as const),
];
const NEVER_ASKED: readonly StepId[] = [
  'resolve-request',
  'plan-group',
  'identify-holder',
  'measure-impact',
  'notify',
  'record-known-good',
  'record-incident',
];
const situation = (step: StepId, change: Partial<Situation> = {}): Situation => ({
  step,
  changeBegun: false,
  restorable: true,
  fallBacksLeft: 2,
  ...change,
});

describe('what can be answered', () => {
  it.each(STEP_IDS.filter((step) => !NEVER_ASKED.includes(step)))('at %s, before the change', (step) => {
    const skip: Answer[] = SKIPPABLE.includes(step) ? ['skip'] : [];
    expect(answersFor(situation(step))).toEqual(['retry', ...skip, 'change-target', 'abort']);
  });

  it.each(STEP_IDS.filter((step) => !NEVER_ASKED.includes(step)))('at %s, after the change', (step) => {
    const skip: Answer[] = SKIPPABLE.includes(step) ? ['skip'] : [];
    expect(answersFor(situation(step, { changeBegun: true }))).toEqual([
      'retry',
      ...skip,
      'restore-snapshot',
      'fall-back',
      'abort',
    ]);
  });

  it.each(NEVER_ASKED)('at %s is nothing: nobody is asked', (step) => {
    expect(answersFor(situation(step))).toEqual([]);
    expect(answersFor(situation(step, { changeBegun: true }))).toEqual([]);
  });

  it.each<[string, Partial<Situation>, readonly Answer[]]>([
    ['nothing was kept', { restorable: false }, ['retry', 'fall-back', 'abort']],
    ['it has fallen back as often as it may', { fallBacksLeft: 0 }, ['retry', 'restore-snapshot', 'abort']],
    ['more often than it may', { fallBacksLeft: -1 }, ['retry', 'restore-snapshot', 'abort']],
    ['there is neither way', { restorable: false, fallBacksLeft: 0 }, ['retry', 'abort']],
  ])('after the change, when %s', (_title, change, answers) => {
    expect(answersFor(situation('wait-for-rollout', { changeBegun: true, ...change }))).toEqual(answers);
  });
});

it('every answer has its meaning', () => {
  expect(Object.keys(ANSWER_MEANINGS)).toEqual([...ANSWERS]);
  expect(new Set(Object.values(ANSWER_MEANINGS)).size).toBe(ANSWERS.length);
});
