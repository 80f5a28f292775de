import { CancellationScope, sleep } from '@temporalio/workflow';
import { announceOverBudget } from '../../domain/ledger/announce.ts';
import type { Budgets } from '../../domain/request/policy.ts';
import { STEPS, type StepId } from '../../domain/steps/steps.ts';
import type { Notifications } from '../people/notifications.ts';
import type { RunLedger } from './step/ledger.ts';

/** Watches how long a run takes. What takes longer than it should is told and recorded; nothing is ended. */
export interface BudgetWatch {
  /** A step begins: the clock of its phase runs, that of the phase before stops. */
  enter(step: StepId): void;
  /** As `enter`, where no step of the run itself says so: in a group. */
  enterPhase(phase: Timed): void;
  /** Nothing is told any more. */
  stop(): void;
}

/** The phases that have a budget. */
export type Timed = 'decide' | 'act' | 'prove';

const PHASE_BUDGETS: Readonly<Record<Timed, keyof Budgets>> = {
  decide: 'decideMs',
  act: 'actMs',
  prove: 'proveMs',
};

/**
 * Timers that are of no use any more are left to run: to cancel each one would be an event of the history. One that
 * fires too late says nothing.
 */
export function watchBudgets(ledger: RunLedger, notifications: Notifications): BudgetWatch {
  let phase: Timed | undefined;
  let entered = 0;
  let isRunWatched = false;
  let stopped = false;

  /** A clock that no cancellation of the run stops. */
  const after = (ms: number, summary: string) =>
    CancellationScope.nonCancellable(() => sleep(ms, { summary }));
  const over = (what: string, budgetMs: number) => {
    const report = ledger.report();
    const summary = `${what} takes longer than ${minutes(budgetMs)}`;
    const { at } = ledger.record({ kind: 'over-budget', summary });
    if (report.request)
      notifications.tell(announceOverBudget(report, report.request, { what, budgetMs, at }));
  };
  const watchPhase = async (name: Timed, budgetMs: number) => {
    entered += 1;
    const mine = entered;
    await after(budgetMs, `budget of ${name}`);
    if (!stopped && mine === entered) over(name, budgetMs);
  };
  const watchRun = async ({ targetMs, acceptableMs }: Budgets) => {
    isRunWatched = true;
    const spent = Date.now() - Date.parse(ledger.report().startedAt);
    await after(Math.max(1, targetMs - spent), 'budget of the run: target');
    if (stopped) return;
    over('the run', targetMs);
    if (acceptableMs <= targetMs) return;
    await after(acceptableMs - targetMs, 'budget of the run: acceptable');
    if (!stopped) over('the run', acceptableMs);
  };

  const enterPhase = (next: Timed | 'tell') => {
    const budgets = ledger.policy()?.budgets;
    // A member waits for the others: how long it takes is the group's matter.
    if (!budgets || stopped || ledger.report().request?.member) return;
    if (!isRunWatched) void watchRun(budgets);
    if (next === 'tell' || next === phase) return;
    phase = next;
    void watchPhase(next, budgets[PHASE_BUDGETS[next]]);
  };

  return {
    enter: (step) => enterPhase(STEPS[step].phase),
    enterPhase,
    stop() {
      stopped = true;
    },
  };
}

function minutes(ms: number): string {
  return ms >= 60_000 ? `${Math.round(ms / 6000) / 10} min` : `${Math.round(ms / 100) / 10} s`;
}
