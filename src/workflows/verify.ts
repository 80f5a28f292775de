import { ApplicationFailure } from '@temporalio/workflow';
import type { ErrorType } from '../domain/errors.ts';
import type { RunReport } from '../domain/ledger.ts';
import type { VerifyRequest } from '../domain/request.ts';
import { carryOut } from './run.ts';
import { evidenceOfVersion, verifyService } from './verification.ts';

/**
 * Runbook 2 and 6, after a deploy: the same checks as after a rollback, recorded as known-good evidence for what
 * is running. A version is known-good when its required checks passed; evidence of a failed check is kept as
 * well, because it tells a later rollback what this version never could.
 *
 * @throws ApplicationFailure `VerificationFailed`, `VerificationInconclusive`, or `WorkloadChanged` when another version
 * was deployed meanwhile, with the report in its details.
 */
export async function verify(request: VerifyRequest = {}): Promise<RunReport> {
  return carryOut('verify', async (run) => {
    const resolved = await run.step('resolve-request', 'verify', request);
    run.adoptRequest(resolved);
    const { service } = resolved;

    const rollout = await run.step('wait-for-rollout', service);
    const observed = await run.step('identify-versions', service);
    if (observed.current.fingerprint !== rollout.fingerprint) throw changedMeanwhile(resolved.workload);
    const verification = await verifyService(run, { request: resolved, rollout, baseline: {} });

    await run.step(
      'record-known-good',
      service,
      evidenceOfVersion(observed.current, verification, rollout, 'verify'),
    );
    const { proof } = verification;
    const summary = `${observed.current.version}: ${proof.summary}`;
    if (proof.verdict === 'passed') return { outcome: 'known-good', summary };
    const type = proof.verdict === 'failed' ? 'VerificationFailed' : 'VerificationInconclusive';
    return { outcome: 'not-known-good', summary, error: { type, message: summary } };
  });
}

/** Evidence must not be recorded for a version that nobody waited for. */
function changedMeanwhile(workload: string): ApplicationFailure {
  const type: ErrorType = 'WorkloadChanged';
  return ApplicationFailure.nonRetryable(`${workload} was changed after its rollout was waited for`, type);
}
