import type { Instance } from '../../domain/pins.ts';
import { capped } from './api-error.ts';
import { type ContainerStatus, controllerOf, HASH_LABEL, type Pod } from './resources.ts';

/** What keeps a pod from running. */
export interface PodTrouble {
  readonly pod: string;
  readonly container: string;
  readonly reason: string;
  readonly message: string;
  /** True: it will not mend itself. False: it gets a grace period, registries and mounts have bad moments. */
  readonly final: boolean;
}

/** Waiting reasons of the kubelet with which a container never starts. */
const BROKEN = new Set(['InvalidImageName', 'ErrImageNeverPull', 'ImageInspectError']);
const MAYBE_BROKEN = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
]);
/** Words with which a registry says no, as against having a bad moment. */
const REFUSED =
  /not found|manifest unknown|does not exist|no such image|denied|unauthorized|forbidden|invalid reference/i;

/** Pods that run or are about to: not terminating, and not ended for good. */
export function isActive({ metadata, status }: Pod): boolean {
  return (
    metadata.deletionTimestamp === undefined && status?.phase !== 'Succeeded' && status?.phase !== 'Failed'
  );
}

/** `pod-template-hash` of a pod. */
export function templateHashOf({ metadata }: Pod): string {
  return metadata.labels?.[HASH_LABEL] ?? '';
}

/** Pods of the Deployment alone: its selector may select those of another workload too (a canary). */
export function ownPods(pods: readonly Pod[], replicaSets: ReadonlySet<string>): readonly Pod[] {
  return pods.filter((pod) => replicaSets.has(controllerOf(pod) ?? ''));
}

/** Whether the pod's readiness condition is true. */
export function isReady({ status }: Pod): boolean {
  return status?.conditions?.some(({ type, status: on }) => type === 'Ready' && on === 'True') === true;
}

/** Restarts of all containers together. */
export function restartsOf({ status }: Pod): number {
  return statusesOf(status).reduce((sum, { restartCount = 0 }) => sum + restartCount, 0);
}

/**
 * Why this pod does not come up. Pure.
 * @param crashLoopRestarts restarts of one container that count as a crash loop, whatever its exit code: the
 *   orchestrator ends with 0 when it cannot start (service contract, 1.2).
 * @param restartsBefore restarts per container that are from an earlier time. They count all the same for a container
 *   that waits in CrashLoopBackOff: the kubelet clears that after ten minutes without a crash.
 */
export function troubleOf(
  pod: Pod,
  crashLoopRestarts: number,
  restartsBefore: ReadonlyMap<string, number> = new Map(),
): PodTrouble | undefined {
  for (const status of statusesOf(pod.status)) {
    const { name, state, restartCount = 0 } = status;
    const of = { pod: pod.metadata.name, container: name };
    const reason = state?.waiting?.reason ?? '';
    const message = capped(state?.waiting?.message ?? '', 300);
    if (BROKEN.has(reason)) return { ...of, reason, message, final: true };
    if (MAYBE_BROKEN.has(reason)) return { ...of, reason, message, final: REFUSED.test(message) };
    const before = reason === 'CrashLoopBackOff' ? 0 : (restartsBefore.get(name) ?? 0);
    if (restartCount - before >= crashLoopRestarts) {
      return { ...of, reason: reason || 'CrashLoop', message: crashOf(status), final: true };
    }
  }
  return undefined;
}

/** Restarts of each container, by name. */
export function restartsByContainer({ status }: Pod): ReadonlyMap<string, number> {
  return new Map(statusesOf(status).map(({ name, restartCount = 0 }) => [name, restartCount]));
}

function crashOf({ restartCount = 0, lastState, state }: ContainerStatus): string {
  const ended = lastState?.terminated ?? state?.terminated;
  const code = ended?.exitCode === undefined ? '' : `, last exit code ${ended.exitCode}`;
  const why = ended?.reason && ended.reason !== 'Error' ? ` (${ended.reason})` : '';
  const said = ended?.message ? `: ${capped(ended.message, 200)}` : '';
  return `restarted ${restartCount} times${code}${why}${said}`;
}

/** Why a pod that is not ready is not ready, in a few words; undefined for one that is. */
export function describePod(pod: Pod): string | undefined {
  if (isReady(pod)) return undefined;
  const { metadata, status } = pod;
  const unscheduled = status?.conditions?.find(
    ({ type, status: on }) => type === 'PodScheduled' && on === 'False',
  );
  if (unscheduled) {
    const { reason = 'not scheduled', message = '' } = unscheduled;
    return `${metadata.name}: ${reason} ${capped(message, 200)}`.trim();
  }
  for (const { name, state, ready, restartCount = 0 } of statusesOf(status)) {
    if (state?.waiting?.reason) {
      return `${metadata.name}/${name}: ${state.waiting.reason} ${capped(state.waiting.message ?? '', 200)}`.trim();
    }
    if (!ready)
      return `${metadata.name}/${name}: not ready${restartCount ? `, ${restartCount} restarts` : ''}`;
  }
  return `${metadata.name}: ${status?.phase ?? 'Pending'}`;
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

/** The image IDs that all pods report alike, by container; one that differs, or that a pod does not tell, is left out. */
export function imageIdsOf(pods: readonly Pod[]): Readonly<Record<string, string>> {
  const [first, ...others] = pods.map(imageIdsIn);
  return Object.fromEntries(
    Object.entries(first ?? {}).filter(([name, id]) => others.every((other) => other[name] === id)),
  );
}

/** The image IDs of one pod, by container. */
export function imageIdsIn({ status }: Pod): Readonly<Record<string, string>> {
  return Object.fromEntries(
    statusesOf(status).flatMap(({ name, imageID }) => (imageID ? [[name, imageID] as const] : [])),
  );
}

/** Of the container of that name, else of the only one. */
function statusOf({ status }: Pod, container: string): ContainerStatus | undefined {
  const statuses = status?.containerStatuses ?? [];
  return statuses.find(({ name }) => name === container) ?? (statuses.length === 1 ? statuses[0] : undefined);
}

function statusesOf(status: Pod['status']): readonly ContainerStatus[] {
  return [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
}
