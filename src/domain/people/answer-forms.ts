import { ANSWER_MEANINGS } from '../steps/answers.ts';
import { shownHash } from '../versions/plan.ts';
import type { OperatorInputs, OperatorUpdate } from './operator-events.ts';
import type { Waiting } from './waiting.ts';

/** What a person may send now: the update's name, what it does, and its input with the parts that only they can fill in. */
export interface AnswerForm<U extends OperatorUpdate = OperatorUpdate> {
  readonly update: U;
  /** In words that follow the update's name. */
  readonly meaning: string;
  /** Blank texts are to be filled in; a blank one is refused. */
  readonly input: OperatorInputs[U];
}

/** Everything that answers what a run waits for. */
export function answerFormsOf(waiting: Waiting): readonly AnswerForm[] {
  switch (waiting.kind) {
    case 'decision':
      return waiting.answers.map((answer) => ({
        update: 'decide',
        meaning: `${answer}: ${ANSWER_MEANINGS[answer]}`,
        input: {
          answer,
          ...(answer === 'change-target' ? { target: '' } : {}),
          decidedBy: '',
          reason: '',
        },
      }));
    case 'approval': {
      const plan = shownHash(waiting.planHash);
      return [
        { update: 'approve', meaning: 'carry this plan out', input: { plan, approvedBy: '' } },
        {
          update: 'reject',
          meaning: 'end the run; nothing is changed',
          input: { plan, rejectedBy: '', reason: '' },
        },
      ];
    }
    case 'pause':
      return [{ update: 'resume', meaning: 'go on', input: { by: '', reason: '' } }];
  }
}
