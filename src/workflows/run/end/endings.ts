import { changeOf, type RunReport, wayOf } from '../../../domain/ledger/ledger.ts';
import type { NeedAssessment } from '../../../domain/need/assessment.ts';
import { verdictSays } from '../../../domain/need/follows.ts';
import type { Refusal } from '../../../domain/request/start.ts';
import { namesOf, type ShownPlan } from '../../../domain/versions/plan.ts';
import type { Joined } from '../../lock.ts';
import { evidenceOfVersion, type Subject, type Verification } from '../proof/verification.ts';
import type { Ending, Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';

/** Stopped after the plan, as asked. */
export function plannedEnding(plan: ShownPlan): Ending {
  const { from, to } = namesOf(plan);
  const summary = plan.changesNothing ? `${to} is already there` : `would roll back ${from} -> ${to}`;
  return { outcome: 'planned', summary };
}

/** The first step has found that the run must not begin. */
export function refusedEnding({ type, message, quiet }: Refusal): Ending {
  return {
    outcome: type === 'StartExpired' ? 'expired' : 'failed',
    summary: `${type}: ${message}`,
    error: { type, message },
    ...(quiet ? { quiet } : {}),
  };
}

/** Whoever asked leaves it to what is measured, and that does not speak for a rollback: nothing was changed. */
export function notWarrantedEnding({ verdict, sentence }: NeedAssessment): Ending {
  return {
    outcome: 'not-warranted',
    summary: `${verdictSays(verdict)}, nothing was changed: ${sentence}`,
  };
}

/** Another run does it; this one has handed over what it knew. */
export function joinedEnding({ workflowId }: Joined): Ending {
  return {
    outcome: 'joined',
    summary: `joined ${workflowId}, which is rolling the target back`,
    quiet: true,
  };
}

/** How a run ends whose change was carried out, by what the checks have proved. */
export function provedEnding(
  run: Run,
  plan: ShownPlan,
  subject: Subject,
  verification: Verification,
): Ending {
  const { proof, waived } = verification;
  const report = run.ledger.report();
  // A plan made anew after the change may find what this run itself has brought.
  const wasThere = plan.changesNothing && changeOf(report) === 'none';
  const change = changeInWords(report, plan, wasThere);
  const { otherImages } = subject.rollout;
  const summary = [change, ...(otherImages ? [otherImages] : []), proof.summary].join('; ');
  switch (proof.verdict) {
    case 'passed': {
      const version = { ...plan.to, fingerprint: subject.rollout.fingerprint };
      return {
        outcome: wasThere ? 'already-there' : 'rolled-back',
        summary,
        // What a person has left out is not proved.
        ...(waived.length === 0
          ? { evidence: evidenceOfVersion(subject, version, verification, 'rollback') }
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

function changeInWords(report: RunReport, { to, changesNothing }: ShownPlan, wasThere: boolean): string {
  if (wasThere) return `${to.version} was already there`;
  return changesNothing ? `${to.version} was brought back before` : wayOf(report, '->');
}

/** What was there before is back, which proves nothing: fails with what made somebody take the rollback back. */
export function restoredEnding(
  { to }: ShownPlan,
  { type, message }: Reason = { type: 'VerificationFailed', message: 'it was decided so' },
): Ending {
  const summary = `${to.version}, which ran before, is restored: the rollback did not help (${message})`;
  return { outcome: 'restored', summary, error: { type, message: summary } };
}
