import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { openSandbox, type Sandbox, type SandboxPrometheus } from '../../../sandbox/index.ts';
import { type PastSeries, prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import type { PrometheusQueries } from '../../../src/signals/prometheus/index.ts';
import { measured, past, readOne, settingsOf, whyOf } from './surroundings.ts';

const problem = await prometheusProblem();

/** A counter of one event a second. */
const perSecond = (minutesAgo: number) => (100 - minutesAgo) * 60;
const BUCKETS = { '0.1': 0.5, '1': 0.9, '5': 0.99, '+Inf': 1 };

const PAST: readonly PastSeries[] = [
  past('started_total', perSecond),
  // It began anew twice, the second time three minutes ago, and counts on.
  past('restarted_total', (ago) => perSecond(ago) - (ago < 3 ? perSecond(3) : ago < 30 ? perSecond(30) : 0)),
  past('failed_total', (ago) => (100 - ago) * 3),
  past('idle_total', () => 7),
  past('young_total', perSecond, { minutes: 20 }),
  past('load', (ago) => (ago > 20 && ago < 25 ? Number.NaN : ago > 40 && ago < 45 ? undefined : 2)),
  past('gone', () => 3, { until: 4 }),
  past('limitless', () => Number.POSITIVE_INFINITY),
  ...['a', 'b'].flatMap((instance) => [
    past('task_seconds', () => (instance === 'a' ? 2 : 4), { labels: { quantile: '0.95', instance } }),
    past('task_seconds_sum', (ago) => perSecond(ago) * 1.5, { labels: { instance } }),
    past('task_seconds_count', perSecond, { labels: { instance } }),
    ...Object.entries(BUCKETS).map(([le, share]) =>
      past('call_seconds_bucket', (ago) => perSecond(ago) * share, { labels: { le, instance } }),
    ),
  ]),
  ...Array.from({ length: 1001 }, (_, index) =>
    past('wide', () => index, { minutes: 1, labels: { index: String(index) } }),
  ),
  past('twins', () => 1, { labels: { instance: 'a' }, until: 40 }),
  past('twins', () => 1, { labels: { instance: 'b' } }),
  // The pod of before, and the one of now.
  past('pods', () => 1, { labels: { pod: 'old' }, until: 30 }),
  past('pods', () => 1, { labels: { pod: 'new' }, minutes: 20 }),
];

let sandbox: Sandbox;
let prometheus: SandboxPrometheus;
beforeAll(async () => {
  if (problem) return;
  const opened = await openSandbox({ prometheus: { past: PAST } });
  sandbox = opened;
  prometheus = opened.prometheus;
});
afterAll(() => sandbox?.close());

const read = (queries: PrometheusQueries, more = {}) =>
  readOne({ settings: settingsOf({ addresses: [prometheus.url] }), queries, ...more });

describe.skipIf(problem)(`signals from Prometheus${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test('a value is of now, with the events behind it, and has a past that ends before now', async () => {
    const before = Date.now();
    const reading = measured(
      await read({
        value: 'sum(rate(failed_total[5m])) / sum(rate(started_total[5m]))',
        samples: 'sum(increase(started_total[5m]))',
      }),
    );
    expect(reading.notes).toBeUndefined();
    expect(reading.now.value).toBeCloseTo(0.05);
    expect(reading.now.samples).toBeGreaterThanOrEqual(280);
    expect(reading.now.at).toBeGreaterThanOrEqual(before - 1);
    expect(reading.now.at).toBeLessThanOrEqual(Date.now() + 1);
    expect(reading.past.length).toBeGreaterThanOrEqual(90);
    expect(reading.past.length).toBeLessThanOrEqual(120);
    for (const point of reading.past) {
      expect(point.value).toBeCloseTo(0.05);
      expect(point.samples).toBeGreaterThan(200);
    }
    const times = reading.past.map(({ at }) => at);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThan(reading.now.at);
    expect(times[0]).toBeGreaterThanOrEqual(before - 61 * 60_000);
  });

  test('a counter that began anew is no fall', async () => {
    const reading = measured(await read({ value: 'sum(increase(restarted_total[5m]))' }));
    for (const { value } of [reading.now, ...reading.past]) {
      expect(value).toBeGreaterThan(280);
      expect(value).toBeLessThan(320);
    }
  });

  test('NaN and what was not scraped are gaps in the past, not zeros', async () => {
    const { past: points, now } = measured(await read({ value: 'load' }, { definition: { windowMs: 1000 } }));
    expect(new Set(points.map(({ value }) => value))).toEqual(new Set([2]));
    const agoOf = (at: number) => (now.at - at) / 60_000;
    // Where it was NaN there is nothing; where it was not scraped the last value is kept for five minutes.
    expect(points.filter(({ at }) => agoOf(at) > 20.5 && agoOf(at) < 24.5)).toEqual([]);
    expect(points.filter(({ at }) => agoOf(at) > 30 && agoOf(at) < 35)).not.toEqual([]);
  });

  test.each([
    ['nothing happened', 'sum(rate(idle_total[5m])) / sum(rate(idle_total[5m]))', /^not a number \(NaN\)/],
    ['a division by zero', 'sum(rate(started_total[5m])) / sum(rate(idle_total[5m]))', /^infinite/],
    ['an infinite gauge', 'limitless', /^infinite/],
    ['an empty vector', 'sum(rate(never_heard_of_total[5m]))', /^no series: is the job scraped/],
    ['several series', 'task_seconds_count', /^2 series for one signal: the query has to aggregate/],
    ['one quantile of each instance', 'task_seconds{quantile="0.95"}', /^2 series .* \(sum, max, avg\)/],
    ['more series than anybody reads', 'wide', /^Prometheus: .*1001 series, more than 1000: aggregate them/],
    ['a text', '"hello"', /gives a text, not a number/],
    ['a query that is none', 'sum(rate(', /^Prometheus: refuses the query \(bad_data: .*parse error/],
    [
      'series that cannot be matched',
      'task_seconds_sum / on(job) task_seconds_count',
      /refuses the query \(execution: /,
    ],
    ['one series now, and another before', 'pods', /^2 series for one signal in the time before/],
  ])('%s is no data', async (_, value, why) => {
    expect(whyOf(await read({ value }))).toMatch(why);
  });

  test.each([
    ['the mean of a summary', 'sum(rate(task_seconds_sum[5m])) / sum(rate(task_seconds_count[5m]))', 1.5],
    ['a quantile of a summary, of the worst instance', 'max(task_seconds{quantile="0.95"})', 4],
    [
      'a quantile of a classic histogram',
      'histogram_quantile(0.5, sum by (le) (rate(call_seconds_bucket[5m])))',
      0.1,
    ],
    [
      'one beyond its last bound',
      'histogram_quantile(0.999, sum by (le) (rate(call_seconds_bucket[5m])))',
      5,
    ],
    ['a scalar', 'scalar(max(task_seconds))', 4],
  ])('%s is a value', async (_, value, expected) => {
    const reading = measured(await read({ value }));
    expect(reading.now.value).toBeCloseTo(expected);
    expect(reading.past.length).toBeGreaterThan(60);
  });

  test('what is not scraped any more has a value for a while, and is no data where it is told when it was seen', async () => {
    const short = { definition: { windowMs: 2 * 60_000 } };
    expect(measured(await read({ value: 'gone' }, short)).now.value).toBe(3);
    const seen = 'max(timestamp(gone))';
    expect(whyOf(await read({ value: 'gone', seen }, short))).toMatch(
      /^it is not scraped any more: the last sample is of \d{3} s ago, longer than its window/,
    );
    expect(measured(await read({ value: 'gone', seen })).now.value).toBe(3);
    expect(whyOf(await read({ value: 'load', seen: 'max(timestamp(never_heard_of))' }))).toMatch(
      /^it is not scraped any more: no series/,
    );
    expect(measured(await read({ value: 'load', seen: 'timestamp(task_seconds_sum)' })).now.value).toBe(2);
  });

  test.each([
    ['none is there', 'sum(increase(never_heard_of_total[5m]))', /^the events behind it: no series/],
    ['there are several', 'increase(task_seconds_count[5m])', /^the events behind it: 2 series/],
    ['now is none', 'sum(rate(idle_total[5m])) / sum(rate(idle_total[5m]))', /cannot be told/],
    ['the query is none', 'sum(', /^the events behind it: Prometheus/],
  ])('a value without the events behind it is no data: %s', async (_, samples, why) => {
    expect(whyOf(await read({ value: 'load', samples }))).toMatch(why);
  });

  test('a value of the past without the events behind it is a gap', async () => {
    const { past: points, now } = measured(
      await read({ value: 'vector(0)', samples: 'sum(increase(young_total[5m]))' }),
    );
    expect(now).toMatchObject({ value: 0, samples: 300 });
    expect(points.length).toBeGreaterThan(20);
    expect(points.every(({ at, samples = 0 }) => samples > 0 && now.at - at < 21 * 60_000)).toBe(true);
  });

  test('a past that cannot be had leaves what is known of now, and says so', async () => {
    const value = 'task_seconds{instance="b"} * on(job) twins';
    const reading = measured(await read({ value }));
    expect(reading.now.value).toBe(4);
    expect(reading.past).toEqual([]);
    expect(reading.notes?.[0]).toMatch(/^no past: refuses the query \(execution/);
  });

  test('a clock that differs is told, and the times are those of Prometheus', async () => {
    const real = Date.now;
    for (const [ms, words] of [
      [90_000, '90 s behind'],
      [-90_000, '90 s ahead of'],
    ] as const) {
      vi.spyOn(Date, 'now').mockImplementation(() => real() + ms);
      const reading = measured(await read({ value: 'sum(increase(started_total[5m]))' }));
      vi.restoreAllMocks();
      expect(reading.notes).toEqual([
        `the clock of Prometheus is ${words} the worker's: times of its values are by its clock`,
      ]);
      expect(Math.abs(reading.now.at - real())).toBeLessThan(30_000);
      expect(reading.past.length).toBeGreaterThanOrEqual(90);
    }
    vi.spyOn(Date, 'now').mockImplementation(() => real() + 2000);
    expect(measured(await read({ value: 'max(load)' })).notes).toBeUndefined();
  });

  test('without a past that is asked for there is a value all the same', async () => {
    const reading = measured(
      await read({ value: 'max(load)', samples: 'sum(increase(started_total[5m]))' }, { spanMs: 0 }),
    );
    expect(reading.past).toEqual([]);
    expect(reading.now.samples).toBeGreaterThan(280);
  });

  test('Prometheus that is gone is no data, and what it knew is there when it is back', async () => {
    await prometheus.process.kill();
    expect(whyOf(await read({ value: 'max(load)' }))).toBe('Prometheus: connection refused');
    await prometheus.process.start();
    expect(measured(await read({ value: 'max(load)' })).past.length).toBeGreaterThan(60);
  });
});
