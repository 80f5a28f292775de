import { changeOf } from '../../domain/ledger/ledger.ts';
import { UNANSWERED } from '../../domain/people/events.ts';
import type { OpenDecision } from '../../domain/people/waiting.ts';
import type { Answer } from '../../domain/steps/answers.ts';
import { answersFor, type RecoveryOptions } from '../../domain/steps/recovery.ts';
import type { StepId } from '../../domain/steps/steps.ts';
import { parseTarget, type TargetWish } from '../../domain/versions/targets.ts';
import type { Reason } from '../run/step/failures.ts';
import { periodOf, type RunLedger } from '../run/step/ledger.ts';
import type { Inbox } from './inbox.ts';
import type { WaitingRoom } from './waiting.ts';

/** What a person, or the configured default, has decided. */
export interface Decided {
  readonly answer: Answer;
  /** With `change-target`. */
  readonly wish?: TargetWish;
}

/**
 * Asks what is to be done about a step that cannot go on, and waits for the answer as long as the profile says.
 * @param interrupted ends the question without an answer: what was asked about has changed.
 * @returns undefined when it was interrupted.
 */
export type Ask = (step: StepId, error: Reason, interrupted?: () => boolean) => Promise<Decided | undefined>;

/** How often one step is retried by default: what nobody attends to must not go on for ever. */
const AUTOMATIC_RETRIES = 3;

export function openDecisions(
  ledger: RunLedger,
  inbox: Inbox,
  room: WaitingRoom,
  recovery: () => RecoveryOptions,
): Ask {
  let count = 0;
  const retried = new Map<StepId, number>();

  return async (step, error, interrupted = () => false) => {
    const policy = ledger.policy()?.decisions;
    if (!policy) return { answer: 'abort' };
    const { waitMs = policy.waitMs, atDeadline = policy.atDeadline } = policy.steps[step] ?? {};
    let opened: OpenDecision | undefined;
    const open = (): OpenDecision | undefined => {
      const answers = answersFor({
        step,
        changeBegun: changeOf(ledger.report()) !== 'none',
        ...recovery(),
      });
      const isExhausted = atDeadline === 'retry' && (retried.get(step) ?? 0) >= AUTOMATIC_RETRIES;
      const isPossible = answers.includes(atDeadline) && atDeadline !== 'change-target' && !isExhausted;
      if (answers.length === 0 || interrupted()) return undefined;
      count += 1;
      opened = {
        kind: 'decision',
        id: `decision-${count}`,
        step,
        error,
        answers,
        ...periodOf(waitMs),
        atDeadline: isPossible ? atDeadline : 'abort',
      };
      delete inbox.decision;
      const isAnsweredBefore = inbox.target !== undefined && answers.includes('change-target');
      if (waitMs === 0 || isAnsweredBefore) return undefined;
      ledger.record({
        kind: 'decision-due',
        step,
        summary: `${opened.id}: ${error.type}: ${error.message}`,
      });
      return opened;
    };
    // Another target is an answer as well, as long as nothing is changed.
    const isAnswered = () => inbox.decision !== undefined || inbox.target !== undefined || interrupted();
    await room.waitFor(open, isAnswered);
    if (interrupted() && !opened) return undefined;
    if (!opened) return { answer: 'abort' };
    const { decision, target } = inbox;
    delete inbox.decision;
    if (decision) return decidedFrom(decision.answer, decision.target);
    if (target) {
      delete inbox.target;
      return decidedFrom('change-target', target.target);
    }
    if (interrupted()) return undefined;
    const answer = opened.atDeadline;
    if (answer === 'retry') retried.set(step, (retried.get(step) ?? 0) + 1);
    // Where nobody was asked and nothing is done there is nothing to tell.
    if (waitMs > 0 || answer !== 'abort') {
      const why = waitMs > 0 ? UNANSWERED : 'as configured, nobody is asked';
      ledger.record({ kind: 'decision', step, summary: `${answer}: ${why}`, answer });
    }
    return { answer };
  };
}

function decidedFrom(answer: Answer, target: string | undefined): Decided {
  const wish = target === undefined ? undefined : parseTarget(target);
  return wish && 'kind' in wish ? { answer, wish } : { answer };
}
