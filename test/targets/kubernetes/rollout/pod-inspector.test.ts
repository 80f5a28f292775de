import { describe, expect, it } from 'vitest';
import type { Pod, ReplicaSet } from '../../../../src/targets/kubernetes/api/resources.ts';
import type { ApiTransport } from '../../../../src/targets/kubernetes/api/transport.ts';
import { PodInspector } from '../../../../src/targets/kubernetes/rollout/pod-inspector.ts';
import { revisionsOf } from '../../../../src/targets/kubernetes/state/history.ts';
import type { Observer } from '../../../../src/targets/kubernetes/state/observation.ts';
import { fingerprint } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment, pod, ready, replicaSet } from '../objects.ts';
import { context } from '../support.ts';
import { templateOf } from '../template.ts';

const { signal } = context;
const v1 = templateOf('registry.example/phoenix-orch:v0.1.0');
const live = deployment({ spec: { template: v1, replicas: 1 } });

/** An inspector that remembers some ReplicaSets, on a cluster that has others and these pods. */
function inspect(
  remembered: readonly ReplicaSet[],
  there: readonly ReplicaSet[] = remembered,
  pods: readonly Pod[] = [],
) {
  let lists = 0;
  let revisions = revisionsOf(DEPLOYMENT, remembered);
  const observer = {
    get revisions() {
      return revisions;
    },
    async listRevisions() {
      lists += 1;
      revisions = revisionsOf(DEPLOYMENT, there);
      return revisions;
    },
  };
  const transport = { list: async () => ({ items: pods, resourceVersion: '1' }) };
  const inspector = new PodInspector(
    DEPLOYMENT,
    transport as unknown as ApiTransport,
    observer as unknown as Observer,
    'orchestrator',
  );
  return { inspector, lists: () => lists };
}

describe('a ReplicaSet that is gone', () => {
  const old = replicaSet(1, v1, { name: 'old' });
  const made = replicaSet(2, v1, { name: 'made-again' });
  const own = (uid: string, name = uid) =>
    pod(ready, {
      name,
      uid: name,
      generateName: `${uid.replace('uid-of-', '')}-`,
      labels: { 'pod-template-hash': 'hash2' },
      ownerReferences: [{ uid, controller: true }],
    });

  it('is not taken for the holder of the version any more', async () => {
    const pods = [own('uid-of-made-again')];
    const { inspector, lists } = inspect([old], [made], pods);
    expect(await inspector.prove(live, { fingerprint: fingerprint(v1) }, signal)).toMatchObject({
      podTemplateHash: 'hash2',
      instances: [{ name: 'uid-of-made-again' }],
    });
    expect(lists()).toBe(1);
  });

  it('does not hide the pods of its successor', async () => {
    const pods = [own('uid-of-made-again')];
    const { inspector } = inspect([old], [made], pods);
    expect(await inspector.sort(live, fingerprint(v1), pods, signal)).toMatchObject({ made: pods });
    expect(await inspector.instances(live, fingerprint(v1), signal)).toHaveLength(1);
  });

  it('has the list read once, and not again for pods of another workload', async () => {
    const pods = [own('uid-of-made-again'), own('uid-of-a-canary')];
    const { inspector, lists } = inspect([made], [made], pods);
    for (let times = 0; times < 3; times++) await inspector.sort(live, fingerprint(v1), pods, signal);
    expect(lists()).toBe(1);
  });

  it('costs nothing while every pod has a controller that is known', async () => {
    const pods = [own('uid-of-made-again')];
    const { inspector, lists } = inspect([made], [made], pods);
    await inspector.prove(live, { fingerprint: fingerprint(v1) }, signal);
    expect(lists()).toBe(0);
  });
});
