import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { judgeSignal } from '../../../src/domain/need/judge-signal.ts';
import { seed } from '../../faults/every-input.ts';
import { NOW } from './given.ts';
import { STORIES } from './stories.ts';
import { services, told } from './truths.ts';

/** Series of each story; together more than 500. */
const RUNS = 24;

describe('a generated series whose truth is known', () => {
  it.each(Object.entries(STORIES))('is judged right where %s', (_, story) => {
    fc.assert(
      fc.property(services, (service) => {
        const { read, live, right } = told(service, story);
        const signal = judgeSignal(read, { at: NOW, version: '0.2.0', ...(live ? { live } : {}) });
        if (!right.includes(signal.state)) throw new Error(`${signal.state}: ${signal.says}`);
      }),
      { numRuns: RUNS, seed: seed() },
    );
  });

  it('is one of more than 500', () => {
    expect(RUNS * Object.keys(STORIES).length).toBeGreaterThan(500);
  });
});
