/** What tests of the compensation do: plan it as a run does after its change, and carry it out. */
import type { SnapshotReference } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { context, type Service } from './world.ts';

export const KNOWN_GOOD: TargetWish = { kind: 'known-good' };

export async function snapshotOf({ target }: Service): Promise<SnapshotReference> {
  return target.takeSnapshot(liveVersionOf(await target.observe(context)), context);
}

/** What the default target would be, and whether what runs was put there by a rollback. */
export async function defaultOf({ target }: Service) {
  const seen = await target.observe(context);
  const plan = planRollback(seen, KNOWN_GOOD);
  if ('problem' in plan) return plan.problem;
  return { to: plan.to.version, basis: plan.basis, rolledBack: seen.rolledBack };
}

/** Carries out a wish from check-access to the end of the wait. */
export async function carryOut(one: Service, wish: TargetWish, by: RollbackTarget = one.target) {
  const { summary } = await by.checkAccess(wish, context);
  const { plan, diff } = await one.resolve(wish, by);
  const started = await by.rollBack(plan.pin, { ...context, key: 'run-1/roll-back-2' });
  return { plan, diff, started, summary, finished: await one.wait(started, by) };
}

/** The entries of the audit log. */
export async function auditOf(one: Service, service: string): Promise<readonly Record<string, unknown>[]> {
  const text = await one.read(`.runbook/${service}/audit.jsonl`);
  return text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

/** The change in the journal. */
export async function projectChange(one: Service, service: string): Promise<Record<string, unknown>> {
  return JSON.parse(await one.read(`.runbook/${service}/change.json`));
}
