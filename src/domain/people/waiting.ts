import type { Instant } from '../json.ts';
import { ANSWER_MEANINGS, type Answer } from '../steps/answers.ts';
import type { StepId } from '../steps/steps.ts';
import { shownHash } from '../versions/plan.ts';

/** A step cannot go on: somebody has to say what is done. */
export interface OpenDecision {
  readonly kind: 'decision';
  /** `decision-1`, counted through the run. */
  readonly id: string;
  readonly step: StepId;
  readonly error: { readonly type: string; readonly message: string };
  readonly answers: readonly Answer[];
  readonly openedAt: Instant;
  readonly dueAt: Instant;
  /** What is done when nobody has answered by then. */
  readonly atDeadline: Answer;
}

/** A plan needs the consent of others. */
export interface OpenApproval {
  readonly kind: 'approval';
  /** `approval-1`, counted through the run. */
  readonly id: string;
  readonly planHash: string;
  readonly quorum: number;
  /** Who has approved so far. */
  readonly approvedBy: readonly string[];
  /** Who may; empty: everybody but the requester. */
  readonly approvers: readonly string[];
  readonly requestedBy: string;
  /** Who has chosen the target in the middle of the run: no more impartial than the requester. */
  readonly targetBy?: string;
  readonly openedAt: Instant;
  readonly dueAt: Instant;
}

/** Somebody has stopped the run before its next step. */
export interface OpenPause {
  readonly kind: 'pause';
  readonly id: string;
  readonly by: string;
  readonly reason: string;
  readonly openedAt: Instant;
  /** The run goes on by itself then. */
  readonly dueAt: Instant;
}

/** What a run waits for a person with. */
export type Waiting = OpenDecision | OpenApproval | OpenPause;

/** The same in one sentence. */
export function describeWaiting(waiting: Waiting): string {
  switch (waiting.kind) {
    case 'decision': {
      const possible = waiting.answers.map((answer) => `${answer} (${ANSWER_MEANINGS[answer]})`).join(', ');
      return `a decision on ${waiting.step} is due until ${waiting.dueAt}, else ${waiting.atDeadline}: ${possible}`;
    }
    case 'approval': {
      const missing = waiting.quorum - waiting.approvedBy.length;
      return `plan ${shownHash(waiting.planHash)} needs ${missing} more approval${missing === 1 ? '' : 's'} until ${waiting.dueAt}`;
    }
    case 'pause':
      return `paused by ${waiting.by} until ${waiting.dueAt}: ${waiting.reason}`;
  }
}
