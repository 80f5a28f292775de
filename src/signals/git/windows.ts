import type { SignalPoint } from '../../domain/need/signals.ts';

/** Something that was changed, in milliseconds since the epoch, and how much of it. */
export interface Change {
  readonly at: number;
  readonly count: number;
}

/** What is counted, and over which time. Milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
  readonly windowMs: number;
  /** From here on everything is known; what is before may be missing (a shallow clone). */
  readonly knownFrom: number;
}

/** So many values of one window, and no more values than this in all: what a judge needs to date an onset. */
const PER_WINDOW = 4;
const MOST_POINTS = 1000;
const LEAST_STEP_MS = 60_000;

/**
 * The number of changes in each window that ends at a point, the newest first point last. A window that reaches into a time that
 * is not known is no point. Times of git are whole seconds. Pure.
 */
export function countsOf(
  changes: readonly Change[],
  { from, to, windowMs, knownFrom }: Span,
): readonly SignalPoint[] {
  const spanMs = Math.max(0, to - from);
  const step = Math.max(LEAST_STEP_MS, Math.floor(windowMs / PER_WINDOW), Math.ceil(spanMs / MOST_POINTS));
  const sorted = changes.toSorted((a, b) => a.at - b.at);
  // Sums of all before, so that a window is a difference.
  const sums = [0];
  for (const { count } of sorted) sums.push((sums.at(-1) ?? 0) + count);
  const until = (at: number) => sums[sorted.findLastIndex((change) => change.at <= at) + 1] ?? 0;
  const points: SignalPoint[] = [];
  for (let at = to; at >= from && at - windowMs >= knownFrom; at -= step) {
    points.push({ at, value: until(at) - until(at - windowMs) });
  }
  return points.reverse();
}
