import type { RunReport } from '../domain/ledger.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { Proof } from '../domain/proof.ts';
import type { RollbackRequest } from '../domain/request.ts';
import { liveVersionOf } from '../domain/versions.ts';
import { carryOut, type Ending, together } from './run.ts';
import { evidenceOfVersion, verifyService } from './verification.ts';

/**
 * Runbook 1 to 7: one service back to its known-good version, proved well, told and recorded.
 *
 * @param request everything may be missing when one service is configured.
 * @returns the report; it is also the answer of the query `report` and the source of the incident record.
 * @throws ApplicationFailure of the error catalogue, non-retryable, with the report in its details.
 */
export async function rollback(request: RollbackRequest = {}): Promise<RunReport> {
  return carryOut('rollback', async (run) => {
    const resolved = await run.step('resolve-request', 'rollback', request);
    run.adoptRequest(resolved);
    const { service, wish, dryRun } = resolved;

    const [, observed] = await together(
      run.step('check-access', service, wish),
      run.step('identify-versions', service),
    );
    const [plan] = await together(
      run.step('plan', service, wish, observed),
      dryRun ? undefined : run.step('take-snapshot', service, liveVersionOf(observed)),
    );
    run.adoptPlan(plan);
    if (dryRun) return { outcome: 'planned', summary: whatHappens(plan) };

    const started = await run.step('roll-back', service, plan.pin);
    const rollout = await run.step('wait-for-rollout', service, started);

    const verification = await verifyService(run, resolved, rollout, plan.baseline);
    const restored = { ...plan.to, fingerprint: started.fingerprint };
    return {
      ...endingOf(plan, verification.proof),
      ...(verification.proof.verdict === 'passed'
        ? { evidence: evidenceOfVersion(restored, verification, rollout, 'rollback') }
        : {}),
    };
  });
}

function whatHappens({ from, to, changesNothing }: ShownPlan): string {
  return changesNothing
    ? `${to.version} is already there`
    : `would roll back ${from.version} -> ${to.version}`;
}

function endingOf(plan: ShownPlan, proof: Proof): Ending {
  const change = plan.changesNothing
    ? `${plan.to.version} was already there`
    : `${plan.from.version} -> ${plan.to.version}`;
  const summary = `${change}; ${proof.summary}`;
  switch (proof.verdict) {
    case 'passed':
      return { outcome: plan.changesNothing ? 'already-there' : 'rolled-back', summary };
    case 'failed':
      return { outcome: 'not-proved', summary, error: { type: 'VerificationFailed', message: summary } };
    case 'inconclusive':
      return {
        outcome: 'not-proved',
        summary,
        error: { type: 'VerificationInconclusive', message: summary },
      };
  }
}
