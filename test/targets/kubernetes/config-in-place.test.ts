import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import {
  answer,
  type FaultProxy,
  hangUp,
  type SeenRequest,
  startFaultProxy,
} from '../../../sandbox/faults/index.ts';
import { imageOf, type PolicyRule, rulesOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import type { ConfigPolicy } from '../../../src/domain/request/profile.ts';
import { withOverwritten } from '../../../src/domain/versions/pins.ts';
import type { TargetWish } from '../../../src/domain/versions/targets.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { CONFIG_SLOTS } from '../../../src/targets/kubernetes/config/kept-config.ts';
import { createKubernetesTarget } from '../../../src/targets/kubernetes/index.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { carryOut, planned, prove } from './config-proofs.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const KNOWN_GOOD: TargetWish = { kind: 'known-good' };
const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
const BAD = { 'config.toml': 'model = "gpt-none"\n' };
const OTHER = { 'config.toml': 'model = "of somebody"\n' };
const IN_PLACE: ConfigPolicy = { restore: 'in-place', shared: 'refuse', managed: 'refuse' };
const RULES: readonly PolicyRule[] = [...WORKER_RULES, ...rulesOf('rbac-config-in-place.yaml')];
const template = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };
const BESIDE = { labels: { team: 'orch' }, annotations: { 'example.com/owner': 'orch' } };

const path = (of: Pick<Service, 'path'>, name = 'app-config') => of.path(`configmaps/${name}`);
const read = (of: Service, name?: string) => cluster().api.must('GET', path(of, name));
const change = (of: Service, data: object, manager = 'deployer') =>
  cluster().api.must('PATCH', `${path(of)}?fieldManager=${manager}`, { data }, MERGE_PATCH);
const create = (of: Service, data: object, more: object = {}) =>
  cluster().api.must('POST', of.path('configmaps'), {
    metadata: { name: 'app-config', ...BESIDE },
    data,
    ...more,
  });
const remove = (of: Service) => cluster().api.must('DELETE', path(of));

/** Another release of an immutable object: deleted, and created anew. */
async function anew(of: Service): Promise<void> {
  await remove(of);
  const owner = await cluster().api.must('POST', of.path('configmaps'), { metadata: { name: 'owner' } });
  const { uid, name } = owner.metadata;
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', uid, name }];
  const metadata = { name: 'app-config', ...BESIDE, ownerReferences };
  await cluster().api.must('POST', of.path('configmaps'), { metadata, data: BAD, immutable: true });
}

interface Broken extends Service {
  readonly target: RollbackTarget;
}

/**
 * A service that was proved with its ConfigMap, and whose next release is bad.
 * @param spoil what the next release does to the ConfigMap.
 */
async function broken(
  spoil: (of: Service) => Promise<unknown> = (of) => change(of, BAD),
  {
    rules = RULES,
    policy = {},
    immutable,
    next = 'v0.2.0',
    refers = true,
  }: {
    readonly rules?: readonly PolicyRule[];
    readonly policy?: Partial<ConfigPolicy>;
    readonly immutable?: true;
    /** What is deployed then; empty: the release is bad by its config alone. */
    readonly next?: string;
    /** Whether that takes config from the ConfigMap too. */
    readonly refers?: boolean;
  } = {},
): Promise<Broken> {
  const of = await service([], { rules });
  await create(of, GOOD, immutable ? { immutable } : {});
  await aSecondLater();
  await of.deploy('v0.1.0', { template });
  const target = await of.another({}, { configPolicy: { ...IN_PLACE, ...policy } });
  await prove(target);
  await spoil(of);
  if (next !== '') await of.deploy(next, { template: refers ? template : { volumes: [] } });
  return { ...of, target };
}

const volumeOf = (live: KubernetesObject) => live.spec.template.spec.volumes[0].configMap.name;

