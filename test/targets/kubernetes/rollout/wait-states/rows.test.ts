import { describe, expect, it } from 'vitest';
import type { RolloutStarted } from '../../../../../src/domain/versions/pins.ts';
import type { Pod, Workload } from '../../../../../src/targets/kubernetes/api/resources.ts';
import { StuckPods } from '../../../../../src/targets/kubernetes/rollout/replace-stuck-pod.ts';
import { evaluateRollout } from '../../../../../src/targets/kubernetes/rollout/rollout-state.ts';
import {
  stateOfEndedPod,
  statesOfPod,
} from '../../../../../src/targets/kubernetes/rollout/wait-states/pod-state.ts';
import { statesOfRollout } from '../../../../../src/targets/kubernetes/rollout/wait-states/rollout-findings.ts';
import {
  type Finding,
  STATE_IDS,
  STATES,
  type StateId,
} from '../../../../../src/targets/kubernetes/rollout/wait-states/rows.ts';
import { silentController } from '../../../../../src/targets/kubernetes/rollout/wait-states/silence.ts';
import { DEPLOYMENT } from '../../../../../src/targets/kubernetes/workload/deployment.ts';
import { sortPods } from '../../../../../src/targets/kubernetes/workload/rollout-pods.ts';
import { STATEFUL_SET } from '../../../../../src/targets/kubernetes/workload/stateful-set.ts';
import type { Revision } from '../../../../../src/targets/kubernetes/workload/workload.ts';
import { deployment, pod, ready } from '../../objects.ts';
import { conditions, OF_PODS, status, waiting } from './seen-pods.ts';

const SINCE = '2026-11-23T03:00:00Z';
const restarts = { crashLoopRestarts: 3, before: () => 0 };
const states = (given: Pod) => statesOfPod(given, restarts);

describe('a pod that is not ready', () => {
  it.each(OF_PODS)('is %s', (state, given, words) => {
    const [found] = states(given);
    expect(found?.state).toBe(state);
    expect(found?.text).toContain(words);
  });

  it('is judged by what ends the wait soonest', () => {
    const both = pod({
      containerStatuses: [
        status({ name: 'proxy', state: { waiting: { reason: 'ErrImagePull', message: '503' } } }),
        status({ state: { waiting: { reason: 'ErrImagePull', message: 'denied' } } }),
      ],
    });
    expect(states(both)[0]).toMatchObject({ state: 'image-refused', container: 'orchestrator' });
  });

  it('repeats no credential of a message', () => {
    const leaking = waiting('ErrImagePull', 'denied: https://robot:hunter2hunter2@registry.example/v2/');
    expect(states(leaking)[0]?.text).not.toContain('hunter2');
  });

  it('is told by the end of a long message, where the cause stands', () => {
    expect(
      states(waiting('ErrImagePull', `${'failed to pull '.repeat(40)}: manifest unknown`))[0]?.text,
    ).toMatch(/^ErrImagePull: ….*: manifest unknown$/);
  });
});

describe('S4 a container that was crashing before the wait began', () => {
  const crashing = (message: string, restartCount = 8) =>
    pod({
      containerStatuses: [
        status({ restartCount, state: { waiting: { reason: 'CrashLoopBackOff', message } } }),
      ],
    });
  const judged = (given: Pod) => statesOfPod(given, { crashLoopRestarts: 3, before: () => 8 })[0]?.state;

  it.each([
    ['back-off 10s restarting failed container=orchestrator pod=x', 'crashed'],
    ['back-off 20s restarting failed container=orchestrator pod=x', 'crashed'],
    ['back-off 40s restarting failed container=orchestrator pod=x', 'crash-loop'],
    ['back-off 1m20s restarting failed container=orchestrator pod=x', 'crash-loop'],
    ['back-off 5m0s restarting failed container=orchestrator pod=x', 'crash-loop'],
    ['back-off restarting failed container', 'crashed'],
    ['', 'crashed'],
  ])('with %j is %s: it need not crash three times more', (message, state) => {
    expect(judged(crashing(message))).toBe(state);
  });

  it('has crashed no more often than it was restarted, whatever its back-off says', () => {
    expect(judged(crashing('back-off 5m0s restarting failed container', 1))).toBe('crashed');
  });
});

