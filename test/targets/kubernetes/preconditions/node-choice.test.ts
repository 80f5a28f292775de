import { expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../../sandbox/control-plane/api.ts';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import { hindrance, type Node } from '../../../../src/targets/kubernetes/preconditions/node-fit.ts';
import { until } from '../../../../tools/until.ts';
import { openWorld } from '../world.ts';

const { cluster } = openWorld({ instantReady: true });

const affinity = (...nodeSelectorTerms: RawObject[]): RawObject => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const expression = (key: string, operator: string, ...values: string[]): RawObject => ({
  matchExpressions: [{ key, operator, values }],
});

/** What pods may want of a node. */
const WISHES: readonly (readonly [string, RawObject])[] = [
  ['nothing', {}],
  ['selector', { nodeSelector: { disk: 'ssd' } }],
  ['selector-of-none', { nodeSelector: { disk: 'tape' } }],
  ['in', affinity(expression('disk', 'In', 'ssd', 'tape'))],
  ['not-in', affinity(expression('disk', 'NotIn', 'ssd'))],
  ['exists', affinity(expression('size', 'Exists'))],
  ['does-not-exist', affinity(expression('size', 'DoesNotExist'))],
  ['gt', affinity(expression('size', 'Gt', '4'))],
  ['lt', affinity(expression('size', 'Lt', '5'))],
  ['either', affinity(expression('disk', 'In', 'hdd'), expression('size', 'Gt', '7'))],
  ['field', affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['choice-a'] }] })],
  ['tolerates-one', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'yes', effect: 'NoSchedule' }] }],
  ['tolerates-another-value', { tolerations: [{ key: 'gpu', operator: 'Equal', value: 'no' }] }],
  ['tolerates-any-value', { tolerations: [{ key: 'gpu', operator: 'Exists' }] }],
  ['tolerates-all', { tolerations: [{ operator: 'Exists' }] }],
];

it('the nodes that are said to take a pod are those on which the controller of a DaemonSet makes one', async () => {
  const { api, nodes } = cluster();
  await nodes.add('choice-a', { disk: 'ssd', size: '8' });
  await nodes.add('choice-b', { disk: 'ssd', size: '4' });
  await nodes.add('choice-c', { disk: 'hdd' });
  await nodes.add('choice-d', { disk: 'hdd', size: '5' });
  await nodes.cordon('choice-b');
  const taint = (name: string, key: string, effect: string) =>
    api.must(
      'PATCH',
      `/api/v1/nodes/${name}`,
      { spec: { taints: [{ key, value: 'yes', effect }] } },
      MERGE_PATCH,
    );
  await taint('choice-c', 'gpu', 'NoSchedule');
  await taint('choice-d', 'away', 'NoExecute');
  await nodes.add('choice-e', { last: 'yes' });
  const { items } = await api.must('GET', '/api/v1/nodes');
  const namespace = 'instant-node-choice';
  await cluster().createNamespace(namespace);
  const path = `/apis/apps/v1/namespaces/${namespace}/daemonsets`;

  /** The nodes that it makes pods for. */
  const chosenFor = async (name: string, spec: RawObject, atLeast = 0): Promise<readonly string[]> => {
    const labels = { app: name };
    const containers = [{ name: 'app', image: 'registry.example/phoenix-orch:v0.1.0' }];
    await api.must('POST', path, {
      metadata: { name },
      spec: {
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { ...spec, containers } },
      },
    });
    const made = await until(`the pods of ${name}`, async () => {
      const { status } = await api.must('GET', `${path}/${name}`);
      const { items: pods } = await api.must(
        'GET',
        `/api/v1/namespaces/${namespace}/pods?labelSelector=app=${name}`,
      );
      const { desiredNumberScheduled: wanted, currentNumberScheduled: current, observedGeneration } = status;
      return (
        observedGeneration === 1 && wanted >= atLeast && wanted === current && pods.length === wanted && pods
      );
    });
    return made.map(nodeOf).sort();
  };

  // Its controller hears of nodes in their order: when it knows the last one, it knows what became of the others.
  expect(await chosenFor('last', { nodeSelector: { last: 'yes' } }, 1)).toEqual(['choice-e']);
  const chosen = await Promise.all(WISHES.map(async ([name, spec]) => [name, await chosenFor(name, spec)]));
  const said = WISHES.map(([name, spec]) => [
    name,
    items
      .filter(
        (node: Node) => hindrance(node, { spec, requests: new Map(), isOfDaemonSet: true }) === undefined,
      )
      .map(({ metadata }: Node) => metadata.name)
      .sort(),
  ]);
  expect(said).toEqual(chosen);
  // All answers occur, that of nobody too.
  expect(new Set(said.map(([, on]) => String(on))).size).toBeGreaterThan(5);
});

/** The node that a pod was made for. */
function nodeOf({ spec }: KubernetesObject): string {
  const terms = spec.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms;
  return terms[0].matchFields[0].values[0];
}
