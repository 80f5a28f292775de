import type { RolloutFinished } from '../domain/pins.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { Redirection } from './redirection.ts';
import type { Run } from './run.ts';

/** Runbook 3.2 and 4: the one change, and the wait until it is everywhere. */
export async function change(run: Run, plan: ShownPlan): Promise<RolloutFinished> {
  const { service } = run.journal.report().request as ResolvedRun;
  run.desk.stage = 'changing';
  run.begun = plan;
  for (;;) {
    try {
      const started = await run.step('roll-back', service, plan.pin, run.claimToProve());
      return await run.step('wait-for-rollout', service, started);
    } catch (error) {
      if (!(error instanceof Redirection) || error.to.kind !== 'change-again') throw error;
    }
  }
}
