import { describe, expect, it } from 'vitest';
import type { SignalUnit } from '../../../src/domain/need/signals.ts';
import { instantOf, inUnit, moment, span } from '../../../src/domain/need/words.ts';
import { NOW } from './given.ts';

const NUMBERS: readonly [SignalUnit, number, string][] = [
  ['ratio', 0, '0 %'],
  ['ratio', 0.00043, '0.043 %'],
  ['ratio', 0.004, '0.4 %'],
  ['ratio', 0.0516, '5.2 %'],
  ['ratio', 0.38, '38 %'],
  ['ratio', 0.996, '99.6 %'],
  ['ratio', 0.99999, '99.9 %'],
  ['ratio', 1, '100 %'],
  ['per-second', 0.516, '0.52/s'],
  ['per-second', 1234.5, '1235/s'],
  ['seconds', 0.00042, '0.42 ms'],
  ['seconds', 0.34, '340 ms'],
  ['seconds', 0.9999, '1 s'],
  ['seconds', 1.24, '1.2 s'],
  ['seconds', 31, '31 s'],
  ['seconds', 150, '2.5 min'],
  ['seconds', 5400, '90 min'],
  ['count', 3, '3'],
  ['count', 1200, '1200'],
  ['count', 1e21, '1.0e+21'],
];

describe('a number as people read it', () => {
  it.each(NUMBERS)('%s %d: %s', (unit, value, shown) => {
    expect(inUnit[unit](value)).toBe(shown);
  });
});

describe('a time as people read it', () => {
  it('is of UTC, with its date where that is another', () => {
    expect(moment(Date.parse('2026-11-23T02:41:59Z'), NOW)).toBe('02:41 UTC');
    expect(moment(Date.parse('2026-11-22T23:59:59Z'), NOW)).toBe('2026-11-22 23:59 UTC');
  });

  it('is one, whatever number it was', () => {
    expect(instantOf(Number.NaN)).toBe('1970-01-01T00:00:00.000Z');
    expect(instantOf(Number.POSITIVE_INFINITY)).toBe('+275760-09-13T00:00:00.000Z');
  });

  it.each([
    [1_000, 'one second'],
    [40_000, '40 seconds'],
    [89_000, '89 seconds'],
    [90_000, 'two minutes'],
    [-360_000, 'six minutes'],
    [13 * 60_000, '13 minutes'],
    [5_400_000, 'two hours'],
    [3 * 86_400_000, 'three days'],
  ])('%d ms are %s', (ms, words) => {
    expect(span(ms)).toBe(words);
  });
});
