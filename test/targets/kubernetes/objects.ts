import type { Pod, RawObject, ReplicaSet, Workload } from '../../../src/targets/kubernetes/api/resources.ts';
import { template } from './template.ts';

/** A Deployment as the API server sends it, complete unless changed. */
export function deployment(
  change: {
    readonly metadata?: Partial<Workload['metadata']>;
    readonly spec?: Partial<Workload['spec']>;
    readonly status?: Workload['status'];
  } = {},
): Workload {
  return {
    metadata: {
      name: 'orchestrator',
      namespace: 'phoenix',
      uid: 'uid-1',
      generation: 3,
      resourceVersion: '10',
      ...change.metadata,
    },
    spec: {
      replicas: 3,
      progressDeadlineSeconds: 600,
      selector: { matchLabels: { app: 'orchestrator' } },
      template: template(),
      ...change.spec,
    },
    status: {
      observedGeneration: 3,
      replicas: 3,
      updatedReplicas: 3,
      readyReplicas: 3,
      availableReplicas: 3,
      ...change.status,
    },
  };
}

/** A ReplicaSet of the history. */
export function replicaSet(
  revision: number | string,
  of: RawObject,
  change: {
    readonly createdAt?: string;
    readonly former?: string;
    readonly name?: string;
    readonly deleting?: boolean;
  } = {},
): ReplicaSet {
  const name = change.name ?? `orchestrator-${revision}`;
  return {
    metadata: {
      name,
      uid: `uid-of-${name}`,
      ownerReferences: [{ uid: 'uid-1', controller: true }],
      creationTimestamp: change.createdAt ?? `2026-11-01T00:00:${String(revision).padStart(2, '0')}Z`,
      labels: { app: 'orchestrator', 'pod-template-hash': `hash${revision}` },
      annotations: {
        'deployment.kubernetes.io/revision': String(revision),
        ...(change.former ? { 'deployment.kubernetes.io/revision-history': change.former } : {}),
      },
      ...(change.deleting ? { deletionTimestamp: '2026-11-02T00:00:00Z' } : {}),
    },
    spec: { template: of },
  };
}

/** A pod, ready unless its status is given. */
export function pod(status: Pod['status'] = ready, metadata: Partial<Pod['metadata']> = {}): Pod {
  return {
    metadata: {
      name: 'orchestrator-1-abc',
      uid: 'pod-uid',
      generateName: 'orchestrator-1-',
      labels: { app: 'orchestrator', 'pod-template-hash': 'hash1' },
      ownerReferences: [{ uid: 'uid-of-orchestrator-1', controller: true }],
      ...metadata,
    },
    status,
  };
}

export const ready: NonNullable<Pod['status']> = {
  phase: 'Running',
  podIP: '10.0.0.7',
  startTime: '2026-11-23T03:00:00Z',
  conditions: [{ type: 'Ready', status: 'True' }],
  containerStatuses: [
    {
      name: 'orchestrator',
      ready: true,
      restartCount: 0,
      imageID: 'registry.example/phoenix-orch@sha256:aa',
      state: { running: { startedAt: '2026-11-23T03:00:01Z' } },
    },
  ],
};
