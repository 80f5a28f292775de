import { type ErrorType, isErrorType } from '../domain/errors.ts';
import { type LedgerEntry, wayOf } from '../domain/ledger.ts';
import type { RolloutFinished } from '../domain/pins.ts';
import type { ShownPlan } from '../domain/plan.ts';
import { STEPS } from '../domain/steps.ts';
import type { Joined } from './claim.ts';
import type { Ending, Run } from './run.ts';
import { evidenceOfVersion, type Verification } from './verification.ts';

/** Stopped after the plan, as asked. */
export function plannedEnding({ from, to, changesNothing }: ShownPlan): Ending {
  const summary = changesNothing
    ? `${to.version} is already there`
    : `would roll back ${from.version} -> ${to.version}`;
  return { outcome: 'planned', summary };
}

/** Another run does it; this one has handed over what it knew. */
export function joinedEnding({ workflowId }: Joined): Ending {
  return {
    outcome: 'joined',
    summary: `joined ${workflowId}, which is rolling the target back`,
    quiet: true,
  };
}

/**
 * How a run ends whose change was carried out.
 * @param verification none: what was there before was restored, which proves nothing and is not meant to.
 */
export function endingOf(
  run: Run,
  plan: ShownPlan,
  rollout: RolloutFinished,
  verification: Verification | undefined,
): Ending {
  if (!verification) return restoredEnding(run, plan);
  const { proof, waived } = verification;
  const change = plan.changesNothing
    ? `${plan.to.version} was already there`
    : wayOf(run.journal.report(), '->');
  const summary = `${change}; ${proof.summary}`;
  switch (proof.verdict) {
    case 'passed': {
      const version = { ...plan.to, fingerprint: rollout.fingerprint };
      return {
        outcome: plan.changesNothing ? 'already-there' : 'rolled-back',
        summary,
        // What a person has left out is not proved.
        ...(waived.length === 0
          ? { evidence: evidenceOfVersion(version, verification, rollout, 'rollback') }
          : {}),
      };
    }
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

/** Fails with what made somebody take the rollback back. */
function restoredEnding(run: Run, { to }: ShownPlan): Ending {
  const { type, message } = whyRestored(run.journal.report().ledger);
  const summary = `${to.version}, which ran before, is restored: the rollback did not help (${message})`;
  return { outcome: 'restored', summary, error: { type, message: summary } };
}

/** The last thing that went wrong with the change itself. */
function whyRestored(ledger: readonly LedgerEntry[]): { readonly type: ErrorType; readonly message: string } {
  const bad = ledger.findLast(
    ({ step, error, check }) =>
      STEPS[step].phase !== 'tell' &&
      (error !== undefined || (check !== undefined && check.verdict !== 'passed')),
  );
  if (bad?.error && isErrorType(bad.error.type)) return { type: bad.error.type, message: bad.error.message };
  const type = bad?.check?.verdict === 'inconclusive' ? 'VerificationInconclusive' : 'VerificationFailed';
  return { type, message: bad?.check?.summary ?? 'it was decided so' };
}
