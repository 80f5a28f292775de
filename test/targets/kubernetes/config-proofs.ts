import type { KnownGoodRecord } from '../../../src/domain/proof/known-good.ts';
import type { KubernetesPin } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { passedRecord } from './passed-record.ts';
import { context } from './support.ts';

/** Evidence of today's schema that what is live was proved. */
export async function proofOf(target: RollbackTarget): Promise<KnownGoodRecord> {
  const observed = await target.observe(context);
  const { id } = observed.current;
  return {
    ...passedRecord(observed),
    schema: 2,
    ...(id ? { id } : {}),
    required: ['health'],
    accepted: [],
    waived: [],
    excused: [],
    notApplicable: [],
    checks: { health: { verdict: 'passed', summary: '', values: {} } },
  };
}

/** Records that what is live was proved. */
export async function prove(target: RollbackTarget) {
  return target.recordKnownGood(await proofOf(target), context);
}

/** What would be done now. */
export async function planned(target: RollbackTarget, wish: TargetWish = { kind: 'known-good' }) {
  const plan = planRollback(await target.observe(context), wish);
  if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
  return { ...plan, pin: plan.pin as KubernetesPin };
}

/** Carries a plan out, and waits. */
export async function carryOut(target: RollbackTarget, pin: KubernetesPin) {
  const restored = pin.inPlace ? await target.restoreConfig(pin, context) : undefined;
  const started = await target.rollBack(pin, context);
  await target.waitForRollout(started, context, () => undefined);
  return restored;
}