describe('config that is written where it stands', () => {
  it('holds again what was proved, before the template is written; what else the object has stays', async () => {
    const of = await broken();
    const before = await read(of);
    const plan = await planned(of.target);
    expect(plan.pin).toMatchObject({
      inPlace: [
        { reference: 'configmap/app-config', copy: { name: 'deployment-master-orchestrator-config-0' } },
      ],
      restartedAt: expect.any(String),
    });
    expect(plan.pin).not.toHaveProperty('copies');
    expect(plan.warnings).toContainEqual(
      expect.stringContaining('configmap/app-config is written before the template is'),
    );
    expect((await of.target.resolve(plan, context)).settings).toEqual([
      'configmap/app-config config.toml model: "gpt-none" -> "gpt-good"',
    ]);
    expect(await carryOut(of.target, plan.pin)).toMatchObject({ changed: true });

    const { metadata, data } = await read(of);
    expect(data).toEqual(GOOD);
    expect(metadata).toMatchObject({ uid: before.metadata.uid, ...BESIDE });
    const live = await of.live();
    expect(volumeOf(live)).toBe('app-config');
    expect(live.spec.template.spec.containers[0].image).toContain(imageOf('v0.1.0'));
    expect(await read(of, 'deployment-master-orchestrator-config-1')).toMatchObject({ data: BAD });
    expect((await of.target.observe(context)).current).toMatchObject({
      version: '0.1.0',
      evidence: { verdict: 'passed' },
    });
    // Its pods began after the content was written: what is proved of them has their config.
    expect(await prove(of.target)).not.toHaveProperty('warnings');
  });

  it('is found done by whoever repeats the step', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    const once = (await read(of)).metadata.resourceVersion;
    expect(await of.target.restoreConfig(pin, context)).toMatchObject({ changed: true });
    expect((await read(of)).metadata.resourceVersion).toBe(once);
  });

  it('restarts the pods where the release was bad by its config alone', async () => {
    const of = await broken(undefined, { next: '' });
    const { pin } = await planned(of.target);
    await carryOut(of.target, pin);
    const live = await of.live();
    expect(live.spec.template.metadata.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
    expect((await read(of)).data).toEqual(GOOD);
  });

  it('is created again under its name where it is immutable, with all that it had', async () => {
    const of = await broken(anew, { immutable: true });
    const before = await read(of);
    const { pin, warnings } = await planned(of.target);
    expect(pin.inPlace).toMatchObject([{ anew: true }]);
    expect(warnings).toContainEqual(
      expect.stringContaining('it is immutable, and is deleted and created again'),
    );
    await carryOut(of.target, pin);
    const { metadata, data, immutable } = await read(of);
    expect({ data, immutable }).toEqual({ data: GOOD, immutable: true });
    expect(metadata.uid).not.toBe(before.metadata.uid);
    const { labels, annotations, ownerReferences } = before.metadata;
    expect(metadata).toMatchObject({ labels, annotations, ownerReferences });
  });

  it('is created again where it was deleted', async () => {
    const of = await broken(remove, { refers: false });
    const { pin } = await planned(of.target);
    expect(pin.inPlace?.[0]).not.toHaveProperty('before');
    expect((await of.target.checkAccess(KNOWN_GOOD, context)).summary).toContain('references present');
    await carryOut(of.target, pin);
    expect(await read(of)).toMatchObject({ data: GOOD });
  });

  it('comes back as it was when the snapshot is restored', async () => {
    const of = await broken();
    const observed = await of.target.observe(context);
    const kept = await of.target.takeSnapshot(liveVersionOf(observed), context);
    const { pin } = await planned(of.target);
    await carryOut(of.target, pin);
    const wish = { kind: 'snapshot', snapshot: withOverwritten(kept, pin) } as const;
    const back = await planned(of.target, wish);
    expect(back.pin).toMatchObject({ purpose: 'restore', inPlace: [{ reference: 'configmap/app-config' }] });
    await carryOut(of.target, back.pin);
    expect((await read(of)).data).toEqual(BAD);
    expect((await of.target.observe(context)).current).toMatchObject({
      version: '0.2.0',
      fingerprint: kept.fingerprint,
    });
  });

  it('goes again when the snapshot is restored of a time when it was not there', async () => {
    const of = await broken(remove, { refers: false });
    const kept = await of.target.takeSnapshot(liveVersionOf(await of.target.observe(context)), context);
    const { pin } = await planned(of.target);
    await carryOut(of.target, pin);
    const wish = { kind: 'snapshot', snapshot: withOverwritten(kept, pin) } as const;
    const back = await planned(of.target, wish);
    const started = await of.target.restoreConfig(back.pin, context);
    expect(started).toMatchObject({ changed: true });
    await expect(read(of)).rejects.toThrow('404');
  });
});

