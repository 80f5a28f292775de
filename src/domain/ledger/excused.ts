import type { CheckId } from '../proof/checks.ts';
import { ONLY_OURS } from '../proof/proof.ts';
import { checksOf, type RunReport } from './ledger.ts';

/** A required check that has not passed, in a run that ended well all the same. */
export interface ExcusedCheck {
  readonly check: CheckId;
  /** In words, behind the check's name: `failed as on the known-good version`. */
  readonly why: string;
}

/** Outcomes that mean that the service is well, by the checks that counted. */
const WELL: readonly RunReport['outcome'][] = ['rolled-back', 'already-there', 'known-good'];

/** What was excused, accepted or left out of the proof that a run ended with: it is not proved, and is said. Pure. */
export function excusedChecks(report: RunReport): readonly ExcusedCheck[] {
  const { request, outcome } = report;
  if (!request || !WELL.includes(outcome)) return [];
  const results = checksOf(report);
  return request.required.flatMap((check): ExcusedCheck[] => {
    const result = results.find((one) => one.check === check);
    if (result?.verdict === 'passed') return [];
    if (result?.verdict === 'not-applicable') return [{ check, why: 'was not applicable' }];
    if (result?.failedBefore) return [{ check, why: 'failed as on the known-good version' }];
    if (result?.verdict === 'inconclusive' && result.onlyOurs) return [{ check, why: ONLY_OURS }];
    const isAccepted = result?.verdict === 'failed' && request.accept.includes(check);
    return [{ check, why: isAccepted ? 'failed, which was accepted' : 'was left out by a decision' }];
  });
}

/** `chat failed as on the known-good version, agents was left out by a decision` */
export function excusedInWords(excused: readonly ExcusedCheck[]): string {
  return excused.map(({ check, why }) => `${check} ${why}`).join(', ');
}
