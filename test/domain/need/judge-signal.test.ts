import { describe, expect, it } from 'vitest';
import type { SignalState } from '../../../src/domain/need/assessment.ts';
import {
  ANSWERS,
  ago,
  BY_GROWTH,
  BY_LIMIT,
  FAILED_PLANS,
  type Given,
  judged,
  liveAgo,
  MINUTE,
  measured,
  NOW,
  past,
} from './given.ts';

interface Row extends Given {
  readonly title: string;
  readonly state: SignalState;
  readonly says: string | RegExp;
}

/** A value for each minute before now. */
type Course = (ago: number) => number | undefined;
const step =
  (from: number, bad = 0.38, good = 0.004): Course =>
  (minutes) =>
    minutes <= from ? bad : good;
const flat =
  (value: number): Course =>
  () =>
    value;
const during =
  (course: Course, from: number, to: number, value?: number): Course =>
  (minutes) =>
    minutes <= from && minutes >= to ? value : course(minutes);
const bad = (course: Course, now = 0.38) => measured(now, past(180, course));
const live = liveAgo(25);
/** Bad for 21 minutes, and before that a while of few events. */
const fewBetween = (from: number, to: number, value: number) =>
  past(180, step(21)).map((point, index) =>
    180 - index <= from && 180 - index >= to ? { ...point, value, samples: 2 } : point,
  );

const DATED: readonly Row[] = [
  {
    title: 'is bad since the release where it became so after it',
    reading: bad(step(19)),
    live,
    state: 'worse-since',
    says: 'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live',
  },
  {
    title:
      'is bad since the release where it became so between two neighbours, and the release lies between them',
    reading: bad(step(24)),
    live: { ...live, at: new Date(ago(24.9)).toISOString() },
    state: 'worse-since',
    says: /since 02:36 UTC, 54 seconds after 0\.2\.0 became live$/,
  },
  {
    title: 'is bad since the release however long ago that is, and says how long',
    reading: bad(step(19)),
    live: liveAgo(3 * 24 * 60 + 19),
    state: 'worse-since',
    says: 'failed plans 38 % since 02:41 UTC, three days after 0.2.0 became live',
  },
  {
    title: 'was bad before where it became so before it',
    reading: bad(step(56)),
    live,
    state: 'worse-before',
    says: 'failed plans 0.4 % -> 38 % since 02:04 UTC, 31 minutes before 0.2.0 became live',
  },
  {
    title: 'was bad before where it was so as far back as is known',
    reading: bad(flat(0.38)),
    live,
    state: 'worse-before',
    says: 'failed plans 38 % -> 38 % since before 00:00 UTC, at least three hours before 0.2.0 became live',
  },
  {
    title: 'is not known where it began as the version went live: clocks differ',
    reading: bad(step(25)),
    live,
    state: 'unknown',
    says: /the clocks do not tell which was first$/,
  },
  {
    title: 'is not known where it was bad before, and is twice as bad since',
    reading: bad(during(step(20, 0.38), 60, 21, 0.12)),
    live,
    state: 'unknown',
    says: /it was bad before, and is worse since$/,
    definition: BY_LIMIT,
  },
  {
    title: 'is bad since the release where it was beyond its limit for ever, and has grown since',
    reading: bad(step(20, 0.38, 0.06)),
    live,
    state: 'worse-since',
    says: 'failed plans 6 % -> 38 % since 02:40 UTC, five minutes after 0.2.0 became live',
  },
  {
    title: 'was bad before where it was beyond its limit for ever, and has not grown',
    reading: bad(flat(0.06), 0.07),
    live,
    state: 'worse-before',
    says: /^failed plans 6 % -> 7 % since before/,
  },
];