const WELL: readonly (readonly [string, Pod])[] = [
  [
    'K16 ready after three restarts',
    pod({ ...ready, containerStatuses: [status({ ready: true, restartCount: 3, state: { running: {} } })] }),
  ],
  [
    'K17 ready, and its init container was restarted four times before it ended well',
    pod({
      ...ready,
      initContainerStatuses: [
        status({ name: 'migrate', restartCount: 4, state: { terminated: { exitCode: 0 } } }),
      ],
    }),
  ],
];

describe('what is well', () => {
  it.each(WELL)('is no trouble: %s', (_what, given) => {
    expect(states(given)).toEqual([]);
  });

  it('K17 is no trouble in a pod that is not ready for another reason', () => {
    const given = pod({
      initContainerStatuses: [
        status({ name: 'migrate', ready: true, restartCount: 4, state: { terminated: { exitCode: 0 } } }),
        status({
          name: 'old-kubelet',
          ready: false,
          restartCount: 4,
          state: { terminated: { exitCode: 0 } },
        }),
      ],
      containerStatuses: [
        status({ name: 'proxy', ready: true, restartCount: 7, state: { running: {} } }),
        status({ state: { waiting: { reason: 'PodInitializing' } } }),
      ],
    });
    expect(states(given).map(({ state }) => state)).toEqual(['starting']);
  });
});

const HOLDER = {
  uid: 'uid-of-orchestrator-1',
  name: 'orchestrator-1',
  podTemplateHash: 'hash1',
  createdAt: '2026-11-22T00:00:00Z',
};
const OLD = { ownerReferences: [{ uid: 'uid-of-orchestrator-2', controller: true }] };
const going = { deletionTimestamp: '2026-11-23T03:00:30Z', finalizers: ['example.com/drain'] };
const found = (pods: readonly Pod[], of: Workload = deployment()) =>
  statesOfRollout(DEPLOYMENT, of, sortPods(DEPLOYMENT, pods, HOLDER), SINCE);
const recreate = deployment({ spec: { strategy: { type: 'Recreate' } } });

const OF_ROLLOUT: readonly (readonly [StateId, readonly Finding[], string])[] = [
  ['adopted', found([pod(ready, { generateName: 'other-', name: 'other-1' })]), 'has not made it'],
  ['adopted', found([pod(ready, { creationTimestamp: '2026-11-21T23:59:59Z' })]), 'has not made it'],
  [
    'old-pod-ending',
    found([pod(ready, { ...OLD, ...going })], recreate),
    'held by finalizer example.com/drain',
  ],
  [
    'old-pod-ending',
    found(
      [pod({ ...ready, reason: 'NodeLost' }, { ...OLD, deletionTimestamp: SINCE })],
      deployment({
        status: { conditions: conditions(['ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota']) },
      }),
    ),
    'NodeLost',
  ],
  [
    'disrupted',
    found([
      pod(
        { phase: 'Failed', reason: 'Evicted', message: 'The node was low on resource: memory.' },
        { creationTimestamp: SINCE },
      ),
    ]),
    'Evicted: The node was low on resource: memory.',
  ],
];

const rollout: RolloutStarted = {
  changed: true,
  uid: 'uid-1',
  generation: 3,
  fingerprint: 'pinned',
  version: '0.1.0',
};

const REVISION: Revision = {
  ...HOLDER,
  fingerprint: 'pinned',
  template: {},
  revision: 1,
  formerRevisions: [],
  changeCause: undefined,
};

