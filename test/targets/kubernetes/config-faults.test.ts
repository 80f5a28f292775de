import { describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import {
  DEPLOYMENT,
  deployment,
  imageOf,
  type PolicyRule,
  rulesOf,
  WORKER_RULES,
} from '../../../sandbox/manifests.ts';
import { contentHash } from '../../../src/targets/kubernetes/config/content.ts';
import { until } from '../../../tools/until.ts';
import {
  aSecondLater,
  BAD,
  COPY,
  configServices,
  EVIDENCE,
  GOOD,
  planned,
  prove,
  recordOf,
  slot,
  TEMPLATE as template,
} from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true, concurrent: true });
const { cluster, service } = world;
const { configured, must, read, write } = configServices(world);

const MAY_DELETE = [...WORKER_RULES, ...rulesOf('rbac-config.yaml')];
/** A worker by whose clock every copy has stood for long. */
const later = (of: Service) => of.another({}, { clock: () => Date.now() + 2 * 3_600_000 });
const volumeOf = (live: KubernetesObject) => live.spec.template.spec.volumes[0].configMap.name;
const configsOf = async (of: Service) => {
  const { data = {} } = await read(of, EVIDENCE);
  return Object.values(data).flatMap((text) => JSON.parse(String(text)).config ?? []);
};
const make = (of: Service, body: KubernetesObject) => must('POST', of.path('configmaps'), body);

/** What a copy of ours looks like from outside. */
async function forged(of: Service, name = COPY, data: object = GOOD) {
  const { metadata } = await of.live();
  return {
    metadata: {
      name,
      annotations: {
        'rollback-runbook/content': contentHash({ data: GOOD }),
        'rollback-runbook/copy-of': 'app-config',
      },
      ownerReferences: [
        { apiVersion: 'apps/v1', kind: 'Deployment', name: metadata.name, uid: metadata.uid },
      ],
    },
    immutable: true,
    data,
  };
}

/** The release that is bad by its config. */
async function badRelease(of: Service): Promise<void> {
  await write(of, BAD);
  await of.deploy('v0.2.0', { template });
}

describe.concurrent('the place of a copy that somebody else has taken', () => {
  it.each<[string, (of: Service) => Promise<KubernetesObject>]>([
    ['has nothing of ours', async () => ({ metadata: { name: COPY }, data: GOOD })],
    [
      'bears our marks, and has no owner',
      async (of) => {
        const { metadata, ...rest } = await forged(of);
        return { ...rest, metadata: { ...metadata, ownerReferences: [] } };
      },
    ],
    [
      'bears our marks, and is owned by another workload',
      async (of) => {
        const { metadata, ...rest } = await forged(of);
        const { uid } = (await read(of, 'app-config')).metadata;
        const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'app-config', uid };
        return { ...rest, metadata: { ...metadata, ownerReferences: [other] }, data: BAD };
      },
    ],
    ['bears our marks, and can be changed', async (of) => ({ ...(await forged(of)), immutable: false })],
  ])('stays where it %s; the copy stands beside it', async (_what, body) => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    const theirs = await make(of, await body(of));
    // By this clock it has stood there for hours.
    await prove(of, 'passed', await later(of));
    expect((await read(of, COPY)).metadata.uid).toBe(theirs.metadata.uid);
    expect(await read(of, slot(1))).toMatchObject({ immutable: true, data: GOOD });
    await badRelease(of);
    expect((await planned(of)).pin).toMatchObject({ copies: [{ name: slot(1) }] });
  });

  it('is not believed where its content is not what its mark says', async () => {
    const of = await configured(GOOD);
    await make(of, await forged(of, COPY, BAD));
    await prove(of);
    await badRelease(of);
    expect((await planned(of)).pin).toMatchObject({ copies: [{ name: slot(1) }] });
  });

  it('is left alone while it is on its way out', async () => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    const body = await forged(of);
    await make(of, { ...body, metadata: { ...body.metadata, finalizers: ['example.com/hold'] } });
    await must('DELETE', of.path(`configmaps/${COPY}`));
    await prove(of, 'passed', await later(of));
    expect(await read(of, slot(1))).toMatchObject({ immutable: true, data: GOOD });
    await must('PATCH', of.path(`configmaps/${COPY}`), { metadata: { finalizers: null } }, MERGE_PATCH);
  });
});

