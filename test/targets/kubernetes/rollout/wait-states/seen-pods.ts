import type { ContainerStatus, Pod } from '../../../../../src/targets/kubernetes/api/resources.ts';
import type { StateId } from '../../../../../src/targets/kubernetes/rollout/wait-states/rows.ts';
import { pod } from '../../objects.ts';

/** The status of a container that is not ready. */
export const status = (change: Partial<ContainerStatus>): ContainerStatus => ({
  name: 'orchestrator',
  image: 'registry.example/phoenix-orch:v0.1.0',
  ready: false,
  restartCount: 0,
  ...change,
});
const podWith = (change: Partial<ContainerStatus>, more: NonNullable<Pod['status']> = {}): Pod =>
  pod({ phase: 'Pending', containerStatuses: [status(change)], ...more });
/** A pod whose container waits. */
export const waiting = (reason: string, message = '', more: Partial<ContainerStatus> = {}) =>
  podWith({ state: { waiting: { reason, message } }, ...more });
/** Conditions as type, status, reason and message. */
export const conditions = (
  ...of: readonly (readonly [type: string, status: string, reason?: string, message?: string])[]
) =>
  of.map(([type, on, reason, message]) => ({
    type,
    status: on,
    ...(reason ? { reason } : {}),
    ...(message ? { message } : {}),
  }));

