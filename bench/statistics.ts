/** Median and 99th percentile of a series, in the unit of its values. */
export interface Figures {
  readonly median: number;
  readonly p99: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
}

export function figures(values: readonly number[]): Figures {
  const sorted = [...values].sort((a, b) => a - b);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
  const middle = sorted.length / 2;
  const median = sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? 0) + (sorted[middle] ?? 0)) / 2 : at(0.5);
  return {
    median,
    p99: at(0.99),
    minimum: sorted[0] ?? Number.NaN,
    maximum: sorted.at(-1) ?? Number.NaN,
    count: sorted.length,
  };
}
