import { describe, expect, it } from 'vitest';
import { STRATEGIC_PATCH } from '../../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../../sandbox/manifests.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../../src/domain/versions/versions.ts';
import { until } from '../../../../tools/until.ts';
import { stampEveryChange } from '../stamping.ts';
import { context, errorOf, openWorld, type Service } from '../world.ts';
import { planned, STATEFUL_SET } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

const NAME = 'master-orchestrator';
const template = async (of: Service) => (await of.live()).spec.template;
const complete = (of: Service) => cluster().complete(of.namespace, NAME, undefined, 'StatefulSet');
const both = ['v0.1.0', 'v0.2.0'];

/** What was there before comes back, as a run does it after its change. */
async function restore(of: Service, snapshot: Awaited<ReturnType<typeof snapshotOf>>) {
  const target = await of.another();
  const wish = { kind: 'snapshot', snapshot } as const;
  await target.checkAccess(wish, context);
  const plan = planRollback(await target.observe(context), wish);
  if ('problem' in plan) throw new Error(`${plan.problem}: ${plan.message}`);
  const started = await target.rollBack(plan.pin, context);
  await target.waitForRollout(started, context, () => undefined);
  return plan;
}

async function snapshotOf(of: Service) {
  const seen = await (await of.another()).observe(context);
  return of.target.takeSnapshot(liveVersionOf(seen), context);
}

