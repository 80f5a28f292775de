import type { KubernetesObject } from '../control-plane/api.ts';

/** The pod's readiness gates whose condition is not true. */
export function openGates({ spec, status }: KubernetesObject): readonly string[] {
  const gates: readonly { readonly conditionType: string }[] = spec.readinessGates ?? [];
  const conditions: readonly KubernetesObject[] = status?.conditions ?? [];
  const isMet = (wanted: string) =>
    conditions.some(({ type, status: on }) => type === wanted && on === 'True');
  return gates.map(({ conditionType }) => conditionType).filter((type) => !isMet(type));
}

/** As containerd tells the kubelet. */
export function notFound(image: string): string {
  return `rpc error: code = NotFound desc = failed to pull and unpack image "${image}": failed to resolve reference "${image}": ${image}: not found`;
}

/** What a kubelet would wait after that many crashes in a row: 10 s, twice as long each time, five minutes at most. */
export function backOffAfter(crashes: number): string {
  const wait = Math.min(10 * 2 ** (crashes - 1), 300);
  return wait < 60 ? `${wait}s` : `${Math.floor(wait / 60)}m${wait % 60}s`;
}

export function seconds(): string {
  return new Date().toISOString().replace(/\.\d+/, '');
}
