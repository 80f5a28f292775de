import { describe, expect, it } from 'vitest';
import { countsOf } from '../../../src/signals/git/windows.ts';

const MINUTE = 60_000;
const at = (minute: number, count = 1) => ({ at: minute * MINUTE, count });
const span = (from: number, to: number, more = {}) => ({
  from: from * MINUTE,
  to: to * MINUTE,
  windowMs: 60 * MINUTE,
  knownFrom: 0,
  ...more,
});
const values = (...asked: Parameters<typeof countsOf>) =>
  countsOf(...asked).map((point) => [point.at / MINUTE, point.value]);

describe('changes, counted in windows', () => {
  it('overlap, so that an onset is sharper than the window, and the last one ends now', () => {
    expect(values([at(100), at(110, 3), at(170)], span(120, 180))).toEqual([
      [120, 4],
      [135, 4],
      [150, 4],
      [165, 3],
      [180, 1],
    ]);
  });

  it('hold what is of their last moment, and not of the one that they begin after', () => {
    expect(values([at(120), at(180)], span(180, 180))).toEqual([[180, 1]]);
  });

  it('are none where they reach into what is not known', () => {
    expect(values([at(150)], span(60, 180, { knownFrom: 90 * MINUTE }))).toEqual([
      [150, 1],
      [165, 1],
      [180, 1],
    ]);
    expect(values([], span(60, 180, { knownFrom: 150 * MINUTE }))).toEqual([]);
  });

  it('are nothing at all times where nothing was changed, in whatever order', () => {
    expect(values([], span(165, 180))).toEqual([
      [165, 0],
      [180, 0],
    ]);
    expect(values([at(170), at(50), at(160)], span(165, 180))).toEqual([
      [165, 1],
      [180, 2],
    ]);
  });

  it('are no more than a history can be judged by, however long that is', () => {
    expect(countsOf([], span(0, 1_000_000)).length).toBeLessThanOrEqual(1001);
  });
});
