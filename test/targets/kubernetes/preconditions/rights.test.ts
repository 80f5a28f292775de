import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import { auditEvents } from '../../../../sandbox/control-plane/audit-log.ts';
import { DEPLOYMENT, RULES_OF_KIND, WORKER_RULES } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import { context, openWorld, type Service } from '../world.ts';
import { finding, findings, planned, preconditionRights, quota, remedied, rolledBack } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const grant = preconditionRights(cluster);

/** What a worker asked of the cluster while this was done, each once, with its outcome. */
async function asked({ namespace }: Service, work: () => Promise<unknown>) {
  const since = await cluster().mark();
  await work();
  const events = await auditEvents(cluster().controlPlane.auditLog, since);
  const own = events.filter(({ user }) => user.startsWith(`system:serviceaccount:${namespace}:`));
  const what = own.map(({ verb, requestURI, status }) => {
    const [, path = requestURI] =
      /\/(?:namespaces\/[^/]+\/)?([^/?]+(?:\/[^/?]+)?)(?:\?.*)?$/.exec(requestURI) ?? [];
    return { status, what: `${verb} ${path.split('/').slice(-2).join('/')}` };
  });
  return {
    denied: [...new Set(what.filter(({ status }) => status === 403).map((one) => one.what))].sort(),
    count: own.length,
    writes: own.filter(({ verb }) => !['get', 'list', 'watch'].includes(verb)),
  };
}

describe.concurrent('the rights of deploy/rbac-preconditions.yaml', () => {
  it('without them each precondition is unknown with the right that is missing, and nothing fails', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const found = await findings(of.target);
    expect(found.map(({ id, state, remedy }) => [id, state, remedy])).toEqual(
      ['platform', 'quota', 'disruption-budget', 'autoscaler', 'conflicting-controller'].map((id) => [
        id,
        'unknown',
        'kubectl apply -f deploy/rbac-preconditions.yaml',
      ]),
    );
    expect(found.map(({ says }) => says)).toEqual([
      'the worker may not list nodes',
      'the worker may not list resourcequotas; the worker may not list limitranges',
      'the worker may not list poddisruptionbudgets',
      'the worker may not list horizontalpodautoscalers; the worker may not list verticalpodautoscalers',
      'the worker may not list rollouts; the worker may not list canaries; the worker may not get deployments/rollback-controller; the worker may not get deployments/health-validator',
    ]);
  });

  it('with them nothing is left to ask for, nothing is written, and it takes few requests', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await grant(of);
    const plan = await planned(of.target);
    const { denied, count, writes } = await asked(of, async () => {
      await of.target.preconditions?.(plan, context);
      await of.target.pullCredentials?.(plan, context);
    });
    expect({ denied, writes }).toEqual({ denied: [], writes: [] });
    expect(count).toBeLessThan(20);
  });
});

describe.concurrent('the logins of pull secrets', () => {
  const encoded = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64');
  const secret = (of: Service, name: string, type: string, key: string, value: unknown) =>
    cluster().api.must('POST', of.path('secrets'), {
      metadata: { name },
      type,
      data: { [key]: encoded(value) },
    });
  const auth = Buffer.from('puller:hunter2').toString('base64');

  async function released(template: KubernetesObject, more: Parameters<typeof service>[1] = {}) {
    const of = await service([], more);
    await secret(of, 'json', 'kubernetes.io/dockerconfigjson', '.dockerconfigjson', {
      auths: {
        'registry.example': { auth },
        'https://index.docker.io/v1/': { username: 'hub', password: 'hunter3', email: 'x' },
        'broken.example': { auth: 'e' },
      },
    });
    await secret(of, 'old', 'kubernetes.io/dockercfg', '.dockercfg', { 'old.example': { auth } });
    await cluster().api.must('POST', of.path('serviceaccounts'), {
      metadata: { name: 'runner' },
      imagePullSecrets: [{ name: 'old' }],
    });
    await of.deploy('v0.1.0', { template });
    await of.deploy('v0.2.0', { template: { imagePullSecrets: null, serviceAccountName: null } });
    return of;
  }
  const logins = async (of: Service) => of.target.pullCredentials?.(await planned(of.target), context);

  it('are those that the template names, in all of their forms', async () => {
    const of = await released({
      imagePullSecrets: [{ name: 'json' }, { name: 'gone' }, { name: 'app' }],
      serviceAccountName: 'runner',
    });
    await secret(of, 'app', 'Opaque', '.dockerconfigjson', { auths: { 'no.example': { auth } } });
    expect(await logins(of)).toEqual({
      logins: [
        { server: 'registry.example', username: 'puller', password: 'hunter2' },
        { server: 'https://index.docker.io/v1/', username: 'hub', password: 'hunter3' },
      ],
      unread: [],
    });
  });

  it('are those of its ServiceAccount where it names none', async () => {
    const of = await released({ serviceAccountName: 'runner' });
    expect(await logins(of)).toEqual({
      logins: [{ server: 'old.example', username: 'puller', password: 'hunter2' }],
      unread: [],
    });
  });

  it('are none where the worker may not read them: nothing fails, and the right that is missing is named', async () => {
    const rules = WORKER_RULES.map((rule) => ({
      ...rule,
      resources: rule.resources.filter((resource) => resource !== 'secrets'),
    })).filter(({ resources }) => resources.length > 0);
    const of = await released({ imagePullSecrets: [{ name: 'json' }] }, { rules });
    expect(await logins(of)).toEqual({
      logins: [],
      unread: [
        {
          says: 'the worker may not get secrets/json',
          remedy: 'kubectl apply -f deploy/rbac-preconditions.yaml',
        },
      ],
    });
  });

  it('are never in what is found', async () => {
    const of = await released({ imagePullSecrets: [{ name: 'json' }] }, { rules: RULES_OF_KIND.Deployment });
    expect(JSON.stringify(await findings(of.target))).not.toMatch(/hunter|puller/);
  });
});

