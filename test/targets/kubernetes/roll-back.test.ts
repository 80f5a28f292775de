import { describe, expect, test } from 'vitest';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { context, errorOf, openWorld } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

const podTemplate = (object: { spec: { template: unknown } }) => object.spec.template;

describe('rollBack', () => {
  test('returns to the exact template of the version before, as one write', async () => {
    const of = await service(['v0.1.0']);
    const before = podTemplate(await of.live());
    await of.deploy('v0.2.0');
    const mark = await cluster().mark();

    const pin = await of.pin();
    const started = await of.target.rollBack(pin, context);

    expect(started).toMatchObject({
      changed: true,
      version: '0.1.0',
      uid: pin.workload.uid,
      generation: pin.generation + 1,
    });
    expect(started.fingerprint).toBe(pin.fingerprint);
    expect(podTemplate(await of.live())).toEqual(before);
    expect((await of.requests(mark)).filter((request) => request === 'patch deployments')).toHaveLength(1);
  });

  test('leaves annotations, labels and replicas alone, and signs the change', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.change({
      metadata: { annotations: { owner: 'team-a' }, labels: { tier: 'core' } },
      spec: { replicas: 2 },
    });
    await cluster().complete(of.namespace, 'master-orchestrator');
    await of.target.rollBack(await of.pin(), context);
    const { metadata, spec } = await of.live();
    expect(metadata.annotations.owner).toBe('team-a');
    expect(metadata.labels.tier).toBe('core');
    expect(spec.replicas).toBe(2);
    expect(metadata.managedFields.map(({ manager }: { manager: string }) => manager)).toContain(
      'rollback-runbook',
    );
  });

  test('keeps fields that a typed client of an older release would lose', async () => {
    const fields = { resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }] };
    const of = await service(['v0.1.0']);
    const [container] = (await of.live()).spec.template.spec.containers;
    const spec = { containers: [{ ...container, ...fields }], setHostnameAsFQDN: false };
    await of.change({ spec: { template: { spec } } });
    await cluster().complete(of.namespace, 'master-orchestrator');
    const before = podTemplate(await of.live());
    await of.deploy('v0.2.0');
    await of.rollBack();
    expect(podTemplate(await of.live())).toEqual(before);
    expect(before).toMatchObject({ spec: { setHostnameAsFQDN: false, containers: [fields] } });
  });

  test('writes an explicit image into one container and nothing else', async () => {
    const of = await service(['v0.2.0'], {
      template: { initContainers: [{ name: 'prepare', image: 'registry.example/phoenix-orch:v0.2.0' }] },
    });
    const before = podTemplate(await of.live()) as { spec: { containers: object[] } };
    const pin = await of.pin({ kind: 'version', version: '0.1.1' });
    expect(pin.source).toMatchObject({ kind: 'image', image: 'registry.example/phoenix-orch:v0.1.1' });
    const started = await of.target.rollBack(pin, context);
    expect(started).toMatchObject({ changed: true, version: '0.1.1' });
    const [container] = before.spec.containers;
    expect(podTemplate(await of.live())).toEqual({
      ...before,
      spec: { ...before.spec, containers: [{ ...container, image: 'registry.example/phoenix-orch:v0.1.1' }] },
    });
    const again = await of.target.rollBack(pin, context);
    expect(again).toMatchObject({ changed: false, fingerprint: started.fingerprint });
  });

  test('made again after a success is a success that writes nothing, from another worker too', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const first = await of.target.rollBack(pin, context);
    const { metadata } = await of.live();
    const other = await of.another();
    for (const target of [of.target, other]) {
      const again = await target.rollBack(pin, context);
      expect(again).toMatchObject({
        changed: false,
        generation: first.generation,
        fingerprint: first.fingerprint,
      });
    }
    expect((await of.live()).metadata.generation).toBe(metadata.generation);
  });

  test('of two workers at the same time writes once', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const others = await Promise.all([of.another(), of.another()]);
    await Promise.all(others.map((target) => target.observe(context)));
    const started = await Promise.all([of.target, ...others].map((target) => target.rollBack(pin, context)));
    expect(started.filter(({ changed }) => changed)).toHaveLength(1);
    expect(new Set(started.map(({ generation }) => generation))).toEqual(new Set([pin.generation + 1]));
  });

  test('takes the template from the ReplicaSet when this worker never listed it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const other = await of.another();
    expect(await other.rollBack(pin, context)).toMatchObject({ changed: true, fingerprint: pin.fingerprint });
  });

  test('does not write over somebody else, and names who it was', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    await of.push('v0.1.1');
    const after = podTemplate(await of.live());
    for (const target of [of.target, await of.another()]) {
      const error = await errorOf(target.rollBack(pin, context));
      expect(error).toMatchObject({ type: 'WorkloadChanged' });
      expect(error.message).toContain('field manager "deployer"');
    }
    expect(podTemplate(await of.live())).toEqual(after);
  });

  test('goes on when only the replicas changed in between, and keeps them', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    await of.change({ spec: { replicas: 3 } }, 'autoscaler');
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: true,
      generation: pin.generation + 2,
    });
    expect((await of.live()).spec.replicas).toBe(3);
  });

  test('refuses a Deployment that was created again under the same name', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    await cluster().api.must('DELETE', of.path(), { propagationPolicy: 'Background' });
    await of.deploy('v0.2.0');
    const error = await errorOf(of.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'WorkloadChanged' });
    expect(error.message).toContain('created again');
  });

  test('refuses a Deployment that was paused after the plan', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    await of.change({ spec: { paused: true } });
    const error = await errorOf(of.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'WorkloadPaused' });
    expect(error.message).toContain(
      `kubectl rollout resume deployment/master-orchestrator -n ${of.namespace}`,
    );
  });

  test('says that the pin is lost when its ReplicaSet is gone and nobody remembers it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    if (pin.source.kind !== 'replica-set') throw new Error('expected a ReplicaSet');
    await cluster().api.must('DELETE', of.path(`replicasets/${pin.source.name}`));
    const other = await of.another();
    expect(await errorOf(other.rollBack(pin, context))).toMatchObject({ type: 'PinLost' });
    // This worker still has the template, and its hash is the pinned one.
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: true,
      fingerprint: pin.fingerprint,
    });
  });

  test('reports why the server refuses the write', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const source = { kind: 'image', container: 'master-orchestrator', image: '' } as const;
    const error = await errorOf(of.target.rollBack({ ...pin, source, image: '', fingerprint: '' }, context));
    expect(error).toMatchObject({ type: 'WriteRejected' });
    expect(error.message).toContain('image: Required value');
  });

  test('ends at once when it is cancelled', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const cancelled = AbortSignal.abort(new Error('cancelled by the caller'));
    expect(await errorOf(of.target.rollBack(pin, { signal: cancelled }))).toMatchObject({
      message: 'cancelled by the caller',
    });
  });
});

