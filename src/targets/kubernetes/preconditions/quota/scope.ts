import type { ObjectMeta, RawObject } from '../../api/resources.ts';
import { objectAt, objectsAt, textAt } from '../../template/pod-template.ts';
import { holds, type Requirement } from '../label-selector.ts';
import type { PodSize } from './pod-size.ts';

/** core/v1 ResourceQuota. */
export interface ResourceQuota {
  readonly metadata: ObjectMeta;
  readonly spec?: {
    readonly hard?: RawObject;
    readonly scopes?: readonly string[];
    readonly scopeSelector?: { readonly matchExpressions?: readonly ScopeRequirement[] };
  };
  readonly status?: { readonly hard?: RawObject; readonly used?: RawObject };
}

interface ScopeRequirement {
  readonly scopeName: string;
  readonly operator: string;
  readonly values?: readonly string[];
}

/**
 * Whether a quota counts a pod: all of its scopes have to match (Kubernetes, quota scopes). Undefined where that cannot be told:
 * a scope that is not known here, or one of priorities for a pod that names none, whose class the cluster's default decides. Pure.
 * @param spec of the pod.
 */
export function counts(
  { spec = {} }: Pick<ResourceQuota, 'spec'>,
  pod: RawObject,
  size: Pick<PodSize, 'isBestEffort'>,
): boolean | undefined {
  const plain = (spec.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' }));
  const answers = [...plain, ...(spec.scopeSelector?.matchExpressions ?? [])].map((scope) =>
    matches(scope, pod, size),
  );
  if (answers.includes(false)) return false;
  return answers.includes(undefined) ? undefined : true;
}

function matches(
  { scopeName, operator, values = [] }: ScopeRequirement,
  pod: RawObject,
  { isBestEffort }: Pick<PodSize, 'isBestEffort'>,
): boolean | undefined {
  switch (scopeName) {
    case 'Terminating':
      return isTerminating(pod);
    case 'NotTerminating':
      return !isTerminating(pod);
    case 'BestEffort':
      return isBestEffort;
    case 'NotBestEffort':
      return !isBestEffort;
    case 'PriorityClass': {
      const name = textAt(pod, 'priorityClassName');
      if (!name) return undefined;
      const requirement: Requirement = { key: scopeName, operator, values };
      return holds(requirement, { [scopeName]: name });
    }
    case 'CrossNamespacePodAffinity':
      return reachesOthers(pod);
    default:
      return undefined;
  }
}

function isTerminating(pod: RawObject): boolean {
  return typeof pod.activeDeadlineSeconds === 'number';
}

/** Whether an affinity term of the pod looks at other namespaces than its own. */
function reachesOthers(pod: RawObject): boolean {
  const affinity = objectAt(pod, 'affinity');
  return ['podAffinity', 'podAntiAffinity'].some((kind) => {
    const rules = objectAt(affinity, kind);
    const terms = [
      ...objectsAt(rules, 'requiredDuringSchedulingIgnoredDuringExecution'),
      ...objectsAt(rules, 'preferredDuringSchedulingIgnoredDuringExecution').map((one) =>
        objectAt(one, 'podAffinityTerm'),
      ),
    ];
    return terms.some(
      ({ namespaces, namespaceSelector }) =>
        (Array.isArray(namespaces) && namespaces.length > 0) ||
        (namespaceSelector !== undefined && namespaceSelector !== null),
    );
  });
}
