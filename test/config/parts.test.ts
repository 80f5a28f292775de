import { describe, expect, it } from 'vitest';
import { closest } from '../../src/domain/closest.ts';
import { DURATION, durationMs } from '../../src/schema-parts/durations.ts';

describe('durations', () => {
  it.each([
    ['500ms', 500],
    ['10s', 10_000],
    ['2m', 120_000],
    ['1h', 3_600_000],
    ['1m30s', 90_000],
    ['1s500ms', 1500],
  ])('%s is %i ms', (text, ms) => {
    expect(text).toMatch(DURATION);
    expect(durationMs(text)).toBe(ms);
  });

  it.each(['10', 's', '1.5s', '-1s', '10 s', '1d', ''])('%j is none', (text) => {
    expect(text).not.toMatch(DURATION);
  });
});

describe('the name that was meant', () => {
  it.each([
    ['timout', 'timeout'],
    ['Within', 'within'],
    ['evry', 'every'],
    ['needd', 'needed'],
    ['qqq', undefined],
    ['interval', undefined],
  ])('%s: %s', (name, meant) => {
    expect(closest(name, ['needed', 'every', 'within', 'timeout'])).toBe(meant);
  });
});
