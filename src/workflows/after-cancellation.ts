import { CancellationScope } from '@temporalio/workflow';
import { changeOf } from '../domain/ledger.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { type Aim, nextAim } from './aim.ts';
import { attempt, carryThrough } from './attempt.ts';
import { isExpected, reasonOf } from './failures.ts';
import { Redirection } from './redirection.ts';
import type { Ending, Run } from './run.ts';

/**
 * Ends a cancelled run in a known state. Before the change nothing has happened. A change that has begun is finished and
 * proved, or what was there before is restored, as the profile says; a second cancellation does not stop that. What was
 * only planned when the cancellation came is not begun any more.
 * @throws the cancellation itself when there is nothing to finish.
 */
export async function afterCancellation(run: Run, aim: Aim, cancellation: unknown): Promise<Ending> {
  const { request } = run.journal.report();
  const { begun } = run;
  const policy = run.journal.policy();
  const isBegun = changeOf(run.journal.report()) !== 'none';
  if (!request || !begun || !policy || !isBegun) throw cancellation;
  const decided = aim.purpose === 'restore';
  const isKept = run.snapshot !== undefined && run.snapshot.fingerprint !== begun.to.fingerprint;
  const restores = decided || (policy.onCancel === 'restore' && isKept);
  return CancellationScope.nonCancellable(async () => {
    // Whoever cancels does not want it to wait.
    delete run.desk.pausedBy;
    try {
      const direction = await lookAtChange(run, request, begun);
      if (direction === 'untouched') return cancelled('cancelled on request; nothing was changed');
      run.journal.record({
        kind: 'cancellation',
        summary: restores
          ? 'cancelled: what was there before is restored'
          : 'cancelled: what was begun is finished',
      });
      const toRestore = new Redirection({ kind: 'restore' });
      const asked = direction ?? (restores && !decided ? toRestore : undefined);
      return endingOf(await settle(run, asked ? nextAim(aim, asked, run) : aim, begun));
    } catch (error) {
      if (!isExpected(error)) throw error;
      const { type, message } = reasonOf(error);
      const how = restores ? 'restored' : 'finished';
      return cancelled(
        `cancelled after the change had begun, and it could not be ${how}: ${type}: ${message}`,
      );
    }
  });
}

/** @returns whether the step that was cancelled had changed nothing yet; where people lead the run when it cannot be told. */
async function lookAtChange(
  run: Run,
  { service }: ResolvedRun,
  { pin, from, changesNothing }: ShownPlan,
): Promise<'untouched' | Redirection | undefined> {
  if (changeOf(run.journal.report()) === 'made') return undefined;
  for (;;) {
    try {
      const { current, generation } = await run.step('identify-versions', service);
      const isKubernetes = pin.target === 'kubernetes';
      const isAsBefore =
        current.fingerprint === from.fingerprint && (!isKubernetes || generation === pin.generation);
      const isWanted = current.fingerprint === pin.fingerprint && !(isKubernetes && changesNothing);
      return isAsBefore && !isWanted ? 'untouched' : undefined;
    } catch (error) {
      if (!(error instanceof Redirection)) throw error;
      if (error.to.kind !== 'plan-anew') return error;
    }
  }
}

/** Finishes what was begun, or goes where people lead it while it is finished. */
async function settle(run: Run, aim: Aim, begun: ShownPlan): Promise<Ending> {
  let next = aim;
  // What somebody has decided to restore, or to fall back to, is planned before it is carried through.
  let plan = isAimOf(aim, begun) ? begun : undefined;
  for (;;) {
    try {
      if (!plan) return await attempt(run, next);
      run.adoptPlan(plan);
      return await carryThrough(run, next, plan);
    } catch (error) {
      if (!(error instanceof Redirection)) throw error;
      next = nextAim(next, error, run);
      plan = undefined;
    }
  }
}

function isAimOf({ purpose }: Aim, { pin }: ShownPlan): boolean {
  return (pin.purpose === 'restore') === (purpose === 'restore');
}

function endingOf({ outcome, summary, evidence }: Ending): Ending {
  const what =
    outcome === 'restored' ? `: ${summary.split(': the rollback')[0]}` : `, which was finished: ${summary}`;
  return {
    ...cancelled(`cancelled after the change had begun${what}`),
    ...(evidence ? { evidence } : {}),
  };
}

function cancelled(summary: string): Ending {
  return { outcome: 'cancelled', summary };
}
