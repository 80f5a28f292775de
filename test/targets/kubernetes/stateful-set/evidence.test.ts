import { describe, expect, it } from 'vitest';
import { imageOf } from '../../../../sandbox/manifests.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { until } from '../../../../tools/until.ts';
import { passedRecord } from '../passed-record.ts';
import { context, errorOf, openWorld, type Service } from '../world.ts';
import { planned, STATEFUL_SET } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

const NAME = 'master-orchestrator';
const NEW_TAG = () => `v2.0.${++count}-good`;
let count = 0;

async function proved(of: Service, target = of.target) {
  const finished = await target.waitForRollout(await target.current(context), context, () => undefined);
  const record = passedRecord(await target.observe(context));
  const { imageId } = finished;
  await target.recordKnownGood({ ...record, ...(imageId ? { imageId } : {}) }, context);
  return imageId?.split('@')[1] ?? '';
}

/** Versions of one second would be equally old. */
async function nextSecond(): Promise<void> {
  const begun = Math.floor(Date.now() / 1000);
  await until('the next second', async () => Math.floor(Date.now() / 1000) > begun);
}

describe('evidence of a StatefulSet', () => {
  it('is kept under a name of its kind, with the rights that are shipped, and decides about the target', async () => {
    const of = await service(['v0.1.0'], STATEFUL_SET);
    const record = passedRecord(await of.target.observe(context));
    expect(await of.target.recordKnownGood(record, context)).toEqual({
      keptIn: `configmap/statefulset-${NAME}-known-good`,
    });
    for (const version of ['v0.1.1', 'v0.2.0']) await of.deploy(version);
    expect(await planned(of)).toMatchObject({ to: { version: '0.1.0' }, rule: 'older-proof' });
    await of.rollBack({ kind: 'known-good' });
    expect(await planned(of)).toMatchObject({ changesNothing: true, rule: 'stays-proved' });
  });

  it('is none of a Deployment of the same name beside it, nor its history', async () => {
    const of = await service(['v0.1.0'], STATEFUL_SET);
    await proved(of);
    for (const version of ['v0.1.1', 'v0.2.0']) {
      await cluster().deploy({ namespace: of.namespace, image: imageOf(version), replicas: 1 });
    }
    const { statefulSet: _other, ...shared } = of.profile;
    const deployment = await of.another({
      ...shared,
      statefulSet: undefined,
      deployment: NAME,
    } as typeof shared);
    expect(
      await deployment.recordKnownGood(passedRecord(await deployment.observe(context)), context),
    ).toEqual({
      keptIn: `configmap/${NAME}-known-good`,
    });
    await of.deploy('v0.2.0');
    const [set, other] = [await (await of.another()).observe(context), await deployment.observe(context)];
    const versions = ({ current, history }: typeof set) => [
      [current.version, current.evidence?.verdict],
      ...history.map(({ version, evidence }) => [version, evidence?.verdict]),
    ];
    expect(versions(set)).toEqual([
      ['0.2.0', undefined],
      ['0.1.0', 'passed'],
    ]);
    expect(versions(other)).toEqual([
      ['0.2.0', 'passed'],
      ['0.1.1', undefined],
    ]);
    const { items } = await cluster().api.must('GET', of.path('podtemplates'));
    const names = items.map(({ metadata }: { metadata: { name: string } }) => metadata.name).sort();
    expect(names).toEqual([`${NAME}-known-good-0`, `statefulset-${NAME}-known-good-0`]);
    // Each is rolled back by itself.
    await of.rollBack({ kind: 'known-good' });
    expect((await deployment.observe(context)).current.version).toBe('0.2.0');
  });

  it('outlives the history: a proved version comes back from its PodTemplate to the byte', async () => {
    const of = await service(['v0.1.0'], { ...STATEFUL_SET, spec: { revisionHistoryLimit: 1 } });
    const before = (await of.live()).spec.template;
    await proved(of);
    for (const version of ['v0.1.1', 'v0.1.2-good', 'v0.2.0']) await of.deploy(version);
    await until('the history to be pruned', async () => {
      const { items } = await cluster().api.must('GET', of.path('controllerrevisions'));
      return items.length <= 2;
    });
    const by = await of.another({ pin: 'tag' });
    const plan = planRollback(await by.observe(context), { kind: 'known-good' });
    if ('problem' in plan) throw new Error(plan.message);
    expect(plan).toMatchObject({
      to: { version: '0.1.0' },
      rule: 'older-proof',
      pin: { source: { kind: 'pod-template', name: `statefulset-${NAME}-known-good-0` } },
    });
    const started = await by.rollBack(plan.pin, context);
    await by.waitForRollout(started, context, () => undefined);
    expect((await of.live()).spec.template).toEqual(before);
    const [kept] = (await cluster().api.must('GET', of.path('podtemplates'))).items;
    expect(kept.metadata.ownerReferences).toMatchObject([{ kind: 'StatefulSet', name: NAME }]);
  });

  it('K13 brings back the image that was proved, by its digest, though its tag was pushed anew', async () => {
    const tag = NEW_TAG();
    const of = await service([tag], STATEFUL_SET);
    const digest = await proved(of);
    expect(digest).toMatch(/^sha256:/);
    cluster().node.registry.push(imageOf(tag), 'good');
    await of.deploy('v0.2.0');
    await of.rollBack({ kind: 'known-good' });
    const [container] = (await of.live()).spec.template.spec.containers;
    expect(container.image).toBe(`${imageOf(tag)}@${digest}`);
    expect(await planned(of)).toMatchObject({ changesNothing: true, rule: 'stays-proved' });
  });

  it('K13 is of another image when the pods alone were made anew', async () => {
    const tag = NEW_TAG();
    const of = await service(['v0.1.1', tag], STATEFUL_SET);
    const digest = await proved(of);
    cluster().node.registry.push(imageOf(tag), 'good');
    const [pod] = (await cluster().api.must('GET', of.path('pods'))).items;
    await cluster().api.must('DELETE', of.path(`pods/${pod.metadata.name}`));
    await until('a new pod', async () => {
      const { body } = await cluster().api.call('GET', of.path(`pods/${pod.metadata.name}`));
      return (
        body.metadata?.uid !== pod.metadata.uid && body.status?.containerStatuses?.[0]?.imageID !== undefined
      );
    });
    await cluster().complete(of.namespace, NAME, undefined, 'StatefulSet');
    expect(await planned(of)).toMatchObject({ to: { digest }, changesNothing: false });
  });

  it('leads to the next older proved version each time a rollback falls back, and then nowhere', async () => {
    const of = await service([], STATEFUL_SET);
    for (const version of ['v0.1.0', 'v0.1.1', 'v0.2.0']) {
      await nextSecond();
      await of.deploy(version);
      if (version !== 'v0.2.0') await proved(of, await of.another());
    }
    const live = async () => (await (await of.another()).observe(context)).current;
    const tried = [(await live()).fingerprint];
    await of.rollBack({ kind: 'known-good' });
    expect((await live()).version).toBe('0.1.1');
    tried.push((await live()).fingerprint);
    const target = await of.another();
    const plan = planRollback(await target.observe(context), { kind: 'older-known-good', tried });
    if ('problem' in plan) throw new Error(plan.message);
    expect(plan).toMatchObject({ from: { version: '0.1.1' }, to: { version: '0.1.0' } });
    const started = await target.rollBack(plan.pin, context);
    await target.waitForRollout(started, context, () => undefined);
    tried.push(started.fingerprint);
    const wish = { kind: 'older-known-good', tried } as const;
    expect(await errorOf((await of.another()).checkAccess(wish, context))).toMatchObject({
      type: 'NoHistory',
    });
  });
});
