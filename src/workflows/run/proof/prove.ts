import type { PlannedVersion } from '../../../domain/versions/plan.ts';
import { redirectionOf } from '../aim/redirection.ts';
import type { Run } from '../run.ts';
import { rememberFailedChecks } from './failed-versions.ts';
import { type Subject, type Verification, verifyAgain, verifyService, waive } from './verification.ts';

/**
 * Runbook 6, until the service is proved well or somebody says what is done instead: once more, without a check, back
 * to what was there before, further back, or no further.
 * @returns the verification that the run ends with.
 * @throws Redirection to restore or to fall back.
 */
export async function prove(run: Run, subject: Subject, version: PlannedVersion): Promise<Verification> {
  const { inbox } = run;
  inbox.stage = 'proving';
  let verification = await verifyService(run, subject);
  for (;;) {
    const check = inbox.repeats.shift();
    if (check) {
      verification = await verifyAgain(run, subject, verification, check);
      continue;
    }
    const { proof } = verification;
    const [open] = proof.open;
    if (proof.verdict === 'passed' || !open) return verification;
    const type = proof.verdict === 'failed' ? 'VerificationFailed' : 'VerificationInconclusive';
    const reason = { type, message: proof.summary } as const;
    const step = `verify-${open}` as const;
    const isRepeated = () => inbox.repeats.length > 0;
    const decided = await run.ask(step, reason, isRepeated);
    if (!decided) continue;
    const proved = { ...version, fingerprint: subject.rollout.fingerprint };
    if (decided.answer === 'abort') {
      rememberFailedChecks(run, subject, proved, verification);
      return verification;
    }
    if (decided.answer === 'skip') {
      // Only what was asked about; checks that did not run because of it run now.
      verification = await verifyService(run, subject, waive(subject, verification, open));
      continue;
    }
    const redirection = redirectionOf(decided, step, run.ledger.report(), reason);
    if (redirection) {
      rememberFailedChecks(run, subject, proved, verification);
      throw redirection;
    }
    verification = await verifyService(run, subject);
  }
}
