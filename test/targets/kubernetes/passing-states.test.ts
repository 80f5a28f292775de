import { describe, expect, test } from 'vitest';
import { type KubernetesObject, MERGE_PATCH, STRATEGIC_PATCH } from '../../../sandbox/control-plane/api.ts';
import { DEPLOYMENT, imageOf, LABELS } from '../../../sandbox/manifests.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ concurrent: true });

const LIMITED = (image: string) =>
  `rpc error: code = Unknown desc = failed to pull and unpack image "${image}": failed to copy: httpReadSeeker: failed open: unexpected status code https://registry.example/v2/phoenix-orch/manifests/${image}: 429 Too Many Requests - Server message: toomanyrequests: You have reached your unauthenticated pull rate limit. https://www.docker.com/increase-rate-limit`;

/** Waits for what is live now, with what was reported on the way. */
function wait(of: Service, resume?: RolloutProgress) {
  const reports: RolloutProgress[] = [];
  const finished = of.target
    .current(context)
    .then((rollout) => of.target.waitForRollout(rollout, context, (report) => reports.push(report), resume));
  finished.catch(() => {});
  /** @throws the error of the wait, when it ends before. */
  const says = (words: RegExp | string) =>
    Promise.race([
      until(`the wait to say ${words}`, async () => reports.some(({ message }) => message.match(words)), {
        withinMs: 12_000,
      }),
      finished.then(refuse),
    ]);
  return { finished, reports, says };
}

/** The progress of a wait that has begun at that time. */
function beginning(at: string): RolloutProgress {
  return { message: '', waitingSince: at, progressAt: at, updated: 0, ready: 0, available: 0, old: 0 };
}

/** Pods of a version that are not going, the oldest first. */
async function podsOf(of: Service, version: string): Promise<readonly KubernetesObject[]> {
  const { items } = await cluster().api.must('GET', of.path('pods'));
  return items
    .filter(({ metadata }: KubernetesObject) => !metadata.deletionTimestamp)
    .filter(({ spec }: KubernetesObject) => spec.containers[0].image === imageOf(version));
}

const podOf = (of: Service, version: string) =>
  until(`a pod of ${version}`, async () => (await podsOf(of, version))[0]);

/** What the kubelet of its node reports of a pod. */
const reported = (of: Service, pod: string, status: KubernetesObject) =>
  cluster().api.must('PATCH', `${of.path(`pods/${pod}`)}/status`, { status }, STRATEGIC_PATCH);

const patched = (of: Service, pod: string, patch: KubernetesObject) =>
  cluster().api.must('PATCH', of.path(`pods/${pod}`), patch, MERGE_PATCH);

const podNamed = (of: Service, name: string): Promise<KubernetesObject> =>
  cluster().api.must('GET', of.path(`pods/${name}`));

const isReady = ({ status }: KubernetesObject): boolean =>
  status?.conditions?.some(({ type, status: on }: KubernetesObject) => type === 'Ready' && on === 'True') ??
  false;

/** Deploys 0.1.1 with another container or pod. */
async function changed(of: Service, container: KubernetesObject, pod: KubernetesObject = {}) {
  const { spec } = await of.live();
  const containers = [{ ...spec.template.spec.containers[0], image: imageOf('v0.1.1'), ...container }];
  return of.change({ spec: { template: { spec: { containers, ...pod } } } }, 'deployer');
}

/** For a wait that must not have ended yet. */
function refuse(): never {
  throw new Error('the wait has ended too early');
}

