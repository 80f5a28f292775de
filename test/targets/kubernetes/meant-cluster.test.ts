import { readFile, writeFile } from 'node:fs/promises';
import { afterEach, describe, expect, test } from 'vitest';
import { type FaultProxy, startFaultProxy } from '../../../sandbox/faults/http-proxy.ts';
import { apiStatus } from '../../../sandbox/faults/index.ts';
import { DEPLOYMENT } from '../../../sandbox/manifests.ts';
import type { ObservedService } from '../../../src/domain/versions/versions.ts';
import type { RollbackTarget } from '../../../src/targets/target.ts';
import { freePorts } from '../../../tools/ports.ts';
import { until } from '../../../tools/until.ts';
import { selfSigned } from './certificate.ts';
import { deployment, replicaSet } from './objects.ts';
import { passedRecord } from './passed-record.ts';
import { StubApi } from './stub-api.ts';
import { v1, v2 } from './stubbed.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });
const open: { close(): Promise<unknown> }[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one.close();
});

type Entry = Readonly<Record<string, unknown>>;
interface Contexts {
  readonly current: string;
  /** The cluster that each context leads to. */
  readonly contexts: Readonly<Record<string, Entry>>;
}

/** A kubeconfig of its own for a service, which can be written anew as somebody at the same machine does. */
async function withContexts(of: Service, { current, contexts }: Contexts) {
  const own = JSON.parse(await readFile(of.profile.kubeconfig ?? '', 'utf8'));
  const kubeconfig = `${of.profile.kubeconfig}.own`;
  const write = (now: Contexts) =>
    writeFile(
      kubeconfig,
      JSON.stringify({
        ...own,
        clusters: Object.entries(now.contexts).map(([name, held]) => ({ name, cluster: held })),
        contexts: Object.keys(now.contexts).map((name) => ({
          name,
          context: { cluster: name, user: own.users[0].name },
        })),
        'current-context': now.current,
      }),
    );
  await write({ current, contexts });
  return { kubeconfig, write };
}

async function proxyTo(server = cluster().server): Promise<FaultProxy> {
  const proxy = await startFaultProxy({ upstream: server, ca: cluster().controlPlane.ca });
  open.push(proxy);
  return proxy;
}

/** Another cluster, with a Deployment of the same name: nothing must ever reach it. */
async function otherCluster(): Promise<StubApi> {
  const stub = await StubApi.open();
  open.push(stub);
  const named = { metadata: { name: DEPLOYMENT, uid: 'uid-1', generation: 3 } };
  stub.put('replicasets', replicaSet(1, v1));
  stub.put('replicasets', replicaSet(2, v2));
  stub.put('deployments', deployment({ ...named, spec: { template: v2 } }));
  return stub;
}

const at = (server: string): Entry => ({ server });
const stubAt = ({ port }: StubApi): Entry => at(`http://127.0.0.1:${port}`);

