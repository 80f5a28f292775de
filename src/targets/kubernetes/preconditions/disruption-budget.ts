import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { LabelSelector, ObjectMeta, Pod } from '../api/resources.ts';
import { findingOf, type Note } from './finding.ts';
import { selects } from './label-selector.ts';
import type { Node } from './node-fit.ts';
import { known, type Seen, unreadOf } from './seen.ts';

/** policy/v1 PodDisruptionBudget. */
export interface DisruptionBudget {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly selector?: LabelSelector | null };
  readonly status?: {
    readonly disruptionsAllowed?: number;
    readonly currentHealthy?: number;
    readonly desiredHealthy?: number;
    readonly expectedPods?: number;
  };
}

/** So many pods are named. */
const SHOWN = 3;

/**
 * What budgets mean for a rollback. They limit evictions: controllers that replace pods, and this runbook where it replaces one that
 * is stuck, delete, and no budget is asked (Kubernetes, pod disruptions). So none of them stands in the way of a rollback; one
 * that allows nothing keeps a drain waiting until the pods are healthy again, and it is told with the pods that it is about. Pure.
 */
export function judgeBudgets(
  namespace: string,
  pods: readonly Pod[],
  budgets: Seen<readonly DisruptionBudget[]>,
  nodes: Seen<readonly Node[]>,
): PreconditionFinding {
  const cordoned = new Set(
    known(nodes).flatMap(({ metadata, spec }) => (spec?.unschedulable ? [metadata.name] : [])),
  );
  const meant = known(budgets)
    // An empty selector selects all, one that is missing none (policy/v1).
    .map((budget) => ({
      budget,
      of: pods.filter((pod) => {
        const selector = budget.spec?.selector;
        return selector !== undefined && selector !== null && selects(selector, pod.metadata.labels ?? {});
      }),
    }))
    .filter(({ of }) => of.length > 0);
  const notes = meant.flatMap(({ budget, of }) => noteOf(budget, of, cordoned));
  const several = pods.filter((pod) => meant.filter(({ of }) => of.includes(pod)).length > 1);
  const doubled: readonly Note[] =
    several.length === 0
      ? []
      : [
          {
            state: 'met',
            says: `${names(several)} ${several.length === 1 ? 'is' : 'are'} of more than one PodDisruptionBudget: no eviction of them works at all`,
          },
        ];
  const none =
    meant.length === 0
      ? `no PodDisruptionBudget of namespace ${namespace} is about its pods`
      : `${meant.map(({ budget }) => `poddisruptionbudget/${budget.metadata.name}`).join(', ')} allows evictions now, and a rollout asks for none`;
  return findingOf('disruption-budget', [...notes, ...doubled], none, unreadOf([budgets]));
}

function noteOf(
  { metadata, status = {} }: DisruptionBudget,
  of: readonly Pod[],
  cordoned: ReadonlySet<string>,
): readonly Note[] {
  const { disruptionsAllowed = 0, currentHealthy = 0, desiredHealthy = 0 } = status;
  const drained = of.filter(({ spec }) => spec?.nodeName !== undefined && cordoned.has(spec.nodeName));
  if (disruptionsAllowed > 0 && drained.length === 0) return [];
  const now =
    disruptionsAllowed > 0
      ? `allows ${disruptionsAllowed} eviction${disruptionsAllowed === 1 ? '' : 's'} now`
      : `allows no eviction now (${currentHealthy} of ${desiredHealthy} pods that it wants are healthy): ${names(of)}`;
  const drain =
    drained.length === 0
      ? 'a drain of their node would wait'
      : disruptionsAllowed > 0
        ? `${names(drained)} ${drained.length === 1 ? 'is on a cordoned node' : 'are on cordoned nodes'}: a drain takes them in the middle of the rollout`
        : `${names(drained)} ${drained.length === 1 ? 'is on a cordoned node' : 'are on cordoned nodes'}, whose drain waits for the rollback`;
  return [
    {
      state: 'met',
      says: `poddisruptionbudget/${metadata.name} ${now}; a rollout deletes and does not ask it; ${drain}`,
    },
  ];
}

function names(pods: readonly Pod[]): string {
  const all = pods.map(({ metadata }) => metadata.name).toSorted();
  const more = all.length - SHOWN;
  return `${all.slice(0, SHOWN).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
