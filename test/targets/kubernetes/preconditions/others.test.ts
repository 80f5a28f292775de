import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type KubernetesObject, MERGE_PATCH } from '../../../../sandbox/control-plane/api.ts';
import { DEPLOYMENT, RULES_OF_KIND } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import { realKubectl } from '../real-kubectl.ts';
import { context, openWorld, type Service } from '../world.ts';
import { finding, planned, preconditionRights, remedied, rolledBack } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const grant = preconditionRights(cluster);

/** Kinds of others, as far as they are looked at here: their programs do not run. */
const KINDS = [
  ['verticalpodautoscalers', 'VerticalPodAutoscaler', 'autoscaling.k8s.io', 'v1'],
  ['rollouts', 'Rollout', 'argoproj.io', 'v1alpha1'],
  ['applications', 'Application', 'argoproj.io', 'v1alpha1'],
  ['canaries', 'Canary', 'flagger.app', 'v1beta1'],
  ['kustomizations', 'Kustomization', 'kustomize.toolkit.fluxcd.io', 'v1'],
] as const;
const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

beforeAll(async () => {
  const { api } = cluster();
  const schema = { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } };
  for (const [plural, kind, group, name] of KINDS) {
    await api.must('POST', definitions, {
      metadata: { name: `${plural}.${group}`, annotations: { 'api-approved.kubernetes.io': 'unapproved' } },
      spec: {
        group,
        scope: 'Namespaced',
        names: { plural, kind, singular: kind.toLowerCase() },
        versions: [{ name, served: true, storage: true, schema }],
      },
    });
  }
  for (const [plural, , group, version] of KINDS) {
    await until(
      `${plural} to be served`,
      async () => (await api.call('GET', `/apis/${group}/${version}/${plural}`)).status === 200,
    );
  }
});
afterAll(async () => {
  const { api } = cluster();
  await Promise.all(
    KINDS.map(([plural, , group]) => api.call('DELETE', `${definitions}/${plural}.${group}`)),
  );
});

function make(of: Pick<Service, 'namespace'>, group: string, collection: string, object: KubernetesObject) {
  return cluster().api.must('POST', `/apis/${group}/namespaces/${of.namespace}/${collection}`, object);
}

async function released(more: Parameters<typeof service>[1] = {}): Promise<Service> {
  const of = await service(['v0.1.0', 'v0.2.0'], more);
  await grant(of, { nodes: false });
  return of;
}

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: DEPLOYMENT };
const autoscaler = (of: Service, name: string, spec: KubernetesObject = {}) =>
  make(of, 'autoscaling/v2', 'horizontalpodautoscalers', {
    metadata: { name },
    spec: {
      scaleTargetRef,
      minReplicas: 2,
      maxReplicas: 5,
      metrics: [
        {
          type: 'Resource',
          resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization: 80 } },
        },
      ],
      ...spec,
    },
  });

