import type { ObjectMeta, RawObject } from '../api/resources.ts';
import { objectAt, objectsAt, textAt } from '../template/pod-template.ts';
import { quantityInNano } from '../template/quantity.ts';
import { holds, type Labels, type Requirement } from './label-selector.ts';

export interface Taint {
  readonly key: string;
  readonly value?: string;
  readonly effect: string;
}

/** A node as far as it is read here (core/v1). */
export interface Node {
  readonly metadata: ObjectMeta;
  readonly spec?: { readonly unschedulable?: boolean; readonly taints?: readonly Taint[] };
  readonly status?: { readonly allocatable?: Readonly<Record<string, string>> };
}

/** What a pod wants of a node, as its template has it. */
export interface NodeWish {
  /** The template's `spec`. */
  readonly spec: RawObject;
  /** What it asks for, in billionths, by resource. */
  readonly requests: ReadonlyMap<string, bigint>;
  /** Whether its controller tolerates what the DaemonSet controller does (Kubernetes, taints and tolerations). */
  readonly isOfDaemonSet: boolean;
}

const CORDONED: Taint = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' };
const OS = 'kubernetes.io/os';
/** Taints that pods of DaemonSets tolerate by themselves; `network-unavailable` with the host's network alone. */
const TOLERATED_BY_DAEMONS: readonly RegExp[] = [
  /^node\.kubernetes\.io\/(not-ready|unreachable)$/,
  /^node\.kubernetes\.io\/(disk-pressure|memory-pressure|pid-pressure|unschedulable)$/,
];

/**
 * Why a node does not take a pod; undefined where it does. Roughly what the scheduler's filters say that depend on node and
 * template alone (kube-scheduler, NodeUnschedulable, NodeName, TaintToleration, NodeAffinity, and the size of the node): what runs there
 * already, ports, volumes and other pods are not looked at. Pure.
 */
export function hindrance({ metadata, spec = {}, status }: Node, wish: NodeWish): string | undefined {
  // The scheduler is not asked then: taints of NoSchedule do not count.
  if (textAt(wish.spec, 'nodeName')) return mismatch({ metadata }, wish);
  if (spec.unschedulable && !isTolerated(CORDONED, wish)) return 'is cordoned';
  const other = mismatch({ metadata }, wish);
  if (other) return other;
  const taint = (spec.taints ?? []).find(
    (one) => /^No(Schedule|Execute)$/.test(one.effect) && !isTolerated(one, wish),
  );
  if (taint) return taint.key === CORDONED.key ? 'is cordoned' : `has the taint ${taintText(taint)}`;
  return tooSmall(status?.allocatable, wish.requests);
}

/**
 * Why a node is none of those that a template asks for, by what it is: that lasts, while a taint, a cordon and the size of what there
 * is change with the next node that is repaired or added. Undefined where it is one. Pure.
 */
export function mismatch({ metadata }: Pick<Node, 'metadata'>, wish: NodeWish): string | undefined {
  const labels = metadata.labels ?? {};
  const named = textAt(wish.spec, 'nodeName');
  if (named) return named === metadata.name ? undefined : `is not ${named} (nodeName)`;
  const selector = objectAt(wish.spec, 'nodeSelector');
  const lacking = Object.entries(selector).find(([key, value]) => labels[key] !== value);
  if (lacking) return `does not have ${lacking[0]}=${String(lacking[1])} (nodeSelector)`;
  if (!isInAffinity(wish.spec, metadata.name, labels)) return 'does not match the required node affinity';
  const os = textAt(objectAt(wish.spec, 'os'), 'name');
  return os && labels[OS] && labels[OS] !== os ? `runs ${labels[OS]}, not ${os}` : undefined;
}

function taintText({ key, value, effect }: Taint): string {
  return `${key}${value ? `=${value}` : ''}:${effect}`;
}

function isTolerated(taint: Taint, { spec, isOfDaemonSet }: NodeWish): boolean {
  if (isOfDaemonSet && TOLERATED_BY_DAEMONS.some((known) => known.test(taint.key))) return true;
  const onHost = isOfDaemonSet && spec.hostNetwork === true;
  if (onHost && taint.key === 'node.kubernetes.io/network-unavailable') return true;
  return objectsAt(spec, 'tolerations').some((toleration) => tolerates(toleration, taint));
}

/** As `ToleratesTaint` (component-helpers, core/v1). */
function tolerates(toleration: RawObject, { key, value = '', effect }: Taint): boolean {
  const [wantedEffect, wantedKey] = [textAt(toleration, 'effect'), textAt(toleration, 'key')];
  if (wantedEffect && wantedEffect !== effect) return false;
  if (wantedKey && wantedKey !== key) return false;
  const operator = textAt(toleration, 'operator') || 'Equal';
  if (operator === 'Exists') return true;
  return operator === 'Equal' && Boolean(wantedKey) && (textAt(toleration, 'value') ?? '') === value;
}

/** One of the terms has to hold; an empty one never does (core/v1, NodeSelector). */
function isInAffinity(spec: RawObject, name: string, labels: Labels): boolean {
  const affinity = objectAt(objectAt(spec, 'affinity'), 'nodeAffinity');
  const required = affinity.requiredDuringSchedulingIgnoredDuringExecution;
  if (required === undefined || required === null) return true;
  return objectsAt(required, 'nodeSelectorTerms').some((term) => {
    const byLabel = requirements(term, 'matchExpressions');
    const byField = requirements(term, 'matchFields');
    if (byLabel.length + byField.length === 0) return false;
    return (
      byLabel.every((one) => holds(one, labels) === true) &&
      byField.every((one) => holds(one, { 'metadata.name': name }) === true)
    );
  });
}

function requirements(term: RawObject, key: string): readonly Requirement[] {
  return objectsAt(term, key).map((one) => ({
    key: textAt(one, 'key') ?? '',
    operator: textAt(one, 'operator') ?? '',
    values: Array.isArray(one.values) ? one.values.filter((value) => typeof value === 'string') : [],
  }));
}

/** A node whose whole size is less than one pod asks for takes none. */
function tooSmall(
  allocatable: Readonly<Record<string, string>> | undefined,
  requests: ReadonlyMap<string, bigint>,
): string | undefined {
  if (!allocatable) return undefined;
  for (const [resource, wanted] of requests) {
    const has = quantityInNano(allocatable[resource] ?? '0');
    // Not every kubelet tells of its disk.
    const isTold = allocatable[resource] !== undefined || /^(cpu|memory)$|\//.test(resource);
    if (isTold && has !== undefined && has < wanted) return `has less ${resource} than a pod asks for`;
  }
  return undefined;
}
