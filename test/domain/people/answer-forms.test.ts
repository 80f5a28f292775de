import { describe, expect, it } from 'vitest';
import { answerFormsOf } from '../../../src/domain/people/answer-forms.ts';
import { OPERATOR_UPDATES, type OperatorUpdate } from '../../../src/domain/people/operator-events.ts';
import type { Waiting } from '../../../src/domain/people/waiting.ts';
import { ANSWERS } from '../../../src/domain/steps/answers.ts';
import { APPROVAL, DECISION, PAUSE } from '../waits.ts';

const FILLED: Readonly<Record<string, string>> = { target: '0.1.0' };

/** The form as a person sends it: every blank filled in. */
function filledIn(input: object): object {
  return Object.fromEntries(
    Object.entries(input).map(([key, value]) => [key, value === '' ? (FILLED[key] ?? 'ada') : value]),
  );
}

const read = (update: OperatorUpdate, input: unknown) => OPERATOR_UPDATES[update].read(input);

describe.each<[string, Waiting]>([
  ['a decision', { ...DECISION, answers: ANSWERS }],
  ['an approval', APPROVAL],
  ['a pause', PAUSE],
])('the forms that answer %s', (_title, waiting) => {
  it.each(answerFormsOf(waiting))(
    '$update $meaning: is taken once its blanks are filled in',
    ({ update, input }) => {
      expect(read(update, filledIn(input))).toHaveProperty('value');
    },
  );

  it.each(answerFormsOf(waiting))('$update $meaning: is refused as it is', ({ update, input }) => {
    expect(read(update, input)).toMatchObject({ problem: expect.stringMatching(/empty|target/) });
  });
});

it('there is a form for each answer that is possible, and no other', () => {
  const answers = answerFormsOf(DECISION).map(({ input }) => (input as { answer?: string }).answer);
  expect(answers).toEqual(['retry', 'abort']);
});

it('a plan is named by the beginning of its hash', () => {
  expect(answerFormsOf(APPROVAL)[0]?.input).toMatchObject({ plan: 'abcdef0123456789' });
});
