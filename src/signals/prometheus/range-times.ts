import type { RangeTimes } from './client.ts';

/** Points that a span is asked for: enough to see since when, few enough to cost nothing. */
const POINTS = 120;
/** And at most, where a span is long: what is a window apart has to stay so, or the time before has no values. Prometheus' own limit is 11,000. */
const MOST_POINTS = 2000;
/** Two values that share more than this part of their window are of almost the same events: the second tells nothing new. */
const SHARED = 7 / 8;
const LEAST_STEP_MS = 100;

/**
 * Which times of the past are asked for: one hundred and twenty, fewer where they would be nearer to each other than an
 * eighth of the window, and more where they would be farther from each other than a window. They are counted back from now, so that the last one is now itself.
 */
export function rangeTimes(now: number, spanMs: number, windowMs: number): RangeTimes {
  const wanted = Math.min(spanMs / POINTS, windowMs);
  const stepMs = Math.ceil(Math.max(wanted, spanMs / MOST_POINTS, windowMs * (1 - SHARED), LEAST_STEP_MS));
  const steps = Math.max(0, Math.floor(spanMs / stepMs));
  return { from: now - steps * stepMs, to: now, stepMs };
}
