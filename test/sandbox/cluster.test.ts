import { readdir, readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../sandbox/control-plane/api.ts';
import { openApi } from '../../sandbox/control-plane/api.ts';
import { openSandbox, type Sandbox, type SandboxCluster } from '../../sandbox/index.ts';
import { deployment, imageOf, WORKER_ACCOUNT } from '../../sandbox/manifests.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { until } from '../../tools/until.ts';

let sandbox: Sandbox & { cluster: SandboxCluster; temporal: TemporalServer };
let cluster: SandboxCluster;
beforeAll(async () => {
  sandbox = await openSandbox({ temporal: { ui: true }, kubernetes: true });
  cluster = sandbox.cluster;
});
afterAll(() => sandbox?.close());

let count = 0;
/** A namespace of its own for each test: no order between them. */
async function namespace(): Promise<string> {
  count += 1;
  const name = `test-${count}`;
  await cluster.createNamespace(name);
  return name;
}

/** Creates a Deployment without waiting for it. */
async function create(space: string, version: string, template: KubernetesObject = {}, replicas = 1) {
  const { apiPort, metricsPort } = cluster.node;
  const body = deployment({
    namespace: space,
    image: imageOf(version),
    replicas,
    apiPort,
    metricsPort,
    template,
  });
  Object.assign(body.spec.template.spec.containers[0], template.container ?? {});
  delete body.spec.template.spec.container;
  await cluster.api.must('POST', `/apis/apps/v1/namespaces/${space}/deployments`, body);
}

async function pods(space: string): Promise<KubernetesObject[]> {
  return (await cluster.api.must('GET', `/api/v1/namespaces/${space}/pods`)).items;
}

/** The one pod of a namespace, as soon as its container is as wanted. */
function podWhen(space: string, what: string, met: (container: KubernetesObject) => boolean) {
  return until(what, async () => {
    const [pod] = await pods(space);
    const [container] = pod?.status.containerStatuses ?? [];
    return container && met(container) && pod;
  });
}

async function service(space: string): Promise<string> {
  return (await cluster.node.openService(space, { app: 'master-orchestrator' })).url;
}

describe('rollouts', () => {
  test('a new version changes what answers behind the same address, and old pods are gone', async () => {
    const space = await namespace();
    await cluster.deploy({ namespace: space, image: imageOf('v0.1.0') });
    const url = await service(space);
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ llm_provider: 'openrouter' });
    await cluster.deploy({ namespace: space, image: imageOf('v0.3.0-health-wrong-provider') });
    expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ llm_provider: 'ollama' });
    const left = await until('old pods to go', async () => {
      const all = await pods(space);
      return all.length === 2 && all;
    });
    const addresses = new Set(left.map((pod) => pod.status.podIP));
    expect(addresses.size).toBe(2);
    for (const pod of left) {
      const [container] = pod.status.containerStatuses;
      expect(pod.spec.nodeName).toBe('sandbox');
      expect(container.imageID).toMatch(/phoenix-orch@sha256:[0-9a-f]{64}$/);
      expect(container.image).toBe(imageOf('v0.3.0-health-wrong-provider'));
      expect(pod.status.startTime).toMatch(/Z$/);
    }
  });

  test('connections are spread over all ready pods, and every pod has metrics of its own', async () => {
    const space = await namespace();
    await cluster.deploy({ namespace: space, image: imageOf('v0.1.0') });
    const url = await service(space);
    for (let call = 0; call < 4; call += 1)
      await (await fetch(`${url}/health`, { headers: { connection: 'close' } })).text();
    for (const pod of await pods(space)) {
      const asked = await cluster.node.requestsOf(pod.metadata.name);
      expect(asked.filter((request) => request.headers.connection === 'close')).toHaveLength(2);
      const metrics = await fetch(`http://${pod.status.podIP}:${cluster.node.metricsPort}/metrics`);
      expect(await metrics.text()).toContain('http_requests_total_health');
    }
  });

  test('a service without ready pods resets connections instead of hanging', async () => {
    await expect(fetch(`${await service(await namespace())}/health`)).rejects.toThrow('fetch failed');
  });
});

