import { median, type Series } from './series.ts';

/** With fewer points before it nothing is said about what was normal. */
const FEWEST_POINTS = 3;
/** The median absolute deviation of a normal distribution times this is its standard deviation. */
const MAD_TO_SIGMA = 1.4826;

/** What was normal; higher is worse. */
export interface Baseline {
  readonly value: number;
  /** Its standard deviation, robust; 0 where it is not known. */
  readonly spread: number;
  readonly from: 'past' | 'recorded';
}

/**
 * What was normal before the current version was live: the median of the points before it, but for those so close to it that clocks
 * which differ, or the deploy itself, may have touched them. Where there are too few, what was recorded with the known-good evidence.
 */
export function baselineOf(
  { points }: Series,
  {
    liveAt,
    marginMs,
    recorded,
  }: { liveAt: number | undefined; marginMs: number; recorded: number | undefined },
): Baseline | undefined {
  const before = liveAt === undefined ? [] : points.filter(({ at }) => at <= liveAt - marginMs);
  const values = before.map(({ value }) => value);
  const middle = median(values);
  if (middle !== undefined && values.length >= FEWEST_POINTS) {
    const deviation = median(values.map((value) => Math.abs(value - middle))) ?? 0;
    return { value: middle, spread: MAD_TO_SIGMA * deviation, from: 'past' };
  }
  return recorded === undefined ? undefined : { value: recorded, spread: 0, from: 'recorded' };
}