describe('the change of a StatefulSet', () => {
  it('is one write of the exact template, which leaves annotations, replicas and claims alone', async () => {
    const claims = [
      {
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
      },
    ];
    const of = await service(['v0.1.0'], {
      ...STATEFUL_SET,
      replicas: 2,
      spec: { volumeClaimTemplates: claims },
    });
    const before = await template(of);
    await of.deploy('v0.2.0');
    await of.change({ metadata: { annotations: { owner: 'team-a' } } });
    const claimsOf = async () => {
      const { items } = await cluster().api.must('GET', of.path('persistentvolumeclaims'));
      return items.map(
        ({ metadata }: { metadata: { name: string; uid: string; resourceVersion: string } }) => [
          metadata.name,
          metadata.uid,
          metadata.resourceVersion,
        ],
      );
    };
    const claimed = await claimsOf();
    expect(claimed).toHaveLength(2);
    const mark = await cluster().mark();
    const pin = await of.pin();
    const started = await of.target.rollBack(pin, context);
    expect(started).toMatchObject({ changed: true, version: '0.1.0', generation: pin.generation + 1 });
    const finished = await of.target.waitForRollout(started, context, () => undefined);
    expect(finished).toMatchObject({ revision: 3, replicas: 2 });
    expect(finished.instances.map(({ name }) => name).sort()).toEqual([`${NAME}-0`, `${NAME}-1`]);
    const { metadata, spec } = await of.live();
    expect(spec.template).toEqual(before);
    expect([metadata.annotations.owner, spec.replicas]).toEqual(['team-a', 2]);
    expect(metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toContain(
      'rollback-runbook',
    );
    const asked = await of.requests(mark);
    expect(asked.filter((request) => request.startsWith('patch'))).toEqual(['patch statefulsets']);
    expect(await claimsOf()).toEqual(claimed);
  });

  it('is warned of where the version mounts a claim that the set, which was made anew, does not have', async () => {
    const claim = (name: string) => ({
      metadata: { name },
      spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1Gi' } } },
    });
    const of = await service([], { ...STATEFUL_SET, spec: { volumeClaimTemplates: [claim('data')] } });
    await of.deploy('v0.1.0');
    const [container] = (await template(of)).spec.containers;
    const mounting = (names: readonly string[], image: string) => ({
      containers: [
        {
          ...container,
          image: imageOf(image),
          volumeMounts: names.map((name) => ({ name, mountPath: `/${name}` })),
        },
      ],
      volumes: [{ name: 'tmp', emptyDir: {} }],
    });
    await of.change({ spec: { template: { spec: mounting(['data', 'tmp'], 'v0.1.0') } } });
    await complete(of);
    const { metadata, spec } = await of.live();
    await cluster().api.must('DELETE', of.path(), { propagationPolicy: 'Orphan' });
    await until(
      'the set to be gone',
      async () => (await cluster().api.call('GET', of.path())).status === 404,
    );
    await cluster().api.must('DELETE', of.path(`pods/${NAME}-0`));
    await cluster().api.must('POST', of.path('statefulsets'), {
      metadata: { name: NAME, labels: metadata.labels },
      spec: {
        ...spec,
        volumeClaimTemplates: [claim('store')],
        template: { ...spec.template, spec: { ...spec.template.spec, ...mounting(['store'], 'v0.2.0') } },
      },
    });
    await complete(of);
    const plan = await planned(of);
    const { plan: resolved } = await of.target.resolve(plan, context);
    expect(resolved.warnings.slice(plan.warnings.length)).toEqual([
      expect.stringMatching(
        /^0\.1\.0 .*: it mounts data, and statefulset\/master-orchestrator has no volumeClaimTemplate of that name any more/,
      ),
    ]);
  });

  it('is made once, by two workers at the same time and again and again', async () => {
    const of = await service(both, STATEFUL_SET);
    const pin = await of.pin();
    const workers = await Promise.all([of.another(), of.another()]);
    const started = await Promise.all(workers.map((worker) => worker.rollBack(pin, context)));
    expect(started.filter(({ changed }) => changed)).toHaveLength(1);
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: false,
      generation: pin.generation + 1,
      fingerprint: pin.fingerprint,
    });
  });

  it('does not write over somebody else, and goes on when only the replicas were changed', async () => {
    const of = await service(both, STATEFUL_SET);
    const first = await of.pin();
    await cluster().api.must(
      'PATCH',
      `${of.path()}/scale?fieldManager=autoscaler`,
      { spec: { replicas: 2 } },
      'application/merge-patch+json',
    );
    expect(await of.target.rollBack(first, context)).toMatchObject({
      changed: true,
      generation: first.generation + 2,
    });
    expect((await of.live()).spec.replicas).toBe(2);
    await complete(of);
    const pin = await of.pin({ kind: 'version', version: '0.2.0' });
    await of.push('v0.1.1');
    for (const target of [of.target, await of.another()]) {
      const error = await errorOf(target.rollBack(pin, context));
      expect(error).toMatchObject({ type: 'WorkloadChanged' });
      expect(error.message).toContain(`statefulset/${NAME} was changed after the plan was made`);
      expect(error.message).toContain('field manager "deployer"');
    }
    expect((await template(of)).spec.containers[0].image).toBe(imageOf('v0.1.1'));
  });

  it('follows an autoscaler that changes the replicas in the middle', async () => {
    const of = await service(both, { ...STATEFUL_SET, replicas: 2 });
    const started = await of.target.rollBack(await of.pin(), context);
    await of.change({ spec: { replicas: 3 } }, 'autoscaler');
    const finished = await of.target.waitForRollout(started, context, () => undefined);
    expect(finished).toMatchObject({ replicas: 3 });
    await of.change({ spec: { replicas: 0 } }, 'autoscaler');
    await complete(of);
    expect(await of.target.waitForRollout(started, context, () => undefined)).toMatchObject({
      replicas: 0,
      instances: [],
      warnings: ['scaled to 0 replicas: no pod is to run'],
    });
  });

  it('ends when somebody changes the template, deletes the set, or makes it anew', async () => {
    const of = await service(both, STATEFUL_SET);
    const pin = await of.pin();
    const started = await of.target.rollBack(pin, context);
    await of.push('v0.1.1');
    expect(await errorOf(of.target.waitForRollout(started, context, () => undefined))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('its template was changed, last by field manager "deployer"'),
    });
    await cluster().api.must('DELETE', of.path(), { propagationPolicy: 'Background' });
    await until(
      'the set to be gone',
      async () => (await cluster().api.call('GET', of.path())).status === 404,
    );
    expect(await errorOf(of.target.waitForRollout(started, context, () => undefined))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('it was deleted'),
    });
    await of.deploy('v0.2.0');
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('created again'),
    });
  });

  it('is lost with its ControllerRevision, where no worker remembers it', async () => {
    const of = await service(both, STATEFUL_SET);
    const pin = await of.pin();
    if (pin.source.kind !== 'controller-revision') throw new Error('expected a ControllerRevision');
    await cluster().api.must('DELETE', of.path(`controllerrevisions/${pin.source.name}`));
    const error = await errorOf((await of.another()).rollBack(pin, context));
    expect(error).toMatchObject({ type: 'PinLost' });
    expect(error.message).toContain(`controllerrevision/${pin.source.name}`);
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
  });

  it('is not made on another kind that the profile names by now', async () => {
    const of = await service(both, STATEFUL_SET);
    const pin = await of.pin();
    const { statefulSet: _was, ...profile } = of.profile;
    const other = await of.another({ statefulSet: undefined, deployment: NAME } as Partial<typeof profile>);
    expect(await errorOf(other.rollBack(pin, context))).toMatchObject({
      type: 'PinLost',
      message: 'the plan was made for a StatefulSet, and the profile names a Deployment now',
    });
    const { kind: _kind, ...workload } = pin.workload;
    expect(await errorOf(of.target.rollBack({ ...pin, workload }, context))).toMatchObject({
      type: 'PinLost',
      message: 'the plan was made for a Deployment, and the profile names a StatefulSet now',
    });
  });

  it('is found already there, though admission stamps every change', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0'], STATEFUL_SET);
    await stampEveryChange(cluster().api, of, 'statefulsets');
    const { pin } = await planned(of);
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
    const { generation } = (await of.live()).metadata;
    expect(await (await of.another()).rollBack(pin, context)).toMatchObject({ changed: false, generation });
    await complete(of);
    expect(await planned(of)).toMatchObject({ to: { version: '0.1.1' }, changesNothing: true });
    await of.change({ spec: { replicas: 2 } });
    await complete(of);
    expect(await planned(of)).toMatchObject({ to: { version: '0.1.1' }, changesNothing: true });
    // What somebody deploys afterwards was put there by no rollback.
    await of.deploy('v0.1.0');
    expect((await (await of.another()).observe(context)).rolledBack).toBe(false);
  });
});