describe.concurrent('twenty copies', () => {
  const all = Array.from({ length: 20 }, (_, number) => slot(number));
  const named = [expect.stringMatching(/^configmap\/app-config is recorded without a copy of its content/)];

  it('of others: it is told that there is no room, and nothing is thrown away', async () => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    await Promise.all(all.map((name) => make(of, { metadata: { name }, data: { mine: name } })));
    const { warnings } = await prove(of, 'passed', await later(of));
    expect(warnings).toEqual(named);
    expect(warnings?.[0]).toContain('20 of them by somebody else or just now');
    await badRelease(of);
    const plan = await planned(of);
    expect(plan.warnings).toContainEqual(expect.stringContaining('configmap/app-config'));
    await of.rollBack();
    expect(volumeOf(await of.live())).toBe('app-config');
    for (const name of all) expect(await read(of, name)).toMatchObject({ data: { mine: name } });
  });

  it('that nothing refers to: one is made anew where the worker may, and otherwise the right is named', async () => {
    const [may, mayNot] = await Promise.all([configured(GOOD, { rules: MAY_DELETE }), configured()]);
    for (const of of [may, mayNot]) {
      const old = await forged(of);
      const annotations = {
        ...old.metadata.annotations,
        'rollback-runbook/content': contentHash({ data: BAD }),
      };
      const body = (name: string) => ({
        ...old,
        metadata: { ...old.metadata, name, annotations },
        data: BAD,
      });
      await Promise.all(all.map((name) => make(of, body(name))));
    }
    expect(await prove(may, 'passed', await later(may))).not.toHaveProperty('warnings');
    expect(await read(may, COPY)).toMatchObject({ data: GOOD });
    const { warnings } = await prove(mayNot, 'passed', await later(mayNot));
    expect(warnings).toEqual(named);
    expect(warnings?.[0]).toContain('the worker may not delete it (rbac-config.yaml)');
    expect(await read(mayNot, COPY)).toMatchObject({ data: BAD });
  });
});

describe.concurrent('a ConfigMap as large as they may be', () => {
  /** In JSON each of these takes two characters. */
  const text = `a = 1\n# ${'"'.repeat(1_048_000)}`;
  const bytes = Buffer.alloc(780_000, 255).toString('base64');
  it.each([
    ['text', { data: { 'config.toml': text } }],
    ['bytes', { data: GOOD, binaryData: { key: bytes } }],
  ])('is recorded, kept and brought back: %s', async (_what, content) => {
    const of = await service([]);
    await make(of, { metadata: { name: 'app-config' }, ...content });
    await aSecondLater();
    await of.deploy('v0.1.0', { template });
    expect(await prove(of)).not.toHaveProperty('warnings');
    await must('PATCH', of.path('configmaps/app-config'), { data: BAD, binaryData: null }, MERGE_PATCH);
    await of.deploy('v0.2.0', { template });
    const { settings } = await of.target.resolve(await planned(of), context);
    expect(JSON.stringify(settings).length).toBeLessThan(5_000);
    await of.rollBack();
    expect(volumeOf(await of.live())).toBe(COPY);
    expect(await read(of, COPY)).toMatchObject(content);
  });
});

