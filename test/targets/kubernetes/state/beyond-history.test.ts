import { describe, expect, test } from 'vitest';
import { imageOf, REPOSITORY, WORKER_RULES } from '../../../../sandbox/manifests.ts';
import type { Plan } from '../../../../src/domain/versions/plan.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { parseTarget, type TargetWish } from '../../../../src/domain/versions/targets.ts';
import { versionIdOf } from '../../../../src/domain/versions/versions.ts';
import { TEMPLATES_KEPT } from '../../../../src/targets/kubernetes/state/kept-templates.ts';
import { until } from '../../../../tools/until.ts';
import { context, openWorld, type Service } from '../world.ts';

const { cluster, service } = openWorld({ instantReady: true });

const limited = (revisionHistoryLimit: number) => ({ replicas: 0, spec: { revisionHistoryLimit } });

async function plan(of: Service, target = 'known-good'): Promise<Plan> {
  const wish = parseTarget(target) as TargetWish;
  const worker = await of.another();
  await worker.checkAccess(wish, context);
  const planned = planRollback(await worker.observe(context), wish);
  if ('problem' in planned) throw new Error(`${planned.problem}: ${planned.message}`);
  return (await worker.resolve(planned, context)).plan;
}

/** Image and config, and waits until the controller has removed what is beyond the limit. */
async function release(of: Service, version: string, level: string): Promise<void> {
  const [container] = (await of.live()).spec.template.spec.containers;
  const changed = { ...container, image: imageOf(version), env: [{ name: 'RUST_LOG', value: level }] };
  await of.change({ spec: { template: { spec: { containers: [changed] } } } });
  await tidy(of);
}

async function tidy(of: Service): Promise<void> {
  await cluster().complete(of.namespace, 'master-orchestrator');
  const limit = (await of.live()).spec.revisionHistoryLimit;
  await until('old ReplicaSets to be gone', async () => (await replicaSets(of)).length <= limit + 1);
}

const replicaSets = async (of: Service) =>
  (await cluster().api.must('GET', of.path('replicasets'))).items as readonly unknown[];
const kept = async (of: Service) => (await cluster().api.must('GET', of.path('podtemplates'))).items;

/** The API server notes when a ReplicaSet was made in seconds. */
async function nextSecond(): Promise<void> {
  const begun = Math.floor(Date.now() / 1000);
  await until('the next second', async () => Math.floor(Date.now() / 1000) > begun);
}

/** As a verification that was passed. */
async function proved(of: Service, imageIds?: Readonly<Record<string, string>>): Promise<void> {
  const { current } = await of.target.observe(context);
  const { fingerprint, version, image } = current;
  await of.target.recordKnownGood(
    {
      schema: 2,
      id: versionIdOf(current),
      required: ['health'],
      accepted: [],
      waived: [],
      excused: [],
      notApplicable: [],
      fingerprint,
      version,
      image,
      ...(imageIds ? { imageIds } : {}),
      verdict: 'passed',
      at: new Date().toISOString(),
      provedBy: 'verify',
      workflowId: 'verify/orchestrator',
      runId: 'run',
      checks: { health: { verdict: 'passed', summary: 'well', values: {} } },
    },
    context,
  );
}

