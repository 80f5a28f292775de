import type { KubernetesObject } from '../control-plane/api.ts';

/** What the agent knows of the one container of a pod. */
export interface ContainerState {
  readonly image: string;
  /** As the node knows it once it is pulled. */
  readonly imageId: string;
  readonly container: string;
  readonly address: string;
  readonly startTime: string;
  readonly restarts: number;
  readonly ready: boolean;
  readonly state:
    | { readonly running: { readonly startedAt: string } }
    | { readonly waiting: { readonly reason: string; readonly message: string } };
  readonly lastExitCode?: number;
}

/**
 * The status that a kubelet would report for it.
 * @param openGates readiness gates that are not met: the pod is not ready, though its containers are.
 */
export function podStatus(known: ContainerState, openGates: readonly string[] = []): KubernetesObject {
  const { image, imageId, container, address, startTime, restarts, ready, state, lastExitCode } = known;
  const running = 'running' in state;
  const at = new Date().toISOString();
  const condition = (type: string, met: boolean, reason?: string, message = '') => ({
    type,
    status: met ? 'True' : 'False',
    lastTransitionTime: at.replace(/\.\d+/, ''),
    ...(met ? { reason: null, message: null } : {}),
    ...(met || !reason ? {} : { reason, message }),
  });
  const isReady = ready && openGates.length === 0;
  const whyNot = ready
    ? (['ReadinessGatesNotReady', gatesMessage(openGates)] as const)
    : (['ContainersNotReady', `containers with unready status: [${container}]`] as const);
  return {
    phase: running || restarts > 0 ? 'Running' : 'Pending',
    startTime,
    podIP: address,
    podIPs: [{ ip: address }],
    hostIP: '127.0.0.1',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready, 'ContainersNotReady'),
      condition('Ready', isReady, ...whyNot),
    ],
    containerStatuses: [
      {
        name: container,
        image,
        imageID: running || restarts > 0 ? imageId : '',
        ready,
        started: running,
        restartCount: restarts,
        state,
        ...(lastExitCode === undefined
          ? {}
          : {
              lastState: {
                terminated: {
                  exitCode: lastExitCode,
                  reason: lastExitCode === 0 ? 'Completed' : 'Error',
                  finishedAt: at.replace(/\.\d+/, ''),
                },
              },
            }),
      },
    ],
  };
}

function gatesMessage(openGates: readonly string[]): string {
  return openGates
    .map((gate) => `corresponding condition of pod readiness gate "${gate}" does not exist.`)
    .join(', ');
}
