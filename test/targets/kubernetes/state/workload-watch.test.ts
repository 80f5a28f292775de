import { afterEach, describe, expect, it } from 'vitest';
import { createConnection } from '../../../../src/targets/kubernetes/api/connection.ts';
import { createClusterCredentialSource } from '../../../../src/targets/kubernetes/api/credentials.ts';
import { createApiTransport } from '../../../../src/targets/kubernetes/api/transport.ts';
import { WorkloadWatch } from '../../../../src/targets/kubernetes/state/workload-watch.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { until } from '../../../../tools/until.ts';
import { deployment } from '../objects.ts';
import { type Exchange, StubApi } from '../stub-api.ts';
import { context, errorOf } from '../support.ts';

const { signal } = context;
const closers: (() => unknown)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

/** A watch of the Deployment `orchestrator` that is kept open until the test's end. */
async function watched() {
  const stub = await StubApi.open();
  const { kubeconfig = '' } = stub.profile;
  const transport = createApiTransport(createConnection(createClusterCredentialSource({ kubeconfig })));
  const watch = new WorkloadWatch(transport, {
    kind: DEPLOYMENT,
    namespace: 'phoenix',
    name: 'orchestrator',
  });
  const opened: URL[] = [];
  const note = ({ url, serve }: Exchange) => {
    opened.push(url);
    serve();
  };
  stub.on(/^WATCH/, note, 100);
  closers.push(
    () => stub.close(),
    () => transport.close(),
    () => watch.close(),
  );
  const put = (replicas: number, tell = true) =>
    stub.put('deployments', deployment({ spec: { replicas } }), tell);
  const start = () => void watch.use(() => new Promise(() => {}));
  const shows = async (replicas: number | undefined) => {
    await until(
      `${replicas} replicas`,
      async () => {
        const { live: seen } = watch.peek().cached;
        return seen?.spec.replicas === replicas;
      },
      { everyMs: 5 },
    );
  };
  const versions = () => opened.map(({ searchParams }) => searchParams.get('resourceVersion'));
  const reopened = (times: number) =>
    until('the next watch', async () => opened.length > times, { everyMs: 5 });
  return { stub, watch, put, start, shows, versions, reopened };
}

describe('a watch of a Deployment', () => {
  it('is opened again no sooner than an overloaded API server asks for', async () => {
    const { stub, put, start, shows, versions } = await watched();
    put(1);
    let refusedAt = 0;
    stub.on(/^WATCH/, ({ status }) => {
      refusedAt = performance.now();
      status(429, 'too many requests', { 'retry-after': '1' });
    });
    start();
    await shows(1);
    expect(performance.now() - refusedAt).toBeGreaterThanOrEqual(990);
    expect(versions()).toHaveLength(1);
  });

  it('brings the state with its first event, without a read', async () => {
    const { stub, watch, put, start } = await watched();
    put(1);
    start();
    expect((await watch.read(signal)).live?.spec.replicas).toBe(1);
    expect(stub.asked).toEqual(['WATCH deployments']);
  });

  it.each<[string, (stub: StubApi) => void]>([
    ['the API server ends it', (stub) => stub.endWatches()],
    ['its connection breaks', (stub) => stub.dropWatches()],
  ])('goes on from the last version when %s', async (_how, end) => {
    const { stub, watch, put, start, shows, versions, reopened } = await watched();
    put(1);
    start();
    await watch.read(signal);
    const last = put(2).metadata.resourceVersion;
    await shows(2);
    end(stub);
    await reopened(1);
    expect(versions()).toEqual([null, last]);
    put(3);
    await shows(3);
    expect(stub.asked.filter((what) => !what.startsWith('WATCH'))).toEqual([]);
  });

  it('goes on from a bookmark, which is no change', async () => {
    const { stub, watch, put, start, versions, reopened } = await watched();
    put(1);
    start();
    await watch.read(signal);
    const { sequence } = watch.peek().cached;
    stub.tell('deployments', 'BOOKMARK', { metadata: { resourceVersion: '777' } });
    stub.endWatches();
    await reopened(1);
    expect(versions()).toEqual([null, '777']);
    expect(watch.peek().cached.sequence).toBe(sequence);
  });

  it('begins anew when its version is too old: HTTP 410', async () => {
    const { stub, watch, put, start, shows, versions, reopened } = await watched();
    put(1);
    start();
    await watch.read(signal);
    put(2, false);
    stub.on(/^WATCH/, ({ status }) => status(410, 'too old resource version'));
    stub.endWatches();
    await reopened(1);
    await shows(2);
    expect(versions()).toEqual([null, null]);
  });

  it('begins anew when its version is too old: an ERROR event', async () => {
    const { stub, watch, put, start, shows, versions, reopened } = await watched();
    put(1);
    start();
    await watch.read(signal);
    put(2, false);
    stub.tell('deployments', 'ERROR', { code: 410, message: 'too old resource version', metadata: {} });
    await reopened(1);
    await shows(2);
    expect(versions()).toEqual([null, null]);
  });

  it('is not led back by a lagging API server when it begins anew', async () => {
    const { stub, watch, put, start, shows } = await watched();
    const old = put(1);
    start();
    await watch.read(signal);
    put(2);
    await shows(2);
    stub.on(/^WATCH/, ({ begin }) => begin(`${JSON.stringify({ type: 'ADDED', object: old })}\n`));
    stub.tell('deployments', 'ERROR', { code: 410, message: 'too old resource version', metadata: {} });
    await until('the next watch', async () => stub.asked.length > 1, { everyMs: 5 });
    expect((await watch.read(signal)).live?.spec.replicas).toBe(2);
  });

  it('knows a missing Deployment by one read, and sees it come', async () => {
    const { stub, watch, put, start, shows } = await watched();
    start();
    expect((await watch.read(signal)).live).toBeUndefined();
    expect(stub.asked).toEqual(['WATCH deployments', 'GET deployments/orchestrator']);
    put(1);
    await shows(1);
    stub.remove('deployments', 'orchestrator');
    await shows(undefined);
  });

  it('reports at once that the credentials are refused', async () => {
    const { stub, watch, start } = await watched();
    stub.on(/^WATCH/, ({ status }) => status(403, 'forbidden'), 100);
    start();
    expect(await errorOf(watch.read(signal))).toMatchObject({ code: 403 });
  });

  it('leaves no request behind when it is closed', async () => {
    const { stub, watch, put, start } = await watched();
    put(1);
    start();
    await watch.read(signal);
    watch.close();
    await until('the end of the watch', async () => stub.watches() === 0, { everyMs: 5 });
    const { length } = stub.asked;
    put(2);
    expect(stub.asked).toHaveLength(length);
  });
});

