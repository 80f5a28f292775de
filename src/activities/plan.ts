import { createHash } from 'node:crypto';
import { RunbookError } from '../domain/errors.ts';
import type { Plan, ShownPlan } from '../domain/versions/plan.ts';
import { type PlanOptions, planRollback } from '../domain/versions/plan-rollback.ts';
import type { TargetWish } from '../domain/versions/targets.ts';
import { nameWithRevision, type ObservedService } from '../domain/versions/versions.ts';
import { weighFindings } from '../domain/versions/weigh-findings.ts';
import type { RollbackTarget } from '../targets/target.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.1: picks the version and pins it, once; runbook 5: judges the config that it would run with. The decisions
 * themselves are `planRollback` and `weighFindings`, pure functions.
 *
 * Reads: the observation; for the diff, the two templates or files; for Compose the digest behind a tag; what the profile's
 * critical rules are about.
 * Writes: nothing.
 * Result: the plan with its hash, a diff in which secret values are masked, and the critical rules that its config does not keep.
 * Errors: `NoHistory`, `ClusterChanged`, `TargetNotFound`, `ForceRequired`, `SettingsRefused`, `PinLost`, `ImageMissing`, `ComposeFileUnsupported`; `Unreachable` is tried
 * again.
 * Safe to retry: the same observation gives the same plan.
 */
export function plan(deps: Dependencies) {
  return stepActivity(
    async (
      { signal },
      service: string,
      wish: TargetWish,
      observed: ObservedService,
      options: PlanOptions = {},
    ) => {
      const { target } = deps.service(service);
      const value = await planFor(target, wish, observed, options, signal);
      return { value, summary: describePlan(value) };
    },
  );
}

/** A fall-back goes on to the next older version where the config of one is refused: nobody has chosen that one. */
async function planFor(
  target: RollbackTarget,
  first: TargetWish,
  observed: ObservedService,
  options: PlanOptions,
  signal: AbortSignal,
): Promise<ShownPlan> {
  const passedOver: string[] = [];
  for (let wish = first; ; ) {
    const planned = planRollback(observed, wish, options);
    if ('problem' in planned) {
      throw new RunbookError(planned.problem, [planned.message, ...passedOver].join('; '));
    }
    const resolved = await target.resolve(planned, { signal, cluster: observed.cluster });
    const { diff, settings = [] } = resolved;
    const weighed = weighFindings(resolved.plan, resolved.findings ?? [], options);
    if ('refused' in weighed) {
      const { refused, remedy } = weighed;
      if (wish.kind !== 'older-known-good')
        throw new RunbookError('SettingsRefused', `${refused}: ${remedy}`);
      passedOver.push(`passed over: ${refused}`);
      wish = { ...wish, tried: [...wish.tried, planned.to.fingerprint] };
      continue;
    }
    const { findings } = weighed;
    const exact = { ...weighed.plan, warnings: [...weighed.plan.warnings, ...passedOver] };
    return {
      ...exact,
      hash: planHash(exact),
      diff,
      ...(settings.length > 0 ? { settings } : {}),
      ...(findings.length > 0 ? { findings } : {}),
    };
  }
}

/** What an approval refers to: SHA-256 over the plan, and over what was found of its preconditions. */
export function planHash(plan: Plan & Pick<ShownPlan, 'preconditions'>): string {
  return createHash('sha256').update(JSON.stringify(plan)).digest('hex');
}

function describePlan({ from, to, changesNothing, findings = [] }: ShownPlan): string {
  if (changesNothing) return `${nameWithRevision(to)} is already there`;
  const count = findings.length;
  const kept = count > 0 ? `; ${count} critical ${count === 1 ? 'rule is' : 'rules are'} not kept` : '';
  return `${nameWithRevision(from)} -> ${nameWithRevision(to)}${kept}`;
}
