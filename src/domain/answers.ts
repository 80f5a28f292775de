import type { StepId } from './steps.ts';

/** What a person can answer when a step cannot go on. */
export const ANSWERS = ['retry', 'skip', 'change-target', 'restore-snapshot', 'fall-back', 'abort'] as const;
export type Answer = (typeof ANSWERS)[number];

/** What an answer does, for people who are asked. */
export const ANSWER_MEANINGS: Readonly<Record<Answer, string>> = {
  retry: 'try again',
  skip: 'go on without it',
  'change-target': 'plan anew with another target',
  'restore-snapshot': 'bring back what ran before the rollback',
  'fall-back': 'roll back further, to the next older known-good version',
  abort: 'end the run as failed',
};

/** How far a run has come when somebody has to be asked. */
export interface Situation {
  readonly step: StepId;
  /** Whether the change of the run was made, or may have been. */
  readonly changeBegun: boolean;
  /** Whether there is a snapshot to go back to, of something else than what is live. */
  readonly restorable: boolean;
  /** How many further times the run may fall back. */
  readonly fallBacksLeft: number;
}

/** Steps whose result nothing behind them needs. */
const SKIPPABLE: readonly StepId[] = [
  'check-access',
  'take-snapshot',
  'verify-health',
  'verify-chat',
  'verify-agents',
  'verify-metrics',
];

/** Steps that fail as a part of closing a run, or before anything is known of it: nobody is asked. */
const NEVER_ASKED: readonly StepId[] = [
  'resolve-request',
  'identify-holder',
  'notify',
  'record-known-good',
  'record-incident',
];

/** What is possible in a situation, in the order in which it is offered; nothing when nobody is asked. */
export function answersFor(situation: Situation): readonly Answer[] {
  const { step, changeBegun, restorable, fallBacksLeft } = situation;
  if (NEVER_ASKED.includes(step)) return [];
  return ANSWERS.filter((answer) => {
    switch (answer) {
      case 'skip':
        return SKIPPABLE.includes(step);
      case 'change-target':
        return !changeBegun;
      case 'restore-snapshot':
        return changeBegun && restorable;
      case 'fall-back':
        return changeBegun && fallBacksLeft > 0;
      default:
        return true;
    }
  });
}
