import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { type PolicyRule, rulesOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import type { ConfigPolicy } from '../../../src/domain/request/profile.ts';
import { withOverwritten } from '../../../src/domain/versions/pins.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import { carryOut, planned, prove } from './config-proofs.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const GOOD = { 'config.toml': 'model = "gpt-good"\n' };
const BAD = { 'config.toml': 'model = "gpt-none"\n' };
const IN_PLACE: ConfigPolicy = { restore: 'in-place', shared: 'refuse', managed: 'refuse' };
const RULES: readonly PolicyRule[] = [...WORKER_RULES, ...rulesOf('rbac-config-in-place.yaml')];
const template = { volumes: [{ name: 'config', configMap: { name: 'app-config' } }] };

interface Made {
  readonly metadata?: object;
  readonly policy?: Partial<ConfigPolicy>;
  /** Template annotations of the two releases. */
  readonly stamps?: readonly [string, string];
}

/** A service that was proved with its ConfigMap, and whose next release has another one. */
async function broken({ metadata = {}, policy = {}, stamps }: Made = {}): Promise<Service> {
  const of = await service([], { rules: RULES });
  const { api } = cluster();
  const body = { metadata: { name: 'app-config', ...metadata }, data: GOOD };
  await api.must('POST', of.path('configmaps'), body);
  await aSecondLater();
  await of.deploy('v0.1.0', { template });
  if (stamps) await stamp(of, stamps[0]);
  const target = await of.another({}, { configPolicy: { ...IN_PLACE, ...policy } });
  await prove(target);
  await api.must('PATCH', of.path('configmaps/app-config'), { data: BAD }, MERGE_PATCH);
  if (stamps) await stamp(of, stamps[1]);
  else await of.deploy('v0.2.0', { template });
  return { ...of, target };
}

/** What a Helm chart writes so that a changed ConfigMap rolls out, and the wait for it. */
async function stamp(of: Service, checksum: string): Promise<void> {
  await of.change({ spec: { template: { metadata: { annotations: { 'checksum/config': checksum } } } } });
  await cluster().complete(of.namespace, 'master-orchestrator');
}

/** What Reloader does when it hears of a changed ConfigMap. */
async function reload(of: Service): Promise<void> {
  const { data } = await cluster().api.must('GET', of.path('configmaps/app-config'));
  const value = createHash('sha1').update(JSON.stringify(data)).digest('hex');
  const [container] = (await of.live()).spec.template.spec.containers;
  const others = (container.env ?? []).filter(({ name }: KubernetesObject) => !name.startsWith('STAKATER_'));
  const env = [...others, { name: 'STAKATER_APP_CONFIG_CONFIGMAP', value }];
  await of.change({ spec: { template: { spec: { containers: [{ ...container, env }] } } } }, 'Reloader');
}

const dataOf = async (of: Service) =>
  (await cluster().api.must('GET', of.path('configmaps/app-config'))).data;

describe('Reloader, which starts pods again whose config was written in place', () => {
  async function changed(target: RollbackTarget, of: Service, when: 'before' | 'after') {
    const { pin } = await planned(target);
    await target.restoreConfig(pin, context);
    if (when === 'before') await reload(of);
    const started = await target.rollBack(pin, context);
    if (when === 'after') await reload(of);
    return target.waitForRollout(started, context, () => undefined);
  }

  it.each(['before', 'after'] as const)('is no foreign change %s the template is written', async (when) => {
    const of = await broken();
    const { fingerprint } = await changed(of.target, of, when);
    const { current } = await of.target.observe(context);
    expect(current).toMatchObject({ version: '0.1.0', evidence: { verdict: 'passed' } });
    // What reloads after the write may do so before the wait has seen it, or when it is over.
    if (when === 'before') expect(current.fingerprint).toBe(fingerprint);
    expect(await prove(of.target)).not.toHaveProperty('warnings');
  });
});

describe('a template with the checksum of its config', () => {
  it('comes back with its checksum and its config, though the image is the same', async () => {
    const of = await broken({ stamps: ['one', 'two'] });
    const { pin, to } = await planned(of.target);
    expect(to.version).toBe('0.1.0');
    await carryOut(of.target, pin);
    const { annotations } = (await of.live()).spec.template.metadata;
    expect(annotations).toMatchObject({ 'checksum/config': 'one' });
    expect(await dataOf(of)).toEqual(GOOD);
    expect((await of.target.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
  });

  it('is another version with the same config and another checksum, which has no proof of its own', async () => {
    const of = await service([], { rules: RULES });
    const body = { metadata: { name: 'app-config' }, data: GOOD };
    await cluster().api.must('POST', of.path('configmaps'), body);
    await aSecondLater();
    await of.deploy('v0.1.0', { template });
    await stamp(of, 'one');
    await prove(of.target);
    await stamp(of, 'two');
    const { current, history } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history[0]).toMatchObject({ evidence: { verdict: 'passed' }, differsBy: ['checksum/config'] });
    expect((await planned(of.target)).pin).not.toHaveProperty('copies');
  });
});

describe('a ConfigMap that an operator writes anew by itself', () => {
  const argo = { annotations: { 'argocd.argoproj.io/tracking-id': 'app:/ConfigMap:ns/app-config' } };
  const helm = {
    annotations: { 'meta.helm.sh/release-name': 'orch', 'meta.helm.sh/release-namespace': 'ns' },
  };
  const flux = { labels: { 'kustomize.toolkit.fluxcd.io/name': 'apps' } };

  it.each([
    ['Argo CD', argo],
    ['Flux', flux],
  ])('is not written in place unless the profile accepts it: %s', async (name, metadata) => {
    const of = await broken({ metadata });
    const refused = await errorOf(of.target.resolve(await planned(of.target), context));
    expect(refused).toMatchObject({ type: 'ConfigNotWritable' });
    expect(refused.message).toContain(`configmap/app-config is managed by ${name}`);
    expect(await dataOf(of)).toEqual(BAD);
    const target = await of.another({}, { configPolicy: { ...IN_PLACE, managed: 'accept' } });
    const { plan } = await target.resolve(await planned(target), context);
    expect(plan.warnings).toContainEqual(expect.stringContaining('config.managed: accept'));
  });

  it('is no release of Helm, whose next upgrade writes it: that is said, with what helm would do', async () => {
    const of = await broken({ metadata: helm });
    const { plan } = await of.target.resolve(await planned(of.target), context);
    expect(plan.warnings).toContainEqual(
      expect.stringMatching(/configmap\/app-config is of the Helm release orch.*helm rollback orch -n ns/),
    );
  });
});

describe('a ConfigMap that is named by its content, where config is written in place', () => {
  const named = (name: string) => ({ volumes: [{ name: 'config', configMap: { name } }] });
  const make = (of: Service, name: string, data: object) =>
    cluster().api.must('POST', of.path('configmaps'), { metadata: { name }, data, immutable: true });

  it('is made again under its name when it was collected, and stays where no Role names it', async () => {
    const of = await service([], { rules: RULES });
    await make(of, 'app-config-aaa11', GOOD);
    await aSecondLater();
    await of.deploy('v0.1.0', { template: named('app-config-aaa11') });
    const target = await of.another({}, { configPolicy: IN_PLACE });
    await prove(target);
    await make(of, 'app-config-bbb22', BAD);
    await of.deploy('v0.2.0', { template: named('app-config-bbb22') });
    expect((await planned(target)).pin).not.toHaveProperty('inPlace');
    await cluster().api.must('DELETE', of.path('configmaps/app-config-aaa11'));

    const fresh = await of.another({}, { configPolicy: IN_PLACE });
    const kept = await fresh.takeSnapshot(liveVersionOf(await fresh.observe(context)), context);
    const { pin } = await planned(fresh);
    await fresh.checkAccess({ kind: 'known-good' }, context);
    await carryOut(fresh, pin);
    const again = () => cluster().api.must('GET', of.path('configmaps/app-config-aaa11'));
    expect(await again()).toMatchObject({ data: GOOD });
    const [volume] = (await of.live()).spec.template.spec.volumes;
    expect(volume.configMap.name).toBe('app-config-aaa11');

    const back = await planned(fresh, { kind: 'snapshot', snapshot: withOverwritten(kept, pin) });
    await carryOut(fresh, back.pin);
    expect(await again()).toMatchObject({ data: GOOD });
    expect((await fresh.observe(context)).current.version).toBe('0.2.0');
  });
});
