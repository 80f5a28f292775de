import { CancelledFailure } from '@temporalio/common';
import { CancellationScope, isCancellation } from '@temporalio/workflow';
import { changeOf, type RunReport } from '../../domain/ledger/ledger.ts';
import type { ResolvedRun } from '../../domain/request/request.ts';
import type { WorkflowKind } from '../../domain/request/workflow-kinds.ts';
import { openApprovals } from '../people/approval.ts';
import { openDecisions } from '../people/decisions.ts';
import { openInbox } from '../people/inbox.ts';
import { openNotifications } from '../people/notifications.ts';
import { openPausePoint } from '../people/pause-point.ts';
import { openWaitingRoom } from '../people/waiting.ts';
import { watchBudgets } from './budgets.ts';
import { watchProfile } from './profile-watch.ts';
import type { Ending, Run, RunText } from './run.ts';
import { openRunner } from './runner.ts';
import { failureOf, isExpected, reasonOf } from './step/failures.ts';
import { now, openLedger } from './step/ledger.ts';
import { activitySteps, attemptStep, type ValueOf } from './step/steps.ts';

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
  const perform = activitySteps(
    ledger,
    watchProfile(ledger, () => notifications),
  );
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
    consented: new Set(),
    failures: [],
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
