import type { SignalDefinition, SignalPoint } from '../signals.ts';

/** What is known of a signal, in order. The sign is turned where lower is worse, so that for all that reads it higher is worse. */
export interface Series {
  /** Oldest first, each later than the one before; `now` is the last. */
  readonly points: readonly SignalPoint[];
  readonly now: SignalPoint;
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
 * The points that say something, whatever their order was: garbage, what has too few events, and what is later than `now` by the same
 * clock are left out, and so is a time for which there are two values.
 */
export function seriesOf(
  definition: SignalDefinition,
  now: SignalPoint,
  past: readonly SignalPoint[],
): Series {
  const sign = signOf(definition);
  const usable = past
    .filter((point) => isPoint(point) && point.at < now.at && hasSamples(point, definition))
    .toSorted((a, b) => a.at - b.at || a.value - b.value);
  const agreed = usable.filter((point, index) => {
    const [before, after] = [usable[index - 1], usable[index + 1]];
    const isContradicted = [before, after].some(
      (other) => other?.at === point.at && other.value !== point.value,
    );
    return !isContradicted && before?.at !== point.at;
  });
  const points = [...agreed, now].map((point) => ({ ...point, value: sign * point.value }));
  const steps = points.slice(1).map((point, index) => point.at - points[index]!.at);
  return { points, now: points.at(-1)!, stepMs: median(steps) ?? 0 };
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