const DOUBTED: readonly Row[] = [
  {
    title: 'is bad since before, for good, where it was normal for less than a window',
    reading: bad(during(step(56), 12, 8, 0.004)),
    live,
    state: 'worse-before',
    says: /since 02:04 UTC/,
  },
  {
    title: 'is bad since the last time that it was normal for more than a window',
    reading: bad(during(step(56), 12, 7, 0.004)),
    live,
    state: 'unknown',
    says: /it was so at times before, too$/,
  },
  {
    title: 'is not known where it was normal for a moment as the version went live',
    reading: bad(during(step(56), 26, 23, 0.004)),
    live,
    state: 'unknown',
    says: /bad before and is now, but not all the time between$/,
  },
  {
    title: 'is not known where values are missing about the release, and it was bad before and after',
    reading: bad(during(step(56), 30, 20)),
    live,
    state: 'unknown',
    says: /bad before and is now, but not all the time between$/,
  },
  {
    title: 'is not known where values are missing about the release, and it was good before',
    reading: bad(during(step(22), 30, 20)),
    live,
    state: 'unknown',
    says: /values are missing about the time when it began$/,
  },
  {
    title: 'is not known where it was on its way before the release',
    reading: bad((minutes) => Math.min(0.38, 0.004 + Math.max(0, 35 - minutes) * 0.004)),
    live,
    state: 'unknown',
    says: /it was on its way before$/,
  },
  {
    title: 'is not known where it comes and goes',
    reading: bad((minutes) => (minutes <= 20 || minutes % 60 < 12 ? 0.38 : 0.004)),
    live,
    state: 'unknown',
    says: /it was so at times before, too$/,
  },
  {
    title: 'is bad since the release where nothing is known of the time before it, but it was good first',
    reading: measured(0.38, past(20, step(10))),
    live: liveAgo(22),
    state: 'worse-since',
    says: /^failed plans 38 % since 02:50 UTC, twelve minutes after/,
  },
  {
    title: 'is not known where the series begins bad after the release',
    reading: measured(0.38, past(20, flat(0.38))),
    live,
    state: 'unknown',
    says: 'failed plans 38 %, since when is not known: nothing is known of the time before',
  },
];

const WEIGHED: readonly Row[] = [
  {
    title: 'was bad before where it is worse since by less than the growth that is configured',
    reading: bad(during(step(60), 60, 21, 0.12), 0.34),
    live,
    definition: { ...FAILED_PLANS, growth: 3 },
    state: 'worse-before',
    says: /0\.4 % -> 34 % since 02:00 UTC/,
  },
  {
    title: 'was bad before where it was as bad last, before the release',
    reading: bad(during(step(90), 90, 36, 0.06)),
    live,
    definition: BY_LIMIT,
    state: 'worse-before',
    says: /0\.4 % -> 38 % since 01:30 UTC/,
  },
  {
    title: 'is bad since the release where what was before it is as noisy as ever',
    reading: bad(during((minutes) => (minutes <= 20 ? 0.38 : 0.01 + (minutes % 2) * 0.02), 40, 21, 0.045)),
    live,
    definition: { ...BY_LIMIT, limit: 0.08 },
    state: 'worse-since',
    says: /since 02:40 UTC, five minutes after/,
  },
  {
    title: 'is not known where it began as long before the release as the clocks are seen to differ',
    reading: measured({ value: 0.38, at: NOW - 40_000 }, past(180, step(26))),
    live: { ...live, at: new Date(ago(26) + 30_000).toISOString() },
    state: 'unknown',
    says: /the clocks do not tell which was first$/,
  },
  {
    title: 'was bad before where the clocks are seen to differ by less',
    reading: measured({ value: 0.38, at: NOW - 10_000 }, past(180, step(26))),
    live: { ...live, at: new Date(ago(26) + 30_000).toISOString() },
    state: 'worse-before',
    says: /30 seconds before 0\.2\.0 became live$/,
  },
  {
    title: 'is not known where it was beyond its limit for ever, and grew as the version went live',
    reading: bad(during(step(25, 0.38, 0.06), 60, 26, 0.15)),
    live,
    state: 'unknown',
    says: /the clocks do not tell which was first$/,
  },
  {
    title: 'is normal in the first window where it was bad until the release',
    reading: bad(during(flat(0.004), 6, 4, 0.38), 0.004),
    live: liveAgo(3),
    state: 'normal',
    says: 'failed plans unchanged (0.4 %)',
  },
  {
    title: 'is not known where a scrape is beyond its limit, and was recorded within it',
    reading: { ...measured(0.06, []), source: 'scrape' },
    live,
    recorded: 0.04,
    state: 'unknown',
    says: /a scrape has no past$/,
  },
  {
    title: 'is not known where a scrape is far worse than the known-good version was recorded',
    reading: { ...measured(0.9, []), source: 'scrape' },
    live,
    definition: BY_LIMIT,
    recorded: 0.06,
    state: 'unknown',
    says: /a scrape has no past$/,
  },
];

