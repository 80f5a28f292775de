import { RunbookError } from '../domain/errors.ts';
import type { WeighedPrecondition } from '../domain/preconditions/preconditions.ts';
import { weighPreconditions } from '../domain/preconditions/weigh-preconditions.ts';
import type { NamedCluster } from '../domain/versions/cluster.ts';
import type { ShownPlan } from '../domain/versions/plan.ts';
import type { Dependencies } from './dependencies.ts';
import { planHash } from './plan.ts';
import { stepActivity } from './step.ts';

/** What a run says of itself beside its plan. */
export interface CheckOptions {
  /** The cluster that the run is about. */
  readonly cluster?: NamedCluster | undefined;
  /** It has changed the workload before: it falls back, or tries again. */
  readonly hasChanged?: true | undefined;
  /** Goes on whatever does not hold. */
  readonly force?: boolean | undefined;
  /** Why a freeze does not count: what `brokenGlass` gives for the request. */
  readonly breakGlass?: string | undefined;
}

/** A plan without what is only shown of it: it stands in history already. */
export type BarePlan = Omit<ShownPlan, 'diff' | 'settings' | 'findings'>;

/** What becomes of a plan: who approves its hash has read what was found. */
export type CheckedPlan = Required<Pick<ShownPlan, 'hash' | 'warnings' | 'preconditions'>>;

/**
 * Runbook 2: whether a plan may go ahead. What is looked at stands in `preconditions` of the profile; what follows is
 * `weighPreconditions`, a pure function.
 *
 * Reads: what each precondition says it reads (src/preconditions/). Of a plan that changes nothing, and of one that brings
 * back what ran before, nothing is read: neither is kept from ending well.
 * Writes: nothing; the schema gate of the profile runs, and what that does is its own.
 * Result: what was found, the plan's warnings with one for all that does not hold or cannot be told, and its hash over both.
 * Errors: `PreconditionFailed`, which names what blocks and what helps. What cannot be told is no error: it counts as the
 * profile says.
 * Safe to retry: it only asks. A schema gate may be asked twice.
 */
export function checkPreconditions(deps: Dependencies) {
  return stepActivity(
    async (
      { signal },
      service: string,
      plan: BarePlan,
      { cluster, hasChanged, ...overrides }: CheckOptions = {},
    ) => {
      const { preconditions } = deps.service(service);
      const { hash, ...exact } = plan;
      if (!preconditions || plan.changesNothing || plan.pin.purpose === 'restore') {
        const value: CheckedPlan = { hash, warnings: plan.warnings, preconditions: [] };
        return { value, summary: 'nothing to look at' };
      }
      const findings = await preconditions.find(plan, { signal, cluster, hasChanged });
      const weighed = weighPreconditions(findings, preconditions.rules, overrides);
      if ('refused' in weighed) {
        throw new RunbookError('PreconditionFailed', `${weighed.refused}: ${weighed.remedy}`);
      }
      const found = {
        warnings: [...plan.warnings, ...weighed.warnings],
        preconditions: weighed.preconditions,
      };
      const value: CheckedPlan = { ...found, hash: planHash({ ...exact, ...found }) };
      return { value, summary: describe(weighed.preconditions) };
    },
  );
}

/** `7 hold, 1 is told, 1 to be decided`. */
function describe(preconditions: readonly WeighedPrecondition[]): string {
  const count = (follows: WeighedPrecondition['follows']) =>
    preconditions.filter((one) => one.follows === follows).length;
  const [held, told, asked] = [count(undefined), count('warn'), count('ask')];
  return [
    `${held} ${held === 1 ? 'holds' : 'hold'}`,
    ...(told > 0 ? [`${told} ${told === 1 ? 'is' : 'are'} told`] : []),
    ...(asked > 0 ? [`${asked} to be decided`] : []),
  ].join(', ');
}