/** What a pod shows, and the row that it has to be found in, with its words. */
export const OF_PODS: readonly (readonly [StateId, Pod, string])[] = [
  ['image-refused', waiting('ErrImagePull', 'manifest unknown'), 'ErrImagePull: manifest unknown'],
  [
    'image-refused',
    waiting('ImagePullBackOff', 'Back-off pulling image "x": ErrImagePull: x: not found'),
    'not found',
  ],
  [
    'image-name-invalid',
    waiting('InvalidImageName', 'couldn\'t parse image name "X": invalid reference format'),
    'InvalidImageName',
  ],
  ['image-not-now', waiting('ErrImagePull', '429 Too Many Requests'), 'ErrImagePull: 429 Too Many Requests'],
  ['image-not-now', waiting('ImagePullBackOff', 'Back-off pulling image "x"'), 'ImagePullBackOff'],
  ['image-not-now', waiting('RegistryUnavailable'), 'RegistryUnavailable'],
  ['image-not-now', waiting('ImageInspectError'), 'ImageInspectError'],
  [
    'image-never-pulled',
    waiting('ErrImageNeverPull', 'Container image "x" is not present with pull policy of Never'),
    'ErrImageNeverPull',
  ],
  ['image-never-pulled', waiting('SignatureValidationFailed'), 'SignatureValidationFailed'],
  [
    'config-missing',
    waiting('CreateContainerConfigError', 'configmap "settings" not found'),
    'CreateContainerConfigError: configmap "settings" not found',
  ],
  [
    'config-missing',
    waiting('CreateContainerConfigError', "couldn't find key A in Secret ns/token"),
    'Secret ns/token',
  ],
  [
    'config-refused',
    waiting('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
    'runAsNonRoot',
  ],
  [
    'create-failed',
    waiting(
      'CreateContainerConfigError',
      'failed to sync configmap cache: timed out waiting for the condition',
    ),
    'cache',
  ],
  [
    'create-failed',
    waiting('CreateContainerError', 'context deadline exceeded'),
    'CreateContainerError: context deadline exceeded',
  ],
  ['create-failed', waiting('SomethingNew', 'not found'), 'SomethingNew: not found'],
  [
    'crashed',
    waiting('CrashLoopBackOff', 'back-off 10s', { restartCount: 2 }),
    'CrashLoopBackOff: restarted 2 times',
  ],
  [
    'crashed',
    waiting('RunContainerError', 'exec: "x": executable file not found in $PATH', { restartCount: 1 }),
    'executable file not found',
  ],
  [
    'crashed',
    podWith({ restartCount: 0, state: { terminated: { exitCode: 137, reason: 'OOMKilled' } } }),
    'restarted 0 times, last exit code 137 (OOMKilled)',
  ],
  [
    'crash-loop',
    waiting('CrashLoopBackOff', 'back-off 40s', {
      restartCount: 3,
      lastState: { terminated: { exitCode: 0, reason: 'Completed' } },
    }),
    'CrashLoopBackOff: restarted 3 times, last exit code 0 (Completed)',
  ],
  [
    'crash-loop',
    podWith({ restartCount: 3, state: { terminated: { exitCode: 0 } } }),
    'restarted 3 times, last exit code 0',
  ],
  ['crash-loop', waiting('RunContainerError', 'no such file', { restartCount: 4 }), 'restarted 4 times'],
  [
    'crash-loop',
    pod({
      initContainerStatuses: [
        status({ name: 'migrate', restartCount: 5, state: { waiting: { reason: 'CrashLoopBackOff' } } }),
      ],
    }),
    'restarted 5 times',
  ],
  ['starting', waiting('ContainerCreating'), 'ContainerCreating'],
  ['starting', waiting('PodInitializing'), 'PodInitializing'],
  ['starting', podWith({}), 'not started'],
  ['starting', pod({ phase: 'Pending' }), 'Pending'],
  ['not-ready', podWith({ state: { running: {} }, restartCount: 2 }), 'not ready, 2 restarts'],
  ['not-ready', podWith({ state: { running: {} }, restartCount: 9 }), 'not ready, 9 restarts'],
  ['not-ready', podWith({ state: { running: {} }, started: false }), 'not started'],
  [
    'not-ready',
    pod({ initContainerStatuses: [status({ name: 'migrate', state: { running: {} } })] }),
    'still runs',
  ],
  [
    'not-ready',
    withSidecar(status({ name: 'proxy', state: { running: {} }, started: false })),
    'not started',
  ],
  [
    'crash-loop',
    withSidecar(status({ name: 'proxy', restartCount: 3, state: { terminated: { exitCode: 0 } } })),
    'restarted 3 times, last exit code 0',
  ],
  [
    'unschedulable',
    pod({
      phase: 'Pending',
      conditions: conditions(['PodScheduled', 'False', 'Unschedulable', '0/3 nodes: cpu']),
    }),
    'Unschedulable: 0/3 nodes: cpu',
  ],
  [
    'unschedulable',
    pod({ conditions: conditions(['PodScheduled', 'False', 'SchedulingGated']) }),
    'SchedulingGated',
  ],
  [
    'no-sandbox',
    podWith(
      { state: { waiting: { reason: 'ContainerCreating' } } },
      { conditions: conditions(['PodReadyToStartContainers', 'False']) },
    ),
    'PodReadyToStartContainers is false',
  ],
  [
    'readiness-gate',
    {
      ...podWith(
        { ready: true },
        { conditions: conditions(['ContainersReady', 'True'], ['Ready', 'False', 'ReadinessGatesNotReady']) },
      ),
      spec: { readinessGates: [{ conditionType: 'example.com/lb' }] },
    },
    'readiness gate example.com/lb is not set',
  ],
  [
    'readiness-gate',
    {
      ...podWith(
        { ready: true },
        {
          conditions: conditions(
            ['ContainersReady', 'True'],
            ['Ready', 'False'],
            ['lb', 'False', 'NotBound', 'no target'],
          ),
        },
      ),
      spec: { readinessGates: [{ conditionType: 'lb' }] },
    },
    'readiness gate lb is False (NotBound: no target)',
  ],
  [
    'node-not-ready',
    podWith(
      { ready: true },
      { conditions: conditions(['ContainersReady', 'True'], ['Ready', 'False', 'NodeNotReady']) },
    ),
    'NodeNotReady',
  ],
  [
    'disrupted',
    podWith(
      { state: { running: {} } },
      { conditions: conditions(['DisruptionTarget', 'True', 'TerminationByKubelet', 'memory pressure']) },
    ),
    'TerminationByKubelet: memory pressure',
  ],
];

/** A pod whose init container `proxy` is a native sidecar. */
function withSidecar(proxy: ContainerStatus): Pod {
  const spec = { initContainers: [{ name: 'proxy', restartPolicy: 'Always' }] };
  return { ...pod({ initContainerStatuses: [proxy] }), spec };
}
