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

it.each(STEP_IDS.filter((step) => !STEPS[step].changes))('%s changes nothing, however it ends', (step) => {
  for (const entry of [wrote, silent, cancelled]) {
    expect(changeOf({ ledger: [{ step, ...entry } as unknown as LedgerEntry] })).toBe('none');
  }
});