/** What the controller of a StatefulSet waits for, which has pods of another version alone. */
function blocking(
  {
    spec = {},
    status: of = {},
    isSeen = true,
  }: {
    readonly spec?: Partial<Workload['spec']>;
    readonly status?: Workload['status'];
    readonly isSeen?: boolean;
  },
  ...statuses: readonly Pod['status'][]
): readonly Finding[] {
  const set = deployment({ spec: { replicas: statuses.length, ...spec }, status: of });
  const others = statuses.map((one, index) => pod(one, { name: `web-${index}`, uid: `uid-${index}` }));
  const transport = undefined as never;
  const limits = { namespace: 'phoenix', name: 'web', crashLoopRestarts: 3 };
  const clock = () => Date.parse('2026-11-23T03:10:00Z');
  const stuck = new StuckPods({ kind: STATEFUL_SET, transport, limits, clock }, rollout, {});
  const nothing = { made: [], adopted: [], ending: [], ended: [], leaving: [] };
  const holder = isSeen ? REVISION : undefined;
  const found = stuck.find(set, { ...nothing, others, holder });
  return found ? [found.finding] : [];
}
const unready = { ...ready, conditions: conditions(['Ready', 'False', 'ContainersNotReady', '']) };
const OF_ORDER: readonly (readonly [StateId, readonly Finding[], string])[] = [
  ['blocked-by-old-pod', blocking({}, ready, unready), 'web-1 is not of the target version'],
  ['blocked-by-old-pod', blocking({}, unready, unready), 'web-0 is not of the target version'],
];

describe('a pod for which the controller waits', () => {
  it.each(OF_ORDER)('is %s', (state, findings, words) => {
    expect(findings.map((finding) => finding.state)).toEqual([state]);
    expect(findings[0]?.text).toContain(words);
  });

  it.each<[string, readonly Finding[]]>([
    ['all are ready', blocking({}, ready, ready)],
    ['the controller does not wait', blocking({ spec: { podManagementPolicy: 'Parallel' } }, unready)],
    ['a person replaces pods', blocking({ spec: { updateStrategy: { type: 'OnDelete' } } }, unready)],
    ['the controller has not seen the change', blocking({ status: { observedGeneration: 2 } }, unready)],
    ['nobody knows which pods are of the version', blocking({ isSeen: false }, unready)],
    ['the pods are out of the range of ordinals', blocking({ spec: { ordinals: { start: 4 } } }, unready)],
    ['one before it is on its way', blocking({ spec: { replicas: 3, ordinals: { start: -1 } } }, unready)],
    [
      'one before it is not available yet',
      blocking(
        { spec: { minReadySeconds: 60 } },
        {
          ...ready,
          conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: '2026-11-23T03:09:59Z' }],
        },
        unready,
      ),
    ],
  ])('is none when %s', (_what, findings) => {
    expect(findings).toEqual([]);
  });
});

describe('pods that hold a rollout up', () => {
  it.each(OF_ROLLOUT)('are %s', (state, findings, words) => {
    expect(findings.map((finding) => finding.state)).toEqual([state]);
    expect(findings[0]?.text).toContain(words);
  });

  it.each<[string, readonly Finding[]]>([
    ['one that its ReplicaSet has made', found([pod()])],
    [
      'one whose controller has a name that is too long for a dash',
      found([pod(ready, { generateName: 'orchestrator-1' })]),
    ],
    [
      'one of the same second as its ReplicaSet',
      found([pod(ready, { creationTimestamp: HOLDER.createdAt })]),
    ],
    ['an old one that is ending under a rolling update', found([pod(ready, { ...OLD, ...going })])],
    [
      'one that was evicted before',
      found([pod({ phase: 'Failed', reason: 'Evicted' }, { creationTimestamp: '2026-11-22T03:00:00Z' })]),
    ],
  ])('are not: %s', (_what, findings) => {
    expect(findings).toEqual([]);
  });

  it('are told from those of the target version when their ReplicaSet is not there yet (Recreate)', () => {
    expect(sortPods(DEPLOYMENT, [pod(ready, { ...OLD, ...going })], undefined)).toMatchObject({
      ending: [{}],
      made: [],
    });
  });

  it('says what an ended pod says', () => {
    expect(stateOfEndedPod(pod({ phase: 'Failed' })).text).toBe('Failed');
    expect(stateOfEndedPod(pod({ phase: 'Succeeded' })).text).toBe('Completed');
  });
});

