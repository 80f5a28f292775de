const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** A duration in runbook.yaml: one or more numbers with a unit, for example `500ms`, `10s`, `1m30s`. */
export const DURATION = /^(\d+(ms|s|m|h))+$/;

/** Milliseconds of a text of the form {@link DURATION}. */
export function durationMs(text: string): number {
  return [...text.matchAll(/(\d+)(ms|s|m|h)/g)].reduce(
    (sum, [, number, unit]) => sum + Number(number) * (UNITS[unit ?? ''] ?? 0),
    0,
  );
}