describe.concurrent('K15 an image that cannot be pulled at the moment', () => {
  test('K15 is waited for while the registry limits pulls, and named meanwhile', async () => {
    const of = await service(['v0.1.0']);
    const allow = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
    await of.push('v0.1.1');
    const { finished, says } = wait(of);
    await says(/ImagePullBackOff.*429 Too Many Requests/);
    allow();
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('K15 waits until the deadlines for it, and not until a time of its own', async () => {
    const of = await service(['v0.1.0'], { rollout: { deadlineMs: 90_000 }, progressDeadlineSeconds: 80 });
    const allow = cluster().node.failPulls(
      of.namespace,
      'v0.1.1',
      'failed to do request: Head "https://registry.example/v2/": dial tcp: lookup registry.example: no such host',
    );
    await of.push('v0.1.1');
    const { reports, says, finished } = wait(of);
    await says('no such host');
    const last = reports.at(-1);
    const ago = (seconds: number) => new Date(Date.now() - seconds * 1000).toISOString();
    // Another worker takes it over after more than a minute of this.
    const again = wait(of, { ...last!, waitingSince: ago(70), progressAt: ago(70) });
    await again.says('no such host');
    allow();
    expect(await again.finished).toMatchObject({ replicas: 1 });
    await finished;
  });

  test("K15 ends at once with the registry's no, whatever the name of the image holds", async () => {
    const of = await service(['v0.1.0'], { rollout: { deadlineMs: 60_000 } });
    await of.push('v0.9.9-timeout-tls-503');
    const begun = performance.now();
    expect(await errorOf(wait(of).finished)).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringMatching(/(ErrImagePull|ImagePullBackOff): .*: not found/),
    });
    expect(performance.now() - begun).toBeLessThan(10_000);
  });
});

describe.concurrent('K16, K17 restarts of containers that are well now', () => {
  test('K16 a pod that was restarted three times and is ready does not end the wait for its sibling', async () => {
    const of = await service(['v0.1.0']);
    await of.change({
      spec: { replicas: 2, strategy: { rollingUpdate: { maxSurge: 2, maxUnavailable: 0 } } },
    });
    await cluster().complete(of.namespace, DEPLOYMENT);
    const allow = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
    await of.push('v0.1.1');
    const pods = await until('both pods', async () => {
      const found = await podsOf(of, 'v0.1.1');
      return found.length === 2 && found;
    });
    const [well, slow] = pods.map(({ metadata }) => metadata.name as string);
    const container = pods[0]?.spec.containers[0].name;
    const at = new Date().toISOString().replace(/\.\d+/, '');
    const { says, finished } = wait(of);
    await says('429');
    // As its kubelet reports it; the agent of the sandbox has no images that differ from pod to pod.
    await reported(of, well!, {
      phase: 'Running',
      conditions: [{ type: 'Ready', status: 'True' }],
      containerStatuses: [
        {
          name: container,
          image: imageOf('v0.1.1'),
          imageID: '',
          ready: true,
          started: true,
          restartCount: 3,
          state: { running: { startedAt: at } },
          lastState: { terminated: { exitCode: 1, reason: 'Error', finishedAt: at } },
        },
      ],
    });
    await says(new RegExp(`${slow}.*429`));
    allow();
    expect(await finished).toMatchObject({ replicas: 2 });
  });

  test('K17 an init container that was restarted four times and has ended well since is no trouble', async () => {
    const of = await service(['v0.1.0']);
    const allow = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
    await of.push('v0.1.1');
    const { metadata } = await podOf(of, 'v0.1.1');
    await reported(of, metadata.name, {
      initContainerStatuses: [
        {
          name: 'migrate',
          image: 'migrate:1',
          imageID: '',
          ready: true,
          restartCount: 4,
          state: { terminated: { exitCode: 0, reason: 'Completed' } },
        },
      ],
    });
    const { says, finished } = wait(of);
    await says('429');
    allow();
    expect(await finished).toMatchObject({ replicas: 1 });
  });
});

describe.concurrent('S4 a crash loop of before the wait', () => {
  test('S4 ends the wait', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-crash-exit-1');
    const restarts = async () =>
      (await podOf(of, 'v0.3.0-crash-exit-1')).status.containerStatuses?.[0]?.restartCount ?? 0;
    await until('the third crash', async () => (await restarts()) >= 3);
    await expect(wait(of).finished).rejects.toThrow(/restarted \d+ times/);
  });

  test('S4 ends it at once: it need not crash again', async () => {
    const of = await service(['v0.1.0']);
    // The kubelet has nothing to say of the container while its image does not come, and nothing crashes any more.
    const allow = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
    await of.push('v0.1.1');
    const { metadata } = await podOf(of, 'v0.1.1');
    const message = 'back-off 40s restarting failed container=migrate';
    const waiting = { reason: 'CrashLoopBackOff', message };
    await reported(of, metadata.name, {
      initContainerStatuses: [
        {
          name: 'migrate',
          image: 'migrate:1',
          imageID: '',
          ready: false,
          restartCount: 3,
          state: { waiting },
        },
      ],
    });
    await expect(wait(of).finished).rejects.toThrow(/migrate: .*restarted 3 times/);
    allow();
  });
});

