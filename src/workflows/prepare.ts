import { changeOf } from '../domain/ledger.ts';
import type { ShownPlan } from '../domain/plan.ts';
import type { ResolvedRun } from '../domain/request.ts';
import { parseTarget } from '../domain/targets.ts';
import { liveVersionOf } from '../domain/versions.ts';
import type { Aim } from './aim.ts';
import type { Joined } from './claim.ts';
import { Redirection } from './redirection.ts';
import type { Run } from './run.ts';
import { together } from './together.ts';

/** Everything before the change. */
export type Prepared =
  | { readonly joined: Joined }
  | { readonly joined?: never; readonly plan: ShownPlan; readonly resolved: ResolvedRun };

/**
 * Runbook 2 and 3.1: sees what is there, pins the target, keeps what is live, and gets the consent of those who must
 * give it. Nothing of the service is changed.
 */
export async function prepare(run: Run, aim: Aim): Promise<Prepared> {
  const resolved = run.journal.report().request as ResolvedRun;
  const { service, dryRun } = resolved;
  const isFirst = changeOf(run.journal.report()) === 'none';
  run.desk.stage = isFirst ? 'open' : 'changing';
  const fallBacks = run.journal.policy()?.decisions.fallBacks ?? 0;
  const fallBacksLeft = aim.purpose === 'restore' ? 0 : fallBacks - (aim.fallBacks ?? 0);
  // Before the plan too: a default that leads here again and again must come to its end.
  run.waysOut = {
    restorable: !isFirst && aim.purpose !== 'restore' && run.snapshot !== undefined,
    fallBacksLeft,
  };
  const [, observed] = await together(
    isFirst ? run.optional('check-access', service, aim.wish) : undefined,
    run.step('identify-versions', service),
  );
  leaveForAnotherTarget(run);
  const [plan, snapshot, joined] = await together(
    run.step('plan', service, aim.wish, observed),
    dryRun || !isFirst ? undefined : run.optional('take-snapshot', service, liveVersionOf(observed)),
    dryRun ? undefined : run.claim(observed),
  );
  if (joined) return { joined };
  run.adoptPlan(plan);
  if (dryRun) {
    leaveForAnotherTarget(run);
    return { plan, resolved };
  }
  // What is live changes with the change alone: an older snapshot is of something else.
  if (isFirst) run.snapshot = snapshot;
  const kept = run.snapshot;
  const isElsewhere = kept !== undefined && kept.fingerprint !== plan.to.fingerprint;
  run.waysOut = { restorable: isElsewhere && aim.purpose !== 'restore', fallBacksLeft };
  if (aim.purpose === 'roll-back') await run.approval(plan);
  // A pause here is before the change: another target may still be asked for.
  const paused = run.gate();
  if (paused) await paused;
  leaveForAnotherTarget(run);
  return { plan, resolved };
}

/** Somebody has asked for another target while nobody was waited for. */
function leaveForAnotherTarget({ desk }: Run): void {
  if (!desk.target) return;
  const wish = parseTarget(desk.target.target);
  delete desk.target;
  if ('kind' in wish) throw new Redirection({ kind: 'target', wish });
}