describe.concurrent('config between the plan and the write', () => {
  /** The version before has the config that it was proved with, as far as the plan knows. */
  async function plannedOn(): Promise<{ of: Service; pin: Awaited<ReturnType<typeof planned>>['pin'] }> {
    const of = await configured();
    await prove(of);
    await of.deploy('v0.2.0', { template });
    const { pin } = await planned(of);
    expect(pin).toMatchObject({ config: { 'configmap/app-config': contentHash({ data: GOOD }) } });
    return { of, pin };
  }

  it.each<[string, (of: Service) => Promise<unknown>]>([
    ['was changed', (of) => write(of, BAD)],
    ['is gone', (of) => must('DELETE', of.path('configmaps/app-config'))],
  ])('that %s is seen at the last moment, and nothing is written', async (what, act) => {
    const { of, pin } = await plannedOn();
    await act(of);
    const before = (await of.live()).metadata.generation;
    await expect((await of.another()).rollBack(pin, context)).rejects.toMatchObject({
      type: 'PinLost',
      message: expect.stringContaining(`configmap/app-config ${what} after the plan was made`),
    });
    expect((await of.live()).metadata.generation).toBe(before);
  });

  it('that was touched and holds what it held is as good as before', async () => {
    const { of, pin } = await plannedOn();
    await must(
      'PATCH',
      of.path('configmaps/app-config'),
      { metadata: { labels: { touched: 'yes' } } },
      MERGE_PATCH,
    );
    expect(await (await of.another()).rollBack(pin, context)).toMatchObject({ changed: true });
  });

  it('is not looked at again where the write was made already', async () => {
    const { of, pin } = await plannedOn();
    await of.target.rollBack(pin, context);
    await write(of, BAD);
    expect(await (await of.another()).rollBack(pin, context)).toMatchObject({ changed: false });
  });
});

describe.concurrent('what others do meanwhile', () => {
  it('an operator that writes its ConfigMap anew all the time changes nothing about what comes back', async () => {
    const of = await configured();
    await prove(of);
    await badRelease(of);
    let over = false;
    const operator = (async () => {
      for (let turn = 0; !over; turn += 1) await write(of, { ...BAD, turn: String(turn) });
    })();
    await of.rollBack();
    const { warnings } = await prove(of);
    over = true;
    await operator;
    expect(warnings).toBeUndefined();
    expect(volumeOf(await of.live())).toBe(COPY);
    expect((await of.target.observe(context)).current).toMatchObject({ evidence: { verdict: 'passed' } });
  });

  it('two workers that record at the same moment keep one copy', async () => {
    const of = await configured();
    const workers = await Promise.all([of.another(), of.another()]);
    const recorded = await Promise.all(workers.map((target) => prove({ target })));
    for (const one of recorded) expect(one).not.toHaveProperty('warnings');
    await expect(read(of, slot(1))).rejects.toThrow('404');
    expect(await configsOf(of)).toMatchObject([{ name: 'app-config', copy: { name: COPY } }]);
  });

  it('a worker that has observed nothing finds the copy of another', async () => {
    const of = await configured();
    await prove(of);
    await prove(of, 'passed', await of.another());
    await expect(read(of, slot(1))).rejects.toThrow('404');
  });

  it('pods of a canary, which the selector has too, say nothing of when the pods of the release began', async () => {
    const of = await service([]);
    await write(of, BAD, 'POST');
    const labels = { app: DEPLOYMENT, track: 'canary' };
    const { apiPort, metricsPort } = cluster().node;
    const image = imageOf('v0.1.1');
    const body = deployment({
      name: 'canary',
      namespace: of.namespace,
      image,
      replicas: 1,
      apiPort,
      metricsPort,
    });
    body.spec.selector.matchLabels = { track: 'canary' };
    body.spec.template.metadata.labels = labels;
    await must('POST', of.path('deployments'), body);
    await cluster().complete(of.namespace, 'canary');
    await aSecondLater();
    await write(of, GOOD);
    await aSecondLater();
    await of.deploy('v0.1.0', { template });
    expect(await prove(of)).not.toHaveProperty('warnings');
  });

  it('a quota that has no room for a copy is told, and the proof stands', async () => {
    const of = await configured();
    await make(of, { metadata: { name: EVIDENCE } });
    const { items } = await must('GET', of.path('configmaps'));
    const hard = { 'count/configmaps': String(items.length) };
    await must('POST', of.path('resourcequotas'), { metadata: { name: 'none-more' }, spec: { hard } });
    await until('the quota to be counted', async () => {
      const { status } = await must('GET', of.path('resourcequotas/none-more'));
      return status?.used?.['count/configmaps'] === hard['count/configmaps'];
    });
    const { warnings } = await prove(of);
    expect(warnings).toEqual([
      expect.stringMatching(/recorded without a copy of its content: .*exceeded quota/),
    ]);
    await badRelease(of);
    expect((await planned(of)).warnings).toContainEqual(expect.stringContaining('configmap/app-config'));
  });
});