describe.concurrent('K18 a ConfigMap or Secret that is missing at the moment', () => {
  test('K18 is waited for and named, and the wait goes on when somebody makes it again', async () => {
    const of = await service(['v0.1.0']);
    const config = { metadata: { name: 'settings' }, data: { MODE: 'fast' } };
    const { api } = cluster();
    await changed(of, { envFrom: [{ configMapRef: { name: 'settings' } }] });
    const { says, finished } = wait(of);
    await says('CreateContainerConfigError: configmap "settings" not found');
    await api.must('POST', of.path('configmaps'), config);
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('K18 ends the wait when its own deadline is over, which a restart of the worker does not renew', async () => {
    const of = await service(['v0.1.0'], { rollout: { deadlineMs: 3_600_000 } });
    await changed(of, { envFrom: [{ secretRef: { name: 'token' } }] });
    const { says, reports, finished } = wait(of);
    await says('secret "token" not found');
    const last = reports.at(-1)!;
    const long = new Date(Date.now() - 301_000).toISOString();
    const since = Object.fromEntries(Object.keys(last.troubledSince ?? {}).map((key) => [key, long]));
    const again = wait(of, { ...last, troubledSince: since });
    expect(await errorOf(again.finished)).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringContaining('CreateContainerConfigError: secret "token" not found'),
    });
    await of.push('v0.1.0');
    expect(await errorOf(finished)).toMatchObject({ type: 'WorkloadChanged' });
  });
});

