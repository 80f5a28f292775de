import { describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { imageOf, rulesOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import { until } from '../../../tools/until.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import {
  BAD,
  COPY,
  configServices,
  GOOD,
  KNOWN_GOOD,
  planned,
  prove,
  slot,
  TEMPLATE as template,
  volumeOf,
} from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true });
const { cluster, service } = world;
const { configured, make, read, write } = configServices(world);

/** Its pods are deleted, and made anew of the same template. */
async function startAgain(of: Service): Promise<void> {
  const { items } = await cluster().api.must('GET', of.path('pods'));
  for (const { metadata } of items) await cluster().api.must('DELETE', of.path(`pods/${metadata.name}`));
  const names = items.map(({ metadata }: KubernetesObject) => metadata.name);
  await until('pods made anew', async () => {
    const { items: now } = await cluster().api.must('GET', of.path('pods'));
    return now.length > 0 && now.every(({ metadata }: KubernetesObject) => !names.includes(metadata.name));
  });
  await cluster().complete(of.namespace, 'master-orchestrator');
}

describe('the config that a version was proved with', () => {
  it('comes back with the image, by reference to a copy; the ConfigMap of the user stays as it is', async () => {
    const of = await configured();
    expect(await prove(of)).not.toHaveProperty('warnings');
    const copy = await cluster().api.must('GET', of.path(`configmaps/${COPY}`));
    expect(copy).toMatchObject({ immutable: true, data: GOOD });

    await write(of, BAD);
    await of.deploy('v0.2.0', { template });
    const plan = await planned(of);
    expect(plan).toMatchObject({
      to: { version: '0.1.0' },
      pin: { copies: [{ reference: 'configmap/app-config', name: COPY }] },
    });
    const { settings, diff } = await of.target.resolve(plan, context);
    expect(settings).toEqual(['configmap/app-config config.toml model: "gpt-none" -> "gpt-good"']);
    expect(diff).toContain(COPY);
    await of.rollBack(KNOWN_GOOD);
    const live = await of.live();
    expect(volumeOf(live)).toBe(COPY);
    expect(live.spec.template.spec.containers[0].image).toContain(imageOf('v0.1.0'));
    expect(await cluster().api.must('GET', of.path('configmaps/app-config'))).toMatchObject({ data: BAD });
    expect((await of.target.observe(context)).current).toMatchObject({
      version: '0.1.0',
      evidence: { verdict: 'passed' },
    });
  });

  it('comes back though the release was bad by its config alone, under the same template', async () => {
    const of = await configured();
    await prove(of);
    await write(of, BAD);
    const { current, history, warnings } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history).toMatchObject([{ version: '0.1.0', evidence: { verdict: 'passed' } }]);
    expect(warnings).toContainEqual(
      expect.stringContaining('other config than it was proved with: configmap/app-config'),
    );
    expect(await prove(of, 'failed')).toBeDefined();
    await of.rollBack(KNOWN_GOOD);
    expect(volumeOf(await of.live())).toBe(COPY);
  });

  it('is not touched where the ConfigMap holds it still', async () => {
    const of = await configured();
    await prove(of);
    await of.deploy('v0.2.0', { template });
    expect((await planned(of)).pin).not.toHaveProperty('copies');
    await of.rollBack(KNOWN_GOOD);
    expect(volumeOf(await of.live())).toBe('app-config');
  });

  it('is named where it came after the proof, and pods begin without it: it stays', async () => {
    const optional = (name: string) => ({ volumes: [{ name, configMap: { name, optional: true } }] });
    const of = await service([]);
    await of.deploy('v0.1.0', { template: optional('overrides') });
    await prove(of);
    await aSecondLater();
    await make(of, { metadata: { name: 'overrides' }, data: BAD });
    const { current } = await (await of.another()).observe(context);
    expect(current).not.toHaveProperty('evidence');
    await of.deploy('v0.2.0', { template: optional('overrides') });
    const plan = await planned({ target: await of.another() });
    expect(plan.pin).not.toHaveProperty('copies');
    expect(plan.warnings).toContainEqual(expect.stringContaining('configmap/overrides'));
  });

  it('is not recorded where it was changed after the pods had started', async () => {
    const of = await configured();
    await aSecondLater();
    await write(of, BAD);
    const { warnings } = await prove(of);
    expect(warnings).toEqual([
      expect.stringMatching(/^configmap\/app-config is not recorded as proved: it was changed at/),
    ]);
  });

  it('is seen by pods that are started again, where somebody has put it back by hand', async () => {
    const of = await configured();
    await prove(of);
    await write(of, BAD);
    await aSecondLater();
    await startAgain(of);
    await aSecondLater();
    await write(of, GOOD);

    const { current } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect((await planned(of)).pin).toMatchObject({ restartedAt: expect.any(String) });
    await aSecondLater();
    await of.rollBack(KNOWN_GOOD);
    const live = await of.live();
    expect(volumeOf(live)).toBe('app-config');
    expect(live.spec.template.metadata.annotations).toHaveProperty(['kubectl.kubernetes.io/restartedAt']);
    expect((await (await of.another()).observe(context)).current).toMatchObject({
      evidence: { verdict: 'passed' },
    });
  });

  it('does not count as proved in pods that may run with what was there before', async () => {
    const of = await configured();
    await prove(of);
    await aSecondLater();
    await write(of, BAD);
    await write(of, GOOD);
    const { current, history } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history).toMatchObject([{ version: '0.1.0', restartedAt: expect.any(String) }]);
  });
});

