import { NEED_VERDICTS, type NeedAssessment, type NeedVerdict } from '../../../domain/need/assessment.ts';
import { followsFrom, needQuestion } from '../../../domain/need/follows.ts';
import type { NeedFollows } from '../../../domain/need/need-policy.ts';
import type { ResolvedRun } from '../../../domain/request/request.ts';
import type { Run } from '../run.ts';
import type { Reason } from '../step/failures.ts';
import { NEED } from './aim.ts';
import { consentTo } from './consent.ts';
import { leaveForAnotherTarget, Redirection } from './redirection.ts';

/** Whether it is still to be told if it is the release: once a run, where the profile asks. */
export function isNeedAsked({ ledger, consented }: Run): boolean {
  return ledger.policy()?.need !== undefined && !consented.has(NEED);
}

/**
 * How it is asked: where nothing can follow from the answer, a failure stands in the ledger, and the rollback waits for nobody.
 */
export function assessing(run: Run, request: ResolvedRun): Run['optional'] {
  if (NEED_VERDICTS.some((verdict) => follows(run, request, verdict) !== 'go-on')) {
    return async (step, ...args) => {
      const found = await run.optional(step, ...args);
      // Left out by somebody, who goes on without it.
      if (found === undefined) run.consented.add(NEED);
      return found;
    };
  }
  run.consented.add(NEED);
  return async (step, ...args) => {
    await run.attempt(step, ...args);
    return undefined;
  };
}

/** What follows from a verdict. A dry run shows what was found, and the plan; a group goes as a whole. */
function follows(
  { ledger, member }: Run,
  { trigger = 'person', dryRun }: ResolvedRun,
  verdict: NeedVerdict,
): NeedFollows {
  const policy = ledger.policy()?.need;
  if (!policy || dryRun || member) return 'go-on';
  const found = followsFrom(policy, trigger, verdict);
  // Somebody has joined who asks for the same: that is not decided against without a person.
  const isJoined = ledger.report().events?.some(({ kind }) => kind === 'evidence') === true;
  return found === 'stop' && isJoined ? 'ask' : found;
}

/**
 * What follows from an assessment, by the profile: by default a person's request goes on and keeps the numbers, an alert's needs
 * them to speak for a rollback.
 * @returns whether the run ends here.
 * @throws Redirection once somebody has said that it goes on: what was observed is of before the question.
 */
export async function isStoppedBy(
  run: Run,
  request: ResolvedRun,
  assessed: NeedAssessment,
): Promise<boolean> {
  switch (follows(run, request, assessed.verdict)) {
    case 'go-on':
      run.consented.add(NEED);
      return false;
    case 'stop':
      leaveForAnotherTarget(run);
      return true;
    case 'ask':
      await consentTo(run, { about: NEED, step: 'assess-need', reason: reasonOf(assessed) });
      throw new Redirection({ kind: 'plan-anew' });
  }
}

function reasonOf(assessed: NeedAssessment): Reason {
  return { type: 'NotWarranted', message: needQuestion(assessed) };
}
