import { ApplicationFailure, defineSignal, defineUpdate, setHandler } from '@temporalio/workflow';
import type { ErrorType } from '../../domain/errors.ts';
import { objectionTo } from '../../domain/ledger/objections.ts';
import { isFull, type RunEvent } from '../../domain/people/events.ts';
import {
  EVIDENCE,
  eventOfUpdate,
  OPERATOR_UPDATES,
  type OperatorInputs,
  type OperatorUpdate,
} from '../../domain/people/operator-events.ts';
import type { DecisionInput, RejectionInput, TargetInput } from '../../domain/people/operator-inputs.ts';
import type { CheckId } from '../../domain/proof/checks.ts';
import type { RunLedger } from '../run/step/ledger.ts';

/** What people have said to a run and the run has not acted on yet. */
export interface Inbox {
  /** The answer to the open decision. */
  decision?: DecisionInput;
  /** Who has approved which plan, by its hash. */
  readonly approvals: Map<string, Set<string>>;
  rejection?: RejectionInput;
  pausedBy?: { readonly by: string; readonly reason: string };
  /** Who has chosen the target in the middle of the run. */
  targetBy?: string;
  /** Another target was asked for. */
  target?: TargetInput;
  /** Checks that are to be repeated, in the order asked. */
  readonly repeats: CheckId[];
  /** How far the run is: what decides which updates are taken. */
  stage: Stage;
}

/**
 * `open`: nothing is changed yet. `changing`: the change has begun. `proving`: there is a rollout that checks can be
 * repeated on. `closing`: the end is fixed.
 */
export type Stage = 'open' | 'changing' | 'proving' | 'closing';

/** What an update does beside its line in the ledger. The input was read and checked. */
type Effects = { readonly [U in OperatorUpdate]: (input: OperatorInputs[U]) => void };

/**
 * Takes what people send to the run: one Temporal update for each thing that can be said. A validator refuses what
 * does not fit the moment, with what is possible now, and then the update leaves no trace in history.
 */
export function openInbox(ledger: RunLedger, names: readonly OperatorUpdate[]): Inbox {
  const inbox: Inbox = { approvals: new Map(), repeats: [], stage: 'open' };
  const effects: Effects = {
    decide(input) {
      if (input.target !== undefined) inbox.targetBy = input.decidedBy;
      inbox.decision = input;
    },
    approve({ plan, approvedBy }) {
      const { waitingFor } = ledger.report();
      if (waitingFor?.kind !== 'approval' || !waitingFor.planHash.startsWith(plan)) return;
      const approvedBySoFar = inbox.approvals.get(waitingFor.planHash) ?? new Set();
      inbox.approvals.set(waitingFor.planHash, approvedBySoFar.add(approvedBy));
      ledger.showWaiting({ ...waitingFor, approvedBy: [...approvedBySoFar] });
    },
    reject(input) {
      inbox.rejection = input;
    },
    pause(input) {
      inbox.pausedBy = input;
    },
    resume() {
      delete inbox.pausedBy;
    },
    'change-target'(input) {
      inbox.targetBy = input.by;
      inbox.target = input;
    },
    'repeat-check'({ check }) {
      if (!inbox.repeats.includes(check)) inbox.repeats.push(check);
    },
    'add-note'() {},
    'add-evidence'() {},
  };
  const take = <U extends OperatorUpdate>(name: U) => {
    const { description, read, event } = OPERATOR_UPDATES[name];
    setHandler(
      defineUpdate<RunEvent, [unknown]>(name),
      (input) => {
        const parsed = read(input);
        if ('problem' in parsed) throw refused(parsed.problem);
        effects[name](parsed.value);
        return ledger.record(event(parsed.value));
      },
      {
        description,
        validator: (input) => {
          const parsed = read(input);
          const problem =
            'problem' in parsed ? parsed.problem : objectionTo(name, parsed.value, ledger.report(), inbox);
          if (problem) throw refused(problem);
        },
      },
    );
  };
  for (const name of names) take(name);
  // From other runs, which can send signals only. Nobody hears of a wrong one, or of one too many: it is left alone.
  setHandler(
    defineSignal<[unknown]>(EVIDENCE),
    (input) => {
      const event = eventOfUpdate(EVIDENCE, input);
      if (event && !isFull(ledger.report().events)) ledger.record(event);
    },
    { description: OPERATOR_UPDATES[EVIDENCE].description },
  );
  return inbox;
}

function refused(message: string): ApplicationFailure {
  const refusal = ApplicationFailure.nonRetryable(message, 'WrongAnswer' satisfies ErrorType);
  // The Temporal UI shows it beside the message, and it says nothing but where the worker has its files.
  refusal.stack = '';
  return refusal;
}
