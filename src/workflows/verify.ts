import { ApplicationFailure, isCancellation } from '@temporalio/workflow';
import type { ErrorType } from '../domain/errors.ts';
import type { RunReport } from '../domain/ledger/ledger.ts';
import type { ResolvedRun, VerifyRequest } from '../domain/request/request.ts';
import { newestBaseline } from '../domain/versions/choice/baseline.ts';
import { carryOut } from './run/carry-out.ts';
import { refusedEnding } from './run/end/endings.ts';
import { evidenceOfFailure, evidenceOfVersion, verifyService } from './run/proof/verification.ts';
import type { Ending, Run } from './run/run.ts';
import { clusterOf } from './run/step/cluster-of.ts';
import { isExpected, reasonOf } from './run/step/failures.ts';

/**
 * Runbook 2 and 6, after a deploy: the same checks as after a rollback, recorded as known-good evidence for what
 * is running. A version is known-good when its required checks passed; evidence of a failed check is kept as
 * well, because it tells a later rollback what this version never could.
 *
 * @throws ApplicationFailure `VerificationFailed`, `VerificationInconclusive`, or `WorkloadChanged` when another version
 * was deployed meanwhile, with the report in its details.
 */
export async function verify(input: VerifyRequest = {}): Promise<RunReport> {
  return carryOut('verify', { work });

  async function work(run: Run): Promise<Ending> {
    const request = run.adoptRequest(await run.step('resolve-request', 'verify', input));
    if (request.refusal) return refusedEnding(request.refusal);
    const { service, workload } = request;

    const rollout = await recordingFailure(run, request, () => run.step('wait-for-rollout', service));
    const observed = await run.step('identify-versions', service, ...clusterOf(request));
    if (observed.current.fingerprint !== rollout.fingerprint) throw changedMeanwhile(workload);
    // verify-health -> verify-chat -> { verify-agents, verify-metrics }, in the order of domain/proof/checks.ts.
    // What is new is compared with what was proved last, whichever version that was.
    const subject = { request, rollout, baseline: newestBaseline(observed) };
    const verification = await verifyService(run, subject);

    const evidence = evidenceOfVersion(subject, observed.current, verification, 'verify');
    await run.step('record-known-good', service, evidence, ...clusterOf(request));
    const { proof } = verification;
    const summary = `${observed.current.version}: ${proof.summary}`;
    if (proof.verdict === 'passed') return { outcome: 'known-good', summary };
    const type = proof.verdict === 'failed' ? 'VerificationFailed' : 'VerificationInconclusive';
    return { outcome: 'not-known-good', summary, error: { type, message: summary } };
  }
}

/** A version that does not come up is remembered, so that no rollback goes to it by itself. */
async function recordingFailure<T>(run: Run, request: ResolvedRun, wait: () => Promise<T>): Promise<T> {
  try {
    return await wait();
  } catch (error) {
    if (!isExpected(error) || isCancellation(error)) throw error;
    const { type, message } = reasonOf(error);
    if (request.evidenceSchema !== undefined && type === 'RolloutFailed') {
      const { current } = await run.step('identify-versions', request.service, ...clusterOf(request));
      const evidence = evidenceOfFailure({ request }, current, message, 'verify');
      await run.attempt('record-known-good', request.service, evidence, ...clusterOf(request));
    }
    throw error;
  }
}

/** Evidence must not be recorded for a version that nobody waited for. */
function changedMeanwhile(workload: string): ApplicationFailure {
  const type: ErrorType = 'WorkloadChanged';
  return ApplicationFailure.nonRetryable(`${workload} was changed after its rollout was waited for`, type);
}
