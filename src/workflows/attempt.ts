import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import type { Aim } from './aim.ts';
import { change } from './change.ts';
import { endingOf, joinedEnding, plannedEnding } from './endings.ts';
import { prepare } from './prepare.ts';
import { prove } from './prove.ts';
import type { Ending, Run } from './run.ts';

/** One way through the runbook: where it ends, or leaves for another one by a `Redirection`. */
export async function attempt(run: Run, aim: Aim): Promise<Ending> {
  const prepared = await prepare(run, aim);
  if (prepared.joined) return joinedEnding(prepared.joined);
  const { plan, resolved } = prepared;
  return resolved.dryRun ? plannedEnding(plan) : carryThrough(run, aim, plan);
}

/** The change of a plan that nothing stands against any more, and its proof. What was there before needs none. */
export async function carryThrough(run: Run, aim: Aim, plan: ShownPlan): Promise<Ending> {
  const rollout = await change(run, plan);
  const request = run.journal.report().request as ResolvedRun;
  const verification =
    aim.purpose === 'restore' ? undefined : await prove(run, { request, rollout, baseline: plan.baseline });
  return endingOf(run, aim, plan, rollout, verification);
}
