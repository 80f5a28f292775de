import type { CheckId, CheckResult } from './checks.ts';
import type { CheckEvidence } from './known-good.ts';
import { type Verdict, type WholeVerdict, worstVerdict } from './verdict.ts';

/** Why a check proves nothing that our own messages alone have moved. */
export const ONLY_OURS = 'not proved: nothing but our own failed messages has moved it';

/** What all checks together prove. */
export interface Proof {
  readonly verdict: WholeVerdict;
  /** One sentence for people. */
  readonly summary: string;
  /** Required checks that stand in the way of a pass. */
  readonly open: readonly CheckId[];
  /** Checks that do not count because they rest on messages whose failure does not count either. */
  readonly resting: readonly CheckId[];
}

/**
 * Marks a failure that the target version's own evidence shows too: it is no proof against the rollback
 * (service contract, 4.7).
 */
export function comparedWithBaseline(result: CheckResult, baseline: CheckEvidence | undefined): CheckResult {
  const failedBefore = result.verdict === 'failed' && baseline?.verdict === 'failed';
  return failedBefore ? { ...result, failedBefore } : result;
}

/**
 * The verdict over the required checks. A check that failed on the known-good version too does not count, nor
 * does one whose failure was accepted; a required check that never ran leaves the question open. Where nothing but our own
 * failed messages has moved what a check looks at, it counts as they do: not at all where their failure is excused.
 *
 * @param waived checks that a person has left out in the middle of the run: they do not count, whatever they found
 */
export function proofOf(
  results: readonly (Pick<CheckResult, 'check' | 'verdict' | 'failedBefore' | 'onlyOurs' | 'ownPlans'> &
    Partial<Pick<CheckResult, 'reachedNobody' | 'summary'>>)[],
  required: readonly CheckId[],
  accepted: readonly CheckId[] = [],
  waived: readonly CheckId[] = [],
): Proof {
  const isExcused = ({
    check,
    verdict,
    failedBefore,
  }: Pick<CheckResult, 'check' | 'verdict' | 'failedBefore'>) =>
    failedBefore || (verdict === 'failed' && accepted.includes(check));
  const isMessengerExcused = results.some(
    (result) =>
      result.ownPlans &&
      (isExcused(result) || waived.includes(result.check) || !required.includes(result.check)),
  );
  const resting = results
    .filter(({ verdict, onlyOurs }) => verdict === 'inconclusive' && onlyOurs && isMessengerExcused)
    .map(({ check }) => check)
    .filter((check) => required.includes(check) && !waived.includes(check));
  const waivedOf = required.filter((id) => waived.includes(id));
  const counted = required
    .filter((id) => !waived.includes(id))
    .map((id) => ({ id, result: results.find((result) => result.check === id) }))
    .filter(({ id, result }) => !(result && isExcused(result)) && !resting.includes(id));
  const exempt = required.filter((id) => !waived.includes(id) && !counted.some((one) => one.id === id));
  const how = (id: CheckId) =>
    resting.includes(id)
      ? `${id} ${ONLY_OURS}`
      : results.find(({ check }) => check === id)?.failedBefore
        ? `${id} failed as on the known-good version`
        : `${id} failed, which was accepted`;
  const verdicts = counted.map(({ result }) => result?.verdict ?? 'inconclusive');
  const verdict = worstVerdict(verdicts);
  const named = (wanted: Verdict) =>
    counted
      .filter((_, index) => verdicts[index] === wanted)
      .map(({ id }) => id)
      .join(', ');
  const idle = counted.filter((_, index) => verdicts[index] === 'not-applicable').map(({ id }) => id);
  const exemption = [
    ...exempt.map((id) => `; ${how(id)}`),
    ...idle.map((id) => `; ${id} not applicable`),
  ].join('');
  const note = waivedOf.length > 0 ? `${exemption}; ${waivedOf.join(', ')} left out by decision` : exemption;
  const isOpen = (found: Verdict | undefined) => found === 'failed' || found === 'inconclusive';
  const open = counted.filter((_, index) => isOpen(verdicts[index])).map(({ id }) => id);
  switch (verdict) {
    case 'passed':
      return { verdict, summary: `${named('passed')} passed${note}`, open, resting };
    case 'failed':
      return { verdict, summary: `${named('failed')} failed${note}`, open, resting };
    case 'inconclusive':
      return {
        verdict,
        open,
        resting,
        summary: open.length === 0 ? `no check proves anything${note}` : `${undecided(open, results)}${note}`,
      };
  }
}

/** A check that has reached nobody says where it knocked; what was not tried behind it is named as such. */
function undecided(
  open: readonly CheckId[],
  results: readonly {
    readonly check: CheckId;
    readonly reachedNobody?: boolean;
    readonly summary?: string;
  }[],
): string {
  const silent = results.find(({ check, reachedNobody }) => reachedNobody && open.includes(check));
  if (!silent) return `${open.join(', ')} could not be decided`;
  const others = open.filter((id) => id !== silent.check);
  const untried = others.filter((id) => !results.some(({ check }) => check === id));
  const tried = others.filter((id) => !untried.includes(id));
  return [
    `${silent.check} ${silent.summary}`,
    ...(untried.length > 0 ? [`not tried: ${untried.join(', ')}`] : []),
    ...(tried.length > 0 ? [`${tried.join(', ')} could not be decided`] : []),
  ].join('; ');
}