describe('a write in place that was begun', () => {
  it('is taken back by the snapshot though the template was never written', async () => {
    const of = await broken();
    const kept = await of.target.takeSnapshot(liveVersionOf(await of.target.observe(context)), context);
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    const wish = { kind: 'snapshot', snapshot: withOverwritten(kept, pin) } as const;
    const back = await planned(of.target, wish);
    expect(back).toMatchObject({ changesNothing: false, pin: { fingerprint: kept.fingerprint } });
    expect(await of.target.restoreConfig(back.pin, context)).toMatchObject({ changed: true });
    expect(await of.target.rollBack(back.pin, context)).toMatchObject({ changed: false });
    expect((await read(of)).data).toEqual(BAD);
  });

  it.each<[string, (of: Service) => Promise<unknown>, object, object | undefined]>([
    ['one that was immutable holds what it held', anew, { immutable: true }, BAD],
    ['one that was not there is not', remove, { refers: false }, undefined],
  ])('is taken back with the template that is refused: %s', async (_what, spoil, options, data) => {
    const of = await broken(spoil, options);
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    await of.push('v0.1.1', { volumes: [] });
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({
      type: 'WorkloadChanged',
      takenBack: true,
    });
    const { body } = await cluster().api.call('GET', path(of));
    expect(body.data).toEqual(data);
    if (data) expect(body).toMatchObject({ immutable: true, metadata: { labels: BESIDE.labels } });
  });
});

describe('a write in place that is refused', () => {
  it('is not begun where no copy has room for what the object holds', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    for (let slot = 1; slot < CONFIG_SLOTS; slot += 1) {
      const name = `deployment-master-orchestrator-config-${slot}`;
      await cluster().api.must('POST', of.path('configmaps'), { metadata: { name }, data: OTHER });
    }
    expect(await errorOf(of.target.restoreConfig(pin, context))).toMatchObject({
      type: 'ConfigNotWritable',
      message: expect.stringContaining('nothing was changed'),
    });
    expect((await read(of)).data).toEqual(BAD);
  });

  it('is refused of an immutable object with finalizers, which could not be created again', async () => {
    const held = async (of: Service) => {
      await anew(of);
      const metadata = { finalizers: ['example.com/hold'] };
      await cluster().api.must('PATCH', path(of), { metadata }, MERGE_PATCH);
    };
    const of = await broken(held, { immutable: true });
    const { pin } = await planned(of.target);
    expect(await errorOf(of.target.restoreConfig(pin, context))).toMatchObject({
      type: 'ConfigNotWritable',
      message: expect.stringContaining('example.com/hold'),
    });
    expect((await read(of)).data).toEqual(BAD);
    await cluster().api.must('PATCH', path(of), { metadata: { finalizers: null } }, MERGE_PATCH);
  });

  it('leaves an object alone that somebody has changed since the plan, and says who', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    await change(of, OTHER, 'somebody');
    expect(await errorOf(of.target.restoreConfig(pin, context))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('field manager "somebody"'),
    });
    expect((await read(of)).data).toEqual(OTHER);
  });

  it('is taken back when the template is refused', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    await of.push('v0.1.1', template);
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('configmap/app-config was taken back'),
      takenBack: true,
    });
    expect((await read(of)).data).toEqual(BAD);
  });

  it('stays where somebody has changed the object meanwhile, and that is told', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    await change(of, OTHER, 'somebody');
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringMatching(/field manager "somebody".*and stays/),
    });
    expect((await read(of)).data).toEqual(OTHER);
    expect((await of.live()).spec.template.spec.containers[0].image).toContain(imageOf('v0.2.0'));
  });

  it('says who has written the object anew within a second, and leaves the template', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    const stop = new AbortController();
    const operator = (async () => {
      while (!stop.signal.aborted) {
        if ((await read(of)).data['config.toml'] !== BAD['config.toml'])
          await change(of, BAD, 'external-secrets');
      }
    })();
    const error = await errorOf(of.target.restoreConfig(pin, context));
    stop.abort();
    await operator;
    expect(error).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('field manager "external-secrets"'),
    });
    expect((await of.live()).spec.template.spec.containers[0].image).toContain(imageOf('v0.2.0'));
  });

  it('is told when the rollout is over of an object that somebody has written anew meanwhile', async () => {
    const of = await broken();
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    const started = await of.target.rollBack(pin, context);
    await change(of, BAD, 'external-secrets');
    const { warnings } = await of.target.waitForRollout(started, context, () => undefined);
    expect(warnings).toEqual([
      expect.stringMatching(/^configmap\/app-config was written anew by field manager "external-secrets"/),
    ]);
    expect((await prove(of.target)).warnings).toEqual([
      expect.stringMatching(/is not recorded as proved: .*last by field manager "external-secrets"/),
    ]);
  });

  it('is told before the change where the worker lacks the rights, by the file that has them', async () => {
    const of = await broken(undefined, { rules: WORKER_RULES });
    expect(await errorOf(of.target.checkAccess(KNOWN_GOOD, context))).toMatchObject({
      type: 'AccessDenied',
      message: expect.stringContaining('deploy/rbac-config-in-place.yaml'),
    });
  });
});

