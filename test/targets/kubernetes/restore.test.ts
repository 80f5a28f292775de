import { describe, expect, onTestFinished, test } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { deployment, imageOf, type PolicyRule, WORKER_RULES } from '../../../sandbox/manifests.ts';
import type { SnapshotReference } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { freeze, thaw } from '../../../tools/processes/freeze.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

const KNOWN_GOOD = { kind: 'known-good' } as const;
/** No controller keeps a version: only a version that is asked for by name can be gone back to. */
const NOTHING_KEPT = { spec: { revisionHistoryLimit: 0 } };
const TO_FIRST = { kind: 'version', version: '0.1.0' } as const;

/** Image and config, so that a rollback changes more than one field and takes others away. */
async function configured(of: Service, version: string, level: string, extra: object = {}) {
  const [container] = (await of.live()).spec.template.spec.containers;
  const image = `registry.example/phoenix-orch:${version}`;
  const containers = [{ ...container, image, env: [{ name: 'RUST_LOG', value: level }], ...extra }];
  await of.change({ spec: { template: { spec: { containers } } } }, 'deployer');
  await cluster().complete(of.namespace, 'master-orchestrator');
}

async function snapshotOf(of: Service): Promise<SnapshotReference> {
  return of.target.takeSnapshot(liveVersionOf(await fresh(of)), context);
}

/** A run observes again when it has changed something; another worker's observation is none of a moment ago. */
async function fresh(of: Service) {
  return (await of.another()).observe(context);
}

const template = async (of: Service) => (await of.live()).spec.template;

/** Plans the compensation, as a run does after its change, and carries it out. */
async function restore(of: Service, snapshot: SnapshotReference, by?: Service['target']) {
  const target = by ?? (await of.another());
  const wish = { kind: 'snapshot', snapshot } as const;
  await target.checkAccess(wish, context);
  const planned = planRollback(await target.observe(context), wish);
  if ('problem' in planned) throw new Error(`${planned.problem}: ${planned.message}`);
  const { plan, diff } = await target.resolve(planned, context);
  const started = await target.rollBack(plan.pin, context);
  const finished = await target.waitForRollout(started, context, () => {});
  return { plan, diff, started, finished };
}

describe('a snapshot that its ReplicaSet keeps', () => {
  test('comes back exactly, image and config as one, again and again under new numbers', async () => {
    const of = await service(['v0.1.0']);
    await configured(of, 'v0.1.0', 'warn', {
      resizePolicy: [{ resourceName: 'cpu', restartPolicy: 'NotRequired' }],
    });
    await configured(of, 'v0.2.0', 'debug', { args: ['--new'] });
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toMatch(/^replicaset\//);
    for (const revision of [4, 6]) {
      await of.rollBack(TO_FIRST);
      expect(await template(of)).not.toEqual(before);
      const { plan, diff, started, finished } = await restore(of, snapshot);
      expect(plan).toMatchObject({ basis: 'snapshot', pin: { source: { uid: snapshot.uid } } });
      expect(diff).toMatch(/\+.*--new/);
      expect(started).toMatchObject({ changed: true, version: '0.2.0', fingerprint: snapshot.fingerprint });
      expect(finished).toMatchObject({ fingerprint: snapshot.fingerprint, revision: revision + 1 });
      expect(await template(of)).toEqual(before);
    }
  });

  test('is there already when nothing was changed', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const snapshot = await snapshotOf(of);
    const { generation } = (await of.live()).metadata;
    expect(await restore(of, snapshot)).toMatchObject({
      plan: { changesNothing: true },
      diff: '',
      started: { changed: false },
    });
    expect((await of.live()).metadata.generation).toBe(generation);
  });

  test('is lost when somebody has deleted it, and check-access says so', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const snapshot = await snapshotOf(of);
    await of.rollBack();
    await cluster().api.must('DELETE', of.path(snapshot.keptIn.replace('replicaset', 'replicasets')));
    const other = await of.another();
    const error = await errorOf(other.checkAccess({ kind: 'snapshot', snapshot }, context));
    expect(error).toMatchObject({ type: 'PinLost' });
  });
});