describe.concurrent('budgets of disruption', () => {
  const budget = (of: Service, minAvailable: number, name = 'budget') =>
    make(of, 'policy/v1', 'poddisruptionbudgets', {
      metadata: { name },
      spec: { minAvailable, selector: { matchLabels: { app: DEPLOYMENT } } },
    });
  const counted = (of: Service, allowed: number) =>
    until('the budget to be counted', async () => {
      const path = `/apis/policy/v1/namespaces/${of.namespace}/poddisruptionbudgets/budget`;
      const { status, metadata } = await cluster().api.must('GET', path);
      return status?.observedGeneration === metadata.generation && status.disruptionsAllowed === allowed;
    });
  const evicted = async (of: Service, pod: string) =>
    (
      await cluster().api.call('POST', of.path(`pods/${pod}/eviction`), {
        apiVersion: 'policy/v1',
        kind: 'Eviction',
        metadata: { name: pod },
      })
    ).status;

  it('one that allows no eviction is told with its pods, and the rollout goes through while an eviction is refused', async () => {
    const of = await released({ replicas: 2 });
    await budget(of, 2);
    await counted(of, 0);
    const { items } = await cluster().api.must('GET', of.path('pods'));
    const pods = items.map(({ metadata }: KubernetesObject) => metadata.name).sort();
    expect(await finding(of.target, 'disruption-budget')).toEqual({
      id: 'disruption-budget',
      state: 'met',
      says: `poddisruptionbudget/budget allows no eviction now (2 of 2 pods that it wants are healthy): ${pods.join(', ')}; a rollout deletes and does not ask it; a drain of their node would wait`,
    });
    expect(await evicted(of, pods[0])).toBe(429);
    await rolledBack(of);
    await cluster().complete(of.namespace, DEPLOYMENT);
  });

  it('a drain that is under way waits for it, and the rollback for neither', async () => {
    const node = 'node-that-is-drained';
    await cluster().nodes.add(node);
    const of = await released({ replicas: 2, template: { nodeName: node } });
    await budget(of, 2);
    await counted(of, 0);
    const { code, output } = await realKubectl(cluster(), `kubectl drain ${node} --timeout=1s`);
    expect([code, output]).toEqual([1, expect.stringMatching(/violate the pod's disruption budget/)]);
    const { says } = await finding(of.target, 'disruption-budget');
    expect(says).toContain('allows no eviction now');
    await grant(of);
    expect((await finding(of.target, 'disruption-budget')).says).toMatch(
      /are on cordoned nodes, whose drain waits for the rollback$/,
    );
    await rolledBack(of);
    await cluster().complete(of.namespace, DEPLOYMENT);
  });

  it('one that allows some is told as that, and one of other pods not at all; two of the same pods are named', async () => {
    const of = await released({ replicas: 2 });
    const says = async () => (await finding(of.target, 'disruption-budget')).says;
    await make(of, 'policy/v1', 'poddisruptionbudgets', {
      metadata: { name: 'others' },
      spec: { minAvailable: 9, selector: { matchLabels: { app: 'other' } } },
    });
    expect(await says()).toBe(`no PodDisruptionBudget of namespace ${of.namespace} is about its pods`);
    await budget(of, 1);
    await counted(of, 1);
    expect(await says()).toBe('poddisruptionbudget/budget allows evictions now, and a rollout asks for none');
    await budget(of, 1, 'second');
    expect(await says()).toMatch(
      /are of more than one PodDisruptionBudget: no eviction of them works at all/,
    );
    const { items } = await cluster().api.must('GET', of.path('pods'));
    expect(await evicted(of, items[0].metadata.name)).toBe(500);
  });

  it('a pod that this runbook replaces for a StatefulSet is deleted, whatever its budget says', async () => {
    const of = await service(['v0.1.0'], { kind: 'StatefulSet', replicas: 1 });
    await grant(of, { nodes: false });
    await of.push('v0.0.9');
    await until('the new pod not to be pulled', async () => {
      const { items } = await cluster().api.must('GET', of.path('pods'));
      const [pod] = items;
      return (
        pod?.spec.containers[0].image.endsWith('0.0.9') && pod.status.containerStatuses?.[0]?.state.waiting
      );
    });
    await budget(of, 1);
    await counted(of, 0);
    const { says } = await finding(of.target, 'disruption-budget');
    expect(says).toContain(`allows no eviction now (0 of 1 pods that it wants are healthy): ${DEPLOYMENT}-0`);
    const messages = await of.rollBack();
    expect(messages.join('\n')).toContain(`replaced ${DEPLOYMENT}-0 of another version`);
  });
});

describe.concurrent('autoscalers', () => {
  it('one that works is told, and the write leaves the replicas to it', async () => {
    const of = await released({ replicas: 2 });
    expect(await finding(of.target, 'autoscaler')).toMatchObject({
      state: 'met',
      says: `no autoscaler of namespace ${of.namespace} is about it`,
    });
    await autoscaler(of, 'scaler');
    await of.change({ spec: { replicas: 3 } }, 'horizontal-pod-autoscaler');
    expect(await finding(of.target, 'autoscaler')).toMatchObject({
      state: 'met',
      says: 'horizontalpodautoscaler/scaler keeps 2 to 5 replicas (3 now): the rollback leaves their number to it',
    });
    await of.change({ spec: { replicas: 5 } }, 'horizontal-pod-autoscaler');
    await rolledBack(of);
    expect((await of.live()).spec.replicas).toBe(5);
  });

  it('one that cannot read its metrics, and two of one workload, are in the way', async () => {
    const of = await released({ replicas: 2 });
    await autoscaler(of, 'scaler', {
      scaleTargetRef: { ...scaleTargetRef, name: 'other' },
    });
    await autoscaler(of, 'blind');
    const path = `/apis/autoscaling/v2/namespaces/${of.namespace}/horizontalpodautoscalers`;
    const condition = {
      type: 'ScalingActive',
      status: 'False',
      reason: 'FailedGetResourceMetric',
      message: 'failed to get cpu utilization: no metrics returned',
    };
    await cluster().api.must(
      'PATCH',
      `${path}/blind/status`,
      { status: { currentReplicas: 2, desiredReplicas: 2, conditions: [condition] } },
      MERGE_PATCH,
    );
    expect(await finding(of.target, 'autoscaler')).toMatchObject({
      state: 'not-met',
      says: 'horizontalpodautoscaler/blind cannot read its metrics (FailedGetResourceMetric: failed to get cpu utilization: no metrics returned): the replicas stay at 2 after the rollback too, whatever the load',
    });
    await autoscaler(of, 'second');
    const found = await finding(of.target, 'autoscaler');
    expect(found.says).toMatch(/^2 HorizontalPodAutoscalers \(blind, second\) scale it against each other/);
    await remedied(cluster(), found);
    expect((await finding(of.target, 'autoscaler')).says).not.toContain('against each other');
  });

  it('a vertical one that evicts is in the way until it only recommends', async () => {
    const of = await released();
    await make(of, 'autoscaling.k8s.io/v1', 'verticalpodautoscalers', {
      apiVersion: 'autoscaling.k8s.io/v1',
      kind: 'VerticalPodAutoscaler',
      metadata: { name: 'vertical' },
      spec: { targetRef: scaleTargetRef, updatePolicy: { updateMode: 'Recreate' } },
    });
    const found = await finding(of.target, 'autoscaler');
    expect(found).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/^verticalpodautoscaler\/vertical evicts pods .*updateMode Recreate/),
    });
    await remedied(cluster(), found);
    expect(await finding(of.target, 'autoscaler')).toMatchObject({
      state: 'met',
      says: 'verticalpodautoscaler/vertical only recommends (updateMode Off)',
    });
  });
});

