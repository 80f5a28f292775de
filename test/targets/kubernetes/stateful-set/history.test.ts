import { describe, expect, it } from 'vitest';
import { imageOf } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import { context, errorOf, openWorld, type Service } from '../world.ts';
import { planned, STATEFUL_SET } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

const NAME = 'master-orchestrator';
const revisionsOf = async (of: Service) =>
  (await cluster().api.must('GET', of.path('controllerrevisions'))).items;
const fresh = async (of: Service) => (await of.another()).observe(context);

/** Changes the template beside the image, and waits until the controller has rolled it out. */
async function edit(of: Service, template: object): Promise<void> {
  await of.change({ spec: { template } });
  await cluster().complete(of.namespace, NAME, undefined, 'StatefulSet');
}

describe('the history of a StatefulSet', () => {
  it('is what its ControllerRevisions hold', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0'], {
      ...STATEFUL_SET,
      annotations: { 'kubernetes.io/change-cause': 'release' },
    });
    const { metadata } = await of.live();
    expect(await of.target.observe(context)).toMatchObject({
      kind: 'StatefulSet',
      workload: `statefulset/${NAME} in namespace ${of.namespace}`,
      uid: metadata.uid,
      generation: metadata.generation,
      replicas: 1,
      rolledBack: false,
      current: {
        version: '0.2.0',
        revision: 3,
        source: { kind: 'controller-revision' },
        changeCause: 'release',
      },
      history: [
        { version: '0.1.1', revision: 2, changeCause: 'release', source: { kind: 'controller-revision' } },
        { version: '0.1.0', revision: 1, changeCause: 'release', source: { kind: 'controller-revision' } },
      ],
      warnings: [],
    });
  });

  it('goes back to the version before, whose number grows in place', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, replicas: 3 });
    const before = await revisionsOf(of);
    const messages = await of.rollBack();
    expect(messages.at(-1)).toBe('3 of 3 replicas available');
    expect((await of.live()).spec.template.spec.containers[0].image).toBe(imageOf('v0.1.0'));
    const after = await revisionsOf(of);
    const names = (all: { metadata: { name: string; uid: string } }[]) =>
      all.map(({ metadata }) => [metadata.name, metadata.uid]).sort();
    expect(names(after)).toEqual(names(before));
    const seen = await fresh(of);
    expect(seen).toMatchObject({
      rolledBack: true,
      current: { version: '0.1.0', revision: 3 },
      history: [{ version: '0.2.0', revision: 2 }],
    });
    expect(await of.target.lastChangedBy(context)).toMatchObject({ ours: true });
    // And it stays: a second run goes no further back, and not forward.
    expect(await planned(of)).toMatchObject({ changesNothing: true, basis: 'rolled-back-before' });
    await expect(planned(of, 'revision:1')).rejects.toThrow(/TargetNotFound/);
  });

  it('has no more versions than its limit allows, beside those that are live', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.1.2-good', 'v0.2.0'], {
      ...STATEFUL_SET,
      spec: { revisionHistoryLimit: 1 },
    });
    const { current, history, historyLimit } = await fresh(of);
    expect({
      current: current.version,
      history: history.map(({ version }) => version),
      historyLimit,
    }).toEqual({ current: '0.2.0', history: ['0.1.2-good'], historyLimit: 1 });
    const none = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, spec: { revisionHistoryLimit: 0 } });
    const seen = await fresh(none);
    expect(seen.history).toEqual([]);
    expect(seen.warnings).toEqual([
      'spec.revisionHistoryLimit is 0: Kubernetes keeps no earlier version of this StatefulSet',
    ]);
    const error = await errorOf(none.target.checkAccess({ kind: 'previous' }, context));
    expect(error).toMatchObject({ type: 'NoHistory' });
  });

  it('has one version of an image that was on, off and on again, and tells the annotation that differs', async () => {
    const annotated = (value: string) => ({
      metadata: { annotations: { 'vault.hashicorp.com/agent-inject-secret-db': value } },
    });
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    await edit(of, annotated('old'));
    await edit(of, annotated('new'));
    expect(await planned(of)).toMatchObject({ to: { version: '0.2.0', revision: 3 }, changesNothing: false });
    await of.deploy('v0.1.0');
    await edit(of, annotated('old'));
    await of.deploy('v0.2.0');
    const { current, history } = await fresh(of);
    expect([current.revision, ...history.map(({ revision }) => revision)]).toEqual([7, 6, 5, 4, 2, 1]);
  });

  it('does not call a restart another version', async () => {
    const restarted = (value: string) => ({
      metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': value } },
    });
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    await edit(of, restarted('once'));
    await edit(of, restarted('twice'));
    for (const target of ['known-good', 'previous'])
      expect(await planned(of, target)).toMatchObject({ to: { version: '0.1.0' } });
  });

  it('is its own, beside a Deployment and another StatefulSet with the same labels', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    const { api } = cluster();
    const { spec } = await of.live();
    const labels = { app: NAME, tier: 'other' };
    const template = { ...spec.template, metadata: { labels } };
    await api.must('POST', of.path('statefulsets'), {
      metadata: { name: 'other' },
      spec: { replicas: 1, serviceName: 'other', selector: { matchLabels: labels }, template },
    });
    await cluster().deploy({ namespace: of.namespace, image: imageOf('v0.1.1'), replicas: 1 });
    await cluster().complete(of.namespace, 'other', undefined, 'StatefulSet');
    const { current, history } = await fresh(of);
    expect([current.version, ...history.map(({ version }) => version)]).toEqual(['0.2.0', '0.1.0']);
    const started = await of.target.rollBack(await of.pin(), context);
    const { instances } = await of.target.waitForRollout(started, context, () => undefined);
    expect(instances.map(({ name }) => name)).toEqual([`${NAME}-0`]);
  });

  it('is adopted by a set that was made anew around its pods, and gone back to', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    const { metadata, spec } = await of.live();
    const { api } = cluster();
    await api.must('DELETE', of.path(), { propagationPolicy: 'Orphan' });
    await until('the set to be gone', async () => (await api.call('GET', of.path())).status === 404);
    await api.must('POST', of.path('statefulsets'), {
      metadata: { name: NAME, labels: metadata.labels },
      spec: { ...spec, podManagementPolicy: 'Parallel' },
    });
    await cluster().complete(of.namespace, NAME, undefined, 'StatefulSet');
    const pin = await of.pin();
    expect(pin).toMatchObject({ version: '0.1.0', source: { kind: 'controller-revision' } });
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
  });
});

