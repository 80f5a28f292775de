import { describe, expect, it } from 'vitest';
import { ago, seconds } from '../../src/report/durations.ts';

const START = '2026-01-01T00:00:00.000Z';
const after = (ms: number) => new Date(Date.parse(START) + ms).toISOString();
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

describe('the time between two instants', () => {
  it.each([
    [0, '0.0 s'],
    [49, '0.0 s'],
    [100, '0.1 s'],
    [1_440, '1.4 s'],
    [9_990, '10.0 s'],
    [100_000, '100 s'],
    [100_499, '100 s'],
    [599_000, '599 s'],
    [10 * MINUTE, '10 min'],
    [12 * MINUTE + 29_000, '12 min'],
    [12 * MINUTE + 31_000, '13 min'],
    [2 * HOUR, '120 min'],
  ])('of %i ms is read as %s', (ms, expected) => {
    expect(seconds(START, after(ms))).toBe(expected);
  });

  it('is nothing when the clocks of two machines disagree', () => {
    expect(seconds(after(5000), START)).toBe('0.0 s');
  });
});

describe('how long ago an instant was', () => {
  it.each([
    [0, 'just now'],
    [29_000, 'just now'],
    [31_000, '1 min ago'],
    [5 * MINUTE, '5 min ago'],
    [89 * MINUTE, '89 min ago'],
    [90 * MINUTE, '2 h ago'],
    [3 * HOUR, '3 h ago'],
    [47 * HOUR, '47 h ago'],
    [48 * HOUR, '2 d ago'],
    [9 * DAY, '9 d ago'],
  ])('%i ms: %s', (ms, expected) => {
    expect(ago(START, Date.parse(START) + ms)).toBe(expected);
  });

  it('is now for an instant that is still to come by another clock', () => {
    expect(ago(after(5 * MINUTE), Date.parse(START))).toBe('just now');
  });
});
