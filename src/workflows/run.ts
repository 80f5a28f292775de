import { CancelledFailure } from '@temporalio/common';
import { ApplicationFailure, CancellationScope, isCancellation } from '@temporalio/workflow';
import type { KnownGoodEvidence } from '../activities/record-known-good.ts';
import { announce } from '../domain/announce.ts';
import type { ErrorType } from '../domain/errors.ts';
import { changeOf, type RunOutcome, type RunReport, type WorkflowKind } from '../domain/ledger.ts';
import type { SnapshotReference } from '../domain/pins.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import type { StepId } from '../domain/steps.ts';
import type { ObservedService } from '../domain/versions.ts';
import { activitySteps, type Step, tryOut, type ValueOf } from './activity-step.ts';
import { type Approve, openApprovals } from './approval.ts';
import { watchBudgets } from './budgets.ts';
import { claimId, claimTarget, claimToProve, type Joined } from './claim.ts';
import { type Ask, openDecisions, type WaysOut } from './decisions.ts';
import { type Desk, openDesk } from './desk.ts';
import { failureOf, isExpected, reasonOf } from './failures.ts';
import { type Journal, now, openJournal } from './journal.ts';
import { type Gate, openGate } from './pause.ts';
import { redirectionOf } from './redirection.ts';
import { openTeller } from './tell.ts';
import { openWaitingRoom } from './waiting.ts';

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
   * Carries out one step. When it fails for good, people are asked what to do where the profile says so.
   * @throws the step's error, or a `Redirection` when the answer is to go on elsewhere.
   */
  step<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S>>;
  /** As `step`, for one that may be skipped. @returns undefined when somebody skipped it. */
  optional<S extends Step>(step: S, ...args: Parameters<Activities[S]>): Promise<ValueOf<S> | undefined>;
  readonly ask: Ask;
  readonly approval: Approve;
  readonly desk: Desk;
  readonly journal: Journal;
  /** Claims the target for this run. @returns the other run, when this one has joined it. */
  claim(observed: ObservedService): Promise<Joined | undefined>;
  /** The claim that the change has to prove before it writes; none in a run that was not reset. */
  claimToProve(): string | undefined;
  /** Makes the resolved request known to report and search attributes. */
  adoptRequest(request: ResolvedRun): void;
  adoptPlan(plan: ShownPlan): void;
  /** What can still be offered to people who are asked. */
  waysOut: WaysOut;
  /** Stops a paused run: see `Gate`. */
  readonly gate: Gate;
  /** What was live before the first change, where it was kept. */
  snapshot: SnapshotReference | undefined;
  /** The plan whose change was begun last. */
  begun: ShownPlan | undefined;
}

/** Somebody who ends the claim again and again is asked what to do. */
const RECLAIMS = 3;

type Activities = import('../activities/index.ts').Activities;

/**
 * Opens a run and carries out the runbook's text. However the text ends, the run is closed as a whole: a cancellation
 * that comes while people are told changes nothing any more.
 * @returns the report. A run that did not reach its aim fails with an error of the catalogue that holds the report.
 */
export async function carryOut(
  workflow: WorkflowKind,
  text: (run: Run) => Promise<Ending>,
  afterwards: (run: Run) => Promise<void> = async () => undefined,
): Promise<RunReport> {
  const { run, close } = openRun(workflow);
  let ending: Ending;
  let cause: unknown;
  try {
    ending = await text(run);
  } catch (error) {
    if (!isExpected(error)) throw error;
    ending = endingOf(error);
    cause = error;
  }
  await CancellationScope.nonCancellable(async () => {
    await close(ending);
    await afterwards(run);
  });
  if (isCancellation(cause)) throw cause;
  const report = run.journal.report();
  if (ending.outcome === 'cancelled') throw new CancelledFailure('cancelled on request');
  if (report.error) throw failureOf(report);
  return report;
}

function endingOf(error: unknown): Ending {
  if (isCancellation(error)) return { outcome: 'cancelled', summary: 'cancelled on request' };
  const reason = reasonOf(error);
  // Whoever started it sees it; the run that holds the target tells people.
  const quiet = reason.type === 'RollbackInProgress';
  return { outcome: 'failed', summary: `${reason.type}: ${reason.message}`, error: reason, quiet };
}

