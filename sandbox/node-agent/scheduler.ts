import type { KubernetesObject } from '../control-plane/api.ts';

/** The node of every pod that is not made for another: it has no labels, and no Node object. */
const ONLY_NODE = 'sandbox';

/** Where a pod goes, or what a scheduler says of one that goes nowhere. */
export type Placed = { readonly node: string } | { readonly unschedulable: string };

/** Nothing while a gate keeps the scheduler from looking at the pod. */
export function place({ spec }: KubernetesObject): Placed | undefined {
  if (spec.nodeName) return { node: spec.nodeName };
  if (spec.schedulingGates?.length) return undefined;
  const named = nodeNamed(spec);
  if (named) return { node: named };
  return Object.keys(spec.nodeSelector ?? {}).length === 0
    ? { node: ONLY_NODE }
    : { unschedulable: "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector." };
}

/** The status of a pod that goes nowhere. */
export function unscheduled(message: string): KubernetesObject {
  const condition = { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message };
  return { status: { conditions: [condition] } };
}

/** The one node that a DaemonSet's controller has made the pod for: by then it has looked at selector and taints. */
function nodeNamed({ affinity }: KubernetesObject): string | undefined {
  const terms: readonly KubernetesObject[] =
    affinity?.nodeAffinity?.requiredDuringSchedulingIgnoredDuringExecution?.nodeSelectorTerms ?? [];
  const fields: readonly KubernetesObject[] = terms.flatMap(({ matchFields = [] }) => matchFields);
  return fields.find(({ key }) => key === 'metadata.name')?.values?.[0];
}