describe('what the node agent plays', () => {
  test('an image that no registry has: ErrImagePull, then ImagePullBackOff, never running', async () => {
    const space = await namespace();
    await create(space, 'v9.9.9');
    const seen = new Set<string>();
    const pod = await podWhen(space, 'the back-off', (container) => {
      seen.add(container.state.waiting?.reason);
      return container.state.waiting?.reason === 'ImagePullBackOff';
    });
    expect(pod.status.phase).toBe('Pending');
    expect(pod.status.containerStatuses[0].state.waiting.message).toContain('v9.9.9');
    expect(seen).toContain('ErrImagePull');
  });

  test.each([
    ['crash-exit-0', 0, 'Completed'],
    ['crash-exit-1', 1, 'Error'],
  ])('%s restarts again and again with exit code %i', async (behaviour, exitCode, reason) => {
    const space = await namespace();
    await create(space, `v0.3.0-${behaviour}`);
    const pod = await podWhen(
      space,
      'the second restart',
      ({ restartCount, state }) => restartCount >= 2 && state.waiting?.reason === 'CrashLoopBackOff',
    );
    expect(pod.status.containerStatuses[0].lastState.terminated).toMatchObject({ exitCode, reason });
    expect(pod.status.containerStatuses[0].ready).toBe(false);
  });

  test('never ready: it runs, and no endpoint leads to it', async () => {
    const space = await namespace();
    await create(space, 'v0.3.0-never-ready');
    const pod = await podWhen(space, 'the container to run', (container) => !!container.state.running);
    await until('a few probes', async () => (await cluster.node.requestsOf(pod.metadata.name)).length >= 3);
    const [now] = await pods(space);
    expect(now?.status.conditions.find((one: KubernetesObject) => one.type === 'Ready').status).toBe('False');
    await expect(fetch(await service(space))).rejects.toThrow('fetch failed');
  });

  test('slow ready: not ready first, ready later', async () => {
    const space = await namespace();
    await create(space, 'v0.3.0-never-ready');
    const early = await podWhen(space, 'the container to run', (container) => !!container.state.running);
    const { name } = early.metadata;
    expect(early.status.containerStatuses[0].ready).toBe(false);
    // Its probe is answered and refused, again and again, until the test has seen enough.
    await until('a few probes', async () => (await cluster.node.requestsOf(name)).length > 4);
    await cluster.node.setBehaviour(name, 'good');
    await cluster.complete(space, 'master-orchestrator');
  });

  test('kill -9 of a container is a restart with exit code 137 under the same address', async () => {
    const space = await namespace();
    await cluster.deploy({ namespace: space, image: imageOf('v0.1.0'), replicas: 1 });
    const [before] = await pods(space);
    const pid = cluster.node.pidOf(before?.metadata.name) ?? 0;
    expect(pid).toBeGreaterThan(0);
    process.kill(pid, 'SIGKILL');
    const after = await podWhen(
      space,
      'the restart',
      ({ restartCount, ready }) => restartCount === 1 && ready,
    );
    expect(after.status.podIP).toBe(before?.status.podIP);
    expect(after.status.containerStatuses[0].lastState.terminated.exitCode).toBe(137);
    expect(cluster.node.pidOf(after.metadata.name)).not.toBe(pid);
  });

  test('a behaviour is switched in a running pod, and readiness follows', async () => {
    const space = await namespace();
    await cluster.deploy({ namespace: space, image: imageOf('v0.1.0'), replicas: 1 });
    const [pod] = await pods(space);
    await cluster.node.setBehaviour(pod?.metadata.name, 'never-ready');
    await podWhen(space, 'readiness to go', (container) => !container.ready && !!container.state.running);
    await cluster.node.setBehaviour(pod?.metadata.name, 'good');
    await podWhen(space, 'readiness to return', (container) => container.ready);
  });

  test('a missing Secret keeps the container from being created until it is there', async () => {
    const space = await namespace();
    const env = [
      { name: 'RUST_LOG', value: 'warn' },
      { name: 'ORCH_API_TOKEN', valueFrom: { secretKeyRef: { name: 'orchestrator-secrets', key: 'token' } } },
    ];
    const readinessProbe = {
      httpGet: { path: '/', port: 'http' },
      periodSeconds: 1,
    };
    await create(space, 'v0.1.0', { container: { env, readinessProbe } });
    const waiting = await podWhen(
      space,
      'the config error',
      (container) => container.state.waiting?.reason === 'CreateContainerConfigError',
    );
    expect(waiting.status.containerStatuses[0].state.waiting.message).toContain('orchestrator-secrets');
    await cluster.api.must('POST', `/api/v1/namespaces/${space}/secrets`, {
      metadata: { name: 'orchestrator-secrets' },
      stringData: { token: 'sesame' },
    });
    await cluster.complete(space, 'master-orchestrator');
    const url = await service(space);
    expect((await fetch(`${url}/health`)).status).toBe(401);
    const authorised = await fetch(`${url}/health`, { headers: { authorization: 'Bearer sesame' } });
    expect(authorised.status).toBe(200);
  });

  test('without RUST_LOG=warn every chat fails, as in the real service', async () => {
    const space = await namespace();
    await create(space, 'v0.1.0', { container: { env: [] } });
    await cluster.complete(space, 'master-orchestrator');
    const response = await fetch(`${await service(space)}/api/v1/chat`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: '{"message":"ping"}',
    });
    expect(await response.json()).toMatchObject({ status: 'error', error: { code: 'execution_failed' } });
  });

  test('instances of one Deployment can disagree', async () => {
    const space = await namespace();
    await cluster.deploy({ namespace: space, image: imageOf('v0.3.0-agents-disagree') });
    const health = await Promise.all(
      (await pods(space)).map(async (pod) => {
        const url = `http://${pod.status.podIP}:${cluster.node.apiPort}/api/v1/agents`;
        const [row] = (await (await fetch(url)).json()) as { health: string }[];
        return row?.health;
      }),
    );
    expect(health.sort()).toEqual(['healthy', 'unhealthy']);
  });

  test('a pod whose process is stopped and cannot obey is killed and deleted all the same', async () => {
    const space = await namespace();
    await cluster.deploy({
      namespace: space,
      image: imageOf('v0.1.0'),
      replicas: 1,
      template: { terminationGracePeriodSeconds: 1 },
    });
    const [pod] = await pods(space);
    const pid = cluster.node.pidOf(pod?.metadata.name) ?? 0;
    process.kill(pid, 'SIGSTOP');
    await cluster.api.must('DELETE', `/api/v1/namespaces/${space}/pods/${pod?.metadata.name}`);
    await until('the pod to be replaced', async () =>
      (await pods(space)).every((one) => one.metadata.uid !== pod?.metadata.uid),
    );
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('identities and the audit log', () => {
  test('the worker has the least rights: it may patch Deployments and not delete them', async () => {
    const space = await namespace();
    await create(space, 'v0.1.0');
    const config = JSON.parse(await readFile(await cluster.kubeconfigFor(space), 'utf8'));
    const worker = openApi(cluster.server, cluster.controlPlane.ca, config.users[0].user.token);
    const path = `/apis/apps/v1/namespaces/${space}/deployments/master-orchestrator`;
    const mark = await cluster.mark();
    const status = async (method: 'GET' | 'PATCH' | 'DELETE', where: string, body?: unknown) =>
      (await worker.call(method, where, body, 'application/merge-patch+json')).status;
    expect(await status('GET', path)).toBe(200);
    expect(await status('PATCH', path, { metadata: { labels: { seen: 'yes' } } })).toBe(200);
    expect(await status('DELETE', path)).toBe(403);
    expect(await status('GET', `/api/v1/namespaces/${space}/secrets`)).toBe(403);
    expect(await status('GET', '/api/v1/namespaces')).toBe(403);
    await worker.close();

    const user = `system:serviceaccount:${space}:${WORKER_ACCOUNT}`;
    const requests = await cluster.requests(user, mark);
    expect(requests.map(({ verb, status }) => [verb, status])).toEqual([
      ['get', 200],
      ['patch', 200],
      ['delete', 403],
      ['list', 403],
      ['list', 403],
    ]);
    expect(await cluster.requests(user, await cluster.mark())).toEqual([]);
  });

  test('a watch is counted once, when it starts, and not again after a later mark when it ends', async () => {
    const space = await namespace();
    const config = JSON.parse(await readFile(await cluster.kubeconfigFor(space), 'utf8'));
    const worker = openApi(cluster.server, cluster.controlPlane.ca, config.users[0].user.token);
    const user = `system:serviceaccount:${space}:${WORKER_ACCOUNT}`;
    const stop = new AbortController();
    const before = await cluster.mark();
    const watching = (async () => {
      for await (const { type } of worker.watch(`/api/v1/namespaces/${space}/pods`, stop.signal)) void type;
    })().catch(() => undefined);
    const counted = () => cluster.requests(user, before);
    await until('the watch to be logged', async () => (await counted()).length === 1);
    const after = await cluster.mark();
    stop.abort();
    await watching;
    await worker.close();
    await until('the end of the watch to be logged', async () => (await cluster.mark()) > after);
    expect(await cluster.requests(user, after)).toEqual([]);
    expect((await counted()).map(({ verb }) => verb)).toEqual(['watch']);
  });

  test('a watch keeps characters of several bytes whole, wherever the chunks end', async () => {
    const space = await namespace();
    const path = `/api/v1/namespaces/${space}/configmaps`;
    // Three bytes each: no power of two is a whole number of them.
    const text = '€'.repeat(100_000);
    const { metadata } = await cluster.api.must('POST', path, { metadata: { name: 'long' }, data: { text } });
    const stop = new AbortController();
    const from = `${path}?resourceVersion=${Number(metadata.resourceVersion) - 1}`;
    for await (const { object } of cluster.api.watch(from, stop.signal)) {
      if (object.metadata?.name !== 'long') continue;
      expect(object.data.text).toBe(text);
      break;
    }
    stop.abort();
  });

  test('everything listens on the loopback interface alone', async () => {
    await cluster.deploy({ namespace: await namespace(), image: imageOf('v0.1.0'), replicas: 1 });
    const registry = JSON.parse(await readFile(join(sandbox.folder, 'processes.json'), 'utf8'));
    const pids: number[] = registry.children.map(({ pid }: { pid: number }) => pid);
    expect(pids).toContain(sandbox.temporal.pid());
    const inodes = new Set((await Promise.all(pids.map(socketsOf))).flat());
    const tables = await Promise.all(['tcp', 'tcp6'].map((name) => readFile(`/proc/net/${name}`, 'utf8')));
    const addresses = tables
      .flatMap((table) => table.split('\n').map((line) => line.trim().split(/\s+/)))
      .filter(([, , , state, , , , , , inode = '']) => state === '0A' && inodes.has(inode))
      .map(([, address = '']) => address);
    // etcd's two, the API server's, Temporal's own, its UI's and metrics', and the pod's two.
    expect(addresses.length).toBeGreaterThanOrEqual(8);
    // 127.0.0.0/8 and ::1, in the byte order of this machine.
    const loopback = /^([0-9A-F]{6}7F|0{24}01000000|0{16}FFFF0000[0-9A-F]{6}7F):/;
    expect(addresses.filter((address) => !loopback.test(address))).toEqual([]);
  });
});

async function socketsOf(pid: number): Promise<string[]> {
  // A pod of another test may end meanwhile.
  const names = await readdir(`/proc/${pid}/fd`).catch(() => []);
  const links = await Promise.all(names.map((name) => readlink(`/proc/${pid}/fd/${name}`).catch(() => '')));
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? []);
}