describe('a snapshot that is kept in a ConfigMap', () => {
  async function rolledBack() {
    const of = await service(['v0.1.0'], NOTHING_KEPT);
    await configured(of, 'v0.2.0', 'debug', { args: ['--new'] });
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toMatch(/^configmap\/master-orchestrator-snapshot-\d+$/);
    await of.rollBack(TO_FIRST);
    await configured(of, 'v0.1.0', 'error');
    return { of, before, snapshot, map: snapshot.keptIn.replace('configmap', 'configmaps') };
  }

  test('comes back exactly with the rights that the product ships, twice', async () => {
    const { of, before, snapshot } = await rolledBack();
    for (const _time of ['first', 'second']) {
      const { plan, diff, started } = await restore(of, snapshot);
      expect(plan.pin.source).toEqual({
        kind: 'config-map',
        name: snapshot.keptIn.split('/')[1],
        uid: snapshot.uid,
      });
      expect(diff).toMatch(/\+.*debug/);
      expect(started).toMatchObject({ changed: true, fingerprint: snapshot.fingerprint, version: '0.2.0' });
      expect(await template(of)).toEqual(before);
      await configured(of, 'v0.1.0', 'error');
    }
  });

  type Spoil = (of: Service, map: string) => Promise<unknown>;
  const saying =
    (text: string): Spoil =>
    (of, map) =>
      cluster().api.must('PATCH', of.path(map), { data: { 'template.json': text } }, MERGE_PATCH);
  const spoilers: readonly (readonly [string, Spoil])[] = [
    ['is gone', (of, map) => cluster().api.must('DELETE', of.path(map))],
    [
      'was made anew by somebody',
      async (of, map) => {
        const { metadata, data } = await cluster().api.must('GET', of.path(map));
        await cluster().api.must('DELETE', of.path(map));
        await cluster().api.must('POST', of.path('configmaps'), { metadata: { name: metadata.name }, data });
      },
    ],
    ['says another template', saying('{"spec": {}}')],
    ['says no JSON', saying('no JSON')],
    ['says nothing', saying('null')],
  ];
  test.each(spoilers)('is a lost pin when it %s: nothing is written', async (_what, spoil) => {
    const { of, snapshot, map } = await rolledBack();
    const target = await of.another();
    const planned = planRollback(await target.observe(context), { kind: 'snapshot', snapshot });
    if ('problem' in planned) throw new Error(planned.message);
    await spoil(of, map);
    const before = await of.live();
    const steps = [() => target.resolve(planned, context), () => target.rollBack(planned.pin, context)];
    for (const step of steps) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'PinLost', retryable: false });
      expect(error.message).toContain(snapshot.keptIn);
    }
    expect((await of.live()).metadata.generation).toBe(before.metadata.generation);
  });

  test('is searched for by check-access', async () => {
    const { of, snapshot, map } = await rolledBack();
    const wish = { kind: 'snapshot', snapshot } as const;
    const { summary } = await (await of.another()).checkAccess(wish, context);
    expect(summary).toContain(`references present: ${snapshot.keptIn}`);
    await cluster().api.must('DELETE', of.path(map));
    expect(await errorOf((await of.another()).checkAccess(wish, context))).toMatchObject({
      type: 'ReferenceMissing',
    });
  });

  test('needs the right to get ConfigMaps, and none to create them', async () => {
    const { of, snapshot } = await rolledBack();
    const wish = { kind: 'snapshot', snapshot } as const;
    const verbs = (...kept: string[]) =>
      WORKER_RULES.map((rule) =>
        rule.resources.includes('configmaps')
          ? { ...rule, verbs: rule.verbs.filter((verb) => kept.includes(verb)) }
          : rule,
      ).filter((rule) => rule.verbs.length > 0);
    const worker = async (name: string, rules: readonly PolicyRule[]) =>
      of.another({ kubeconfig: await cluster().kubeconfigFor(of.namespace, name, rules) });
    await restore(of, snapshot, await worker('reader', verbs('get')));
    await configured(of, 'v0.1.0', 'error');
    const error = await errorOf((await worker('blind', verbs('create'))).checkAccess(wish, context));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(error.message).toContain('may not get configmaps');
  });

  test('is made too where the history keeps fewer versions than a run may fall back through', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0'], { spec: { revisionHistoryLimit: 1 } });
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toMatch(/^configmap\//);
    for (const version of ['0.1.1', '0.1.0']) await of.rollBack({ kind: 'version', version });
    await until('the controller to prune the history', async () =>
      (await fresh(of)).history.every(({ version }) => version !== '0.2.0'),
    );
    await restore(of, snapshot);
    expect(await template(of)).toEqual(before);
  });
});

