import { describe, expect, it } from 'vitest';
import { MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import {
  DEPLOYMENT,
  deployment,
  imageOf,
  type PolicyRule,
  WORKER_RULES,
} from '../../../sandbox/manifests.ts';
import { contentHash } from '../../../src/targets/kubernetes/config/content.ts';
import { until } from '../../../tools/until.ts';
import { aSecondLater } from '../../worlds/a-second-later.ts';
import {
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
  volumeOf,
} from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true, concurrent: true });
const { cluster, service } = world;
const { badRelease, configsOf, configured, make, must, read, write } = configServices(world);

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

/** Its deletion waits for somebody. */
async function onItsWayOut(of: Service): Promise<void> {
  const metadata = { finalizers: ['example.com/hold'] };
  await must('PATCH', of.path('configmaps/app-config'), { metadata }, MERGE_PATCH);
  await must('DELETE', of.path('configmaps/app-config'));
}

const letGo = (of: Service) =>
  must('PATCH', of.path('configmaps/app-config'), { metadata: { finalizers: null } }, MERGE_PATCH);

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

  it.each<[string, string, (of: Service) => Promise<unknown>]>([
    ['was changed', 'was changed', (of) => write(of, BAD)],
    ['is gone', 'is gone', (of) => must('DELETE', of.path('configmaps/app-config'))],
    ['is on its way out', 'is gone', onItsWayOut],
  ])('that %s is seen at the last moment, and nothing is written', async (_what, told, act) => {
    const { of, pin } = await plannedOn();
    await act(of);
    const before = (await of.live()).metadata.generation;
    await expect((await of.another()).rollBack(pin, context)).rejects.toMatchObject({
      type: 'PinLost',
      message: expect.stringContaining(`configmap/app-config ${told} after the plan was made`),
    });
    expect((await of.live()).metadata.generation).toBe(before);
    await letGo(of).catch(() => undefined);
  });

  it('that is on its way out when the plan is made comes from its copy', async () => {
    const of = await configured();
    await prove(of);
    await of.deploy('v0.2.0', { template });
    await onItsWayOut(of);
    const target = await of.another();
    const { pin } = await planned({ target });
    expect(pin).toMatchObject({ copies: [{ name: COPY }] });
    await target.checkAccess({ kind: 'known-good' }, context);
    await letGo(of);
    const started = await target.rollBack(pin, context);
    await target.waitForRollout(started, context, () => undefined);
    expect(volumeOf(await of.live())).toBe(COPY);
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

  it('somebody who deletes a copy: the next proof brings it back under its name', async () => {
    const of = await configured();
    await prove(of);
    await must('DELETE', of.path(`configmaps/${COPY}`));
    await prove(of, 'passed', await of.another());
    expect(await read(of, COPY)).toMatchObject({ immutable: true, data: GOOD });
    await expect(read(of, slot(1))).rejects.toThrow('404');
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
    // One that has to look at what another has made: whatever it may not, the proof is recorded.
    await prove(of, 'passed', await of.another());
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

describe.concurrent('the config of another kind of workload', () => {
  it.each([
    ['StatefulSet', 'statefulset-master-orchestrator-config-0', 0],
    ['DaemonSet', 'daemonset-master-orchestrator-config-0', 1],
  ] as const)('comes back with the template of a %s', async (kind, copy, nodes) => {
    const of = await configured(GOOD, { kind, nodes });
    expect(await prove(of)).not.toHaveProperty('warnings');
    await badRelease(of);
    expect((await planned(of)).pin).toMatchObject({ copies: [{ name: copy }] });
    await of.rollBack({ kind: 'known-good' });
    expect(volumeOf(await of.live())).toBe(copy);
    expect(await prove(of)).not.toHaveProperty('warnings');
    await write(of, GOOD);
    await aSecondLater();
    await of.deploy('v0.1.1', { template });
    expect(volumeOf(await of.live())).toBe('app-config');
  });
});