function openRun(workflow: WorkflowKind): { run: Run; close(ending: Ending): Promise<void> } {
  const journal = openJournal(workflow);
  const perform = activitySteps(journal);
  const teller = openTeller(journal, perform);
  const room = openWaitingRoom(journal, teller);
  // A watch takes as long as it is asked to.
  const budgets = workflow === 'followThrough' ? undefined : watchBudgets(journal, teller);
  const desk = workflow === 'verify' ? openDesk(journal, ['add-note']) : openDesk(journal);
  const gate = openGate(journal, desk, room);
  const claimed = new Set<string>();
  /** What was claimed last. */
  let target: ObservedService | undefined;
  let reclaimed = 0;
  const ask = openDecisions(journal, desk, room, () => run.waysOut);

  /** What a step has left its place for: steps beside it leave with it, and nobody is asked about them. */
  let leaving: Error | undefined;
  const leave = (error: Error): Error => {
    leaving ??= error;
    return leaving;
  };

  /** What becomes of a step that has failed: it is left out, or tried again. @throws what it leaves its place for. */
  const decide = async (id: StepId, error: unknown): Promise<'skip' | 'again'> => {
    if (leaving) throw leaving;
    const reason = reasonOf(error);
    const decided = await ask(id, reason, () => leaving !== undefined);
    if (!decided || decided.answer === 'abort') throw leave(error as Error);
    if (decided.answer === 'skip') return 'skip';
    const redirection = redirectionOf(decided, id, journal.report(), reason);
    if (redirection) throw leave(redirection);
    return 'again';
  };

  let lastDecided: Promise<unknown> = Promise.resolve();
  /** One after the other: what is decided about one step may be the answer for the next. */
  const decideInTurn: typeof decide = (id, error) => {
    const mine = lastDecided.then(() => decide(id, error));
    lastDecided = mine.catch(() => undefined);
    return mine;
  };

  async function optional<S extends Step>(id: S, ...args: Parameters<Activities[S]>) {
    leaving = undefined;
    for (;;) {
      const stopped = gate();
      if (stopped) await stopped;
      budgets?.enter(id);
      try {
        return await perform(id, ...args);
      } catch (error) {
        if (!isExpected(error) || isCancellation(error)) throw error;
        if (reasonOf(error).type === 'ClaimLost' && target && reclaimed < RECLAIMS) {
          reclaimed += 1;
          claimed.delete(claimId(target));
          await claim(target, 'refuse');
          continue;
        }
        if ((await decideInTurn(id, error)) === 'skip') return undefined;
      }
    }
  }

  async function claim(observed: ObservedService, ifRunning?: 'refuse'): Promise<Joined | undefined> {
    const { request } = journal.report();
    if (!request || !journal.policy()) return undefined;
    target = observed;
    const asked = ifRunning ? { ...request, ifRunning } : request;
    return claimTarget(perform, asked, observed, claimed).catch((error: unknown) => {
      throw error instanceof ApplicationFailure ? leave(error) : error;
    });
  }

  const run: Run = {
    optional,
    step: (id, ...args) => optional(id, ...args) as Promise<ValueOf<typeof id>>,
    ask,
    approval: openApprovals(journal, desk, room),
    desk,
    journal,
    waysOut: { restorable: false, fallBacksLeft: 0 },
    // A run that has changed something cannot leave it to another one.
    claim: (observed) => claim(observed, changeOf(journal.report()) === 'none' ? undefined : 'refuse'),
    claimToProve: () => claimToProve(target),
    gate,
    snapshot: undefined,
    begun: undefined,
    adoptRequest({ policy, ...request }) {
      journal.adopt({ request });
      journal.adoptPolicy(policy);
      journal.index('service', request.service);
      journal.index('environment', request.environment);
    },
    adoptPlan: (plan) => journal.adopt({ plan }),
  };

  /** Runbook 7: fixes how the run ends, tells people, keeps evidence and record. What fails here stops nothing. */
  async function close({ evidence, quiet, ...ending }: Ending): Promise<void> {
    desk.stage = 'closing';
    budgets?.stop();
    await teller.settled();
    journal.adopt({ ...ending, finishedAt: now() });
    journal.index('outcome', ending.outcome);
    const { request } = journal.report();
    // A verification and a dry run are no incident: whoever asked has the answer. Who has changed something tells it.
    const isQuiet = quiet && changeOf(journal.report()) === 'none';
    if (!request || request.dryRun || workflow === 'verify' || isQuiet) return;
    // A watch that is ended by hand has nothing to tell.
    if (workflow === 'followThrough' && ending.outcome === 'cancelled') return;
    await Promise.all([
      ...request.notifiers.map((receiver) =>
        tryOut(perform, 'notify', receiver, announce(journal.report(), request)),
      ),
      ...(evidence ? [tryOut(perform, 'record-known-good', request.service, evidence)] : []),
    ]);
    await tryOut(perform, 'record-incident');
  }

  return { run, close };
}
