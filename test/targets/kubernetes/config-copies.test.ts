import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../sandbox/control-plane/api.ts';
import { afterwards, reset, startFaultProxy } from '../../../sandbox/faults/index.ts';
import { DEPLOYMENT, rulesOf, WORKER_RULES } from '../../../sandbox/manifests.ts';
import { contentHash } from '../../../src/targets/kubernetes/config/content.ts';
import {
  BAD,
  COPY,
  configServices,
  EVIDENCE,
  everySlot,
  forged,
  formerCopy,
  GOOD,
  planned,
  prove,
  recordOf,
  slot,
  volumeOf,
} from './config-service.ts';
import { context, openWorld, type Service } from './world.ts';

const world = openWorld({ instantReady: true, concurrent: true });
const { cluster } = world;
const { badRelease, configsOf, configured, make, must, read } = configServices(world);

const MAY_DELETE = [...WORKER_RULES, ...rulesOf('rbac-config.yaml')];

/** A worker by whose clock every copy has stood for long. */
const later = (of: Service) => of.another({}, { clock: () => Date.now() + 2 * 3_600_000 });

describe.concurrent('the place of a copy that somebody else has taken', () => {
  it.each<[string, (of: Service) => Promise<KubernetesObject>]>([
    ['has nothing of ours', async () => ({ metadata: { name: COPY }, data: GOOD })],
    [
      'bears our marks, and has no owner',
      async (of) => {
        const { metadata, ...rest } = forged(await of.live());
        return { ...rest, metadata: { ...metadata, ownerReferences: [] } };
      },
    ],
    [
      'bears our marks, and is owned by another workload',
      async (of) => {
        const { metadata, ...rest } = forged(await of.live());
        const { uid } = (await read(of, 'app-config')).metadata;
        const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'app-config', uid };
        return { ...rest, metadata: { ...metadata, ownerReferences: [other] }, data: BAD };
      },
    ],
    ['bears our marks, and can be changed', async (of) => ({ ...forged(await of.live()), immutable: false })],
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
    await make(of, forged(await of.live(), COPY, BAD));
    await prove(of);
    await badRelease(of);
    expect((await planned(of)).pin).toMatchObject({ copies: [{ name: slot(1) }] });
  });

  it('is left alone while it is on its way out', async () => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    const body = forged(await of.live());
    await make(of, { ...body, metadata: { ...body.metadata, finalizers: ['example.com/hold'] } });
    await must('DELETE', of.path(`configmaps/${COPY}`));
    await prove(of, 'passed', await later(of));
    expect(await read(of, slot(1))).toMatchObject({ immutable: true, data: GOOD });
    await must('PATCH', of.path(`configmaps/${COPY}`), { metadata: { finalizers: null } }, MERGE_PATCH);
  });
});

describe.concurrent('twenty copies', () => {
  const named = [expect.stringMatching(/^configmap\/app-config is recorded without a copy of its content/)];

  it('of the proofs that are kept: the one that is dropped by the next gives its place', async () => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    const workload = { kind: 'deployment', namespace: of.namespace, name: DEPLOYMENT };
    const contents = everySlot.map((name) => ({ name, data: { 'config.toml': `was = "${name}"` } }));
    const records = await Promise.all(
      contents.map(async ({ name, data }, number) => {
        const body = forged(await of.live(), name, data);
        const hash = contentHash({ data });
        const annotations = { ...body.metadata.annotations, 'rollback-runbook/content': hash };
        const made = await make(of, { ...body, metadata: { ...body.metadata, annotations } });
        const { uid } = made.metadata;
        const known = { kind: 'configmap', name: 'app-config', uid, resourceVersion: '1', hash };
        const record = {
          ...recordOf({ fingerprint: hash, id: hash, version: `0.0.${number}`, image: '' }),
          workload,
          at: new Date(Date.now() - 3_600_000 + number * 1_000).toISOString(),
          config: [{ ...known, copy: { name, uid } }],
        };
        return [hash.slice(0, 40), JSON.stringify(record)] as const;
      }),
    );
    await make(of, { metadata: { name: EVIDENCE }, data: Object.fromEntries(records) });
    expect(await prove(of, 'passed', await later(of))).not.toHaveProperty('warnings');
    expect(await read(of, COPY)).toMatchObject({ data: GOOD });
    const { data } = await read(of, EVIDENCE);
    expect(Object.keys(data)).toHaveLength(20);
    expect(Object.keys(data)).not.toContain(records[0]?.[0]);
  });

  it('of others: it is told that there is no room, and nothing is thrown away', async () => {
    const of = await configured(GOOD, { rules: MAY_DELETE });
    await Promise.all(everySlot.map((name) => make(of, { metadata: { name }, data: { mine: name } })));
    const { warnings } = await prove(of, 'passed', await later(of));
    expect(warnings).toEqual(named);
    expect(warnings?.[0]).toContain('20 of them by somebody else or just now');
    await badRelease(of);
    const plan = await planned(of);
    expect(plan.warnings).toContainEqual(expect.stringContaining('configmap/app-config'));
    await of.rollBack();
    expect(volumeOf(await of.live())).toBe('app-config');
    for (const name of everySlot) expect(await read(of, name)).toMatchObject({ data: { mine: name } });
  });

  it('that nothing refers to: one is made anew where the worker may, and otherwise the right is named', async () => {
    const [may, mayNot] = await Promise.all([configured(GOOD, { rules: MAY_DELETE }), configured()]);
    for (const of of [may, mayNot]) {
      await Promise.all(everySlot.map(async (name) => make(of, await formerCopy(await of.live(), name))));
    }
    expect(await prove(may, 'passed', await later(may))).not.toHaveProperty('warnings');
    expect(await read(may, COPY)).toMatchObject({ data: GOOD });
    const { warnings } = await prove(mayNot, 'passed', await later(mayNot));
    expect(warnings).toEqual(named);
    expect(warnings?.[0]).toContain('the worker may not delete it (rbac-config.yaml)');
    expect(await read(mayNot, COPY)).toMatchObject({ data: BAD });
  });
});