/** The rules of the worker's Role without this right on these objects; with `only`, they keep it on the named ones. */
function without(resource: string, verb: string, only?: readonly string[]): readonly PolicyRule[] {
  return WORKER_RULES.flatMap((rule) => {
    if (!rule.resources.includes(resource) || !rule.verbs.includes(verb)) return [rule];
    const verbs = rule.verbs.filter((one) => one !== verb);
    const others = rule.resources.filter((one) => one !== resource);
    return [
      ...(verbs.length > 0 ? [{ ...rule, resources: [resource], verbs }] : []),
      ...(others.length > 0 ? [{ ...rule, resources: others }] : []),
      ...(only
        ? [{ apiGroups: rule.apiGroups, resources: [resource], resourceNames: only, verbs: [verb] }]
        : []),
    ];
  });
}

describe.concurrent('a worker without a right', () => {
  it.each<[string, readonly PolicyRule[], RegExp]>([
    [
      'to get ConfigMaps but its evidence records no config',
      without('configmaps', 'get', [EVIDENCE]),
      /^configmap\/app-config may not be read: what it holds is not recorded/,
    ],
    [
      'to get its copies records what it has made',
      without('configmaps', 'get', [EVIDENCE, 'app-config']),
      /^$/,
    ],
    [
      'to create ConfigMaps records the hash alone',
      without('configmaps', 'create'),
      /^configmap\/app-config is recorded without a copy of its content: .*forbidden/,
    ],
  ])('%s, says so, and rolls back as before', async (_what, rules, told) => {
    const of = await configured(GOOD, { rules });
    await make(of, { metadata: { name: EVIDENCE } });
    const { warnings = [''] } = await prove(of);
    expect(warnings).toEqual([expect.stringMatching(told)]);
    await badRelease(of);
    const another = { ...of, target: await of.another() };
    const plan = await planned(another);
    expect(plan.to).toMatchObject({ version: '0.1.0' });
    expect(plan.pin).not.toHaveProperty('copies');
    const started = await another.target.rollBack(plan.pin, context);
    await of.target.waitForRollout(started, context, () => undefined);
    expect(volumeOf(await of.live())).toBe('app-config');
  });
});

describe.concurrent('evidence of before config was recorded', () => {
  it.each(['1', '2'])(
    'of schema %s says nothing of config: the version is gone back to as ever',
    async (schema) => {
      const of = await configured();
      const { current } = await of.target.observe(context);
      const { schema: _number, id: _id, ...record } = recordOf(current);
      const workload = { kind: 'deployment', namespace: of.namespace, name: DEPLOYMENT };
      const entry = { ...record, ...(schema === '2' ? { schema: 2, workload } : {}) };
      const data = { [current.fingerprint.slice(0, 40)]: JSON.stringify(entry) };
      await make(of, { metadata: { name: EVIDENCE }, data });
      await badRelease(of);
      const another = await of.another();
      const plan = await planned({ target: another });
      expect(plan).toMatchObject({ to: { version: '0.1.0' }, basis: 'known-good' });
      expect(plan.pin).not.toHaveProperty('copies');
      expect(plan.pin).not.toHaveProperty('config');
      await another.rollBack(plan.pin, context);
      expect(volumeOf(await of.live())).toBe('app-config');
    },
  );
});
