import { describe, expect, test } from 'vitest';
import { imageOf } from '../../../sandbox/manifests.ts';
import type { RolloutFinished, SnapshotReference } from '../../../src/domain/versions/pins.ts';
import { namesOf, type Plan } from '../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../src/domain/versions/targets.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

/** Tags of their own: what is pushed under them is pushed for every test of this cluster. */
let count = 0;
const freshTag = () => `v1.0.${++count}-good`;

async function plan(
  target: RollbackTarget,
  wanted: string | SnapshotReference = 'known-good',
): Promise<Plan> {
  const wish =
    typeof wanted === 'string'
      ? (parseTarget(wanted) as TargetWish)
      : ({ kind: 'snapshot', snapshot: wanted } as const);
  const planned = planRollback(await target.observe(context), wish);
  if ('problem' in planned) throw new Error(`${planned.problem}: ${planned.message}`);
  return planned;
}

/** What `verify` records of what runs, and which images that are. */
async function recorded(of: Service, verdict: 'passed' | 'failed' = 'passed'): Promise<RolloutFinished> {
  const finished = await of.target.waitForRollout(await of.target.current(context), context, () => undefined);
  const { current } = await of.target.observe(context);
  const { imageId, imageIds } = finished;
  await of.target.recordKnownGood(
    {
      fingerprint: current.fingerprint,
      ...(current.id ? { id: current.id } : {}),
      version: current.version,
      image: current.image,
      ...(imageId ? { imageId } : {}),
      ...(imageIds ? { imageIds } : {}),
      verdict,
      at: new Date().toISOString(),
      provedBy: 'verify',
      workflowId: 'verify/orchestrator',
      runId: 'run',
      checks: {},
    },
    context,
  );
  return finished;
}

async function rollBack(target: RollbackTarget, wish?: string): Promise<RolloutFinished> {
  const started = await target.rollBack((await plan(target, wish)).pin, context);
  return target.waitForRollout(started, context, () => undefined);
}

async function restart(of: Service): Promise<void> {
  const annotations = { 'kubectl.kubernetes.io/restartedAt': new Date().toISOString() };
  await of.change({ spec: { template: { metadata: { annotations } } } });
  await cluster().complete(of.namespace, 'master-orchestrator');
}

const digestOf = (imageId = '') => imageId.split('@')[1] ?? '';
const push = (tag: string) => cluster().node.registry.push(imageOf(tag), 'good');
const imageIn = async (of: Service) => (await of.live()).spec.template.spec.containers[0].image;

