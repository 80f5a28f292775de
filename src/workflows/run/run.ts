import { CancelledFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import type { Activities } from '../../activities/index.ts';
import type { KnownGoodEvidence } from '../../activities/record-known-good.ts';
import type { ErrorType } from '../../domain/errors.ts';
import { changeOf, type RunOutcome, type RunReport, type WorkflowKind } from '../../domain/ledger.ts';
import type { SnapshotReference } from '../../domain/pins.ts';
import type { ShownPlan } from '../../domain/plan.ts';
import type { RecoveryOptions } from '../../domain/recovery.ts';
import type { ResolvedRun } from '../../domain/request.ts';
import type { ObservedService } from '../../domain/versions.ts';
import type { Joined } from '../lock.ts';
import { type Approve, openApprovals } from '../people/approval.ts';
import { type Ask, openDecisions } from '../people/decisions.ts';
import { type Inbox, openInbox } from '../people/inbox.ts';
import { openNotifications } from '../people/notifications.ts';
import { openPausePoint, type PausePoint } from '../people/pause-point.ts';
import { openWaitingRoom } from '../people/waiting.ts';
import { watchBudgets } from './budgets.ts';
import { failureOf, isExpected, reasonOf } from './failures.ts';
import { now, openLedger, type RunLedger } from './ledger.ts';
import { openRunner } from './runner.ts';
import { activitySteps, attemptStep, type Step, type ValueOf } from './steps.ts';

/** How a run ends: with an outcome and, when that is not a success, with an error of the catalogue. */
export interface Ending {
  readonly outcome: RunOutcome;
  readonly summary: string;
  readonly error?: { readonly type: ErrorType; readonly message: string };
  /** What is recorded beside the service while people are told. */
  readonly evidence?: KnownGoodEvidence;
  /** Nobody is told and no record is written: whoever asked has the answer. */
  readonly quiet?: boolean;
}

/** A run of a runbook: carries out steps, asks people, keeps the ledger, and shows where it stands. */
export interface Run {
  /**
   * Carries out one step. When it fails for good, people are asked what to do where its row says so.
   * @throws the step's error, or a `Redirection` when the answer is to go on elsewhere.
   */
  step<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>>;
  /** As `step`, for one that may be skipped. @returns undefined when somebody skipped it. */
  optional<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S> | undefined>;
  /** As `step`, for one that must not stop the run: a failure stands in the ledger, and nobody is asked. */
  attempt<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<void>;
  readonly ask: Ask;
  readonly approval: Approve;
  readonly inbox: Inbox;
  readonly ledger: RunLedger;
  /** Takes the lock of the target for this run. @returns the other run, when this one has joined it. */
  lock(observed: ObservedService): Promise<Joined | undefined>;
  /** The lock that the change has to prove before it writes; none in a run that was not reset. */
  lockToProve(): string | undefined;
  /** Makes the resolved request known to report and search attributes. @returns what the report has of it. */
  adoptRequest(request: ResolvedRun): ResolvedRun;
  adoptPlan(plan: ShownPlan): void;
  /** What can still be offered to people who are asked. */
  recovery: RecoveryOptions;
  /** Stops a paused run: see `PausePoint`. */
  readonly pausePoint: PausePoint;
  /** What was live before the first change, where it was kept. */
  snapshot: SnapshotReference | undefined;
  /** The plan whose change was begun last. */
  begun: ShownPlan | undefined;
}

/** The text of a run. */
export interface RunText {
  /** What is carried out, and how it ends. */
  readonly work: (run: Run) => Promise<Ending>;
  /** What is done for others when the end is fixed, except for a dry run and a quiet ending. */
  readonly close?: (run: Run, request: ResolvedRun, ending: Ending) => Promise<void>;
  readonly afterwards?: (run: Run) => Promise<void>;
}

/**
 * Opens a run and carries out its text. However the text ends, the run is closed as a whole: a cancellation that comes
 * while people are told changes nothing any more.
 * @returns the report. A run that did not reach its aim fails with an error of the catalogue that holds the report.
 */
export async function carryOut(workflow: WorkflowKind, text: RunText): Promise<RunReport> {
  const { run, letGo, fixEnd } = openRun(workflow);
  let ending: Ending;
  let cause: unknown;
  try {
    ending = await text.work(run);
  } catch (error) {
    if (!isExpected(error)) throw error;
    ending = unhappyEnding(error);
    cause = error;
  }
  await CancellationScope.nonCancellable(async () => {
    await letGo();
    // What is done for others begins in the same turn: what is indexed by then is one event of the history.
    const request = fixEnd(ending);
    if (request && isTold(run, request, ending)) await text.close?.(run, request, ending);
    await text.afterwards?.(run);
  });
  if (isCancellation(cause)) throw cause;
  const report = run.ledger.report();
  if (ending.outcome === 'cancelled') throw new CancelledFailure('cancelled on request');
  if (report.error) throw failureOf(report);
  return report;
}

/** A dry run is no incident: whoever asked has the answer. Who has changed something tells it. */
function isTold({ ledger }: Run, { dryRun }: ResolvedRun, { quiet }: Ending): boolean {
  return !dryRun && !(quiet && changeOf(ledger.report()) === 'none');
}

function unhappyEnding(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', summary: 'cancelled on request' };
  const reason = reasonOf(error);
  // Whoever started it sees it; the run that holds the target tells people.
  const quiet = reason.type === 'RollbackInProgress';
  return { outcome: 'failed', summary: `${reason.type}: ${reason.message}`, error: reason, quiet };
}

function openRun(workflow: WorkflowKind) {
  const ledger = openLedger(workflow);
  const perform = activitySteps(ledger);
  const notifications = openNotifications(ledger, perform);
  const room = openWaitingRoom(ledger, notifications);
  // A watch takes as long as it is asked to.
  const budgets = workflow === 'followThrough' ? undefined : watchBudgets(ledger, notifications);
  const inbox = workflow === 'verify' ? openInbox(ledger, ['add-note']) : openInbox(ledger);
  const pausePoint = openPausePoint(ledger, inbox, room);
  const ask = openDecisions(ledger, inbox, room, () => run.recovery);
  const { optional, lock, lockToProve } = openRunner({
    ledger,
    perform,
    ask,
    pausePoint,
    enter(step) {
      budgets?.enter(step);
    },
    beginChange() {
      inbox.stage = 'changing';
      run.begun = ledger.report().plan;
    },
  });

  const run: Run = {
    optional,
    step: (id, ...args) => optional(id, ...args) as Promise<ValueOf<typeof id>>,
    attempt: (id, ...args) => attemptStep(perform, id, ...args),
    ask,
    approval: openApprovals(ledger, inbox, room),
    inbox,
    ledger,
    recovery: { restorable: false, fallBacksLeft: 0 },
    lock,
    lockToProve,
    pausePoint,
    snapshot: undefined,
    begun: undefined,
    adoptRequest({ policy, ...request }) {
      ledger.adopt({ request });
      ledger.adoptPolicy(policy);
      ledger.index('service', request.service);
      ledger.index('environment', request.environment);
      return request;
    },
    adoptPlan: (plan) => ledger.adopt({ plan }),
  };

  /** From here on nothing can be decided any more. Resolves when the messages under way have ended. */
  function letGo(): Promise<void> {
    inbox.stage = 'closing';
    budgets?.stop();
    return notifications.allSent();
  }

  /** @returns the request, where the run has come to know it. */
  function fixEnd({ outcome, summary, error }: Ending): ResolvedRun | undefined {
    ledger.adopt({ outcome, summary, ...(error ? { error } : {}), finishedAt: now() });
    ledger.index('outcome', outcome);
    return ledger.report().request;
  }

  return { run, letGo, fixEnd };
}
