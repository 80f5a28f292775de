import { ApplicationFailure } from '@temporalio/workflow';
import type { StepId } from '../../../domain/steps/steps.ts';
import type { Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';
import { redirectionOf } from './redirection.ts';

/** What somebody has to say yes to. */
export interface Question {
  /** What the answer is about: whoever has said yes is not asked of the same once more. */
  readonly about: string;
  /** The step that has found it. */
  readonly step: StepId;
  /** What is to be decided, in words, and the error that the run ends with when nobody says yes. */
  readonly reason: Reason;
}

/**
 * Waits until somebody says that the run goes on although there is something of which a person is to decide: critical rules that the
 * config of a plan does not keep (runbook 5), a need that cannot be told (runbook 1), a precondition (runbook 2). Nothing has
 * failed: the answer `go-on` goes on.
 * @throws Redirection where the answer leads elsewhere; ApplicationFailure of the question's type.
 */
export async function consentTo(run: Run, { about, step, reason }: Question): Promise<void> {
  if (run.consented.has(about)) return;
  const { recovery } = run;
  run.recovery = { ...recovery, consentable: true };
  const decided = await run.ask(step, reason).finally(() => {
    run.recovery = recovery;
  });
  if (decided?.answer === 'go-on') {
    run.consented.add(about);
    return;
  }
  const redirection =
    decided && decided.answer !== 'abort'
      ? redirectionOf(decided, step, run.ledger.report(), reason)
      : undefined;
  throw redirection ?? ApplicationFailure.nonRetryable(reason.message, reason.type);
}
