import { describe, expect, test } from 'vitest';
import { imageOf } from '../../../sandbox/manifests.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { until } from '../../../tools/until.ts';
import { passedRecord } from './passed-record.ts';
import { realKubectl } from './real-kubectl.ts';
import { context, errorOf, openWorld, PREVIOUS, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

const daemonSet = (versions: readonly string[], options: Parameters<typeof service>[1] = {}) =>
  service(versions, { kind: 'DaemonSet', nodes: 2, ...options });

const template = async (of: Service) => (await of.live()).spec.template;
const imageIn = async (of: Service) => (await template(of)).spec.containers[0].image;
/** As a run does after its change, and another worker does. */
const fresh = async (of: Service) => (await of.another()).observe(context);
const revisions = async (of: Service): Promise<readonly number[]> =>
  (await fresh(of)).history.map(({ revision }) => revision);

async function proved(of: Service): Promise<{ readonly keptIn: string }> {
  return of.target.recordKnownGood(passedRecord(await of.target.observe(context)), context);
}

describe('a DaemonSet', () => {
  test('goes back to the version before on every node, with one write, which leaves all but the template', async () => {
    const one = await daemonSet(['v0.1.0'], { nodes: 3 });
    const before = await template(one);
    await one.deploy('v0.2.0');
    await one.change({ metadata: { annotations: { owner: 'team-a' } } });
    const observed = await one.target.observe(context);
    expect(observed).toMatchObject({
      kind: 'DaemonSet',
      current: { version: '0.2.0', revision: 2 },
      history: [{ version: '0.1.0', revision: 1, source: { kind: 'controller-revision' } }],
    });
    const mark = await cluster().mark();
    const messages = await one.rollBack();
    expect(messages.at(-1)).toBe('3 of 3 nodes available');
    expect(await template(one)).toEqual(before);
    expect((await one.requests(mark)).filter((request) => request.startsWith('patch'))).toEqual([
      'patch daemonsets',
    ]);
    expect((await one.live()).metadata.annotations.owner).toBe('team-a');
    expect(await one.target.lastChangedBy(context)).toMatchObject({ ours: true });
    expect(await fresh(one)).toMatchObject({ rolledBack: true, current: { version: '0.1.0', revision: 3 } });

    // Somebody brings the release back.
    await one.push('v0.2.0');
    const { who, ours } = await (await one.another()).lastChangedBy(context);
    expect({ who, ours }).toEqual({ who: expect.stringContaining('field manager "deployer"'), ours: false });
    expect((await fresh(one)).rolledBack).toBe(false);
  });

  test('has a history whose numbers grow in place: the pin is the ControllerRevision, whatever its number', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.1.1', 'v0.2.0']);
    const pin = await one.pin({ kind: 'version', version: '0.1.0' });
    await one.rollBack({ kind: 'version', version: '0.1.1' });
    expect(await revisions(one)).toEqual([3, 1]);
    await one.rollBack({ kind: 'version', version: '0.1.0' });
    expect(await revisions(one)).toEqual([4, 3]);
    const again = await one.pin({ kind: 'version', version: '0.1.1' });
    expect(again.source).toMatchObject({ kind: 'controller-revision' });
    const live = await one.pin({ kind: 'version', version: '0.1.0' });
    expect(live).toMatchObject({ source: { kind: 'live' }, fingerprint: pin.fingerprint });
    expect(again.fingerprint).not.toBe(pin.fingerprint);
    expect(await one.target.rollBack(live, context)).toMatchObject({ changed: false, version: '0.1.0' });
  });

  test('that is deployed again with the template of before has it once in its history', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.2.0', 'v0.1.0']);
    const { current, history } = await one.target.observe(context);
    expect(current).toMatchObject({ version: '0.1.0', revision: 3 });
    expect(history.map(({ version, revision }) => [version, revision])).toEqual([['0.2.0', 2]]);
  });

  test('keeps no more history than its limit: an older version is said to be none of it', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.1.1', 'v0.2.0'], { spec: { revisionHistoryLimit: 1 } });
    await until('the history to be pruned', async () => (await revisions(one)).length === 1);
    const planned = planRollback(await fresh(one), { kind: 'revision', revision: 1 });
    expect(planned).toMatchObject({ problem: expect.any(String) });
    expect(planRollback(await fresh(one), PREVIOUS)).toMatchObject({ to: { version: '0.1.1' } });
  });

  test('is written to once, whoever tries again, and not at all when somebody else was there before', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.2.0']);
    const pin = await one.pin();
    const others = await Promise.all([one.another(), one.another()]);
    const started = await Promise.all([one.target, ...others].map((target) => target.rollBack(pin, context)));
    expect(started.filter(({ changed }) => changed)).toHaveLength(1);
    expect(new Set(started.map(({ generation }) => generation))).toEqual(new Set([pin.generation + 1]));
    await one.push('v0.1.1');
    for (const target of [one.target, await one.another()]) {
      expect(await errorOf(target.rollBack(pin, context))).toMatchObject({
        type: 'WorkloadChanged',
        message: expect.stringContaining('field manager "deployer"'),
      });
    }
    expect(await imageIn(one)).toBe(imageOf('v0.1.1'));
  });

  test('shows its change, and a plan of a run of another kind is refused', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.2.0']);
    const planned = planRollback(await one.target.observe(context), PREVIOUS);
    if ('problem' in planned) throw new Error(planned.message);
    const { diff } = await one.target.resolve(planned, context);
    expect(diff).toMatch(/-.*v0\.2\.0[\s\S]*\+.*v0\.1\.0/);
    const { kind: _kind, ...workload } =
      planned.pin.target === 'kubernetes' ? planned.pin.workload : ({} as never);
    const asDeployment = { ...planned.pin, workload } as typeof planned.pin;
    await expect(async () => one.target.rollBack(asDeployment, context)).rejects.toMatchObject({
      type: 'PinLost',
      message: 'the plan was made for a Deployment, and the profile names a DaemonSet now',
    });
  });

  test('comes back from its snapshot to the byte, from its history or from a ConfigMap', async () => {
    for (const limit of [10, 0]) {
      const one = await daemonSet(['v0.1.0'], { spec: { revisionHistoryLimit: limit } });
      const [container] = (await template(one)).spec.containers;
      const containers = [{ ...container, image: imageOf('v0.2.0'), args: ['--new'] }];
      await one.change({ spec: { template: { spec: { containers } } } }, 'deployer');
      await cluster().complete(one.namespace, 'master-orchestrator', undefined, 'DaemonSet');
      const before = await template(one);
      const snapshot = await one.target.takeSnapshot(liveVersionOf(await fresh(one)), context);
      expect(snapshot.keptIn).toMatch(
        limit ? /^controllerrevision\// : /^configmap\/daemonset-master-orchestrator-snapshot-\d+$/,
      );
      await one.rollBack({ kind: 'version', version: '0.1.0' });
      expect(await template(one)).not.toEqual(before);
      const wish = { kind: 'snapshot', snapshot } as const;
      const other = await one.another();
      await other.checkAccess(wish, context);
      const planned = planRollback(await other.observe(context), wish);
      if ('problem' in planned) throw new Error(planned.message);
      const { plan, diff } = await other.resolve(planned, context);
      expect(diff).toMatch(/\+.*v0\.2\.0/);
      const finished = await other.waitForRollout(await other.rollBack(plan.pin, context), context, () => {});
      expect(finished).toMatchObject({ fingerprint: snapshot.fingerprint, replicas: 2 });
      expect(await template(one)).toEqual(before);
    }
  });

  test('is proved under a name of its own, and its templates outlive its history', async () => {
    const one = await daemonSet(['v0.1.0'], { spec: { revisionHistoryLimit: 0 } });
    expect(await proved(one)).toEqual({ keptIn: 'configmap/daemonset-master-orchestrator-known-good' });
    const { metadata } = await cluster().api.must(
      'GET',
      one.path('podtemplates/daemonset-master-orchestrator-known-good-0'),
    );
    expect(metadata.ownerReferences).toMatchObject([{ kind: 'DaemonSet', name: 'master-orchestrator' }]);
    const before = await template(one);
    for (const version of ['v0.1.1', 'v0.2.0']) await one.deploy(version);
    await until('the history to be pruned', async () =>
      (await fresh(one)).history.every(({ source }) => source.kind !== 'controller-revision'),
    );
    await one.rollBack({ kind: 'known-good' });
    expect(await template(one)).toEqual(before);
  });

  test('falls back from what fails to the older version that is proved', async () => {
    const one = await daemonSet(['v0.1.0']);
    await proved(one);
    for (const version of ['v0.1.1', 'v0.2.0']) await one.deploy(version);
    await one.rollBack();
    const failed = (await fresh(one)).current.fingerprint;
    const planned = planRollback(await fresh(one), { kind: 'older-known-good', tried: [failed] });
    expect(planned).toMatchObject({ to: { version: '0.1.0' } });
  });

  test('gets the image that was proved by its digest, though its tag leads elsewhere now', async () => {
    const tag = 'v1.7.0-good';
    const one = await daemonSet([tag]);
    const finished = await one.target.waitForRollout(await one.target.current(context), context, () => {});
    const { imageId } = finished;
    const record = passedRecord(await one.target.observe(context));
    await one.target.recordKnownGood({ ...record, ...(imageId ? { imageId } : {}) }, context);
    const pushed = cluster().node.registry.push(imageOf(tag), 'good');
    await one.deploy('v0.2.0');
    const other = await one.another();
    const planned = planRollback(await other.observe(context), { kind: 'known-good' });
    if ('problem' in planned) throw new Error(planned.message);
    const digest = imageId?.split('@')[1];
    expect(planned.to.image).toBe(`${imageOf(tag)}@${digest}`);
    expect(digest).not.toBe(pushed);
    const back = await other.waitForRollout(await other.rollBack(planned.pin, context), context, () => {});
    expect(back.imageId).toBe(imageId);
    expect(await imageIn(one)).toBe(`${imageOf(tag)}@${digest}`);
  });

  test('that no node takes is rolled back all the same, and it is said that nothing runs', async () => {
    const one = await daemonSet(['v0.1.0', 'v0.2.0'], { nodes: 0 });
    const started = await one.target.rollBack(await one.pin(), context);
    const messages: string[] = [];
    const finished = await one.target.waitForRollout(started, context, ({ message }) =>
      messages.push(message),
    );
    expect(finished).toMatchObject({
      replicas: 0,
      instances: [],
      warnings: ['no node is to run a pod of it'],
    });
    expect(messages.at(-1)).toBe('no node is to run a pod of it');
  });
});

