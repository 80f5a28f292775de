import { ApplicationFailure } from '@temporalio/workflow';
import type { ShownPlan } from '../../../domain/versions/plan.ts';
import type { Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';
import { redirectionOf } from './redirection.ts';

/**
 * Waits until somebody says that a plan is carried out although its config does not keep critical rules of which a person is
 * to decide (runbook 5). Nothing has failed: the answer `go-on` carries it out. A plan that somebody has said it of stays so: its hash covers
 * the rules.
 * @param question what is to be decided, in words.
 * @throws Redirection where the answer leads elsewhere; ApplicationFailure `SettingsRefused`.
 */
export async function consentTo(run: Run, { hash }: ShownPlan, question: string): Promise<void> {
  if (run.consented.has(hash)) return;
  const reason: Reason = { type: 'SettingsRefused', message: question };
  const { recovery } = run;
  run.recovery = { ...recovery, consentable: true };
  const decided = await run.ask('plan', reason).finally(() => {
    run.recovery = recovery;
  });
  if (decided?.answer === 'go-on') {
    run.consented.add(hash);
    return;
  }
  const redirection =
    decided && decided.answer !== 'abort'
      ? redirectionOf(decided, 'plan', run.ledger.report(), reason)
      : undefined;
  throw redirection ?? ApplicationFailure.nonRetryable(question, reason.type);
}
