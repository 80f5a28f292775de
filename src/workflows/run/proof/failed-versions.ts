import type { KnownGoodEvidence } from '../../../activities/record-known-good.ts';
import type { ErrorType } from '../../../domain/errors.ts';
import type { ResolvedRun } from '../../../domain/request/request.ts';
import type { Run } from '../run.ts';
import {
  evidenceOfFailure,
  evidenceOfVersion,
  type RecordedVersion,
  type Subject,
  type Verification,
} from './verification.ts';

/** The steps whose failure says something of the version, and not of the way to it. */
const STARTING: readonly string[] = ['roll-back', 'wait-for-rollout'];
/** A rollout that came to its deadline may have waited for room in the cluster: it says nothing of the version. */
const DID_NOT_START: ErrorType = 'RolloutFailed';

/**
 * Carries out the steps that bring a version up. One that did not start is remembered, whatever a person decides then: it is
 * recorded when the run is over, beside the proofs, and is no default target any more.
 */
export async function rememberingFailure<T>(
  run: Run,
  request: ResolvedRun,
  version: RecordedVersion,
  work: () => Promise<T>,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const last = run.ledger.report().ledger.findLast(({ step }) => STARTING.includes(step));
    if (last?.error?.type === DID_NOT_START) {
      remember(run, request, evidenceOfFailure({ request }, version, last.error.message, 'rollback'));
    }
    throw error;
  }
}

/** As {@link rememberingFailure}, of a version whose required checks have failed for good. */
export function rememberFailedChecks(
  run: Run,
  subject: Subject,
  version: RecordedVersion,
  verification: Verification,
): void {
  if (verification.proof.verdict !== 'failed') return;
  remember(run, subject.request, evidenceOfVersion(subject, version, verification, 'rollback'));
}

/** Histories of before failures were recorded have no step for it. Without a fingerprint nobody would find it again. */
function remember(run: Run, { evidenceSchema }: ResolvedRun, evidence: KnownGoodEvidence): void {
  if (evidenceSchema === undefined || evidence.fingerprint === '') return;
  const others = run.failures.filter(({ fingerprint }) => fingerprint !== evidence.fingerprint);
  run.failures = [...others, evidence];
}