describe.concurrent('a worker that ends around a write of config', () => {
  it.each([
    ['before', 'a place is freed', 'DELETE', /configmaps\/deployment-master-orchestrator-config-0$/],
    ['after', 'a place is freed', 'DELETE', /configmaps\/deployment-master-orchestrator-config-0$/],
    ['before', 'the copy is made', 'POST', /configmaps$/],
    ['after', 'the copy is made', 'POST', /configmaps$/],
    ['before', 'the record is written', 'PATCH', /configmaps\/master-orchestrator-known-good/],
    ['after', 'the record is written', 'PATCH', /configmaps\/master-orchestrator-known-good/],
  ])(
    '%s %s: the next one leaves one copy, and a record that names it',
    async (moment, _what, method, path) => {
      const of = await configured(GOOD, { rules: MAY_DELETE });
      await make(of, { metadata: { name: EVIDENCE } });
      await Promise.all(everySlot.map(async (name) => make(of, await formerCopy(await of.live(), name))));
      const { server, controlPlane } = cluster();
      const proxy = await startFaultProxy({ upstream: server, ca: controlPlane.ca });
      try {
        const own = JSON.parse(await readFile(of.profile.kubeconfig ?? '', 'utf8'));
        own.clusters[0].cluster = { server: proxy.url, 'insecure-skip-tls-verify': true };
        const kubeconfig = `${of.profile.kubeconfig}.cut-off`;
        await writeFile(kubeconfig, JSON.stringify(own), { mode: 0o600 });
        const clock = () => Date.now() + 2 * 3_600_000;
        const ending = await of.another({ kubeconfig }, { clock });
        const { current } = await ending.observe(context);
        // Of the places, each of which is taken, the last attempt at one makes the copy.
        const skip = method === 'POST' ? 1 : 0;
        const cut = proxy.rule({ method, path, skip }, moment === 'before' ? reset : afterwards(reset));
        await expect(ending.recordKnownGood(recordOf(current), context)).rejects.toMatchObject({
          type: 'Unreachable',
        });
        expect(cut.hits).toHaveLength(1);
        expect(await prove(of, 'passed', await of.another({}, { clock }))).not.toHaveProperty('warnings');
      } finally {
        await proxy.close();
      }
      const { items } = await must('GET', of.path('configmaps'));
      const holders = items.filter(
        ({ metadata, data }: KubernetesObject) =>
          everySlot.includes(metadata.name) && data['config.toml'] === GOOD['config.toml'],
      );
      expect(holders.map(({ metadata }: KubernetesObject) => metadata.name)).toEqual([COPY]);
      expect(
        items.filter(({ metadata }: KubernetesObject) => everySlot.includes(metadata.name)),
      ).toHaveLength(20);
      expect(await configsOf(of)).toMatchObject([{ name: 'app-config', copy: { name: COPY } }]);
    },
  );
});