describe('a read beside the watch', () => {
  it('brings what the watch has not told yet', async () => {
    const { watch, put, start } = await watched();
    put(1);
    start();
    await watch.read(signal);
    put(2, false);
    expect((await watch.refresh(signal))?.spec.replicas).toBe(2);
    expect(watch.peek().cached.live?.spec.replicas).toBe(2);
  });

  it.each<[string, (of: Awaited<ReturnType<typeof watched>>) => Promise<void>, number | undefined]>([
    [
      'a change',
      async ({ put, shows }) => {
        put(2);
        await shows(2);
      },
      2,
    ],
    [
      'the deletion',
      async ({ stub, shows }) => {
        stub.remove('deployments', 'orchestrator');
        await shows(undefined);
      },
      undefined,
    ],
  ])('does not undo %s that the watch told of meanwhile', async (_what, happens, expected) => {
    const of = await watched();
    const old = of.put(1);
    of.start();
    await of.watch.read(signal);
    let answer = () => {};
    of.stub.on(/^GET/, ({ json }) => {
      answer = () => json(200, old);
    });
    const refreshed = of.watch.refresh(signal);
    await until('the read', async () => of.stub.asked.includes('GET deployments/orchestrator'), {
      everyMs: 5,
    });
    await happens(of);
    answer();
    expect((await refreshed)?.spec.replicas).toBe(expected);
    expect(of.watch.peek().cached.live?.spec.replicas).toBe(expected);
  });

  it('that finds nothing is believed when the watch is silent', async () => {
    const { stub, watch, put, start } = await watched();
    put(1);
    start();
    await watch.read(signal);
    stub.remove('deployments', 'orchestrator', false);
    expect(await watch.refresh(signal)).toBeUndefined();
    expect(watch.peek().cached.live).toBeUndefined();
  });

  it('is asked for when the watch opens and says nothing, and its late answer changes nothing', async () => {
    const of = await watched();
    let answer = () => {};
    of.stub.on(/^WATCH/, ({ begin }) => begin());
    of.stub.on(/^GET/, ({ json }) => {
      answer = () => json(200, old);
    });
    const old = of.put(1);
    of.start();
    await until('the read', async () => of.stub.asked.includes('GET deployments/orchestrator'), {
      everyMs: 5,
    });
    const newer = of.put(2, false);
    of.watch.adopt(newer as never);
    answer();
    await of.watch.read(signal);
    expect(of.watch.peek().cached.live?.spec.replicas).toBe(2);
  });
});