describe('K14 the cluster that was meant', () => {
  test('is fixed by the name of its context, whatever the current one is later, and a 401 does not change it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const [proxy, other] = [await proxyTo(), await otherCluster()];
    const contexts = { production: at(proxy.url), staging: stubAt(other) };
    const { kubeconfig, write } = await withContexts(of, { current: 'production', contexts });
    const worker = await of.another({ kubeconfig });
    const named = { context: 'production', server: proxy.url };
    expect(await worker.cluster()).toEqual(named);
    expect(await worker.observe(context)).toMatchObject({ cluster: named });

    await write({ current: 'staging', contexts });
    const refusal = proxy.rule({ method: 'PATCH', times: 1 }, apiStatus(401));
    const pin = { ...(await of.pin()), cluster: named };
    await expect(worker.rollBack(pin, context)).resolves.toMatchObject({ changed: true, cluster: named });
    expect(refusal.hits).toHaveLength(1);

    const { warnings } = await worker.observe(context);
    expect(warnings).toContainEqual(
      expect.stringContaining(
        'the current context of the kubeconfig is "staging" now; this worker stays with "production"',
      ),
    );
    expect(await worker.cluster()).toEqual(named);
    expect(other.asked).toEqual([]);
  });

  test('is kept by a run over the restart of its worker: nothing is read or written on another one', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const [proxy, other] = [await proxyTo(), await otherCluster()];
    const contexts = { production: at(proxy.url), staging: stubAt(other) };
    const { kubeconfig, write } = await withContexts(of, { current: 'production', contexts });
    const first = await of.another({ kubeconfig });
    const run = await first.cluster();
    const observed = await first.observe(context);
    const { cluster: seen } = observed;
    const pin = { ...(await of.pin()), ...(seen ? { cluster: seen } : {}) };
    const started = await first.rollBack(pin, context);
    await first.close();

    await write({ current: 'staging', contexts });
    const second = await of.another({ kubeconfig });
    const meant = { ...context, cluster: run };
    const live = { ...observed.current, uid: observed.uid, generation: observed.generation };
    const record = { fingerprint: pin.fingerprint } as never;
    for (const step of [
      () => second.checkAccess({ kind: 'previous' }, meant),
      () => second.observe(meant),
      () => second.takeSnapshot({ ...live, ...(seen ? { cluster: seen } : {}) }, context),
      () => second.rollBack(pin, context),
      () => second.waitForRollout(started, context, () => {}),
      () => second.recordKnownGood(record, meant),
    ]) {
      const error = await errorOf(step());
      expect(error).toMatchObject({ type: 'ClusterChanged', retryable: false });
      expect(error.message).toContain(`context production, ${proxy.url}`);
      expect(error.message).toContain(`context staging, http://127.0.0.1:${other.port}`);
    }
    expect(other.asked).toEqual([]);

    // The same cluster by another name of its context is none, and neither is one that moved.
    await second.close();
    await write({ current: 'renamed', contexts: { renamed: at(proxy.url) } });
    const third = await of.another({ kubeconfig });
    await expect(third.observe(meant)).resolves.toMatchObject({ uid: observed.uid });
  });

  test('is told apart by what is there, where context and address say the same', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const other = await otherCluster();
    const { kubeconfig } = await withContexts(of, { current: 'x', contexts: { x: stubAt(other) } });
    const worker = await of.another({ kubeconfig });
    const own = await worker.cluster();
    const pin = { ...(await of.pin()), ...(own ? { cluster: own } : {}) };
    expect(await errorOf(worker.rollBack(pin, context))).toMatchObject({ type: 'WorkloadChanged' });
    expect(other.asked.filter((what) => /^(PATCH|POST)/.test(what))).toEqual([]);
  });

  test('stands in evidence that is kept there, and evidence of before it did is believed', async () => {
    const of = await service(['v0.1.0']);
    const record = {
      ...passedRecord(await of.target.observe(context)),
      schema: 2,
      checks: { health: { verdict: 'passed', summary: 'healthy', values: {} } },
      required: ['health'],
      accepted: [],
      waived: [],
      excused: [],
      notApplicable: [],
    } as const;
    await of.target.recordKnownGood(record, context);
    const path = of.path(`configmaps/${DEPLOYMENT}-known-good`);
    const { data } = await cluster().api.must('GET', path);
    const [[key, text]] = Object.entries<string>(data) as [[string, string]];
    const kept = JSON.parse(text);
    expect(kept.workload).toMatchObject({ name: DEPLOYMENT, cluster: cluster().server });

    const elsewhere = { ...kept, workload: { ...kept.workload, cluster: undefined } };
    await cluster().api.must(
      'PATCH',
      path,
      { data: { [key]: JSON.stringify(elsewhere) } },
      'application/merge-patch+json',
    );
    const worker = await of.another();
    expect((await worker.observe(context)).current.evidence).toMatchObject({ verdict: 'passed' });
  });
});