describe('a DaemonSet with updateStrategy OnDelete', () => {
  test('is said beforehand to wait for a person; the wait names the pods and what to do, and ends well after that', async () => {
    const one = await daemonSet(['v0.1.0']);
    await one.change({ spec: { updateStrategy: { type: 'OnDelete', rollingUpdate: null } } });
    await one.push('v0.2.0');
    await until('the version to be seen', async () => (await one.live()).status.observedGeneration === 3);
    const pods = async () => (await cluster().api.must('GET', one.path('pods'))).items;
    // Half of it is of the newer version.
    await cluster().api.must('DELETE', one.path(`pods/${(await pods())[0].metadata.name}`));
    await until('another pod', async () =>
      (await pods()).some(
        ({ spec }: never) =>
          (spec as { containers: { image: string }[] }).containers[0]?.image === imageOf('v0.2.0'),
      ),
    );
    const planned = planRollback(await one.target.observe(context), PREVIOUS);
    expect(planned).toMatchObject({
      warnings: expect.arrayContaining([
        expect.stringMatching(
          /daemonset\/master-orchestrator has updateStrategy OnDelete: .*wait for a person/,
        ),
      ]),
    });
    const started = await one.target.rollBack(await one.pin(), context);
    const error = await errorOf(one.target.waitForRollout(started, context, () => {}));
    expect(error).toMatchObject({ type: 'RolloutHeld' });
    expect(error.message).toMatch(/^1 of 2 nodes are of 0\.1\.0; master-orchestrator-\w+ waits for a person/);
    const [command = ''] = /kubectl delete pod .*$/.exec(error.message) ?? [];
    const { output } = await realKubectl(cluster(), command);
    expect(output).toMatch(/pod "master-orchestrator-\w+" deleted/);
    const finished = await one.target.waitForRollout(started, context, () => {});
    expect(finished).toMatchObject({ replicas: 2 });
    expect(finished.instances).toHaveLength(2);
  });
});