describe('a write in place whose outcome is not known', () => {
  const proxies: FaultProxy[] = [];
  afterEach(async () => {
    await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
  });

  /** The same service through a proxy. */
  async function proxied(spoil: Parameters<typeof broken>[0], options: Parameters<typeof broken>[1] = {}) {
    const of = await broken(spoil, options);
    const { server, controlPlane } = cluster();
    const proxy = await startFaultProxy({ upstream: server, ca: controlPlane.ca });
    proxies.push(proxy);
    const original = JSON.parse(await readFile(of.profile.kubeconfig ?? '', 'utf8'));
    original.clusters[0].cluster = { server: proxy.url, 'insecure-skip-tls-verify': true };
    const kubeconfig = `${of.profile.kubeconfig}.proxied`;
    await writeFile(kubeconfig, JSON.stringify(original), { mode: 0o600 });
    const target = createKubernetesTarget({ ...of.profile, kubeconfig }, { configPolicy: IN_PLACE });
    return { of: { ...of, target }, proxy };
  }

  it.each<[string, string, Parameters<typeof broken>]>([
    ['changing it', 'PATCH', [undefined]],
    ['deleting it', 'DELETE', [anew, { immutable: true }]],
    ['creating it', 'POST', [remove, { refers: false }]],
  ])('is read and compared: %s was done, and the answer was lost', async (_what, method, how) => {
    const { of, proxy } = await proxied(...how);
    const { pin } = await planned(of.target);
    const isIt = ({ method: asked, path: at, body }: SeenRequest) =>
      asked === method && (/app-config/.test(at) || /"name":"app-config"/.test(String(body)));
    let struck = 0;
    proxy.rule({ method }, async ({ request, ask, pass, socket }) => {
      if (!isIt(request) || struck > 0) return pass();
      struck += 1;
      await ask();
      socket.destroy();
    });
    const again = async () => of.target.restoreConfig(pin, context);
    // Deleted and not yet created again is for the next attempt of the step.
    const restored = await again().catch((error) => {
      expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
      return again();
    });
    expect(struck).toBe(1);
    expect(restored).toMatchObject({ changed: true });
    expect((await read(of)).data).toEqual(GOOD);
    await of.target.close();
  });

  it.each([
    ['admission', 'admission webhook "freeze.example.com" denied the request: a freeze'],
    ['a quota', 'deployments.apps "x" is forbidden: exceeded quota: few'],
  ])('is known of a template that %s refuses: the config is taken back', async (_who, message) => {
    const { of, proxy } = await proxied(undefined);
    const { pin } = await planned(of.target);
    await of.target.restoreConfig(pin, context);
    const refusal = JSON.stringify({ kind: 'Status', code: 403, reason: 'Forbidden', message });
    proxy.rule({ method: 'PATCH', path: /deployments/, times: 1 }, answer(403, refusal));
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({
      type: 'WriteRejected',
      message: expect.stringContaining('configmap/app-config was taken back'),
      takenBack: true,
    });
    expect((await read(of)).data).toEqual(BAD);
    await of.target.close();
  });

  it('is not repeated blind: one that was not done is tried again by the step', async () => {
    const { of, proxy } = await proxied(undefined);
    const { pin } = await planned(of.target);
    proxy.rule({ method: 'PATCH', path: /app-config/, times: 1 }, hangUp);
    expect(await errorOf(of.target.restoreConfig(pin, context))).toMatchObject({ type: 'Unreachable' });
    expect((await read(of)).data).toEqual(BAD);
    expect(await of.target.restoreConfig(pin, context)).toMatchObject({ changed: true });
    await of.target.close();
  });
});

