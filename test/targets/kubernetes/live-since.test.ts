import { describe, expect, test } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { RULES_OF_KIND, rulesOf } from '../../../sandbox/manifests.ts';
import type { LiveSince } from '../../../src/domain/need/signals.ts';
import type { ConfigPolicy } from '../../../src/domain/request/profile.ts';
import { WORKLOAD_KINDS, type WorkloadKindName } from '../../../src/domain/workload-kind.ts';
import { until } from '../../../tools/until.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { carryOut, planned, prove } from './config-proofs.ts';
import { BAD, configServices, GOOD } from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const config = configServices({ cluster, service });

/** A time during which something was done: the API server notes whole seconds. */
interface Span {
  readonly from: number;
  readonly to: number;
}

/** Does something in a second of its own. */
async function during(deed: () => Promise<unknown>): Promise<Span> {
  await aSecondLater();
  const from = Math.floor(Date.now() / 1000) * 1000;
  await deed();
  return { from, to: Date.now() };
}

/** Asked of a worker that has no watch yet which may lag. */
const since = async (of: Service, target?: Service['target']) =>
  (target ?? (await of.another())).liveSince(context);

function expectIn(found: LiveSince | undefined, { from, to }: Span, says: Partial<LiveSince>): void {
  expect(found).toMatchObject(says);
  const at = Date.parse(found?.at ?? '');
  expect({ at, isIn: at >= from && at <= to }).toEqual({ at, isIn: true });
}

const complete = (of: Service, kind: WorkloadKindName) =>
  cluster().complete(of.namespace, 'master-orchestrator', undefined, kind);
const podsOf = async (of: Service) => (await cluster().api.must('GET', of.path('pods'))).items;

const observed = (of: Service) =>
  until('the controller to see it', async () => {
    const { metadata, status } = await of.live();
    return status.observedGeneration === metadata.generation;
  });

/** As `kubectl rollout restart` does it. */
const restart = (of: Service) =>
  of.change(
    {
      spec: {
        template: {
          metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() } },
        },
      },
    },
    'kubectl-rollout',
  );

async function replaceAPod(of: Service): Promise<void> {
  const before = await podsOf(of);
  const [pod] = before;
  await cluster().api.must('DELETE', of.path(`pods/${pod.metadata.name}`));
  await until('another pod in its place', async () => {
    const uids = (await podsOf(of)).map(({ metadata }: KubernetesObject) => metadata.uid);
    return uids.length >= before.length && !uids.includes(pod.metadata.uid);
  });
}

describe.concurrent.each(WORKLOAD_KINDS)('since when a version of a %s is live', (kind) => {
  test('is when it was deployed, and no restart, scaling, label or replaced pod moves it', async () => {
    const of = await service(['v0.1.0'], { kind, nodes: 2, replicas: 2 });
    const deployed = await during(() => of.deploy('v0.2.0'));
    expectIn(await since(of), deployed, { from: 'rollout', exact: true });
    await of.change({ metadata: { labels: { team: 'orch' }, annotations: { owner: 'orch' } } }, 'deployer');
    if (kind !== 'DaemonSet') await of.change({ spec: { replicas: 3 } }, 'autoscaler');
    await complete(of, kind);
    await replaceAPod(of);
    await complete(of, kind);
    await restart(of);
    await complete(of, kind);
    expectIn(await since(of), deployed, { from: 'rollout', exact: true });
    expectIn(await since(of, of.target), deployed, { from: 'rollout', exact: true });
  });

  test('is when it came back, though its object is older than what it replaced', async () => {
    const of = await service(['v0.1.0'], { kind, nodes: 1 });
    await during(() => of.deploy('v0.2.0'));
    const back = await during(() => of.deploy('v0.1.0'));
    const from = kind === 'Deployment' ? 'event' : 'rollout';
    expectIn(await since(of), back, { from, exact: true });
    // What is beside the template is written by the same manager, and pods are made anew.
    await of.change({ metadata: { labels: { team: 'orch' } } }, 'sandbox');
    await replaceAPod(of);
    await complete(of, kind);
    expectIn(await since(of), back, { from, exact: true });

    const ours = await during(() => of.rollBack({ kind: 'version', version: '0.2.0' }));
    expectIn(await since(of), ours, { from: 'mark', exact: true });
    await restart(of);
    await complete(of, kind);
    await of.change({ metadata: { labels: { team: 'other' } } }, 'deployer');
    expectIn(await since(of), ours, { from: 'mark', exact: true });
    const undone = await during(() => of.deploy('v0.1.0'));
    // The annotation of the restart stays: it is another ReplicaSet than before.
    expectIn(await since(of), undone, { from: 'rollout', exact: true });
  });
});

