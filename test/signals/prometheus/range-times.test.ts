import { expect, test } from 'vitest';
import { rangeTimes } from '../../../src/signals/prometheus/range-times.ts';

const [SECOND, MINUTE, HOUR] = [1000, 60_000, 3_600_000];
const NOW = 1_800_000_000_123;

test.each([
  ['six hours, five minutes', 6 * HOUR, 5 * MINUTE, 180 * SECOND, 120],
  ['an hour, five minutes', HOUR, 5 * MINUTE, 37.5 * SECOND, 96],
  ['a week, an hour: no farther apart than a window', 168 * HOUR, HOUR, HOUR, 168],
  ['a week, five minutes', 168 * HOUR, 5 * MINUTE, 302.4 * SECOND, 2000],
  ['as long as the window', 5 * MINUTE, 5 * MINUTE, 37.5 * SECOND, 8],
  ['shorter than a step', SECOND, HOUR, 450 * SECOND, 0],
  ['no time', 0, MINUTE, 7500, 0],
  ['seconds, of a demo', 30 * SECOND, 2 * SECOND, 250, 120],
  ['a moment', SECOND, 10, 100, 10],
])('%s: the step, and how many points before now', (_, span, window, step, points) => {
  const times = rangeTimes(NOW, span, window);
  expect(times.stepMs).toBe(step);
  // Counted back from now: the last point is now, the first one not before what was asked for.
  expect(times.to).toBe(NOW);
  expect((NOW - times.from) / times.stepMs).toBe(points);
  expect(NOW - times.from).toBeLessThanOrEqual(span);
});