describe('who changed a StatefulSet last', () => {
  const by = async (of: Service) => (await of.another()).lastChangedBy(context);

  it('is this runbook after a rollback, whoever scales it then, and whoever writes its template next', async () => {
    const of = await service(both, STATEFUL_SET);
    await of.rollBack();
    await of.change(
      { spec: { replicas: 2 }, metadata: { annotations: { owner: 'team-a' } } },
      'kubectl-edit',
    );
    expect(await by(of)).toMatchObject({ ours: true, who: expect.stringContaining('this runbook') });
    const containers = [{ name: NAME, image: imageOf('v0.2.0') }];
    await cluster().api.must(
      'PATCH',
      `${of.path()}?fieldManager=argocd-controller`,
      { spec: { template: { spec: { containers } } } },
      STRATEGIC_PATCH,
    );
    expect(await by(of)).toMatchObject({
      ours: false,
      who: expect.stringContaining('field manager "argocd-controller"'),
    });
    expect((await (await of.another()).observe(context)).rolledBack).toBe(false);
  });

  it('knows the content that a rollback put there, whoever brings it back, and no other', async () => {
    const of = await service(both, STATEFUL_SET);
    await of.rollBack();
    await of.push('v0.1.1');
    expect((await (await of.another()).observe(context)).rolledBack).toBe(false);
    await of.push('v0.1.0');
    expect((await (await of.another()).observe(context)).rolledBack).toBe(true);
  });
});

describe('the snapshot of a StatefulSet', () => {
  it('is its ControllerRevision, and comes back to the byte, again and again', async () => {
    const of = await service(['v0.1.0'], STATEFUL_SET);
    await of.deploy('v0.2.0', { template: { terminationGracePeriodSeconds: 7, setHostnameAsFQDN: false } });
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toMatch(/^controllerrevision\/master-orchestrator-/);
    for (const _time of ['first', 'second']) {
      await of.rollBack();
      expect(await template(of)).not.toEqual(before);
      const plan = await restore(of, snapshot);
      expect(plan).toMatchObject({ basis: 'snapshot', pin: { source: { uid: snapshot.uid } } });
      expect(await template(of)).toEqual(before);
      expect((await (await of.another()).observe(context)).rolledBack).toBe(false);
    }
    expect((await restore(of, snapshot)).changesNothing).toBe(true);
  });

  it('is a ConfigMap named for the kind where the history keeps too few, beside that of a Deployment', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, spec: { revisionHistoryLimit: 1 } });
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toBe(`configmap/statefulset-${NAME}-snapshot-2`);
    const map = await cluster().api.must('GET', of.path(`configmaps/statefulset-${NAME}-snapshot-2`));
    expect(map.metadata.annotations).toMatchObject({ 'rollback-runbook/statefulset': NAME });
    await of.rollBack();
    await of.deploy('v0.1.1');
    await of.deploy('v0.1.2-good');
    await restore(of, snapshot);
    expect(await template(of)).toEqual(before);
    // Nothing was written of the same content before: the ConfigMap is found again.
    expect(await snapshotOf(of)).toMatchObject({ fingerprint: snapshot.fingerprint });
  });
});
