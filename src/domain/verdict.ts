/**
 * What a measurement says. `inconclusive` means that nothing could be proved: an error of the measurement is
 * not a failure of the service, and no data is never a pass (docs/architecture.md, Words).
 */
export const VERDICTS = ['passed', 'failed', 'inconclusive'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The verdict of several together: one failure fails all, one open question leaves all open. None is open too. */
export function worstVerdict(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('failed')) return 'failed';
  if (verdicts.length === 0 || verdicts.includes('inconclusive')) return 'inconclusive';
  return 'passed';
}
