import { describe, expect, it } from 'vitest';
import { CHECK_IDS, CHECKS, type CheckRow, checkGroups } from '../../../src/domain/proof/checks.ts';

describe('the order of checks', () => {
  it('is health, then chat, then agents and metrics at the same time', () => {
    expect(checkGroups()).toEqual([['health'], ['chat'], ['agents', 'metrics']]);
  });

  it('has every check once, behind all that it comes after', () => {
    const groups = checkGroups();
    const groupOf = (id: string) => groups.findIndex((group) => group.some((one) => one === id));
    expect(groups.flat().toSorted()).toEqual(CHECK_IDS.toSorted());
    for (const id of CHECK_IDS) {
      const { after }: CheckRow = CHECKS[id];
      for (const earlier of after)
        expect(groupOf(earlier), `${id} after ${earlier}`).toBeLessThan(groupOf(id));
    }
  });
});
