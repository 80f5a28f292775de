/**
 * What a measurement says. `inconclusive` means that nothing could be proved: an error of the measurement is
 * not a failure of the service, and no data is never a pass. `not-applicable` means that there is nothing to look at, and
 * nothing was expected (docs/architecture.md, Words).
 */
export const VERDICTS = ['passed', 'failed', 'inconclusive', 'not-applicable'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** The verdict over several checks: that there was nothing to look at at all proves nothing. */
export type WholeVerdict = Exclude<Verdict, 'not-applicable'>;

/**
 * The verdict of several together: one failure fails all, one open question leaves all open. What does not apply does not
 * count; none that counts is open too.
 */
export function worstVerdict(verdicts: readonly Verdict[]): WholeVerdict {
  if (verdicts.includes('failed')) return 'failed';
  return verdicts.includes('inconclusive') || !verdicts.includes('passed') ? 'inconclusive' : 'passed';
}