/** Values of so many events each, of which so many failed. */
const failed = (events: number, course: Course, now: number) =>
  measured(
    { value: now / events, samples: events },
    past(180, course).map(({ at, value }) => ({ at, value: value / events, samples: events })),
  );

const CHANCE: readonly Row[] = [
  {
    title: 'is not known where 2 of 30 failed, and 1 at times before: that is no 7 %',
    reading: failed(30, (minutes) => (minutes % 30 < 5 ? 1 : 0), 2),
    live,
    state: 'unknown',
    says: /^failed plans 0 % -> 6\.7 %, .* it is not farther from what was normal than chance goes$/,
  },
  {
    title: 'is bad since the release where 8 of 30 failed',
    reading: failed(30, (minutes) => (minutes <= 20 ? 8 : minutes % 30 < 5 ? 1 : 0), 8),
    live,
    state: 'worse-since',
    says: /since 02:40 UTC, five minutes after/,
  },
  {
    title: 'is bad since the release where only 2 of 30 failed, but for a long time',
    reading: failed(30, (minutes) => (minutes <= 100 ? 2 : minutes % 30 < 5 ? 1 : 0), 2),
    live: liveAgo(105),
    state: 'worse-since',
    says: /since 01:20 UTC, five minutes after/,
  },
  {
    title: 'is bad since the release although chance went beyond the limit at times before: not so far',
    reading: failed(30, (minutes) => (minutes <= 20 ? 12 : minutes % 30 < 5 ? 2 : 1), 12),
    live,
    definition: BY_LIMIT,
    state: 'worse-since',
    says: /since 02:40 UTC, five minutes after/,
  },
  {
    title: 'is normal where a moment ago 2 of 30 failed, by chance',
    reading: failed(30, (minutes) => (minutes === 3 ? 2 : minutes % 30 < 5 ? 1 : 0), 0),
    live,
    state: 'normal',
    says: 'failed plans unchanged (0 %)',
  },
  {
    title: 'is not known where it is as noisy as it was before',
    reading: measured(
      2.6,
      past(180, (minutes) => 1 + (minutes % 3) * 0.5),
    ),
    live,
    definition: { ...BY_LIMIT, title: 'latency', unit: 'seconds', limit: 2.5 },
    state: 'unknown',
    says: 'latency 1.5 s -> 2.6 s, since when is not known: it is not farther from what was normal than chance goes',
  },
  {
    title: 'is not known where many events differ as much as they did before',
    reading: failed(1000, (minutes) => 20 + (minutes % 3) * 20, 90),
    live,
    definition: { ...BY_LIMIT, limit: 0.085 },
    state: 'unknown',
    says: /than chance goes$/,
  },
  {
    title: 'is bad since the release where of much that should be high too little is',
    reading: failed(30, (minutes) => (minutes <= 20 ? 20 : 30 - (minutes % 30 < 5 ? 1 : 0)), 20),
    live,
    definition: { ...BY_LIMIT, title: 'healthy', worse: 'lower', limit: 0.95 },
    state: 'worse-since',
    says: /^healthy 100 % -> 67 % since 02:40 UTC/,
  },
];

