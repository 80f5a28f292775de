import type { RawObject } from '../../api/resources.ts';
import { objectAt, objectsAt } from '../../template/pod-template.ts';
import { quantityInNano } from '../../template/quantity.ts';

/** Amounts by resource, in billionths. */
export type Amounts = ReadonlyMap<string, bigint>;

/** What one container asks for, and may have at most. */
export interface ContainerSize {
  readonly name: string;
  readonly requests: Amounts;
  readonly limits: Amounts;
}

/** What a pod asks for, as admission and scheduler count it. */
export interface PodSize {
  readonly requests: Amounts;
  readonly limits: Amounts;
  /** Init containers as well. */
  readonly containers: readonly ContainerSize[];
  /** Whether no container asks for processor or memory (Kubernetes, quality of service). */
  readonly isBestEffort: boolean;
  /** Whether the pod has resources of its own, beside those of its containers. */
  readonly isWhole: boolean;
}

/** What LimitRanges give containers that do not say: the first that gives one. */
export interface ContainerDefaults {
  readonly requests: Amounts;
  readonly limits: Amounts;
}

export const NO_DEFAULTS: ContainerDefaults = { requests: new Map(), limits: new Map() };

/**
 * The size of a pod by its `spec`: containers together, or the largest init container where that is more; sidecars count with
 * both; resources of the pod as a whole come before (component-helpers, resource, PodRequests and PodLimits). Pure.
 * @param defaults what admission fills in.
 */
export function sizeOf(spec: RawObject, defaults: ContainerDefaults = NO_DEFAULTS): PodSize {
  const containers = objectsAt(spec, 'containers').map((one) => containerSize(one, defaults));
  const inits = objectsAt(spec, 'initContainers').map((one) => ({
    ...containerSize(one, defaults),
    isSidecar: one.restartPolicy === 'Always',
  }));
  const overhead = amountsIn(objectAt(spec, 'overhead'));
  const own = objectAt(spec, 'resources');
  const all = [...inits, ...containers];
  const asked = (of: 'requests' | 'limits'): Amounts => {
    const whole = amountsIn(objectAt(own, of));
    const together = effective(containers, inits, of);
    for (const [resource, amount] of whole) together.set(resource, amount);
    // Where nobody asks, a limit of the whole is its request too (core/v1 defaults).
    if (of === 'requests') {
      for (const [resource, amount] of amountsIn(objectAt(own, 'limits'))) {
        if (!together.has(resource)) together.set(resource, amount);
      }
    }
    for (const [resource, amount] of overhead) {
      // A limit that is not set stays unlimited.
      if (of === 'requests' || together.has(resource)) add(together, resource, amount);
    }
    return together;
  };
  const isWhole = Object.keys(own).length > 0;
  const counts = (amounts: Amounts) =>
    ['cpu', 'memory'].some((resource) => (amounts.get(resource) ?? 0n) > 0n);
  return {
    requests: asked('requests'),
    limits: asked('limits'),
    containers: all,
    isBestEffort:
      !all.some((one) => counts(one.requests) || counts(one.limits)) &&
      !counts(amountsIn(objectAt(own, 'requests'))) &&
      !counts(amountsIn(objectAt(own, 'limits'))),
    isWhole,
  };
}

/** Amounts of a resource list; what is no quantity is left out. */
export function amountsIn(list: RawObject): Map<string, bigint> {
  const amounts = new Map<string, bigint>();
  for (const [resource, text] of Object.entries(list)) {
    const amount = quantityInNano(String(text));
    if (amount !== undefined) amounts.set(resource, amount);
  }
  return amounts;
}

/**
 * A limit is a request too where there is none (core/v1 defaults, of a pod that is created); then come the defaults of the
 * namespace (admission, LimitRanger).
 */
function containerSize(container: RawObject, defaults: ContainerDefaults): ContainerSize {
  const resources = objectAt(container, 'resources');
  const limits = amountsIn(objectAt(resources, 'limits'));
  const requests = new Map([...limits, ...amountsIn(objectAt(resources, 'requests'))]);
  return {
    name: String(container.name ?? ''),
    requests: new Map([...defaults.requests, ...requests]),
    limits: new Map([...defaults.limits, ...limits]),
  };
}

function effective(
  containers: readonly ContainerSize[],
  inits: readonly (ContainerSize & { readonly isSidecar: boolean })[],
  of: 'requests' | 'limits',
): Map<string, bigint> {
  const running = new Map<string, bigint>();
  for (const one of containers) for (const [resource, amount] of one[of]) add(running, resource, amount);
  const sidecars = new Map<string, bigint>();
  const beginning = new Map<string, bigint>();
  for (const init of inits) {
    for (const [resource, amount] of init[of]) {
      if (init.isSidecar) {
        add(running, resource, amount);
        add(sidecars, resource, amount);
      }
      const whole = (sidecars.get(resource) ?? 0n) + (init.isSidecar ? 0n : amount);
      if (whole > (beginning.get(resource) ?? 0n)) beginning.set(resource, whole);
    }
  }
  for (const [resource, amount] of beginning) {
    if (amount > (running.get(resource) ?? 0n)) running.set(resource, amount);
  }
  return running;
}

function add(to: Map<string, bigint>, resource: string, amount: bigint): void {
  to.set(resource, (to.get(resource) ?? 0n) + amount);
}
