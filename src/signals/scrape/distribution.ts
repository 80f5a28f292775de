import { type Exposition, totalOf } from './exposition.ts';

/** Durations as an instance has counted them, of whichever kind (service contract, 6.3). */
export interface Distribution {
  readonly sum: number;
  readonly count: number;
  /** A summary's quantiles, by quantile. */
  readonly quantiles: ReadonlyMap<number, number>;
  /** A histogram's cumulative counts, by upper bound. */
  readonly buckets: ReadonlyMap<number, number>;
}

/** A family of an exposition; nothing where nothing of it has been counted yet. */
export function distributionOf(exposition: Exposition, family: string): Distribution | undefined {
  const [sum, count] = [totalOf(exposition, `${family}_sum`), totalOf(exposition, `${family}_count`)];
  if (sum === undefined || count === undefined || !Number.isFinite(sum) || !Number.isFinite(count))
    return undefined;
  return {
    sum,
    count,
    quantiles: byLabel(exposition, family, 'quantile', Math.max),
    buckets: byLabel(exposition, `${family}_bucket`, 'le', (a, b) => a + b),
  };
}

function byLabel(
  { samples }: Exposition,
  name: string,
  label: string,
  together: (a: number, b: number) => number,
): ReadonlyMap<number, number> {
  const found = new Map<number, number>();
  for (const { name: own, labels, value } of samples) {
    const text = labels[label];
    if (own !== name || text === undefined || Number.isNaN(value)) continue;
    const key = /^\+?inf$/i.test(text) ? Infinity : Number(text);
    if (Number.isNaN(key)) continue;
    const before = found.get(key);
    found.set(key, before === undefined ? value : together(before, value));
  }
  return found;
}

/** What is told of a quantile, and of how many events where that is known. */
export type QuantileFound =
  | { readonly value: number; readonly samples?: number; readonly isRecent?: true }
  | { readonly why: string };

/**
 * A quantile over several instances. Of histograms as `histogram_quantile` has it: over the sum of their buckets, linear
 * in the one that it falls into. Of summaries the highest one, because quantiles cannot be averaged; one that is 0 says that
 * nothing was counted in the last minute, not that it took no time (service contract, 6.3).
 */
export function quantileOf(all: readonly Distribution[], q: number): QuantileFound {
  const histograms = all.filter(({ buckets }) => buckets.size > 0);
  if (histograms.length > 0) return ofBuckets(added(histograms.map(({ buckets }) => buckets)), q);
  const recent = all.flatMap(({ quantiles }) => {
    const value = quantiles.get(q);
    return value !== undefined && Number.isFinite(value) && value > 0 ? [value] : [];
  });
  if (recent.length > 0) return { value: Math.max(...recent), isRecent: true };
  return {
    why: all.length === 0 ? 'nothing has been counted yet' : 'nothing was counted in the last minute',
  };
}

function added(all: readonly ReadonlyMap<number, number>[]): ReadonlyMap<number, number> {
  const bounds = new Set(all.flatMap((buckets) => [...buckets.keys()]));
  return new Map(
    [...bounds].map((le) => [le, all.reduce((sum, buckets) => sum + (buckets.get(le) ?? 0), 0)]),
  );
}

function ofBuckets(buckets: ReadonlyMap<number, number>, q: number): QuantileFound {
  const sorted = [...buckets].sort(([a], [b]) => a - b);
  const total = buckets.get(Infinity) ?? 0;
  if (total <= 0) return { why: 'nothing has been counted yet' };
  const rank = q * total;
  const index = sorted.findIndex(([, count]) => count >= rank);
  const [upper, count] = sorted[index] ?? [Infinity, total];
  const [lower, below] = sorted[index - 1] ?? [0, 0];
  if (upper === Infinity) {
    // Beyond the last bound nothing is known but that it is beyond.
    return index === 0 ? { why: 'its histogram has no bounds' } : { value: lower, samples: total };
  }
  const part = count === below ? 0 : (rank - below) / (count - below);
  return { value: lower + (upper - lower) * part, samples: total };
}
