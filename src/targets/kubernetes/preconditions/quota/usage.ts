import type { Amounts, PodSize } from './pod-size.ts';

const ONE = 1_000_000_000n;
/** Resources that a quota has under their own name and under `requests.`, and with `limits.`. */
const STANDARD = ['cpu', 'memory', 'ephemeral-storage'];
/** What every container has to say where a quota counts it (admission, pod evaluator). */
const DEMANDED = ['cpu', 'memory', 'requests.cpu', 'requests.memory', 'limits.cpu', 'limits.memory'];

/** What one pod uses of a quota, by the quota's own names (Kubernetes, quota core, podComputeUsageHelper). Pure. */
export function usageOf({ requests, limits }: Pick<PodSize, 'requests' | 'limits'>): Amounts {
  const usage = new Map<string, bigint>([
    ['pods', ONE],
    ['count/pods', ONE],
  ]);
  for (const [resource, amount] of requests) {
    const isPlain = STANDARD.includes(resource) || resource.startsWith('hugepages-');
    if (isPlain) usage.set(resource, amount);
    if (isPlain || isExtended(resource)) usage.set(`requests.${resource}`, amount);
  }
  for (const [resource, amount] of limits) {
    if (STANDARD.includes(resource)) usage.set(`limits.${resource}`, amount);
  }
  return usage;
}

/** What a quota counts, and a container of the pod does not say: then every pod is refused. Pure. */
export function unsaid({ containers, isWhole }: PodSize, counted: Iterable<string>): readonly string[] {
  // Resources of the pod as a whole take their place.
  if (isWhole) return [];
  const demanded = [...counted].filter((name) => DEMANDED.includes(name));
  return containers.flatMap((container) => {
    const says = usageOf(container);
    const missing = demanded.filter((name) => !says.has(name));
    return missing.length > 0 ? [`${missing.join(', ')} of container ${container.name}`] : [];
  });
}

/** A resource of somebody else's domain: `nvidia.com/gpu`. */
function isExtended(resource: string): boolean {
  return resource.includes('/') && !/(^|\.)kubernetes\.io\//.test(resource);
}