describe('K19 a kubeconfig that has changed', () => {
  test('is read again when its server refuses connections', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const [port = 0] = await freePorts(1);
    const server = (url: string) => ({ current: 'x', contexts: { x: { ...at(url), ...trusted() } } });
    const { kubeconfig, write } = await withContexts(of, server(`https://127.0.0.1:${port}`));
    const worker = await of.another({ kubeconfig });
    expect(await errorOf(worker.lastChangedBy(context))).toMatchObject({ type: 'Unreachable' });
    await write(server(cluster().server));
    const { cluster: seen, warnings } = await worker.observe(context);
    expect(seen).toEqual({ context: 'x', server: cluster().server });
    expect(warnings).toContainEqual(
      expect.stringContaining(`it led to https://127.0.0.1:${port} when this worker started`),
    );
  });

  test.each(['in it', 'in a file of its own'])(
    'is read again when its server shows a certificate that is not trusted: the CA stands %s',
    async (where) => {
      const of = await service(['v0.1.0', 'v0.2.0']);
      const caFile = `${of.profile.kubeconfig}.ca`;
      await writeFile(caFile, selfSigned('somebody else').cert);
      const contexts = (ca: Entry) => ({ current: 'x', contexts: { x: { ...at(cluster().server), ...ca } } });
      const before = where === 'in it' ? {} : { 'certificate-authority': caFile };
      const { kubeconfig, write } = await withContexts(of, contexts(before));
      const worker = await of.another({ kubeconfig });
      expect(await errorOf(worker.lastChangedBy(context))).toMatchObject({ type: 'Unreachable' });
      if (where === 'in it') await write(contexts(trusted()));
      else await writeFile(caFile, cluster().controlPlane.ca);
      await expect(worker.lastChangedBy(context)).resolves.toMatchObject({ ours: false });
    },
  );

  test('while it is being written ends nothing', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const [port = 0] = await freePorts(1);
    const server = (url: string) => ({ current: 'x', contexts: { x: { ...at(url), ...trusted() } } });
    const { kubeconfig, write } = await withContexts(of, server(`https://127.0.0.1:${port}`));
    const worker = await of.another({ kubeconfig });
    await worker.cluster();
    await writeFile(kubeconfig, '{"clusters": [');
    expect(await errorOf(worker.lastChangedBy(context))).toMatchObject({ type: 'Unreachable' });
    await write(server(cluster().server));
    await expect(worker.lastChangedBy(context)).resolves.toMatchObject({ ours: false });
  });

  test('is followed to a new address of the cluster, and never to another cluster there', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const [before, after, other] = [await proxyTo(), await proxyTo(), await otherCluster()];
    const { kubeconfig, write } = await withContexts(of, { current: 'x', contexts: { x: at(before.url) } });
    const worker = await of.another({ kubeconfig });
    const { uid } = await worker.observe(context);

    await write({ current: 'x', contexts: { x: at(after.url) } });
    await before.close();
    await reached(worker);
    const observed = await observedAnew(worker, ({ cluster: seen }) => seen?.server === after.url);
    expect(observed).toMatchObject({ uid });

    await write({ current: 'x', contexts: { x: stubAt(other) } });
    await after.close();
    const pin = { ...(await of.pin()), cluster: { context: 'x', server: after.url } };
    await reached(worker);
    const error = await errorOf(observedAnew(worker, () => false));
    expect(error).toMatchObject({ type: 'ClusterChanged' });
    expect(error.message).toContain(after.url);
    expect(await errorOf(worker.rollBack(pin, context))).toMatchObject({ type: 'WorkloadChanged' });
    expect(other.asked.filter((what) => /^(PATCH|POST)/.test(what))).toEqual([]);
  });
});

/** The requests that were under way on the old connections end with these. */
function reached(worker: RollbackTarget) {
  return until('an answer', () => worker.lastChangedBy(context).catch(() => false as const));
}

/** An observation that is not shared with one of a moment ago. */
function observedAnew(worker: RollbackTarget, isNew: (observed: ObservedService) => boolean) {
  return until('an observation of its own', async () => {
    const observed = await worker.observe(context);
    return isNew(observed) && observed;
  });
}

function trusted(): Entry {
  return { 'certificate-authority-data': Buffer.from(cluster().controlPlane.ca).toString('base64') };
}
