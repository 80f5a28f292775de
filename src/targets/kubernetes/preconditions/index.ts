import type { PreconditionFinding } from '../../../domain/preconditions/preconditions.ts';
import type { KubernetesPin } from '../../../domain/versions/pins.ts';
import type { Pod, RawObject, Workload } from '../api/resources.ts';
import type { SortedPods } from '../rollout/pod-inspector.ts';
import { objectAt } from '../template/pod-template.ts';
import type { WorkloadPlace } from '../workload/workload.ts';
import { type HorizontalAutoscaler, judgeAutoscalers, type VerticalAutoscaler } from './autoscaler.ts';
import { findControllers } from './conflicting-controller.ts';
import { type DisruptionBudget, judgeBudgets } from './disruption-budget.ts';
import type { Node } from './node-fit.ts';
import { judgePlatform } from './platform.ts';
import { defaultsOf, type LimitRange } from './quota/limit-range.ts';
import { sizeOf } from './quota/pod-size.ts';
import { judgeQuota, type OwnPods } from './quota/quota.ts';
import { replacementOf } from './quota/replacement.ts';
import type { ResourceQuota } from './quota/scope.ts';
import { known, type ObstacleReads } from './seen.ts';

export { pullCredentials } from './pull-credentials.ts';
export { ObstacleReads } from './seen.ts';

/** What a change of a workload would meet. */
export interface PlannedChange {
  readonly place: WorkloadPlace;
  readonly live: Workload;
  readonly pin: KubernetesPin;
  /** The pinned template, as it is written. */
  readonly template: RawObject;
  /** The workload's own pods. */
  readonly pods: SortedPods;
  /** The name under which this runbook writes. */
  readonly fieldManager: string;
  /** What the pinned image is for, where that is known. */
  readonly platforms?: readonly string[] | undefined;
  /** Whether the run that asks has changed it before. */
  readonly hasChanged?: boolean;
}

/** What only the cluster can tell of whether a rollback may go ahead (runbook 2): all reads at the same time, a finding each. */
export async function findObstacles(
  change: PlannedChange,
  reads: ObstacleReads,
): Promise<readonly PreconditionFinding[]> {
  const { place, live, template, pods, platforms, pin } = change;
  const { kind, namespace, name } = place;
  const [nodes, quotas, ranges, budgets, hpas, vpas, controllers] = await Promise.all([
    reads.list<Node>('nodes'),
    reads.list<ResourceQuota>('resourcequotas'),
    reads.list<LimitRange>('limitranges'),
    reads.list<DisruptionBudget>('poddisruptionbudgets'),
    reads.list<HorizontalAutoscaler>('horizontalpodautoscalers'),
    reads.list<VerticalAutoscaler>('verticalpodautoscalers'),
    findControllers(change, reads),
  ]);
  const spec = objectAt(template, 'spec');
  const { version } = pin;
  const { requests } = sizeOf(spec, defaultsOf(known(ranges)));
  const isOfDaemonSet = kind.kind === 'DaemonSet';
  const { replicas } = live.spec;
  const replacement = replacementOf(kind, live);
  const { wanted } = replacement;
  const active = [...pods.made, ...pods.adopted, ...pods.others];
  const isRunning = active.some((pod) => pod.spec?.nodeName !== undefined);
  return [
    judgePlatform({ spec, requests, isOfDaemonSet, version, platforms, wanted, isRunning }, nodes),
    judgeQuota(
      {
        namespace,
        version,
        spec,
        replacement,
        pods: ownPodsOf(change),
        makes: pods.holder ? [] : [madeBy(place)],
      },
      quotas,
      ranges,
    ),
    judgeBudgets(namespace, active, budgets, nodes),
    judgeAutoscalers(
      { namespace, kind: kind.kind, name, ...(replicas === undefined ? {} : { replicas }) },
      active,
      hpas,
      vpas,
    ),
    controllers,
  ];
}

/** Pods that wait to be deleted by a person are replaced all the same, once they are. */
function ownPodsOf({ place: { kind }, live, pods }: PlannedChange): OwnPods {
  const isByHand = live.spec.updateStrategy?.type === 'OnDelete';
  const held = isByHand ? [] : (kind.held(live, pods.others)?.pods ?? []);
  const specs = (list: readonly Pod[]) => list.map(({ spec }) => (spec ?? {}) as RawObject);
  return {
    there: specs([...pods.made, ...pods.adopted]),
    old: specs(pods.others.filter((pod) => !held.includes(pod))),
    staying: specs(held),
    ending: specs([...pods.ending, ...pods.leaving]),
  };
}

/** What a template that the history does not have is kept in, as a quota of objects names it. */
function madeBy({ kind: { history } }: WorkloadPlace): string {
  return `count/${history.collection}.apps`;
}