const COARSE: readonly Row[] = [
  {
    title:
      'is bad since the release where it lies between two neighbours that are farther apart than a window, and says so',
    reading: bad((minutes) => (minutes % 12 === 0 ? step(24)(minutes) : undefined)),
    live: liveAgo(32),
    state: 'worse-since',
    says: 'failed plans 0.4 % -> 38 % since between 02:24 and 02:36 UTC, at most eight minutes after 0.2.0 became live',
  },
  {
    title:
      'is not known where the neighbours are half an hour apart, and it went live a quarter of an hour after the first',
    reading: bad((minutes) => (minutes % 30 === 0 ? step(30)(minutes) : undefined)),
    live: liveAgo(40),
    state: 'unknown',
    says: /values are missing about the time when it began$/,
  },
  {
    title: 'is bad since half an hour before the release, at least',
    reading: bad((minutes) => (minutes % 12 === 0 ? step(60)(minutes) : undefined)),
    live: liveAgo(25),
    state: 'worse-before',
    says: /since between 01:48 and 02:00 UTC, at least 35 minutes before 0\.2\.0 became live$/,
  },
  {
    title: 'is dated about where neither the values nor the release are exact',
    reading: bad((minutes) => (minutes % 12 === 0 ? step(24)(minutes) : undefined)),
    live: liveAgo(32, false),
    state: 'worse-since',
    says: /, about eight minutes after 0\.2\.0 became live$/,
  },
];

const LIVE: readonly Row[] = [
  {
    title: 'is not known where nothing was deployed as far as is known: nothing is undone for it',
    reading: bad(step(19)),
    live: undefined,
    state: 'unknown',
    says: 'failed plans 38 %, since when is not known: it is not known since when the current version is live',
  },
  {
    title: 'is normal without that too',
    reading: bad(flat(0.004), 0.004),
    live: undefined,
    state: 'normal',
    says: 'failed plans normal (0.4 %)',
  },
  {
    title: 'is bad since where the version was live then at the latest',
    reading: bad(step(19)),
    live: liveAgo(25, false),
    state: 'worse-since',
    says: /since 02:41 UTC, at least six minutes after 0\.2\.0 became live$/,
  },
  {
    title: 'is not known where it was bad before a time when the version may have been live already',
    reading: bad(step(56)),
    live: liveAgo(25, false),
    state: 'unknown',
    says: /the version may have been live before that$/,
  },
  {
    title: 'is not known where the time of the release is no time',
    reading: bad(step(19)),
    live: { ...live, at: 'yesterday' },
    state: 'unknown',
    says: /since when the current version is live$/,
  },
];