describe('a proved version that the history of the Deployment has lost', () => {
  test.each([0, 1])(
    'is what is gone back to, image and config as one, with revisionHistoryLimit %i',
    async (limit) => {
      const of = await service([], limited(limit));
      await of.deploy('v0.0.9');
      await release(of, 'v0.1.0', 'warn');
      const before = (await of.live()).spec.template;
      await proved(of);
      await release(of, 'v0.2.0', 'debug');
      await release(of, 'v0.3.0', 'trace');
      const planned = await plan(of);
      expect(planned).toMatchObject({
        to: { version: '0.1.0' },
        rule: 'older-proof',
        changesNothing: false,
        pin: { source: { kind: 'pod-template', name: 'master-orchestrator-known-good-0' } },
      });
      expect(await plan(of, '0.1.0')).toMatchObject({ pin: { source: { kind: 'pod-template' } } });
      // As for kubectl, previous is of the history alone.
      if (limit > 0) expect(await plan(of, 'previous')).toMatchObject({ to: { version: '0.2.0' } });
      else
        await expect(plan(of, 'previous')).rejects.toThrow(/no earlier version in its own history.*0\.1\.0/);
      await (await of.another()).rollBack(planned.pin, context);
      expect((await of.live()).spec.template).toEqual(before);
      await tidy(of);
      expect(await plan(of)).toMatchObject({
        to: { version: '0.1.0' },
        rule: 'stays-proved',
        changesNothing: true,
      });
    },
  );

  test('is as old as it was when it is released again', async () => {
    const of = await service([], limited(1));
    await of.deploy('v0.1.0');
    await proved(of);
    const { createdAt } = (await (await of.another()).observe(context)).current;
    await nextSecond();
    await release(of, 'v0.2.0', 'warn');
    await release(of, 'v0.3.0', 'warn');
    await of.deploy('v0.1.0');
    await tidy(of);
    await proved(of);
    expect((await (await of.another()).observe(context)).current).toMatchObject({ createdAt });
    await expect(plan(of)).rejects.toThrow(/only newer ones, to be asked for: 0\.3\.0/);
  });

  test('comes back with the digest of the image that was proved', async () => {
    const of = await service([], limited(1));
    await of.deploy('v0.1.0');
    const digest = `sha256:${'a'.repeat(64)}`;
    await proved(of, { 'master-orchestrator': `${REPOSITORY}@${digest}` });
    await release(of, 'v0.2.0', 'warn');
    await release(of, 'v0.3.0', 'warn');
    const { pin } = await plan(of);
    await (await of.another()).rollBack(pin, context);
    const [container] = (await of.live()).spec.template.spec.containers;
    expect(container.image).toBe(`${imageOf('v0.1.0')}@${digest}`);
  });

  test('is none when it was undone before it was lost', async () => {
    const of = await service([], limited(1));
    await of.deploy('v0.1.0');
    await proved(of);
    await release(of, 'v0.2.0', 'warn');
    await proved(of);
    await of.deploy('v0.1.0');
    await release(of, 'v0.3.0', 'warn');
    expect(await plan(of)).toMatchObject({ to: { version: '0.1.0' } });
  });

  test('is named, with what to do, when its template could not be kept', async () => {
    const rules = WORKER_RULES.filter(({ resources }) => !resources.includes('podtemplates'));
    const of = await service([], { ...limited(1), rules });
    await of.deploy('v0.1.0');
    await proved(of);
    await release(of, 'v0.2.0', 'warn');
    await release(of, 'v0.3.0', 'warn');
    expect(await kept(of)).toEqual([]);
    const planned = await plan(of);
    expect(planned).toMatchObject({ to: { version: '0.2.0' }, rule: 'one-before' });
    expect(planned.warnings.join('\n')).toMatch(
      /0\.1\.0 was proved at .* and is no target: .*revisionHistoryLimit.*ask for 0\.1\.0 by name, which changes the image alone/,
    );
    const { warnings } = await (await of.another()).checkAccess({ kind: 'known-good' }, context);
    expect(warnings.join('\n')).toContain('proved versions cannot be kept beyond the Deployment');
  });

  test.each<[string, (of: Service) => Promise<unknown>]>([
    [
      'somebody has changed what was kept',
      async (of) => {
        const [{ metadata, template }] = await kept(of);
        template.spec.containers[0].image = imageOf('v6.6.6');
        const path = of.path(`podtemplates/${metadata.name}`);
        await cluster().api.must('PUT', path, { metadata, template });
      },
    ],
    [
      'what was kept is of a Deployment of before',
      async (of) => {
        const [{ metadata }] = await kept(of);
        const other = { ...metadata.ownerReferences[0], uid: metadata.uid };
        const path = of.path(`podtemplates/${metadata.name}`);
        const patch = { metadata: { ownerReferences: [other] } };
        await cluster().api.must('PATCH', path, patch, 'application/merge-patch+json');
      },
    ],
  ])('is none when %s', async (_what, change) => {
    const of = await service([], limited(1));
    await of.deploy('v0.1.0');
    await proved(of);
    await release(of, 'v0.2.0', 'warn');
    await release(of, 'v0.3.0', 'warn');
    await change(of);
    expect(await plan(of)).toMatchObject({ to: { version: '0.2.0' }, rule: 'one-before' });
  });

  test('makes room for the next one when it is the oldest of those that are kept', async () => {
    const of = await service([], limited(0));
    await of.deploy('v0.1.0');
    for (let number = 0; number <= TEMPLATES_KEPT; number += 1) {
      await release(of, `v0.1.${number}`, 'warn');
      await proved(of);
      await proved(of);
    }
    const images = (await kept(of)).map(
      ({ template }: { template: { spec: { containers: { image: string }[] } } }) =>
        template.spec.containers[0]?.image,
    );
    expect(images).toHaveLength(TEMPLATES_KEPT);
    expect(images).toContain(imageOf(`v0.1.${TEMPLATES_KEPT}`));
    expect(images).not.toContain(imageOf('v0.1.0'));
    expect(await plan(of, '0.1.1')).toMatchObject({ pin: { source: { kind: 'pod-template' } } });
  });
});