describe('the image that was proved', () => {
  test('K13 is what runs after a rollback, though its tag was pushed anew since', async () => {
    const tag = freshTag();
    const of = await service([tag]);
    const proved = digestOf((await recorded(of)).imageId);
    const pushed = push(tag);
    await of.deploy('v0.2.0');
    const planned = await plan(await of.another());
    expect(planned).toMatchObject({
      to: { image: `${imageOf(tag)}@${proved}`, digest: proved },
      rule: 'older-proof',
    });
    expect(await of.target.images?.(planned, context)).toMatchObject([
      { container: 'master-orchestrator', image: `${imageOf(tag)}@${proved}`, pull: 'if-missing' },
    ]);
    const finished = await rollBack(of.target);
    expect(await imageIn(of)).toBe(`${imageOf(tag)}@${proved}`);
    expect(digestOf(finished.imageId)).toBe(proved);
    expect(digestOf(finished.imageId)).not.toBe(pushed);
    expect(finished.otherImages).toBeUndefined();
    // It is known again for what it is: nothing would change, and its proof is its own.
    const again = await plan(await of.another());
    expect(again).toMatchObject({ changesNothing: true, rule: 'stays-proved' });
  });

  test('K13 is another version than what was pushed under its tag, and is gone back to from that', async () => {
    const tag = freshTag();
    const of = await service(['v0.1.1', tag]);
    const proved = digestOf((await recorded(of)).imageId);
    const pushed = push(tag);
    await restart(of);
    const planned = await plan(await of.another());
    expect(namesOf(planned)).toEqual({
      from: `${tag.slice(1)} @${pushed.slice(0, 19)}`,
      to: `${tag.slice(1)} @${proved.slice(0, 19)}`,
    });
    expect(planned).toMatchObject({ rule: 'older-proof', changesNothing: false });
    expect(planned.warnings.join('\n')).not.toContain('the same image');
    expect(digestOf((await rollBack(of.target)).imageId)).toBe(proved);
  });

  test('K13 is gone back to when the pods alone were made anew, and no revision', async () => {
    const tag = freshTag();
    const of = await service(['v0.1.1', tag]);
    const proved = digestOf((await recorded(of)).imageId);
    const pushed = push(tag);
    await replacePods(of);
    const before = await of.target.observe(context);
    const snapshot = await of.target.takeSnapshot(liveVersionOf(before), context);
    const planned = await plan(await of.another());
    expect(planned.to).toMatchObject({ digest: proved });
    expect(planned.warnings.join('\n')).toContain(
      `runs another image than was proved under its tag: container master-orchestrator runs ${pushed.slice(0, 19)} and ${proved.slice(0, 19)} was proved`,
    );
    expect(digestOf((await rollBack(of.target)).imageId)).toBe(proved);
    // What was there before comes back as it was there: by its tag.
    const restored = await plan(of.target, snapshot);
    expect(restored.to.image).toBe(imageOf(tag));
    await of.target.rollBack(restored.pin, context);
    expect(await imageIn(of)).toBe(imageOf(tag));
  });

  test('K13 was not seen to fail when another one under its tag was', async () => {
    const tag = freshTag();
    const of = await service(['v0.1.1', tag]);
    const proved = digestOf((await recorded(of)).imageId);
    push(tag);
    await replacePods(of);
    await recorded(of, 'failed');
    expect(await plan(await of.another())).toMatchObject({ to: { digest: proved }, rule: 'older-proof' });
    await of.deploy('v0.2.0');
    expect(await plan(await of.another())).toMatchObject({ to: { digest: proved }, rule: 'older-proof' });
  });

  test('K13 stays when it was put there by its digest and the manifest with the tag is applied again', async () => {
    const tag = freshTag();
    const of = await service([tag]);
    await recorded(of);
    await of.deploy('v0.2.0');
    await rollBack(of.target);
    await of.deploy(tag);
    expect(await plan(await of.another())).toMatchObject({ changesNothing: true, rule: 'stays-proved' });
    push(tag);
    await replacePods(of);
    expect(await plan(await of.another())).toMatchObject({ changesNothing: false, rule: 'older-proof' });
  });

  test('K13 is asked for by its tag or by its digest alike', async () => {
    const tag = freshTag();
    const of = await service([tag]);
    const proved = digestOf((await recorded(of)).imageId);
    push(tag);
    await of.deploy('v0.2.0');
    for (const wish of [tag, proved, 'revision:1', 'previous'])
      expect((await plan(of.target, wish)).to.image, wish).toBe(`${imageOf(tag)}@${proved}`);
  });

  test('K13 is compared with what runs where the profile writes the tag alone, and the difference is told', async () => {
    const tag = freshTag();
    const of = await service([tag]);
    const proved = digestOf((await recorded(of)).imageId);
    const pushed = push(tag);
    await of.deploy('v0.2.0');
    const byTag = await of.another({ pin: 'tag' });
    const finished = await rollBack(byTag);
    expect(await imageIn(of)).toBe(imageOf(tag));
    expect(finished.otherImages).toBe(
      `container master-orchestrator runs ${pushed.slice(0, 19)} and not ${proved.slice(0, 19)}, which was proved`,
    );
    expect((await plan(byTag)).warnings.join('\n')).toContain('kubernetes.pin: digest');
  });

  test('K13 that the registry has no more ends the rollout, and the setting that takes the tag is named', async () => {
    const tag = freshTag();
    const of = await service([tag]);
    const proved = digestOf((await recorded(of)).imageId);
    push(tag);
    cluster().node.registry.collect(proved);
    await of.deploy('v0.2.0');
    await expect(rollBack(of.target)).rejects.toThrow(
      /cannot start: .*not found \(the image that was proved, sha256:\w{12}, was asked for by its digest; kubernetes\.pin: tag/,
    );
  });

  test('K13 is none where the pods run several under one tag, which is told', async () => {
    const tag = freshTag();
    const of = await service([tag], { replicas: 1 });
    push(tag);
    await of.change({ spec: { replicas: 2 } });
    await cluster().complete(of.namespace, 'master-orchestrator');
    const finished = await recorded(of);
    expect(finished.warnings?.join()).toMatch(
      /^the pods run different images in container master-orchestrator/,
    );
    expect(finished.imageIds).toBeUndefined();
  });

  test('is written by its tag where nothing was proved, or what was proved has no digest', async () => {
    const tag = freshTag();
    const of = await service([tag, 'v0.2.0']);
    expect((await plan(of.target)).to.image).toBe(imageOf(tag));
  });
});

/** The pods are deleted, as a drained node does it: the tag is pulled anew, and the template stays. */
async function replacePods(of: Service): Promise<void> {
  const { api } = cluster();
  const { items } = await api.must('GET', of.path('pods'));
  for (const { metadata } of items) await api.must('DELETE', of.path(`pods/${metadata.name}`));
  const old = new Set(items.map(({ metadata }: { metadata: { uid: string } }) => metadata.uid));
  await until('new pods', async () => {
    const now = await api.must('GET', of.path('pods'));
    return (
      now.items.length > 0 &&
      now.items.every(
        (pod: { metadata: { uid: string }; status: { containerStatuses?: { imageID: string }[] } }) =>
          !old.has(pod.metadata.uid) && pod.status.containerStatuses?.[0]?.imageID,
      )
    );
  });
  await cluster().complete(of.namespace, 'master-orchestrator');
}
