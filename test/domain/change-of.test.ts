import { describe, expect, it } from 'vitest';
import { changeOf, type LedgerEntry } from '../../src/domain/ledger/ledger.ts';
import { STEP_IDS, STEPS } from '../../src/domain/steps/steps.ts';

const wrote = { outcome: 'completed', changed: true };
const found = { outcome: 'completed', changed: false };
const silent = { outcome: 'failed', error: { type: 'StepTimedOut', message: '' } };
const refused = { outcome: 'failed', error: { type: 'WorkloadChanged', message: '' } };
const cancelled = { outcome: 'cancelled' };

describe.each(STEP_IDS.filter((step) => STEPS[step].changes))(
  'what became of the change of %s, after',
  (step) => {
    it.each([
      ['nothing', [], 'none'],
      ['a write', [wrote], 'made'],
      ['a write, found done later', [wrote, found], 'made'],
      ['nothing to write', [found], 'none'],
      ['a refusal', [refused], 'none'],
      ['no answer', [silent], 'unknown'],
      ['a cancellation', [cancelled], 'unknown'],
      ['no answer, found done later', [silent, found], 'made'],
      ['a cancellation, found done later', [cancelled, found], 'made'],
      ['no answer, refused later', [silent, refused], 'none'],
      ['a write, refused later', [wrote, refused], 'made'],
    ] as const)('%s', (_title, entries, change) => {
      const ledger = entries.map((entry) => ({ step, ...entry }) as unknown as LedgerEntry);
      expect(changeOf({ ledger })).toBe(change);
    });
  },
);

describe('what became of config that was written before the template', () => {
  const config = (entry: object) => ({ step: 'restore-config', ...entry }) as unknown as LedgerEntry;
  const template = (entry: object) => ({ step: 'roll-back', ...entry }) as unknown as LedgerEntry;
  const takenBack = { ...refused, takenBack: true };
  const notTakenBack = { ...refused, takenBack: false };

  it.each<[string, readonly LedgerEntry[], string]>([
    [
      'is as before when the template is refused, and it is taken back',
      [config(wrote), template(takenBack)],
      'none',
    ],
    ['is changed when it could not be taken back', [config(wrote), template(notTakenBack)], 'made'],
    ['is changed when not all of it could be taken back at once', [config(notTakenBack)], 'made'],
    ['is as before when it was refused in the middle, and taken back', [config(takenBack)], 'none'],
    [
      'is changed when it is written anew after that',
      [config(wrote), template(takenBack), config(wrote)],
      'made',
    ],
    [
      'is changed by an earlier rollback of the run, whatever became of the next one',
      [config(wrote), template(wrote), config(wrote), template(takenBack)],
      'made',
    ],
    ['is not known as long as the template has no answer', [config(wrote), template(silent)], 'made'],
  ])('%s', (_what, ledger, change) => {
    expect(changeOf({ ledger })).toBe(change);
  });
});

it.each(STEP_IDS.filter((step) => !STEPS[step].changes))('%s changes nothing, however it ends', (step) => {
  for (const entry of [wrote, silent, cancelled]) {
    expect(changeOf({ ledger: [{ step, ...entry } as unknown as LedgerEntry] })).toBe('none');
  }
});
