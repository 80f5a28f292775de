import { describe, expect, it } from 'vitest';
import type { SignalState } from '../../../src/domain/need/assessment.ts';
import { type Given, judged, liveAgo, measured, past } from './given.ts';

interface Row extends Given {
  readonly title: string;
  readonly state: SignalState;
  readonly says: string | RegExp;
}

const step =
  (from: number, bad = 0.38, good = 0.004) =>
  (ago: number) =>
    ago <= from ? bad : good;

const ROWS: readonly Row[] = [
  {
    title: 'is bad since the release where it became so after it',
    reading: measured(0.38, past(180, step(19))),
    live: liveAgo(25),
    state: 'worse-since',
    says: 'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live',
  },
  {
    title: 'was bad before where it became so before it',
    reading: measured(0.38, past(180, step(56))),
    live: liveAgo(25),
    state: 'worse-before',
    says: 'failed plans 0.4 % -> 38 % since 02:04 UTC, 31 minutes before 0.2.0 became live',
  },
  {
    title: 'is normal where nothing has changed',
    reading: measured(
      0.005,
      past(180, () => 0.004),
    ),
    live: liveAgo(25),
    state: 'normal',
    says: 'failed plans unchanged (0.5 %)',
  },
  {
    title: 'is not known where nothing was read',
    reading: { kind: 'no-data', source: 'prometheus', why: 'the answer is empty' },
    live: liveAgo(25),
    state: 'unknown',
    says: 'failed plans not known: the answer is empty',
  },
  {
    title: 'is not known where a scrape is bad: it has no past',
    reading: { ...measured(0.38, []), source: 'scrape' },
    live: liveAgo(25),
    state: 'unknown',
    says: 'failed plans 38 %, since when is not known: a scrape has no past',
  },
];

describe('a signal, judged', () => {
  it.each(ROWS)('$title', ({ state, says, ...given }) => {
    const signal = judged(given);
    expect(signal.state).toBe(state);
    expect(signal.says).toEqual(says instanceof RegExp ? expect.stringMatching(says) : says);
  });
});
