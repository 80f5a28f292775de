import { describe, expect, test } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../sandbox/manifests.ts';
import type { RolloutFinished } from '../../../src/domain/versions/pins.ts';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, NODE_OF, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ concurrent: true });

const BUSY = '429 Too Many Requests';

/** A DaemonSet that has gone from 0.1.0 to 0.2.0. */
const daemonSet = (nodes: number, spec: KubernetesObject = {}) =>
  service(['v0.1.0', 'v0.2.0'], { kind: 'DaemonSet', nodes, spec });

const rolling = (rollingUpdate: KubernetesObject) => ({
  updateStrategy: { type: 'RollingUpdate', rollingUpdate },
});

const podsOf = async (of: Service): Promise<readonly KubernetesObject[]> =>
  (await cluster().api.must('GET', of.path('pods'))).items;
const podOn = async (of: Service, node: string, version?: string) =>
  (await podsOf(of)).find(
    ({ spec }) => spec.nodeName === node && (!version || spec.containers[0].image === imageOf(version)),
  );

/** Rolls back and waits, with what was reported on the way. */
async function rollBack(of: Service) {
  const started = await of.target.rollBack(await of.pin(), context);
  const reports: RolloutProgress[] = [];
  const finished = of.target.waitForRollout(started, context, (report) => reports.push(report));
  finished.catch(() => {});
  const says = (words: RegExp | string) =>
    Promise.race([
      until(`the wait to say ${words}`, async () => reports.some(({ message }) => message.match(words)), {
        withinMs: 12_000,
      }),
      finished.then(() => {
        throw new Error(`the wait has ended too early: ${reports.map(({ message }) => message).join('\n')}`);
      }),
    ]);
  return { finished, reports, says };
}

/** As `rollBack`, and no pod of the target version starts until it is let go on: the first node has none, the others old ones. */
async function heldUp(of: Service) {
  const letGo = cluster().node.failPulls(of.namespace, 'v0.1.0', BUSY);
  const waiting = await rollBack(of);
  await waiting.says(BUSY);
  const held = (await podsOf(of)).find(({ spec }) => spec.containers[0].image === imageOf('v0.1.0'));
  const first: string = held?.spec.nodeName;
  return { ...waiting, letGo, first, others: of.nodes.filter((node) => node !== first) };
}

async function nodesOf(of: Service, { instances }: RolloutFinished): Promise<readonly string[]> {
  const pods = await podsOf(of);
  return instances
    .map(({ uid }) => pods.find(({ metadata }) => metadata.uid === uid)?.spec.nodeName ?? '')
    .toSorted();
}

describe.concurrent('the rollout of a DaemonSet', () => {
  test.each([
    ['one node after the other', 3, { maxUnavailable: 1 }, /^1 of 3 nodes updated/],
    ['half of the nodes at a time', 4, { maxUnavailable: '50%' }, /^2 of 4 nodes updated/],
    ['the new pod beside the old one', 2, { maxSurge: 1, maxUnavailable: 0 }, /^[01] of 2 nodes updated/],
  ])('is waited for %s', async (_what, nodes, limits, midway) => {
    const of = await daemonSet(nodes, rolling(limits));
    const { finished, letGo, reports } = await heldUp(of);
    expect(reports.at(-1)?.message).toMatch(midway);
    letGo();
    const ended = await finished;
    expect(ended).toMatchObject({ replicas: nodes, revision: 3 });
    expect(await nodesOf(of, ended)).toEqual(of.nodes.toSorted());
    expect(reports.at(-1)?.message).toBe(`${nodes} of ${nodes} nodes available`);
  });

  test('counts pods as available after minReadySeconds, and says so', async () => {
    // Long enough to be seen by what evaluates once a second.
    const of = await daemonSet(1, { minReadySeconds: 4 });
    const { finished, says } = await rollBack(of);
    await says(/pods count as available after 4 s \(minReadySeconds\)/);
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('names the quota that keeps pods from being created', async () => {
    const of = await daemonSet(1);
    await cluster().api.must('POST', of.path('resourcequotas'), {
      metadata: { name: 'none' },
      spec: { hard: { pods: '0' } },
    });
    await until('the quota to count', async () => {
      const { status } = await cluster().api.must('GET', of.path('resourcequotas/none'));
      return status?.used?.pods !== undefined;
    });
    const { says } = await rollBack(of);
    await says(/^0 of 1 nodes updated; pods are refused: FailedCreate: .*exceeded quota: none/);
  });

  test('ends at once when the version cannot start on a node', async () => {
    const of = await service(['v0.1.0'], { kind: 'DaemonSet', nodes: 2 });
    await of.push('v0.3.0-crash-exit-1');
    const error = await errorOf(
      of.target.waitForRollout(await of.target.current(context), context, () => {}),
    );
    expect(error).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringMatching(/pod master-orchestrator-\w+.*restarted \d+ times, last exit code 1/),
    });
  });
});