describe.concurrent('K21 what a rollout waits for is named while it waits', () => {
  test('K21 an old pod that stays Terminating under Recreate, and what holds it', async () => {
    const of = await service(['v0.1.0'], { spec: { strategy: { type: 'Recreate' } } });
    const { metadata } = await podOf(of, 'v0.1.0');
    await patched(of, metadata.name, { metadata: { finalizers: ['example.com/drain'] } });
    await of.push('v0.1.1');
    const { says, finished } = wait(of);
    await says(new RegExp(`old pod ${metadata.name} .*ending.*example.com/drain`));
    await patched(of, metadata.name, { metadata: { finalizers: null } });
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('K21 a readiness gate that is not met', async () => {
    const of = await service(['v0.1.0']);
    await changed(of, {}, { readinessGates: [{ conditionType: 'example.com/lb' }] });
    const { says, finished } = wait(of);
    await says(/readiness gate "?example\.com\/lb/);
    const { metadata } = await podOf(of, 'v0.1.1');
    await reported(of, metadata.name, { conditions: [{ type: 'example.com/lb', status: 'True' }] });
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('K21 a pod that no node can take, a volume that cannot be mounted', async () => {
    const of = await service(['v0.1.0']);
    await changed(of, {}, { nodeSelector: { disk: 'ssd' } });
    const unscheduled = wait(of);
    await unscheduled.says(/Unschedulable: 0\/1 nodes are available/);
    await changed(of, {}, { nodeSelector: null, volumes: [{ name: 'data', configMap: { name: 'gone' } }] });
    expect(await errorOf(unscheduled.finished)).toMatchObject({ type: 'WorkloadChanged' });
    const unmounted = wait(of);
    await unmounted.says(
      /FailedMount: MountVolume.SetUp failed for volume "data" : configmap "gone" not found/,
    );
    await of.push('v0.1.0');
    await errorOf(unmounted.finished);
  });

  test('K21 that the Deployment was scaled to zero', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-never-ready');
    const { finished, reports, says } = wait(of);
    await says('not ready');
    await of.change({ spec: { replicas: 0 } }, 'autoscaler');
    const ended = await finished;
    expect(ended).toMatchObject({
      replicas: 0,
      warnings: [expect.stringContaining('scaled to 0 replicas')],
    });
    expect(reports.at(-1)?.message).toContain('scaled to 0 replicas');
  });
});

describe.concurrent('init containers and native sidecars', () => {
  const at = new Date().toISOString().replace(/\.\d+/, '');
  const init = (name: string, change: KubernetesObject) => ({
    name,
    image: imageOf('v0.1.0'),
    imageID: '',
    ready: false,
    restartCount: 0,
    ...change,
  });
  const looping = {
    restartCount: 3,
    state: { waiting: { reason: 'CrashLoopBackOff', message: 'back-off 40s restarting failed container' } },
  };

  /** A pod of 0.1.1 with this init container, whose other container is not begun: as a kubelet has it meanwhile. */
  async function withInit(container: KubernetesObject) {
    const of = await service(['v0.1.0']);
    const letGo = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
    await changed(of, {}, { initContainers: [{ image: imageOf('v0.1.0'), ...container }] });
    const { metadata } = await podOf(of, 'v0.1.1');
    const tell = (change: KubernetesObject) =>
      reported(of, metadata.name, { initContainerStatuses: [init(container.name, change)] });
    return { of, letGo, tell, ...wait(of) };
  }

  test('a native sidecar that has not started is waited for and named, and counts as running once it is', async () => {
    const { letGo, tell, says, finished } = await withInit({ name: 'proxy', restartPolicy: 'Always' });
    await tell({ started: false, state: { running: { startedAt: at } } });
    await says(/\/proxy: not started/);
    await tell({ started: true, ready: true, state: { running: { startedAt: at } } });
    letGo();
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  test('a native sidecar that ends again and again ends the wait, though its exit code is 0', async () => {
    const { tell, says, finished } = await withInit({ name: 'proxy', restartPolicy: 'Always' });
    await tell({ started: false, state: { running: { startedAt: at } } });
    await says(/\/proxy: not started/);
    const ended = { exitCode: 0, reason: 'Completed', finishedAt: at, startedAt: at };
    await tell({ restartCount: 3, state: { terminated: ended } });
    expect(await errorOf(finished)).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringMatching(/container proxy: .*restarted 3 times, last exit code 0 \(Completed\)/),
    });
  });

  test('an init container that fails is named, and ends the wait when it is in a crash loop', async () => {
    const { tell, says, finished } = await withInit({ name: 'migrate' });
    const ended = { exitCode: 2, reason: 'Error', finishedAt: at, startedAt: at };
    await tell({ restartCount: 1, state: { terminated: ended } });
    await says(/\/migrate: CrashLoop: restarted 1 times, last exit code 2/);
    await tell({ ...looping, lastState: { terminated: ended } });
    expect(await errorOf(finished)).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringMatching(
        /container migrate: CrashLoopBackOff: restarted 3 times, last exit code 2/,
      ),
    });
  });
});

describe.concurrent('pods that end, are evicted, or are not scheduled', () => {
  test.each([
    [
      'Failed',
      'Evicted',
      'The node was low on resource: memory.',
      /Evicted: The node was low on resource: memory/,
    ],
    ['Succeeded', undefined, undefined, /Completed/],
  ])(
    'one that is %s (%s) is named, and another one takes its place',
    async (phase, reason, message, words) => {
      const of = await service(['v0.1.0']);
      const letGo = cluster().node.failPulls(of.namespace, 'v0.1.1', LIMITED(imageOf('v0.1.1')));
      await of.push('v0.1.1');
      const { metadata } = await podOf(of, 'v0.1.1');
      // Pods that have failed before a wait are of no interest.
      const { says, finished } = wait(of, beginning(metadata.creationTimestamp));
      await says('429');
      await reported(of, metadata.name, { phase, reason, message });
      await says(words);
      letGo();
      const { instances } = await finished;
      expect(instances.map(({ name }) => name)).not.toContain(metadata.name);
      expect(instances).toHaveLength(1);
    },
  );

  test('one that has a scheduling gate is named until somebody opens it', async () => {
    const of = await service(['v0.1.0']);
    await changed(of, {}, { schedulingGates: [{ name: 'example.com/later' }] });
    const { says, finished } = wait(of);
    await says(/SchedulingGated/);
    const { metadata } = await podOf(of, 'v0.1.1');
    await patched(of, metadata.name, { spec: { schedulingGates: null } });
    expect(await finished).toMatchObject({ replicas: 1 });
  });
});

describe.concurrent('what rolls out slowly, and ends well', () => {
  test('maxSurge 0 with minReadySeconds, behind a PodDisruptionBudget that allows no eviction', async () => {
    const of = await service(['v0.1.0'], {
      replicas: 2,
      spec: { strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } } },
    });
    const budget = `/apis/policy/v1/namespaces/${of.namespace}/poddisruptionbudgets`;
    await cluster().api.must('POST', budget, {
      metadata: { name: 'none' },
      spec: { maxUnavailable: 0, selector: { matchLabels: LABELS } },
    });
    await of.change({ spec: { minReadySeconds: 1 } });
    const pod = await podOf(of, 'v0.1.0');
    const eviction = { metadata: { name: pod.metadata.name }, apiVersion: 'policy/v1', kind: 'Eviction' };
    const refused = await until('evictions to be refused', async () => {
      const answer = await cluster().api.call('POST', of.path(`pods/${pod.metadata.name}/eviction`), {
        ...eviction,
        deleteOptions: { dryRun: ['All'] },
      });
      return answer.status === 429 && answer;
    });
    expect(refused.body.message).toContain('disruption budget');
    await of.push('v0.1.1');
    const { reports, finished } = wait(of);
    expect(await finished).toMatchObject({ replicas: 2 });
    const said = reports.map(({ message }) => message).join('\n');
    expect(said).toMatch(/^1 of 2 replicas updated/m);
    expect(said).toMatch(/pods count as available after 1 s \(minReadySeconds\)/);
  });

  test('a hash that another ReplicaSet has taken: the version is gone back to under its other name', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const { api } = cluster();
    const [name] = (await api.must('GET', of.path('replicasets'))).items
      .filter(({ spec }: KubernetesObject) => spec.template.spec.containers[0].image === imageOf('v0.2.0'))
      .map(({ metadata }: KubernetesObject) => metadata.name);
    await api.must('DELETE', of.path());
    await until(
      'its ReplicaSets to go',
      async () => (await api.must('GET', of.path('replicasets'))).items.length === 0,
    );
    const labels = { app: 'somebody-else' };
    await api.must('POST', of.path('replicasets'), {
      metadata: { name },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: { metadata: { labels }, spec: { containers: [{ name: 'one', image: imageOf('v0.1.1') }] } },
      },
    });
    for (const version of ['v0.1.0', 'v0.2.0', 'v0.1.0']) await of.deploy(version);
    const again = await of.another();
    expect((await of.live()).status.collisionCount).toBe(1);
    const planned = planRollback(await again.observe(context), { kind: 'version', version: '0.2.0' });
    if ('problem' in planned) throw new Error(planned.message);
    expect(planned.pin).toMatchObject({
      source: { kind: 'replica-set', name: expect.not.stringMatching(`^${name}$`) },
    });
    const started = await again.rollBack(planned.pin, context);
    expect(await again.waitForRollout(started, context, () => {})).toMatchObject({
      replicas: 1,
      revision: 4,
    });
  });
});