describe.concurrent('since when a version is live', () => {
  test('is asked of nobody where the observation says it, and of events and pods once where not', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.target.observe(context);
    let mark = await cluster().mark();
    await since(of, of.target);
    expect(await of.requests(mark)).toEqual([]);
    const back = await during(() => of.deploy('v0.1.0'));
    await of.target.observe(context);
    mark = await cluster().mark();
    await since(of, of.target);
    expect((await of.requests(mark)).toSorted()).toEqual(['list events', 'list pods']);

    // Its events are kept for an hour: what is left then is one of an autoscaler, which is no beginning.
    await cluster().api.must('DELETE', of.path('events'));
    await during(() => of.change({ spec: { replicas: 5 } }, 'autoscaler'));
    await complete(of, 'Deployment');
    const later = await since(of);
    expectIn(later, back, {});
    expect(later?.from).not.toBe('event');
  });

  test('is known less exactly by who may not read events, or events and pods', async () => {
    const without = (...resources: readonly string[]) =>
      RULES_OF_KIND.Deployment.filter((rule) => !rule.resources.some((name) => resources.includes(name)));
    const of = await service(['v0.1.0'], { rules: without('events') });
    await during(() => of.deploy('v0.2.0'));
    const back = await during(() => of.deploy('v0.1.0'));
    // The deployer has written other fields too: it may have been one of these that it wrote last.
    expectIn(await since(of), back, { from: 'write', exact: false });
    // Whoever writes the template alone is noted with its time.
    await of.push('v0.2.0');
    await complete(of, 'Deployment');
    const undone = await during(async () => {
      await of.push('v0.1.0');
      await complete(of, 'Deployment');
    });
    expectIn(await since(of), undone, { from: 'write', exact: true });
    await aSecondLater();
    await of.change({ spec: { minReadySeconds: 0, revisionHistoryLimit: 9 } }, 'deployer');
    const later = await since(of);
    expect(later).toMatchObject({ exact: false });
    expect(Date.parse(later?.at ?? '')).toBeGreaterThanOrEqual(undone.from);
  });

  test('is nothing while a paused Deployment has not begun with it, and then since it goes on', async () => {
    const of = await service(['v0.1.0', 'v0.2.0', 'v0.1.0'], { replicas: 2 });
    await of.change({ spec: { paused: true } }, 'kubectl-rollout');
    // One that is there already, and one that is not.
    for (const version of ['v0.2.0', 'v0.2.1']) {
      await of.push(version);
      await aSecondLater();
      expect(await since(of)).toBeUndefined();
    }
    const resumed = await during(async () => {
      await of.change({ spec: { paused: null } }, 'kubectl-rollout');
      await complete(of, 'Deployment');
    });
    expectIn(await since(of), resumed, { from: 'rollout', exact: true });
  });

  test('is when its rollout began, also when no pod of it was ever ready, and what comes back is live since then', async () => {
    const of = await service(['v0.1.0'], { replicas: 2 });
    cluster().node.failPulls(of.namespace, 'v0.2.0', 'not there');
    const begun = await during(async () => {
      await of.push('v0.2.0');
      await until('pods of it', async () => (await of.live()).status.updatedReplicas > 0);
    });
    expectIn(await since(of), begun, { from: 'rollout', exact: true });
    const undone = await during(async () => {
      await of.push('v0.1.0');
      await complete(of, 'Deployment');
    });
    // Its pods have been there all the time.
    expectIn(await since(of), undone, { from: 'write', exact: true });
  });

  test('is when its config was changed where it stands, or before; config by another name is a deploy', async () => {
    const of = await config.configured();
    expect(await since(of)).toMatchObject({ from: 'rollout', exact: true });
    const changed = await during(() => config.write(of, BAD));
    expectIn(await since(of), changed, { from: 'write', exact: false });
    await config.make(of, { metadata: { name: 'other-config' }, data: GOOD });
    const deployed = await during(() =>
      of.deploy('v0.1.0', {
        template: { volumes: [{ name: 'config', configMap: { name: 'other-config' } }] },
      }),
    );
    expectIn(await since(of), deployed, { from: 'rollout', exact: true });
  });

  test.each<[string, WorkloadKindName, object]>([
    ['OnDelete of a StatefulSet', 'StatefulSet', { type: 'OnDelete' }],
    ['OnDelete of a DaemonSet', 'DaemonSet', { type: 'OnDelete' }],
  ])(
    'is when the first pod was replaced by hand, or before, where no controller does it: %s',
    async (_what, kind, updateStrategy) => {
      const of = await service(['v0.1.0'], { kind, nodes: 2, replicas: 2, spec: { updateStrategy } });
      await of.push('v0.2.0');
      await observed(of);
      expect(await since(of)).toBeUndefined();
      const replaced = await during(async () => {
        await replaceAPod(of);
        await until('it to be counted', async () => {
          const { updatedReplicas, updatedNumberScheduled } = (await of.live()).status;
          return (updatedReplicas ?? updatedNumberScheduled) === 1;
        });
      });
      expectIn(await since(of), replaced, { from: 'pods', exact: false });
    },
  );

  test('is when the first pod was let go on by a partition, or before', async () => {
    const updateStrategy = (partition: number) => ({ type: 'RollingUpdate', rollingUpdate: { partition } });
    const of = await service(['v0.1.0'], {
      kind: 'StatefulSet',
      replicas: 2,
      spec: { updateStrategy: updateStrategy(2) },
    });
    await of.push('v0.2.0');
    await observed(of);
    expect(await since(of)).toBeUndefined();
    const begun = await during(async () => {
      await of.change({ spec: { updateStrategy: updateStrategy(1) } }, 'kubectl-patch');
      await until('a pod of it', async () => (await of.live()).status.updatedReplicas === 1);
    });
    expectIn(await since(of), begun, { from: 'pods', exact: false });
  });

  test('is when the pods of before were ended, where they are ended first', async () => {
    const of = await service(['v0.1.0'], { spec: { strategy: { type: 'Recreate' } } });
    const [pod] = await podsOf(of);
    const finalizers = (names: readonly string[]) =>
      cluster().api.must(
        'PATCH',
        of.path(`pods/${pod.metadata.name}`),
        { metadata: { finalizers: names } },
        MERGE_PATCH,
      );
    await finalizers(['runbook.test/stays']);
    const begun = await during(async () => {
      await of.push('v0.2.0');
      await until(
        'the pod of before to end',
        async () => (await podsOf(of))[0].metadata.deletionTimestamp !== undefined,
      );
    });
    expect(await since(of)).toBeUndefined();
    await aSecondLater();
    await finalizers([]);
    await complete(of, 'Deployment');
    expectIn(await since(of), begun, { from: 'rollout', exact: true });
  });

  test.each<[string, ConfigPolicy['restore']]>([
    ['by reference', 'by-reference'],
    ['where it stands', 'in-place'],
  ])('is when a rollback of ours brought its config back: %s', async (_how, restore) => {
    const rules = [...RULES_OF_KIND.Deployment, ...rulesOf('rbac-config-in-place.yaml')];
    const of = await config.configured(GOOD, { rules });
    const target = await of.another({}, { configPolicy: { restore, shared: 'refuse', managed: 'refuse' } });
    await prove(target);
    await config.write(of, BAD);
    await restart(of);
    await complete(of, 'Deployment');
    const back = await during(async () => carryOut(target, (await planned(target)).pin));
    expectIn(await since(of), back, { from: 'mark', exact: true });
  });
});