describe('the plan for a StatefulSet', () => {
  it('warns of who would bring the newer version back', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    const annotate = (annotations: object) => of.change({ metadata: { annotations } });
    await annotate({ 'kubectl.kubernetes.io/last-applied-configuration': '{}' });
    expect((await fresh(of)).warnings).toEqual([
      'the StatefulSet is managed by kubectl apply: the next apply of the newer manifest brings it back',
    ]);
    await annotate({ 'argocd.argoproj.io/tracking-id': 'x', 'helm.toolkit.fluxcd.io/name': 'y' });
    expect((await fresh(of)).warnings).toEqual([
      expect.stringContaining('Argo CD manages this StatefulSet'),
      expect.stringContaining('Flux manages this StatefulSet'),
    ]);
  });

  it('shows the difference, and needs the rights for this kind alone', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], STATEFUL_SET);
    const plan = await planned(of);
    const { diff } = await of.target.resolve(plan, context);
    expect(diff).toMatch(/-.*v0\.2\.0/);
    expect(diff).toMatch(/\+.*v0\.1\.0/);
    const { summary, warnings } = await of.target.checkAccess({ kind: 'previous' }, context);
    expect(summary).toBe(
      'may get, watch, patch statefulsets.apps; get, list controllerrevisions.apps; list, watch pods; references present: none needed',
    );
    expect(warnings).toEqual([]);
    const blind = await of.another({ kubeconfig: await cluster().kubeconfigFor(of.namespace, 'blind', []) });
    const error = await errorOf(blind.checkAccess({ kind: 'previous' }, context));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(error.message).toContain('get, list controllerrevisions.apps');
  });

  it('names a set that is not there, or is being deleted', async () => {
    const of = await service([], STATEFUL_SET);
    expect(await errorOf(of.target.observe(context))).toMatchObject({
      type: 'WorkloadMissing',
      message: `statefulset/${NAME} does not exist in namespace ${of.namespace}`,
    });
    for (const version of ['v0.1.0', 'v0.2.0']) await of.deploy(version);
    await of.change({ metadata: { finalizers: ['example.com/kept'] } });
    await cluster().api.must('DELETE', of.path());
    const error = await errorOf((await of.another()).checkAccess({ kind: 'previous' }, context));
    expect(error).toMatchObject({ type: 'WorkloadDeleted' });
    await of.change({ metadata: { finalizers: null } });
  });
});
