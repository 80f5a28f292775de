import type { Instance } from '../../../domain/versions/pins.ts';
import {
  type ContainerStatus,
  controllerOf,
  type Pod,
  selectorText,
  type Workload,
} from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';

/** Lists the pods that the Deployment selects, whoever made them: one request. */
export async function listPods(
  transport: ApiTransport,
  { metadata, spec }: Workload,
  signal: AbortSignal,
): Promise<readonly Pod[]> {
  const query = { labelSelector: selectorText(spec.selector) };
  const { items } = await transport.list<Pod>(
    { resource: 'pods', namespace: metadata.namespace ?? '', query },
    signal,
  );
  return items;
}

/** Pods that run or are about to: not terminating, and not ended for good. */
export function isActive({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
  );
}

/** Pods of the Deployment alone: its selector may select those of another workload too (a canary). */
export function ownPods(pods: readonly Pod[], replicaSets: ReadonlySet<string>): readonly Pod[] {
  return pods.filter((pod) => replicaSets.has(controllerOf(pod) ?? ''));
}

/** Whether the pod's readiness condition is true. */
export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: on }) => type === 'Ready' && on === 'True') === true;
}

/**
 * Whether it counts as available: ready for so many seconds (podutil, IsPodAvailable).
 * @param now milliseconds since 1970.
 */
export function isAvailable(pod: Pod, minReadySeconds: number, now: number): boolean {
  if (!isReady(pod)) return false;
  const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready');
  return minReadySeconds <= 0 || now - Date.parse(ready?.lastTransitionTime ?? '') >= minReadySeconds * 1000;
}

/** Restarts of all containers together. */
export function restartsOf(pod: Pod): number {
  return statusesOf(pod).reduce((sum, { status }) => sum + (status.restartCount ?? 0), 0);
}

/** A pod as the checks need it. */
export function instanceOf(pod: Pod, container: string): Instance {
  const running = statusOf(pod, container)?.state?.running;
  return {
    name: pod.metadata.name,
    uid: pod.metadata.uid,
    address: pod.status?.podIP ?? '',
    restarts: restartsOf(pod),
    startedAt: running?.startedAt ?? pod.status?.startTime ?? pod.metadata.creationTimestamp ?? '',
  };
}

/** The image ID that all pods report for the container; undefined when they differ or one does not say. */
export function imageIdOf(pods: readonly Pod[], container: string): string | undefined {
  const ids = new Set(pods.map((pod) => statusOf(pod, container)?.imageID ?? ''));
  const [id] = ids;
  return ids.size === 1 && id ? id : undefined;
}

/** The image IDs of one pod, by container. */
export function imageIdsIn(pod: Pod): Readonly<Record<string, string>> {
  return Object.fromEntries(
    statusesOf(pod).flatMap(({ status: { name, imageID } }) => (imageID ? [[name, imageID] as const] : [])),
  );
}

/** Of the container of that name, else of the only one. */
function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const statuses = status?.containerStatuses ?? [];
  return statuses.find(({ name }) => name === container) ?? (statuses.length === 1 ? statuses[0] : undefined);
}

/**
 * Statuses of all containers, those of init containers first.
 * `isInit`: it has to end before the pod goes on. A native sidecar, an init container that is always restarted, has not: it
 * has to be started, and to go on running (Kubernetes, sidecar containers).
 */
export function statusesOf({
  spec,
  status,
}: Pod): readonly { readonly status: ContainerStatus; readonly isInit: boolean }[] {
  const sidecars = (spec?.initContainers ?? []).filter(({ restartPolicy }) => restartPolicy === 'Always');
  const isSidecar = (of: ContainerStatus) => sidecars.some(({ name }) => name === of.name);
  return [
    ...(status?.initContainerStatuses ?? []).map((of) => ({ status: of, isInit: !isSidecar(of) })),
    ...(status?.containerStatuses ?? []).map((of) => ({ status: of, isInit: false })),
  ];
}

/** When the first of the active pods began, in milliseconds since 1970; undefined where there is none. */
export function firstStart(pods: readonly Pod[]): number | undefined {
  const starts = pods
    .filter(isActive)
    .map(({ metadata, status }) => Date.parse(status?.startTime ?? metadata.creationTimestamp ?? ''))
    .filter((at) => !Number.isNaN(at));
  return starts.length > 0 ? Math.min(...starts) : undefined;
}