describe.concurrent('nodes in the middle of the wait for a DaemonSet', () => {
  test('one that comes gets a pod of the pinned version, a cordoned one too', async () => {
    const of = await daemonSet(1);
    const { finished, letGo } = await heldUp(of);
    const [more, cordoned] = [`${of.namespace}-more`, `${of.namespace}-cordoned`];
    await cluster().nodes.add(cordoned, { [NODE_OF]: of.namespace });
    await cluster().nodes.cordon(cordoned);
    await cluster().nodes.add(more, { [NODE_OF]: of.namespace });
    await until('a pod on each', async () => (await podsOf(of)).length === 3);
    letGo();
    const ended = await finished;
    expect(ended).toMatchObject({ replicas: 3 });
    expect(await nodesOf(of, ended)).toEqual([...of.nodes, more, cordoned].toSorted());
  });

  test('one that goes is not waited for, though its pod is there until it is collected', async () => {
    const of = await daemonSet(2);
    const { finished, letGo, first, others } = await heldUp(of);
    const [gone = ''] = others;
    const collect = await cluster().nodes.remove(gone);
    letGo();
    const ended = await finished;
    expect(ended).toMatchObject({ replicas: 1 });
    expect(await nodesOf(of, ended)).toEqual([first]);
    expect((await podOn(of, gone, 'v0.2.0'))?.metadata.deletionTimestamp).toBeDefined();
    await collect();
  });

  test('one that takes none any more loses its pod, and is not waited for', async () => {
    const of = await daemonSet(2);
    const { finished, letGo, first, others } = await heldUp(of);
    await cluster().nodes.label(others[0] ?? '', { [NODE_OF]: null });
    letGo();
    const ended = await finished;
    expect(await nodesOf(of, ended)).toEqual([first]);
  });

  test('one whose new pod is deleted and held is named with what holds it, and gets another one', async () => {
    const of = await daemonSet(1);
    const { finished, letGo, says, first } = await heldUp(of);
    const { metadata } = (await podOn(of, first)) ?? {};
    const finalizers = (names: readonly string[] | null) =>
      cluster().api.must(
        'PATCH',
        of.path(`pods/${metadata.name}`),
        { metadata: { finalizers: names } },
        MERGE_PATCH,
      );
    await finalizers(['example.com/drain']);
    await cluster().api.must('DELETE', of.path(`pods/${metadata.name}`));
    await says(new RegExp(`; pod ${metadata.name} on node ${first} is still ending, .*example.com/drain`));
    letGo();
    await finalizers(null);
    const { instances } = await finished;
    expect(instances.map(({ uid }) => uid)).not.toContain(metadata.uid);
  });

  test('one that is lost holds the others up, as maxUnavailable says, and is named; the wait ends when it is back', async () => {
    const of = await daemonSet(3);
    const { finished, letGo, says, others } = await heldUp(of);
    const [lost = ''] = others;
    const pod = (await podOn(of, lost))?.metadata.name;
    const find = await cluster().nodes.lose(lost);
    letGo();
    await says(new RegExp(`old pod ${pod} on node ${lost} is still ending`));
    await find();
    const ended = await finished;
    expect(ended).toMatchObject({ replicas: 3 });
    expect(await nodesOf(of, ended)).toEqual(of.nodes.toSorted());
  });

  test('one that is lost after its pod was replaced is not waited for, and no instance is on it', async () => {
    const of = await daemonSet(2, rolling({ maxUnavailable: 2 }));
    const started = await of.target.rollBack(await of.pin(), context);
    await cluster().complete(of.namespace, 'master-orchestrator', undefined, 'DaemonSet');
    const [lost = '', ...others] = of.nodes;
    await cluster().nodes.lose(lost);
    const ended = await of.target.waitForRollout(started, context, () => {});
    expect(ended).toMatchObject({ replicas: 1 });
    expect(await nodesOf(of, ended)).toEqual(others);
  });

  test('one that was lost before is not waited for, and it is said that something else may run there', async () => {
    const of = await daemonSet(2, rolling({ maxSurge: 1, maxUnavailable: 0 }));
    const [lost = '', ...others] = of.nodes;
    await cluster().nodes.lose(lost);
    const { finished } = await rollBack(of);
    const ended = await finished;
    expect(ended).toMatchObject({
      replicas: 1,
      warnings: [expect.stringMatching(/^what runs on 1 node is not counted, and may be of another version/)],
    });
    expect(await nodesOf(of, ended)).toEqual(others);
    expect((await podOn(of, lost, 'v0.2.0'))?.metadata.deletionTimestamp).toBeDefined();
  });

  test('when all of them are gone it is complete, and it is said that nothing runs', async () => {
    const of = await daemonSet(1);
    const { finished, reports } = await heldUp(of);
    await cluster().nodes.label(of.nodes[0] ?? '', { [NODE_OF]: null });
    expect(await finished).toMatchObject({
      replicas: 0,
      instances: [],
      warnings: expect.arrayContaining(['no node is to run a pod of it']),
    });
    expect(reports.at(-1)?.message).toBe('no node is to run a pod of it');
  });
});