describe('a ConfigMap that is named by its content', () => {
  const named = (name: string) => ({ volumes: [{ name: 'config', configMap: { name } }] });
  const make = (of: Service, name: string, data: object) =>
    cluster().api.must('POST', of.path('configmaps'), { metadata: { name }, data, immutable: true });

  it('is referred to as before while it is there, and comes back from its copy when it was collected', async () => {
    const of = await service([]);
    await make(of, 'app-config-aaa11', GOOD);
    await aSecondLater();
    await of.deploy('v0.1.0', { template: named('app-config-aaa11') });
    await prove(of);
    await make(of, 'app-config-bbb22', BAD);
    await of.deploy('v0.2.0', { template: named('app-config-bbb22') });
    const plan = await planned(of);
    expect(plan.pin).not.toHaveProperty('copies');
    expect((await of.target.resolve(plan, context)).settings).toEqual([
      'configmap/app-config config.toml model: "gpt-none" -> "gpt-good"',
    ]);

    await cluster().api.must('DELETE', of.path('configmaps/app-config-aaa11'));
    const { target, ...rest } = of;
    const another = { ...rest, target: await of.another() };
    expect((await planned(another)).pin).toMatchObject({ copies: [{ name: COPY }] });
    const access = await another.target.checkAccess(KNOWN_GOOD, context);
    expect(access.summary).toContain(`configmap/${COPY}`);
    const started = await another.target.rollBack((await planned(another)).pin, context);
    await target.waitForRollout(started, context, () => undefined);
    expect(volumeOf(await of.live())).toBe(COPY);
  });
});

describe('a Secret that a version was proved with', () => {
  const KEY = 'key-of-the-evidence';
  const SECRET_COPY = 'deployment-master-orchestrator-secret-0';
  const withSecret = { volumes: [{ name: 'config', secret: { secretName: 'app-secret' } }] };
  const password = (word: string) => ({ password: Buffer.from(word).toString('base64') });
  const writeSecret = (of: Service, word: string, how: 'POST' | 'PATCH' = 'PATCH') =>
    how === 'POST'
      ? cluster().api.must('POST', of.path('secrets'), {
          metadata: { name: 'app-secret' },
          data: password(word),
        })
      : cluster().api.must('PATCH', of.path('secrets/app-secret'), { data: password(word) }, MERGE_PATCH);

  async function secretive(options: Parameters<Service['another']>[1], rules = WORKER_RULES) {
    const of = await service([], { rules });
    await writeSecret(of, 'hunter2', 'POST');
    await aSecondLater();
    await of.deploy('v0.1.0', { template: withSecret });
    const target = await of.another({}, options);
    await prove({ ...of, target });
    await writeSecret(of, 'hunter3');
    await of.deploy('v0.2.0', { template: withSecret });
    return { ...of, target };
  }

  it('is named and stays where it was changed since, whatever may be known of it', async () => {
    for (const options of [{}, { evidenceKey: async () => KEY }]) {
      const of = await secretive(options);
      const { history } = await of.target.observe(context);
      expect(history).toMatchObject([{ version: '0.1.0', changedConfig: ['secret/app-secret'] }]);
      const plan = await planned(of);
      expect(plan.pin).not.toHaveProperty('copies');
      expect(plan.warnings).toContainEqual(expect.stringContaining('secret/app-secret'));
      const evidence = await cluster().api.must('GET', of.path('configmaps/master-orchestrator-known-good'));
      expect(JSON.stringify(evidence)).not.toMatch(/hunter2|aHVudGVyMg/);
    }
  });

  it('comes back from a copy where the profile says so, and is nowhere in the evidence', async () => {
    const rules = [...WORKER_RULES, ...rulesOf('rbac-config-secrets.yaml')];
    const of = await secretive({ evidenceKey: async () => KEY, keepsSecrets: true }, rules);
    expect(await cluster().api.must('GET', of.path(`secrets/${SECRET_COPY}`))).toMatchObject({
      immutable: true,
      data: password('hunter2'),
    });
    const plan = await planned(of);
    expect((await of.target.resolve(plan, context)).settings).toEqual([
      'secret/app-secret password: changed (masked)',
    ]);
    const started = await of.target.rollBack(plan.pin, context);
    await of.target.waitForRollout(started, context, () => undefined);
    expect((await of.live()).spec.template.spec.volumes[0].secret.secretName).toBe(SECRET_COPY);
    const evidence = await cluster().api.must('GET', of.path('configmaps/master-orchestrator-known-good'));
    expect(JSON.stringify(evidence)).not.toMatch(/hunter2|aHVudGVyMg/);
  });
});