describe('a template that no controller has seen', () => {
  test('comes back from its snapshot, and nobody takes it for a rollback', async () => {
    const of = await service([]);
    const { controllers } = cluster().controlPlane.processes;
    await freeze(controllers.pid());
    onTestFinished(() => thaw(controllers.pid()));
    const { apiPort, metricsPort } = cluster().node;
    const image = imageOf('v0.2.0');
    const made = deployment({ namespace: of.namespace, image, apiPort, metricsPort, replicas: 1 });
    await cluster().api.must('POST', of.path('deployments'), made);
    const before = await template(of);
    const snapshot = await snapshotOf(of);
    expect(snapshot.keptIn).toBe('configmap/master-orchestrator-snapshot-1');
    // Nothing has given it an annotation yet: the first one is the mark of the write.
    expect((await of.live()).metadata.annotations).toBeUndefined();
    await of.target.rollBack(await of.pin(TO_FIRST), context);
    expect((await fresh(of)).rolledBack).toBe(true);
    thaw(controllers.pid());
    await restore(of, snapshot);
    expect(await template(of)).toEqual(before);
    expect((await fresh(of)).rolledBack).toBe(false);
  });
});

describe('after a restore the default target', () => {
  test('is chosen as before the first rollback: the restored version was put there by nobody', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const choice = async () => {
      const seen = await fresh(of);
      const plan = planRollback(seen, KNOWN_GOOD);
      return 'problem' in plan
        ? plan
        : { to: plan.to.version, basis: plan.basis, rolledBack: seen.rolledBack };
    };
    const first = await choice();
    expect(first).toEqual({ to: '0.1.0', basis: 'previous-without-evidence', rolledBack: false });
    const snapshot = await snapshotOf(of);
    await of.rollBack(KNOWN_GOOD);
    expect(await choice()).toEqual({ to: '0.1.0', basis: 'rolled-back-before', rolledBack: true });
    // Within the same second as the rollback, as a rule.
    await restore(of, snapshot);
    expect(await choice()).toEqual(first);
    await of.rollBack(KNOWN_GOOD);
    expect(await choice()).toEqual({ to: '0.1.0', basis: 'rolled-back-before', rolledBack: true });
  });

  test('knows a rollback that has only taken fields away', async () => {
    const of = await service(['v0.1.0']);
    await configured(of, 'v0.1.0', 'warn', { args: ['--new'] });
    await of.rollBack();
    expect(JSON.stringify(await template(of))).not.toContain('--new');
    expect((await fresh(of)).rolledBack).toBe(true);
  });
});

describe('falling back twice', () => {
  test('goes to the next older known-good version each time, then has nowhere to go', async () => {
    const of = await service([]);
    const prove = async () => {
      const { current } = await fresh(of);
      const { fingerprint, version, image } = current;
      const at = new Date().toISOString();
      const run = { provedBy: 'verify', workflowId: 'w', runId: 'r' } as const;
      await of.target.recordKnownGood(
        { fingerprint, version, image, verdict: 'passed', at, ...run, checks: {} },
        context,
      );
      return fingerprint;
    };
    for (const version of ['v0.1.0', 'v0.1.1', 'v0.2.0']) {
      // Versions of one second would be equally old.
      const since = Date.now();
      await until('the next second', async () => Math.floor(Date.now() / 1000) > Math.floor(since / 1000));
      await of.deploy(version);
      if (version !== 'v0.2.0') await prove();
    }
    const tried = [(await fresh(of)).current.fingerprint];
    await of.rollBack(KNOWN_GOOD);
    expect((await fresh(of)).current.version).toBe('0.1.1');
    tried.push((await fresh(of)).current.fingerprint);
    const target = await of.another();
    const wish = { kind: 'older-known-good', tried } as const;
    await target.checkAccess(wish, context);
    const planned = planRollback(await target.observe(context), wish);
    if ('problem' in planned) throw new Error(planned.message);
    const { plan } = await target.resolve(planned, context);
    expect(plan).toMatchObject({ basis: 'known-good', from: { version: '0.1.1' }, to: { version: '0.1.0' } });
    const started = await target.rollBack(plan.pin, context);
    await target.waitForRollout(started, context, () => {});
    tried.push(started.fingerprint);
    const left = await errorOf((await of.another()).checkAccess({ ...wish, tried }, context));
    expect(left).toMatchObject({ type: 'NoHistory' });
    expect(left.message).toContain('no older known-good version left to fall back to from 0.1.0');
  });
});