describe('the nodes of the cluster', () => {
  it('tell whether they take the pods and can run the image, until they are cordoned', async () => {
    const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'arm64' };
    const of = await service(['v0.1.0', 'v0.2.0'], { kind: 'DaemonSet', nodes: 2 });
    await grant(of);
    for (const name of of.nodes) await cluster().nodes.label(name, labels);
    const platform = (platforms?: readonly string[]) =>
      finding(of.target, 'platform', platforms ? { platforms } : undefined);
    expect(await platform(['linux/arm64/v8'])).toMatchObject({
      state: 'met',
      says: expect.stringMatching(
        /^2 of \d+ nodes take pods of 0\.1\.0 \(linux\/arm64\); its image is for linux\/arm64$/,
      ),
    });
    expect(await platform(['linux/amd64'])).toMatchObject({
      state: 'not-met',
      says: `its image is for linux/amd64, and the nodes that take its pods are linux/arm64: ${of.nodes.join(', ')}`,
    });
    expect(await platform()).toMatchObject({ state: 'unknown' });
    for (const name of of.nodes) await cluster().nodes.label(name, { 'runbook.test/daemonset-of': null });
    expect(await platform(['linux/arm64'])).toMatchObject({
      state: 'unknown',
      says: expect.stringMatching(
        /^none of \d+ nodes? takes a pod of 0\.1\.0, unless one is added: .*nodeSelector/,
      ),
    });
  });

  it('a cordoned one takes no pod of a Deployment, and the remedy lets it', async () => {
    // Scaled to 0 at first: the scheduler of the sandbox knows no selectors.
    const of = await service([], { replicas: 0 });
    const template = { nodeSelector: { 'runbook.test/only': of.namespace } };
    await of.deploy('v0.1.0', { template });
    await of.deploy('v0.2.0', { template });
    await grant(of);
    const node = `${of.namespace}-node`;
    await cluster().nodes.add(node, {
      'runbook.test/only': of.namespace,
      'kubernetes.io/os': 'linux',
      'kubernetes.io/arch': 'amd64',
    });
    await cluster().nodes.cordon(node);
    const platform = () => finding(of.target, 'platform', { platforms: ['linux/amd64'] });
    expect(await platform()).toMatchObject({ state: 'met', says: expect.stringContaining('scaled to 0') });
    await of.change({ spec: { replicas: 1 } });
    const found = await platform();
    expect(found).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining(`${node} is cordoned`),
      remedy: `kubectl uncordon ${node}`,
    });
    await remedied(cluster(), found);
    expect(await platform()).toMatchObject({ state: 'met' });
  });

  it('where new pods of a DaemonSet start beside the old ones, a quota has to have room for one', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], {
      kind: 'DaemonSet',
      nodes: 2,
      spec: { updateStrategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
    });
    await grant(of);
    await quota(cluster(), of, { pods: '2' });
    const found = await finding(of.target, 'quota');
    expect(found).toMatchObject({ state: 'not-met', says: expect.stringContaining('after 0 of 2 new pods') });
    await rolledBack(of);
    const { api } = cluster();
    await until('a pod to be refused', async () => {
      const { items } = await api.must('GET', of.path('events'));
      return items.some(({ message }: KubernetesObject) => /exceeded quota/.test(message));
    });
    await remedied(cluster(), found);
    await cluster().complete(of.namespace, DEPLOYMENT, undefined, 'DaemonSet');
  });
});
