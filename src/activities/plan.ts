import { createHash } from 'node:crypto';
import { RunbookError } from '../domain/errors.ts';
import type { ShownPlan } from '../domain/versions/plan.ts';
import { type PlanOptions, planRollback } from '../domain/versions/plan-rollback.ts';
import type { TargetWish } from '../domain/versions/targets.ts';
import { nameWithRevision, type ObservedService } from '../domain/versions/versions.ts';
import type { Dependencies } from './dependencies.ts';
import { stepActivity } from './step.ts';

/**
 * Runbook 3.1: picks the version and pins it, once. The decision itself is `planRollback`, a pure function.
 *
 * Reads: the observation; for the diff, the two templates or files; for Compose the digest behind a tag.
 * Writes: nothing.
 * Result: the plan with its hash and a diff in which secret values are masked.
 * Errors: `NoHistory`, `ClusterChanged`, `TargetNotFound`, `ForceRequired`, `PinLost`, `ImageMissing`, `ComposeFileUnsupported`; `Unreachable` is tried
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
      const planned = planRollback(observed, wish, options);
      if ('problem' in planned) throw new RunbookError(planned.problem, planned.message);
      const {
        plan: exact,
        diff,
        settings = [],
      } = await deps.service(service).target.resolve(planned, {
        signal,
        cluster: observed.cluster,
      });
      const hash = createHash('sha256').update(JSON.stringify(exact)).digest('hex');
      const value: ShownPlan = { ...exact, hash, diff, ...(settings.length > 0 ? { settings } : {}) };
      return { value, summary: describePlan(value) };
    },
  );
}

function describePlan({ from, to, changesNothing }: ShownPlan): string {
  if (changesNothing) return `${nameWithRevision(to)} is already there`;
  return `${nameWithRevision(from)} -> ${nameWithRevision(to)}`;
}