const VALUES: readonly Row[] = [
  {
    title: 'is not known where nothing was read: no data is no pass',
    reading: { kind: 'no-data', source: 'prometheus', why: 'the answer is empty' },
    live,
    state: 'unknown',
    says: 'failed plans not known: the answer is empty',
  },
  ...[Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map((value) => ({
    title: `is not known where the value is ${value}: it exceeds nothing, and is not normal for that`,
    reading: bad(flat(0.004), value),
    live,
    state: 'unknown' as const,
    says: 'failed plans not known: what was read is no number',
  })),
  {
    title: 'is not known where too few events stand behind a bad value',
    reading: measured({ value: 1, samples: 3 }, past(180, flat(0.004))),
    live,
    state: 'unknown',
    says: 'failed plans not known: only 3 of at least 20 events',
  },
  {
    title: 'is not known where too few events stand behind a good value',
    reading: measured({ value: 0, samples: 0 }, past(180, flat(0.004))),
    live,
    state: 'unknown',
    says: 'failed plans not known: only 0 of at least 20 events',
  },
  {
    title: 'takes no values of the past into account behind which too few events stand',
    reading: measured(
      0.38,
      past(180, step(19)).map((point, index) =>
        index % 4 === 3 ? { ...point, value: 1, samples: 2 } : point,
      ),
    ),
    live: liveAgo(25.5),
    state: 'worse-since',
    says: /0\.4 % -> 38 % since 02:41 UTC/,
  },
  {
    title: 'is bad since the release where too few events were before it for a while, of which none was bad',
    reading: measured(0.38, fewBetween(30, 22, 0.004)),
    live: liveAgo(25.5),
    state: 'worse-since',
    says: /since between 02:29 and 02:39 UTC, at most five minutes after/,
  },
  {
    title: 'is not known where of these few some were bad',
    reading: measured(0.38, fewBetween(30, 22, 0.5)),
    live: liveAgo(25.5),
    state: 'unknown',
    says: /values are missing about the time when it began$/,
  },
  {
    title: 'takes none of two values of one time',
    reading: measured(0.38, [
      ...past(180, step(24)),
      { at: ago(24), value: 0.004 },
      { at: ago(25), value: 0.4 },
      { at: ago(25), value: 0.4 },
    ]),
    live: liveAgo(24.5),
    state: 'unknown',
    says: /values are missing about the time when it began$/,
  },
  {
    title: 'is taken at its word where the source does not count events',
    reading: measured({ value: 0.004 }, past(180, flat(0.004))),
    live,
    state: 'normal',
    says: 'failed plans unchanged (0.4 %)',
  },
  {
    title: 'is not known where the last value is old',
    reading: measured({ value: 0.38, at: ago(7) }, past(180, step(19))),
    live,
    state: 'unknown',
    says: 'failed plans not known: its last value is from 02:53 UTC',
  },
  {
    title: 'is not known where the clock of the source is far ahead',
    reading: measured({ value: 0.38, at: ago(-90) }, past(180, step(19))),
    live,
    state: 'unknown',
    says: 'failed plans not known: its clock is ahead: it says 04:30 UTC',
  },
  {
    title: 'is not normal for one good sample',
    reading: bad(step(19), 0.004),
    live,
    state: 'unknown',
    says: 'failed plans 0.4 %, not known whether it is well: it was bad less than a window ago',
  },
  {
    title: 'is normal when it was good for a window',
    reading: bad(during(step(19), 4, 1, 0.004), 0.004),
    live,
    state: 'normal',
    says: 'failed plans unchanged (0.4 %)',
  },
  {
    title: 'is not normal where the window is of the time before the release, and hides a bad version',
    reading: bad(flat(0.004), 0.01),
    live: liveAgo(1),
    state: 'unknown',
    says: 'failed plans 1 %, not known whether it is well: the current version is too new for its window',
  },
  {
    title: 'is normal in the first window where even its own part of the value is',
    reading: bad(flat(0.004), 0.004),
    live: liveAgo(1),
    state: 'normal',
    says: 'failed plans unchanged (0.4 %)',
  },
  {
    title: 'is bad in the first window where it is bad in spite of what is of the time before',
    reading: bad(flat(0.004), 0.1),
    live: liveAgo(1),
    state: 'worse-since',
    says: /since 03:00 UTC, 60 seconds after 0\.2\.0 became live$/,
  },
];

const COMPARED: readonly Row[] = [
  {
    title: 'is normal where it has grown by less than noise',
    reading: bad(flat(0.001), 0.009),
    live,
    definition: BY_GROWTH,
    state: 'normal',
    says: 'failed plans unchanged (0.9 %)',
  },
  {
    title: 'is bad where it has grown from nothing by more than noise',
    reading: bad(step(19, 0.02, 0), 0.02),
    live,
    state: 'worse-since',
    says: /^failed plans 0 % -> 2 % since 02:41 UTC/,
    definition: BY_GROWTH,
  },
  {
    title: 'is bad where what should be high has fallen',
    reading: measured(0.4, past(180, step(19, 0.4, 1))),
    live,
    definition: { ...BY_LIMIT, title: 'healthy agents', worse: 'lower', limit: 0.8 },
    state: 'worse-since',
    says: 'healthy agents 100 % -> 40 % since 02:41 UTC, six minutes after 0.2.0 became live',
  },
  {
    title: 'is bad where what should be high has fallen to a part of it',
    reading: measured(3, past(180, step(19, 3, 12))),
    live,
    definition: ANSWERS,
    state: 'worse-since',
    says: /^answers 12\/s -> 3\/s since/,
  },
  {
    title: 'is normal where what should be high is higher',
    reading: measured(30, past(180, flat(12))),
    live,
    definition: ANSWERS,
    state: 'normal',
    says: 'answers normal (30/s)',
  },
  {
    title: 'is compared with what was recorded where there are too few values before',
    reading: measured(0.38, past(27, step(19))),
    live: liveAgo(21),
    recorded: 0.004,
    definition: BY_GROWTH,
    state: 'worse-since',
    says: /^failed plans 38 % since 02:41 UTC/,
  },
  {
    title: 'is not known where there is nothing to compare it with',
    reading: measured(0.38, []),
    live,
    definition: BY_GROWTH,
    state: 'unknown',
    says: 'failed plans 38 %, not known whether it is well: there is nothing to compare it with',
  },
  {
    title: 'is not known where a scrape is bad: it has no past',
    reading: { ...measured(0.38, []), source: 'scrape' },
    live,
    state: 'unknown',
    says: 'failed plans 38 %, since when is not known: a scrape has no past',
  },
  {
    title: 'is not known where a scrape is bad, and was recorded good: a dependency may have broken since',
    reading: { ...measured(0.38, []), source: 'scrape' },
    live,
    recorded: 0.004,
    state: 'unknown',
    says: /a scrape has no past$/,
  },
  {
    title: 'was bad before where a scrape is as bad as the known-good version was recorded',
    reading: { ...measured(0.38, []), source: 'scrape' },
    live,
    recorded: 0.38,
    state: 'worse-before',
    says: 'failed plans 38 %, as was recorded of the known-good version',
  },
  {
    title: 'is normal in a scrape of a version that is new: its counters began with it',
    reading: { ...measured(0.004, []), source: 'scrape' },
    live: liveAgo(1),
    state: 'normal',
    says: 'failed plans normal (0.4 %)',
  },
  {
    title: 'is not known in the first window of a version of which nothing is known before',
    reading: measured(0.004, []),
    live: liveAgo(1),
    state: 'unknown',
    says: /too new for its window$/,
  },
];

const TABLES = { DATED, DOUBTED, WEIGHED, CHANCE, COARSE, LIVE, VALUES, COMPARED };

describe.each(Object.entries(TABLES))('a signal: %s', (_, rows) => {
  it.each(rows)('$title', ({ state, says, ...given }) => {
    const signal = judged(given);
    expect([signal.state, signal.says]).toEqual([
      state,
      says instanceof RegExp ? expect.stringMatching(says) : says,
    ]);
  });
});

describe('what is kept of a signal', () => {
  it('is numbers and words, and no series', () => {
    expect(judged({ reading: bad(step(19)), live, recorded: 0.003 })).toEqual({
      id: 'plan-failure-ratio',
      title: 'failed plans',
      unit: 'ratio',
      source: 'prometheus',
      windowMs: 5 * MINUTE,
      state: 'worse-since',
      decides: true,
      now: 0.38,
      before: 0.004,
      recorded: 0.003,
      onsetAt: '2026-11-23T02:41:00.000Z',
      says: 'failed plans 0.4 % -> 38 % since 02:41 UTC, six minutes after 0.2.0 became live',
    });
  });

  it('is no value where too few events stand behind it, but how many', () => {
    const signal = judged({ reading: measured({ value: 1, samples: 3 }, []), live });
    expect(signal).not.toHaveProperty('now');
    expect(signal.samples).toBe(3);
  });

  it('is what the source has said beside it, a few notes of one line', () => {
    const notes = ['a\nwarning', 'b'.repeat(5000), 'c', 'd'];
    const signal = judged({ reading: { ...bad(step(19)), notes }, live });
    expect(signal.notes).toEqual(['a warning', `${'b'.repeat(159)}…`, 'c']);
  });

  it('has the names of others as one line on which all is seen, and not endless', () => {
    const signal = judged({
      definition: { ...FAILED_PLANS, title: `plans\n\u202e${'x'.repeat(5000)}` },
      reading: { kind: 'no-data', source: 'http', why: `no\u001b[2Janswer ${'y'.repeat(5000)}` },
    });
    expect(signal.says).toMatch(/^plans \\u\{202e\}x+… not known: no\\e\[2Janswer y+…$/);
    expect(signal.says.length).toBeLessThanOrEqual(300);
  });
});