describe('an object that other workloads take config from', () => {
  const shared = async (of: Service) => {
    await change(of, BAD);
    const { namespace } = of;
    const other = { namespace, name: 'other', image: imageOf('v0.1.0'), replicas: 0, template };
    await cluster().deploy(other);
    const pod = { ...template, restartPolicy: 'Never', containers: [{ name: 'a', image: 'a' }] };
    await cluster().api.must('POST', `/apis/batch/v1/namespaces/${namespace}/cronjobs`, {
      metadata: { name: 'nightly' },
      spec: { schedule: '0 3 * * *', suspend: true, jobTemplate: { spec: { template: { spec: pod } } } },
    });
  };

  it('is not written in place unless the profile accepts it', async () => {
    const of = await broken(shared);
    const plan = await planned(of.target);
    expect(await errorOf(of.target.resolve(plan, context))).toMatchObject({
      type: 'ConfigNotWritable',
      message: expect.stringContaining(
        'cronjob/nightly takes configmap/app-config, deployment/other takes configmap/app-config',
      ),
    });
    const policy = { ...IN_PLACE, shared: 'accept' } as const;
    const target = await of.another({}, { configPolicy: policy });
    const { plan: accepted } = await target.resolve(await planned(target), context);
    expect(accepted.warnings).toContainEqual(expect.stringContaining('deployment/other takes'));
  });

  it('is not known where the worker may not list them, and that is said', async () => {
    const withoutLists = [
      ...WORKER_RULES,
      ...rulesOf('rbac-config-in-place.yaml').filter(({ verbs }) => !verbs.includes('list')),
    ];
    const of = await broken(undefined, { rules: withoutLists });
    expect(await errorOf(of.target.resolve(await planned(of.target), context))).toMatchObject({
      type: 'ConfigNotWritable',
      message: expect.stringContaining('the worker may not list deployments'),
    });
  });
});

describe('a Secret that is kept', () => {
  const KEY = 'key-of-the-evidence';
  const rules = [
    ...RULES,
    ...rulesOf('rbac-config-secrets.yaml'),
    { apiGroups: [''], resources: ['secrets'], resourceNames: ['app-secret'], verbs: ['patch', 'delete'] },
  ];
  const withSecret = { volumes: [{ name: 'config', secret: { secretName: 'app-secret' } }] };
  const password = (word: string) => ({ password: Buffer.from(word).toString('base64') });

  it('is written in place too, and its content is nowhere in plan and evidence', async () => {
    const of = await service([], { rules });
    const { api } = cluster();
    const body = { metadata: { name: 'app-secret' }, data: password('hunter2') };
    await api.must('POST', of.path('secrets'), body);
    await aSecondLater();
    await of.deploy('v0.1.0', { template: withSecret });
    const options = { configPolicy: IN_PLACE, keepsSecrets: true, evidenceKey: async () => KEY };
    const target = await of.another({}, options);
    await prove(target);
    await api.must('PATCH', of.path('secrets/app-secret'), { data: password('hunter3') }, MERGE_PATCH);
    await of.deploy('v0.2.0', { template: withSecret });

    await target.checkAccess(KNOWN_GOOD, context);
    const plan = await planned(target);
    expect(plan.pin.inPlace).toMatchObject([{ reference: 'secret/app-secret' }]);
    const shown = JSON.stringify(await target.resolve(plan, context));
    await carryOut(target, plan.pin);
    const { data, type } = await api.must('GET', of.path('secrets/app-secret'));
    expect({ data, type }).toEqual({ data: password('hunter2'), type: 'Opaque' });
    const evidence = await api.must('GET', of.path('configmaps/master-orchestrator-known-good'));
    const mark = (await of.live()).metadata.annotations;
    for (const text of [shown, JSON.stringify(evidence), JSON.stringify(mark)]) {
      expect(text).not.toMatch(/hunter[23]|aHVudGVyM/);
    }
  });

  it('stays as it is where the profile does not keep Secrets, and is named', async () => {
    const of = await service([], { rules });
    const { api } = cluster();
    await api.must('POST', of.path('secrets'), { metadata: { name: 'app-secret' }, data: password('a') });
    await aSecondLater();
    await of.deploy('v0.1.0', { template: withSecret });
    const keeping = { configPolicy: IN_PLACE, keepsSecrets: true, evidenceKey: async () => KEY };
    await prove(await of.another({}, keeping));
    await api.must('PATCH', of.path('secrets/app-secret'), { data: password('b') }, MERGE_PATCH);
    await of.deploy('v0.2.0', { template: withSecret });
    const target = await of.another({}, { ...keeping, keepsSecrets: false });
    const plan = await planned(target);
    expect(plan.pin).not.toHaveProperty('inPlace');
    expect(plan.warnings).toContainEqual(expect.stringContaining('secret/app-secret was changed since'));
  });
});
