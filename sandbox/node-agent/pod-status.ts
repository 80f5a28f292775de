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

/** The status that a kubelet would report for it. */
export function podStatus(known: ContainerState): KubernetesObject {
  const { image, imageId, container, address, startTime, restarts, ready, state, lastExitCode } = known;
  const running = 'running' in state;
  const at = new Date().toISOString();
  const condition = (type: string, met: boolean) => ({
    type,
    status: met ? 'True' : 'False',
    lastTransitionTime: at.replace(/\.\d+/, ''),
    ...(met || type !== 'Ready' ? {} : { reason: 'ContainersNotReady' }),
  });
  return {
    phase: running || restarts > 0 ? 'Running' : 'Pending',
    startTime,
    podIP: address,
    podIPs: [{ ip: address }],
    hostIP: '127.0.0.1',
    conditions: [
      condition('PodScheduled', true),
      condition('Initialized', true),
      condition('ContainersReady', ready),
      condition('Ready', ready),
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