const evaluate = (of: Workload, live = 'pinned') => evaluateRollout(DEPLOYMENT, of, live, rollout);
const none = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };

const OF_CONTROLLERS: readonly (readonly [StateId, ReturnType<typeof evaluate>, object])[] = [
  [
    'unobserved',
    evaluate(deployment({ status: { observedGeneration: 2 } })),
    { kind: 'waiting', message: 'waiting for the controller to see the change' },
  ],
  [
    'pods-refused',
    evaluate(
      deployment({
        status: {
          updatedReplicas: 1,
          conditions: conditions(['ReplicaFailure', 'True', 'FailedCreate', 'exceeded quota: tight']),
        },
      }),
    ),
    { kind: 'waiting', message: '1 of 3 replicas updated; pods are refused: exceeded quota: tight' },
  ],
  [
    'pods-refused',
    evaluate(
      deployment({
        status: {
          updatedReplicas: 0,
          conditions: conditions(['Progressing', 'False', 'ReplicaSetCreateError', 'denied by policy']),
        },
      }),
    ),
    { kind: 'waiting', message: '0 of 3 replicas updated; the ReplicaSet is refused: denied by policy' },
  ],
  [
    'progress-deadline',
    evaluate(
      deployment({
        status: {
          updatedReplicas: 1,
          conditions: conditions(['Progressing', 'False', 'ProgressDeadlineExceeded']),
        },
      }),
    ),
    { kind: 'waiting', message: '1 of 3 replicas updated' },
  ],
  [
    'not-available-yet',
    evaluate(deployment({ spec: { minReadySeconds: 30 }, status: { availableReplicas: 1 } })),
    {
      kind: 'waiting',
      message: '1 of 3 replicas available; pods count as available after 30 s (minReadySeconds)',
    },
  ],
  [
    'scaled-to-zero',
    evaluate(deployment({ spec: { replicas: 0 }, status: { ...none, replicas: 2 } })),
    { kind: 'waiting', message: 'scaled to 0 replicas: no pod is to run, 2 old to end' },
  ],
  [
    'scaled-to-zero',
    evaluate(deployment({ spec: { replicas: 0 }, status: none })),
    { kind: 'complete', wanted: 0 },
  ],
  [
    'paused',
    evaluate(deployment({ spec: { paused: true }, status: { updatedReplicas: 1 } })),
    { kind: 'paused' },
  ],
  ['superseded', evaluate(deployment({ metadata: { generation: 4 } }), 'another'), { kind: 'superseded' }],
];

describe('a Deployment', () => {
  it.each(OF_CONTROLLERS)('is %s', (_state, evaluated, expected) => {
    expect(evaluated).toMatchObject(expected);
  });
});

describe('a controller that does nothing', () => {
  it.each([
    [9_000, {}, undefined],
    [10_000, {}, 'controller-silent'],
    [10_000, { minReadySeconds: 30 }, undefined],
    [40_000, { minReadySeconds: 30 }, 'controller-silent'],
  ])('after %i ms with %j is %s', (quietMs, spec, state) => {
    expect(silentController(deployment({ spec }), quietMs)?.state).toBe(state);
  });
});

describe('the table', () => {
  it('has a test for each of its rows', () => {
    const tested = new Set<StateId>([
      ...OF_PODS.map(([state]) => state),
      ...OF_ROLLOUT.map(([state]) => state),
      ...OF_ORDER.map(([state]) => state),
      ...OF_CONTROLLERS.map(([state]) => state),
      'controller-silent',
    ]);
    // What is well leaves no finding.
    expect(STATE_IDS.filter((id) => !tested.has(id))).toEqual(['well', 'pod-ready']);
  });

  it.each(STATE_IDS)('says of %s where Kubernetes documents it', (id) => {
    expect(STATES[id].documented).toMatch(/^(concepts|tasks)\/[\w/-]+\/(#[\w-]+)?$|^pkg\/[\w/]+\.go$/);
  });
});
