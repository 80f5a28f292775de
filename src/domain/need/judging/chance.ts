import type { SignalDefinition } from '../signals.ts';
import type { Baseline } from './baseline.ts';
import { median, type Series } from './series.ts';

/** So many standard deviations from what was normal are hardly chance. */
const SIGMAS = 3;

/**
 * By how much a value differs from what was normal by chance alone (its standard deviation): as it did in the past, and for a share not less
 * than its number of events allows: 2 of 30 failed is no 7 %.
 */
export function deviationOf(
  { unit }: SignalDefinition,
  { points }: Series,
  baseline: Baseline | undefined,
): number {
  const events = median(points.flatMap(({ samples }) => samples ?? []));
  if (baseline === undefined) return 0;
  if (unit !== 'ratio' || events === undefined || events < 1) return baseline.spread;
  const rarest = Math.min(1 / events, 0.5);
  const share = Math.min(Math.max(Math.abs(baseline.value), rarest), 1 - rarest);
  return Math.max(baseline.spread, Math.sqrt((share * (1 - share)) / events));
}

/** What chance makes of what was normal, at most; without a baseline nothing is known of that. */
export function chanceReaches(baseline: Baseline | undefined, deviation: number): number {
  return baseline === undefined ? Number.NEGATIVE_INFINITY : baseline.value + SIGMAS * deviation;
}

/**
 * Whether the points from one on may be bad by chance: neither the last of them, nor any number of the last ones on average, is farther
 * from what was normal than chance reaches; and it reaches less far, the more windows they are of. What is normal beyond the threshold is bad, and not by chance.
 */
export function mayBeChance(
  { series, baseline, deviation, definition }: ChanceEvidence,
  from: number,
  threshold: number,
): boolean {
  if (baseline === undefined || baseline.value > threshold) return false;
  const { points, now } = series;
  const { windowMs } = definition;
  let sum = 0;
  for (let index = points.length - 1; index >= from; index -= 1) {
    const { at, value } = points[index]!;
    sum += value - baseline.value;
    const windows = windowMs > 0 ? (now.at - at) / windowMs + 1 : points.length - index;
    if (sum / (points.length - index) > (SIGMAS * deviation) / Math.sqrt(windows)) return false;
  }
  return true;
}

/** What the question of chance is answered by. */
interface ChanceEvidence {
  readonly series: Series;
  readonly baseline: Baseline | undefined;
  readonly deviation: number;
  readonly definition: SignalDefinition;
}
