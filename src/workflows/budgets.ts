import { CancellationScope, isCancellation, sleep } from '@temporalio/workflow';
import { announceOverBudget } from '../domain/announce.ts';
import type { Budgets } from '../domain/policy.ts';
import { STEPS, type StepId } from '../domain/steps.ts';
import type { Journal } from './journal.ts';
import type { Teller } from './tell.ts';

/** Watches how long a run takes. What takes longer than it should is told and recorded; nothing is ended. */
export interface BudgetWatch {
  /** A step begins: the clock of its phase runs, that of the phase before stops. */
  enter(step: StepId): void;
  /** Stops all clocks. */
  stop(): void;
}

type Timed = 'decide' | 'act' | 'prove';

const PHASE_BUDGETS: Readonly<Record<Timed, keyof Budgets>> = {
  decide: 'decideMs',
  act: 'actMs',
  prove: 'proveMs',
};

export function watchBudgets(journal: Journal, teller: Teller): BudgetWatch {
  let phase: Timed | undefined;
  let phaseClock: CancellationScope | undefined;
  let runClock: CancellationScope | undefined;
  let stopped = false;

  /** A clock that only `stop`, or the next phase, ends: not a cancellation of the run. */
  const start = (text: (scope: CancellationScope) => Promise<void>): CancellationScope => {
    const scope = new CancellationScope({ cancellable: true });
    void CancellationScope.nonCancellable(() => scope.run(() => text(scope))).catch((error: unknown) => {
      if (!isCancellation(error)) throw error;
    });
    return scope;
  };
  const over = (what: string, budgetMs: number) => {
    const report = journal.report();
    const summary = `${what} takes longer than ${minutes(budgetMs)}`;
    const { at } = journal.record({ kind: 'over-budget', summary });
    if (report.request) teller.tell(announceOverBudget(report, report.request, { what, budgetMs, at }));
  };
  const watchPhase = (name: Timed, budgetMs: number) =>
    start(async () => {
      await sleep(budgetMs, { summary: `budget of ${name}` });
      over(name, budgetMs);
    });
  const watchRun = ({ targetMs, acceptableMs }: Budgets) =>
    start(async () => {
      const spent = Date.now() - Date.parse(journal.report().startedAt);
      await sleep(Math.max(1, targetMs - spent), { summary: 'budget of the run: target' });
      over('the run', targetMs);
      if (acceptableMs <= targetMs) return;
      await sleep(acceptableMs - targetMs, { summary: 'budget of the run: acceptable' });
      over('the run', acceptableMs);
    });

  return {
    enter(step) {
      const budgets = journal.policy()?.budgets;
      if (!budgets || stopped) return;
      runClock ??= watchRun(budgets);
      const next = STEPS[step].phase;
      if (next === 'tell' || next === phase) return;
      phaseClock?.cancel();
      phase = next;
      phaseClock = watchPhase(next, budgets[PHASE_BUDGETS[next]]);
    },
    stop() {
      stopped = true;
      phaseClock?.cancel();
      runClock?.cancel();
    },
  };
}

function minutes(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 6000) / 10} min` : `${Math.round(ms / 100) / 10} s`;
}
