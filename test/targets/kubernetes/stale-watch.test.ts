import { describe, expect, it } from 'vitest';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { fingerprint } from '../../../src/targets/kubernetes/template/fingerprint.ts';
import { until } from '../../../tools/until.ts';
import { replicaSet } from './objects.ts';
import { closeAfterEach, stubbedService, v1, v2, v3 } from './stubbed.ts';
import { context, errorOf } from './support.ts';

closeAfterEach();

const GET = 'GET deployments/orchestrator';

describe('on a watch that is behind, rollBack', () => {
  it('makes a standard rollback with no read beyond the list and the evidence', async () => {
    const of = await stubbedService();
    await of.target.rollBack(await of.pin(), context);
    expect([...of.asked()].sort()).toEqual([
      'GET configmaps/orchestrator-known-good',
      'GET replicasets',
      'PATCH deployments/orchestrator',
    ]);
  });

  it('does not take a version for "already there" that was replaced since', async () => {
    const of = await stubbedService();
    const pin = await of.pin({ kind: 'version', version: '0.2.0' });
    expect(pin.source).toEqual({ kind: 'live' });
    of.change({ template: v3, tell: false });
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({ type: 'WorkloadChanged' });
    expect(of.live().spec.template).toEqual(v3);
  });

  it('confirms "already there" by one read', async () => {
    const of = await stubbedService();
    const pin = await of.pin({ kind: 'version', version: '0.2.0' });
    of.asked();
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: false });
    expect(of.asked()).toEqual([GET]);
  });

  it('does not confirm what the API server does not say', async () => {
    const of = await stubbedService();
    const pin = await of.pin({ kind: 'version', version: '0.2.0' });
    of.stub.on(/^GET deployments/, ({ status }) => status(503, 'no endpoints available'));
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({ type: 'Unreachable' });
  });

  it('reads anew when the watch shows less than the plan was made on', async () => {
    const of = await stubbedService();
    of.stub.put('replicasets', replicaSet(3, v3));
    of.change({ template: v3, tell: false });
    const pin = { ...(await of.pin({ kind: 'revision', revision: 1 })) };
    const behind = await stubbedService();
    behind.stub.put('replicasets', replicaSet(3, v3));
    await behind.target.current(context);
    behind.change({ template: v3, tell: false });
    behind.asked();
    expect(await behind.target.rollBack(pin, context)).toMatchObject({
      changed: true,
      generation: pin.generation + 1,
    });
    expect(behind.asked()).toContain(GET);
    expect(behind.live().spec.template).toEqual(v1);
  });

  it('reads anew when the watch shows the Deployment that was there before', async () => {
    const of = await stubbedService();
    await of.target.current(context);
    of.change({ uid: 'uid-2', tell: false });
    const pin = {
      target: 'kubernetes',
      workload: { namespace: 'phoenix', name: 'orchestrator', uid: 'uid-2' },
      generation: 1,
      source: { kind: 'image', container: 'orchestrator', image: 'registry.example/phoenix-orch:v0.1.0' },
      fingerprint: '',
      version: '0.1.0',
      image: 'registry.example/phoenix-orch:v0.1.0',
    } as const;
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true, uid: 'uid-2' });
  });
});

describe('on a watch that is behind, takeSnapshot', () => {
  it('keeps what was decided on', async () => {
    const of = await stubbedService();
    const decidedOn = liveVersionOf(await of.target.observe(context));
    const next = of.change({ template: v3, tell: false });
    const source = { kind: 'replica-set', name: 'rs', uid: 'uid-rs', podTemplateHash: 'hash' } as const;
    const generation = next.metadata.generation ?? 0;
    const newer = { ...decidedOn, generation, fingerprint: fingerprint(v3), source };
    expect(await of.target.takeSnapshot(newer, context)).toMatchObject({ fingerprint: fingerprint(v3) });
  });

  it('refuses only after a read', async () => {
    const of = await stubbedService();
    const decidedOn = liveVersionOf(await of.target.observe(context));
    of.change({ template: v3 });
    await until('the watch to show it', async () => (await of.target.current(context)).version === '0.3.0');
    of.asked();
    expect(await errorOf(of.target.takeSnapshot(decidedOn, context))).toMatchObject({
      type: 'WorkloadChanged',
    });
    expect(of.asked()).toEqual([GET]);
  });

  it('asks nothing when the watch shows what was decided on', async () => {
    const of = await stubbedService();
    const decidedOn = liveVersionOf(await of.target.observe(context));
    of.asked();
    await of.target.takeSnapshot(decidedOn, context);
    expect(of.asked()).toEqual([]);
  });
});

describe('on a watch that is behind, observe', () => {
  it('reads anew when the newest ReplicaSet is not the live template', async () => {
    const of = await stubbedService();
    await of.target.current(context);
    of.stub.put('replicasets', replicaSet(3, v3));
    of.change({ template: v3, tell: false });
    const seen = await of.target.observe(context);
    expect(seen).toMatchObject({ generation: 4, current: { version: '0.3.0', revision: 3 } });
    expect(seen.history.map(({ version }) => version)).toEqual(['0.2.0', '0.1.0']);
  });

  it('lists the history again when the Deployment is another one', async () => {
    const of = await stubbedService();
    await of.target.current(context);
    for (const [revision, template] of [
      [1, v2],
      [2, v3],
    ] as const) {
      const { metadata, ...rest } = replicaSet(revision, template, { name: `new-${revision}` });
      const ownerReferences = [{ uid: 'uid-2', controller: true }];
      of.stub.put('replicasets', { ...rest, metadata: { ...metadata, ownerReferences } });
    }
    of.stub.remove('replicasets', 'orchestrator-1');
    of.stub.remove('replicasets', 'orchestrator-2');
    of.change({ uid: 'uid-2', template: v3, tell: false });
    expect(await of.target.observe(context)).toMatchObject({
      uid: 'uid-2',
      current: { version: '0.3.0', source: { kind: 'replica-set', name: 'new-2' } },
      history: [{ version: '0.2.0' }],
    });
  });

  it('does not read when the controller has not seen the newest spec', async () => {
    const of = await stubbedService();
    of.change({ template: v3, status: { observedGeneration: 3 } });
    expect((await of.target.observe(context)).current.source).toEqual({ kind: 'live' });
    expect(of.asked()).not.toContain(GET);
  });

  it('does not report a Deployment as missing that is there', async () => {
    const of = await stubbedService();
    await of.target.current(context);
    const { metadata } = of.live();
    const deleted = { ...of.live(), metadata: { ...metadata, resourceVersion: '999' } };
    of.stub.tell('deployments', 'DELETED', deleted);
    await until('the read', async () => {
      expect(await of.target.current(context)).toMatchObject({ version: '0.2.0' });
      return of.asked().includes(GET);
    });
  });
});