describe('a standard rollback by a worker that is warm', () => {
  test('makes five requests, to a version that was proved before', async () => {
    const of = await service(['v0.1.0']);
    const record = (fingerprint: string, version: string) =>
      of.target.recordKnownGood(
        {
          fingerprint,
          version,
          image: '',
          verdict: 'passed',
          at: new Date().toISOString(),
          provedBy: 'rollback',
          workflowId: 'w',
          runId: 'r',
          checks: {},
        },
        context,
      );
    const first = await of.target.observe(context);
    await record(first.current.fingerprint, '0.1.0');
    await of.deploy('v0.2.0');
    await of.target.checkAccess({ kind: 'known-good' }, context);
    const seen = await of.target.observe(context);
    await record(seen.current.fingerprint, '0.2.0');
    const mark = await cluster().mark();

    await of.target.checkAccess({ kind: 'previous' }, context);
    const observed = await of.target.observe(context);
    const plan = planRollback(observed, { kind: 'previous' });
    if ('problem' in plan) throw new Error(plan.message);
    await of.target.resolve(plan, context);
    await of.target.takeSnapshot(liveVersionOf(observed), context);
    const started = await of.target.rollBack(plan.pin, context);
    const finished = await of.target.waitForRollout(started, context, () => {});
    await record(finished.fingerprint, '0.1.0');

    expect(finished).toMatchObject({ uid: observed.uid, fingerprint: plan.pin.fingerprint });
    expect([...(await of.requests(mark))].sort()).toEqual([
      'get configmaps',
      'list pods',
      'list replicasets',
      'patch configmaps',
      'patch deployments',
    ]);
  });
});

describe('takeSnapshot', () => {
  test('finds the live template kept by its ReplicaSet', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const observed = await of.target.observe(context);
    const kept = await of.target.takeSnapshot(liveVersionOf(observed), context);
    expect(kept).toMatchObject({
      version: '0.2.0',
      generation: 2,
      fingerprint: observed.current.fingerprint,
    });
    const object = await cluster().api.must(
      'GET',
      of.path(kept.keptIn.replace('replicaset/', 'replicasets/')),
    );
    expect(object.metadata.uid).toBe(kept.uid);
  });

  test('writes a ConfigMap when no ReplicaSet will keep the template, once', async () => {
    const of = await service(['v0.2.0'], { spec: { revisionHistoryLimit: 0 } });
    const observed = await of.target.observe(context);
    const kept = await of.target.takeSnapshot(liveVersionOf(observed), context);
    expect(kept.keptIn).toBe('configmap/master-orchestrator-snapshot-1');
    expect(await of.target.takeSnapshot(liveVersionOf(observed), context)).toEqual(kept);
    const { data } = await cluster().api.must('GET', of.path('configmaps/master-orchestrator-snapshot-1'));
    expect(JSON.parse(data['template.json'])).toEqual(podTemplate(await of.live()));
  });

  test('refuses when the live template is not the observed one any more', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const observed = await of.target.observe(context);
    await of.deploy('v0.1.1');
    expect(await errorOf(of.target.takeSnapshot(liveVersionOf(observed), context))).toMatchObject({
      type: 'WorkloadChanged',
    });
  });
});
