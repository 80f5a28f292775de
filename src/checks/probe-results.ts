import type { ProbeResult } from './check.ts';

type Values = NonNullable<ProbeResult['values']>;

/** The probe found the service well. */
export function good(observed: string, values: Values): ProbeResult {
  return { verdict: 'passed', observed, values };
}

/** The probe proved the service wrong. */
export function bad(observed: string, values?: Values): ProbeResult {
  return { verdict: 'failed', observed, ...(values ? { values } : {}) };
}

/** There is nothing to look at, and nothing was expected. */
export function idle(observed: string): ProbeResult {
  return { verdict: 'not-applicable', observed };
}

/** The probe could prove nothing: an error of the measurement is not a failure of the service. */
export function unclear(
  observed: string,
  more: Pick<ProbeResult, 'final' | 'onlyOurs' | 'retryAfterMs' | 'values' | 'unreached'> = {},
): ProbeResult {
  return { verdict: 'inconclusive', observed, ...more };
}
