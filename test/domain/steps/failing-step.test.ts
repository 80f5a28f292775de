import { describe, expect, it } from 'vitest';
import { cancelledAs, isToldOf, readFailingStep } from '../../../src/domain/steps/failing-step.ts';

const told = { step: 'check-access', attempt: 4, message: 'connect ECONNREFUSED' };

describe('U1 a step that is tried again', () => {
  it('tells its run now and then, whatever the outage takes', () => {
    const attempts = Array.from({ length: 100 }, (_, index) => index + 1).filter(isToldOf);
    expect(attempts).toEqual([2, 4, 8, 16, 32, 64]);
  });

  it.each([
    undefined,
    null,
    'text',
    [],
    { ...told, step: 'no-step' },
    { ...told, attempt: '4' },
    { ...told, attempt: 1 },
    { ...told, message: { text: 'x' } },
  ])('is not taken for what anybody else sends: %j', (input) => {
    expect(readFailingStep(input)).toBeUndefined();
  });

  it('says it in one short line without secrets, and the ledger of a cancelled one repeats it', () => {
    const read = readFailingStep({
      ...told,
      message: `a\nb password=hunter22 ${'x'.repeat(1000)}`,
      more: true,
    });
    expect(read?.message).toMatch(/^a b password=••• x+…$/);
    expect(read?.message).toHaveLength(300);
    expect(cancelledAs(readFailingStep(told))).toBe('cancelled; attempt 4 had failed: connect ECONNREFUSED');
    expect(cancelledAs(undefined)).toBe('cancelled');
  });
});
