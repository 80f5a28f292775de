import type { SignalDefinition, SignalPoint } from '../signals.ts';

/** What is known of a signal, in order. The sign is turned where lower is worse, so that for all that reads it higher is worse. */
export interface Series {
  /** Oldest first, each later than the one before; `now` is the last. */
  readonly points: readonly SignalPoint[];
  readonly now: SignalPoint;
  /** Points with too few events to say that it is bad, or was not; that a time is not without any values they do say. */
  readonly weak: readonly SignalPoint[];
  /** Usual time between two points, in ms; 0 where there is but one. */
  readonly stepMs: number;
}

/** Whether a point is one: all of it numbers. */
export function isPoint({ at, value, samples = 0 }: SignalPoint): boolean {
  return [at, value, samples].every(Number.isFinite);
}

/** Whether enough has happened for the value to say something; a source that does not know is taken at its word. */
export function hasSamples({ samples }: SignalPoint, { minSamples }: SignalDefinition): boolean {
  return samples === undefined || samples >= minSamples;
}

/**
 * The points that say something, whatever their order was: garbage, and what is later than `now` by the same clock, are left out, and so
 * is a time for which there are two values.
 */
export function seriesOf(
  definition: SignalDefinition,
  now: SignalPoint,
  past: readonly SignalPoint[],
): Series {
  const sign = signOf(definition);
  const known = past.filter((point) => isPoint(point) && point.at < now.at);
  const pointsOf = (some: readonly SignalPoint[]) =>
    undisputed(some)
      .map((point) => ({ ...point, value: sign * point.value }))
      .toSorted((a, b) => a.at - b.at);
  const points = pointsOf([...known.filter((point) => hasSamples(point, definition)), now]);
  const weak = pointsOf(known.filter((point) => !hasSamples(point, definition)));
  const steps = points.slice(1).map((point, index) => point.at - points[index]!.at);
  return { points, weak, now: points.at(-1)!, stepMs: median(steps) ?? 0 };
}

/** One point of each time for which all say the same. */
function undisputed(points: readonly SignalPoint[]): readonly SignalPoint[] {
  const byTime = new Map<number, SignalPoint | undefined>();
  for (const point of points) {
    const isAgreed = !byTime.has(point.at) || byTime.get(point.at)?.value === point.value;
    byTime.set(point.at, isAgreed ? point : undefined);
  }
  return [...byTime.values()].filter((point) => point !== undefined);
}

/** What a value is multiplied by, so that higher is worse. */
export function signOf({ worse }: SignalDefinition): 1 | -1 {
  return worse === 'lower' ? -1 : 1;
}

/** The robust middle: half of the values may be anything. */
export function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const [low, high] = [sorted[(sorted.length - 1) >> 1], sorted[middle]];
  return low === undefined || high === undefined ? undefined : low + (high - low) / 2;
}
