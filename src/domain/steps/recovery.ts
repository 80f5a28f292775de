import { ANSWERS, type Answer } from './answers.ts';
import { STEPS, type StepId, type StepRow } from './steps.ts';

/** Where a run can still go when a step fails, as far as the step's own row cannot tell. */
export interface RecoveryOptions {
  /** Whether there is a snapshot to go back to, of something else than what is live. */
  readonly restorable: boolean;
  /** How many further times the run may fall back. */
  readonly fallBacksLeft: number;
  /** Whether nothing has failed: somebody is to say whether the run goes on. */
  readonly consentable?: boolean;
}

/** How far a run has come when somebody has to be asked. */
export interface Situation extends RecoveryOptions {
  readonly step: StepId;
  /** Whether the change of the run was made, or may have been. */
  readonly changeBegun: boolean;
}

type Fits = (row: StepRow, situation: Situation) => boolean;

/** When an answer that a step's row names is possible. */
const FITS: { readonly [A in Answer]: Fits } = {
  retry: () => true,
  // What was found is not left out: somebody goes on in spite of it.
  skip: ({ skippable }, { consentable = false }) => skippable && !consentable,
  'go-on': (_row, { consentable = false }) => consentable,
  'change-target': (_row, { changeBegun }) => !changeBegun,
  'restore-snapshot': (_row, { changeBegun, restorable }) => changeBegun && restorable,
  'fall-back': (_row, { changeBegun, fallBacksLeft }) => changeBegun && fallBacksLeft > 0,
  abort: () => true,
};

/** What is possible in a situation, in the order in which it is offered; nothing when nobody is asked. */
export function answersFor(situation: Situation): readonly Answer[] {
  const row: StepRow = STEPS[situation.step];
  if (row.asks === 'nobody') return [];
  return ANSWERS.filter((answer) => row.answers.includes(answer) && FITS[answer](row, situation));
}