describe.concurrent('K11 pods that the ReplicaSet has adopted', () => {
  test('K11 do not count as instances of the target, and are named', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const pin = await of.pin();
    const hash = pin.source.kind === 'replica-set' ? pin.source.podTemplateHash : '';
    const byHand = {
      metadata: { name: 'by-hand', labels: LABELS },
      spec: { containers: [{ name: DEPLOYMENT, image: imageOf('v0.2.0') }] },
    };
    await cluster().api.must('POST', of.path('pods'), byHand);
    await until('the pod to be ready', async () => isReady(await podNamed(of, 'by-hand')));
    const allow = cluster().node.failPulls(of.namespace, 'v0.1.0', LIMITED(imageOf('v0.1.0')));
    const started = await of.target.rollBack(pin, context);
    const own = await podOf(of, 'v0.1.0');
    // The ReplicaSet has one pod too many then, and removes the one that is not ready.
    await patched(of, 'by-hand', { metadata: { labels: { 'pod-template-hash': hash } } });
    await until('its own pod to go', async () => {
      const { status } = await cluster().api.call('GET', of.path(`pods/${own.metadata.name}`));
      return status === 404;
    });
    const reports: RolloutProgress[] = [];
    const finished = of.target.waitForRollout(started, context, (report) => reports.push(report));
    finished.catch(() => {});
    const named = until('the pod to be named', async () =>
      reports.some(({ message }) => /by-hand: was adopted/.test(message)),
    );
    await Promise.race([named, finished.then(refuse)]);
    allow();
    await cluster().api.must('DELETE', of.path('pods/by-hand'));
    const { instances } = await finished;
    expect(instances).toHaveLength(1);
    expect(instances[0]?.name).not.toBe('by-hand');
  });
});
