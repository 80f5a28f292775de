import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import type { Sandbox, SandboxCluster } from '../../sandbox/index.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';

let sandbox: Sandbox & { cluster: SandboxCluster };
let cluster: SandboxCluster;
beforeAll(async () => {
  sandbox = await borrowSandbox({ kubernetes: true });
  cluster = sandbox.cluster;
});
afterAll(() => sandbox?.close());

const LABEL = 'sandbox.test/for';
const namesOf = (space: string) => [`${space}-a`, `${space}-b`] as const;
const pods = async (space: string): Promise<readonly KubernetesObject[]> =>
  (await cluster.api.must('GET', `/api/v1/namespaces/${space}/pods`)).items;
const podOn = async (space: string, node: string) =>
  (await pods(space)).find(({ spec }) => spec.nodeName === node);
const isReady = (pod: KubernetesObject | undefined): boolean =>
  pod?.status.conditions?.some(({ type, status }: KubernetesObject) => type === 'Ready' && status === 'True');

/** A DaemonSet on two nodes of its own. */
async function daemonSet(space: string) {
  await cluster.createNamespace(space);
  const names = namesOf(space);
  for (const name of names) await cluster.nodes.add(name, { [LABEL]: space });
  await cluster.deploy({
    kind: 'DaemonSet',
    namespace: space,
    image: imageOf('v0.1.0'),
    template: { nodeSelector: { [LABEL]: space } },
  });
  return names;
}

describe('nodes of the sandbox', () => {
  test('a DaemonSet has a pod on each that it selects, a cordoned one too; one that is not selected loses it', async () => {
    const space = 'nodes-1';
    const [first, second] = await daemonSet(space);
    expect((await pods(space)).map(({ spec }) => spec.nodeName).toSorted()).toEqual([first, second]);
    await cluster.nodes.cordon(first);
    const cordoned = await until('the taint', async () => {
      const { spec } = await cluster.api.must('GET', `/api/v1/nodes/${first}`);
      return spec.taints && spec;
    });
    expect(cordoned).toMatchObject({ taints: [{ key: 'node.kubernetes.io/unschedulable' }] });
    await cluster.api.must(
      'DELETE',
      `/api/v1/namespaces/${space}/pods/${(await podOn(space, first))?.metadata.name}`,
    );
    await until('another pod there', async () => isReady(await podOn(space, first)));
    await cluster.nodes.label(second, { [LABEL]: null });
    await until('its pod to go', async () => !(await podOn(space, second)));
  });

  test('a node that is lost: its pod is not ready, and does not end; found again, it is ready', async () => {
    const space = 'nodes-2';
    const [lost] = await daemonSet(space);
    const find = await cluster.nodes.lose(lost);
    const { metadata } = (await podOn(space, lost)) ?? {};
    const { status } = await cluster.api.must(
      'GET',
      `/apis/apps/v1/namespaces/${space}/daemonsets/master-orchestrator`,
    );
    expect(status).toMatchObject({ desiredNumberScheduled: 1, numberMisscheduled: 1 });
    await find();
    await until('it to be ready', async () => isReady(await podOn(space, lost)));
    expect((await podOn(space, lost))?.metadata.uid).toBe(metadata.uid);
    await cluster.nodes.lose(lost);
    await cluster.api.must('DELETE', `/api/v1/namespaces/${space}/pods/${metadata.name}`);
    expect((await podOn(space, lost))?.metadata.deletionTimestamp).toBeDefined();
  });

  test('the pod of a removed node stays until it is collected', async () => {
    const space = 'nodes-3';
    const [removed] = await daemonSet(space);
    const collect = await cluster.nodes.remove(removed);
    expect(isReady(await podOn(space, removed))).toBe(true);
    await collect();
    expect(await podOn(space, removed)).toBeUndefined();
    await until('the DaemonSet to want one pod', async () => {
      const path = `/apis/apps/v1/namespaces/${space}/daemonsets/master-orchestrator`;
      return (await cluster.api.must('GET', path)).status.desiredNumberScheduled === 1;
    });
  });

  test('a pod with a scheduling gate is scheduled when the gate is opened', async () => {
    const space = 'nodes-4';
    await cluster.createNamespace(space);
    const path = `/api/v1/namespaces/${space}/pods`;
    await cluster.api.must('POST', path, {
      metadata: { name: 'gated' },
      spec: {
        schedulingGates: [{ name: 'example.com/later' }],
        containers: [{ name: 'one', image: imageOf('v0.1.0') }],
      },
    });
    const gated = await cluster.api.must('GET', `${path}/gated`);
    expect(gated.status.conditions).toMatchObject([{ reason: 'SchedulingGated' }]);
    await cluster.api.must('PATCH', `${path}/gated`, { spec: { schedulingGates: null } }, MERGE_PATCH);
    await until('it to be ready', async () => isReady(await podOn(space, 'sandbox')));
  });
});