describe('a copy of config', () => {
  const remove = (of: Service, name: string) => cluster().api.must('DELETE', of.path(`configmaps/${name}`));
  const copyOf = async (of: Service) => {
    const { history, current } = await (await of.another()).observe(context);
    return [current, ...history].map(
      ({ copies = [], changedConfig }) => copies[0]?.name ?? changedConfig?.[0],
    );
  };

  it('is made beside what somebody else has in its place, which stays', async () => {
    const of = await configured();
    await cluster().api.must('POST', of.path('configmaps'), {
      metadata: { name: COPY },
      data: { mine: 'yes' },
    });
    await prove(of);
    expect(await read(of, COPY)).toMatchObject({ data: { mine: 'yes' } });
    expect(await read(of, slot(1))).toMatchObject({ immutable: true, data: GOOD });
  });

  it('holds what is no text too, and is made once for one content', async () => {
    const of = await configured();
    const binaryData = { key: Buffer.from([0, 255, 1]).toString('base64') };
    await cluster().api.must('PATCH', of.path('configmaps/app-config'), { binaryData }, MERGE_PATCH);
    await aSecondLater();
    await of.deploy('v0.1.1', { template });
    await prove(of);
    await prove({ ...of, target: await of.another() });
    expect(await read(of, COPY)).toMatchObject({ data: GOOD, binaryData });
    await expect(read(of, slot(1))).rejects.toThrow('404');
  });

  it.each<[string, (of: Service) => Promise<unknown>]>([
    ['is gone', (of) => remove(of, COPY)],
    [
      'was made anew by somebody with another content',
      async (of) => {
        const { metadata, data: _data, ...rest } = await read(of, COPY);
        const { name, annotations, labels, ownerReferences } = metadata;
        await remove(of, COPY);
        const body = { ...rest, metadata: { name, annotations, labels, ownerReferences }, data: BAD };
        await cluster().api.must('POST', of.path('configmaps'), body);
      },
    ],
  ])('that %s brings nothing back: it is said before, and found at the last moment', async (_what, act) => {
    const of = await configured();
    await prove(of);
    await write(of, { 'config.toml': 'model = "other"' });
    await of.deploy('v0.2.0', { template });
    const { pin } = await planned(of);
    expect(await copyOf(of)).toEqual([undefined, COPY]);
    await act(of);
    expect(await copyOf(of)).toEqual([undefined, 'configmap/app-config']);
    await expect(of.target.rollBack(pin, context)).rejects.toMatchObject({
      type: 'PinLost',
      message: expect.stringContaining(`configmap/${COPY}, the copy of configmap/app-config`),
    });
  });

  it('of a version that was proved before is never made anew, whoever records the next proof', async () => {
    const rules = [...WORKER_RULES, ...rulesOf('rbac-config.yaml')];
    const of = await configured(GOOD, { rules });
    await prove(of);
    for (const model of ['second', 'third']) {
      await write(of, { 'config.toml': `model = "${model}"` });
      await aSecondLater();
      await of.deploy(model === 'second' ? 'v0.1.1' : 'v0.1.2-good', { template });
      // A worker that has observed nothing, with a clock that is two hours ahead: every copy is old by it.
      const clock = () => Date.now() + 2 * 3_600_000;
      await prove(of, 'passed', await of.another({}, { clock }));
    }
    expect(await read(of, COPY)).toMatchObject({ data: GOOD });
    expect(await read(of, slot(2))).toMatchObject({ data: { 'config.toml': 'model = "third"' } });
  });

  it('is not made where the worker may not: the content is known by its hash all the same', async () => {
    const rules = WORKER_RULES.map((rule) =>
      rule.resources.includes('configmaps') && !rule.resourceNames
        ? { ...rule, verbs: rule.verbs.filter((verb) => verb !== 'create') }
        : rule,
    );
    const of = await configured(GOOD, { rules });
    const evidence = { metadata: { name: 'master-orchestrator-known-good' }, data: {} };
    await cluster().api.must('POST', of.path('configmaps'), evidence);
    const { warnings } = await prove(of);
    expect(warnings).toEqual([
      expect.stringMatching(/^configmap\/app-config is recorded without a copy .*forbidden/),
    ]);
    await write(of, BAD);
    const { current, history } = await of.target.observe(context);
    expect(current).not.toHaveProperty('evidence');
    expect(history).toEqual([]);
  });
});