describe.concurrent('controllers of others', () => {
  const conflict = (of: Service) => finding(of.target, 'conflicting-controller');

  it('none is known', async () => {
    const of = await released();
    expect(await conflict(of)).toEqual({
      id: 'conflicting-controller',
      state: 'met',
      says: `nobody else is known to change deployment/${DEPLOYMENT}`,
    });
  });

  it('Argo CD: its Application tells whether it syncs by itself, where it may be read', async () => {
    const of = await released();
    const argocd = `${of.namespace}-argocd`;
    await cluster().createNamespace(argocd);
    const application = (automated: KubernetesObject) =>
      make({ namespace: argocd }, 'argoproj.io/v1alpha1', 'applications', {
        apiVersion: 'argoproj.io/v1alpha1',
        kind: 'Application',
        metadata: { name: 'phoenix-orch' },
        spec: { syncPolicy: { automated } },
      });
    const id = `${argocd}_phoenix-orch:apps/Deployment:${of.namespace}/${DEPLOYMENT}`;
    await of.change({ metadata: { annotations: { 'argocd.argoproj.io/tracking-id': id } } });
    const denied = await conflict(of);
    expect(denied).toMatchObject({
      state: 'unknown',
      says: expect.stringMatching(
        /^Argo CD manages it, by its labels and annotations alone; whether it would revert .* \(the worker may not get applications\/phoenix-orch in namespace /,
      ),
    });
    await grant(of, { nodes: false, argocd });
    await until('the right to be in force', async () => !(await conflict(of)).says.includes('may not'));
    expect((await conflict(of)).says).toContain('there is no Application phoenix-orch');
    await application({ selfHeal: true, prune: true });
    const found = await conflict(of);
    expect(found).toMatchObject({
      state: 'not-met',
      says: `Argo CD's Application phoenix-orch in namespace ${argocd} syncs by itself and heals what was changed (selfHeal): it reverts the rollback within seconds`,
    });
    expect(denied.remedy).toBe(found.remedy);
    await remedied(cluster(), found);
    expect(await conflict(of)).toMatchObject({
      state: 'met',
      says: expect.stringContaining('syncs by hand alone'),
    });
  });

  it('Flux: by its labels alone, until it is told to leave the workload alone', async () => {
    const of = await released();
    const { namespace } = of;
    await make(of, 'kustomize.toolkit.fluxcd.io/v1', 'kustomizations', {
      apiVersion: 'kustomize.toolkit.fluxcd.io/v1',
      kind: 'Kustomization',
      metadata: { name: 'apps' },
      spec: { interval: '10m' },
    });
    await of.change({
      metadata: {
        labels: {
          'kustomize.toolkit.fluxcd.io/name': 'apps',
          'kustomize.toolkit.fluxcd.io/namespace': namespace,
        },
      },
    });
    const found = await conflict(of);
    expect(found).toMatchObject({
      state: 'unknown',
      says: expect.stringContaining('Flux manages it, by its labels and annotations alone'),
    });
    await remedied(cluster(), found);
    const path = `/apis/kustomize.toolkit.fluxcd.io/v1/namespaces/${namespace}/kustomizations/apps`;
    expect((await cluster().api.must('GET', path)).spec).toEqual({ interval: '10m', suspend: true });
    await of.change({ metadata: { annotations: { 'kustomize.toolkit.fluxcd.io/reconcile': 'disabled' } } });
    expect(await conflict(of)).toMatchObject({ state: 'met' });
  });

  it('a Rollout of Argo, a Canary of Flagger and the controllers of the repository are named with what they do', async () => {
    const of = await released();
    const workloadRef = scaleTargetRef;
    await make(of, 'argoproj.io/v1alpha1', 'rollouts', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'other' },
      spec: { workloadRef: { ...workloadRef, name: 'other' } },
    });
    await make(of, 'flagger.app/v1beta1', 'canaries', {
      apiVersion: 'flagger.app/v1beta1',
      kind: 'Canary',
      metadata: { name: 'canary' },
      spec: { targetRef: workloadRef },
    });
    const canary = await conflict(of);
    expect(canary).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/^Flagger's Canary canary takes a change of it for a new release/),
    });
    await remedied(cluster(), canary);
    expect(await conflict(of)).toMatchObject({ state: 'met', says: "Flagger's Canary canary is suspended" });

    await make(of, 'apps/v1', 'deployments', {
      metadata: { name: 'health-validator' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'v' } },
        template: { metadata: { labels: { app: 'v' } }, spec: { containers: [{ name: 'v', image: 'v' }] } },
      },
    });
    const repository = await conflict(of);
    expect(repository).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(
        /^deployment\/health-validator answers what it takes for a fault by writing into the pod template/,
      ),
    });
    await remedied(cluster(), repository);
    expect(await conflict(of)).toMatchObject({ state: 'met' });

    await make(of, 'argoproj.io/v1alpha1', 'rollouts', {
      apiVersion: 'argoproj.io/v1alpha1',
      kind: 'Rollout',
      metadata: { name: 'rollout' },
      spec: { workloadRef },
    });
    const rollout = await conflict(of);
    expect(rollout).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/^Argo Rollouts' Rollout rollout takes its template from it/),
    });
    expect(await remedied(cluster(), rollout)).toContain('workloadRef');
  });

  it('Helm: a release that a command is at work on, by labels alone of Secrets that may be listed', async () => {
    const list = [{ apiGroups: [''], resources: ['secrets'], verbs: ['list'] }];
    const annotated = { metadata: { annotations: { 'meta.helm.sh/release-name': 'phoenix' } } };
    const of = await service(['v0.1.0', 'v0.2.0'], { rules: [...RULES_OF_KIND.Deployment, ...list] });
    await grant(of, { nodes: false });
    await of.change(annotated);
    const revision = (version: number, status: string) =>
      cluster().api.must('POST', of.path('secrets'), {
        metadata: {
          name: `sh.helm.release.v1.phoenix.v${version}`,
          labels: { owner: 'helm', name: 'phoenix', version: String(version), status },
        },
        type: 'helm.sh/release.v1',
        stringData: { release: 'hunter2' },
      });
    await revision(1, 'deployed');
    expect(await conflict(of)).toMatchObject({ state: 'met' });
    await revision(2, 'pending-upgrade');
    const found = await conflict(of);
    expect(found).toMatchObject({
      state: 'not-met',
      says: 'revision 2 of the Helm release phoenix is pending-upgrade: a helm command is at work on it, or was broken off',
      remedy: `helm status phoenix -n ${of.namespace}`,
    });

    // The file of rights has this one commented out: applying it once more helps nobody.
    const without = await service(['v0.1.0', 'v0.2.0'], { rules: RULES_OF_KIND.Deployment });
    await grant(without, { nodes: false });
    await without.change(annotated);
    expect(await conflict(without)).toMatchObject({
      state: 'unknown',
      says: 'whether a helm command is at work on release phoenix is not known: the worker may not list secrets',
      remedy: expect.stringMatching(/^look with helm status phoenix/),
    });
  });

  it('another run whose rollout is not complete', async () => {
    const of = await released();
    await rolledBack(of, { kind: 'version', version: '0.0.9' });
    const wish = { kind: 'version', version: '0.1.0' } as const;
    const found = await finding(of.target, 'conflicting-controller', undefined, wish);
    expect(found).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(
        /^another run of this runbook .* changed it last \(roll-back\), and that rollout is not complete$/,
      ),
    });
    // One that has changed it before may have begun it itself.
    const own = await finding(of.target, 'conflicting-controller', { hasChanged: true }, wish);
    expect(own.state).toBe('met');
  });
});

it('nothing is found, and nothing is asked, of a plan that changes nothing', async () => {
  const of = await released();
  const plan = await planned(of.target);
  const since = await cluster().mark();
  expect(await of.target.preconditions?.({ ...plan, changesNothing: true }, context)).toEqual([]);
  expect(await of.requests(since)).toEqual([]);
});
