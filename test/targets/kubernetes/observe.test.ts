import { describe, expect, test } from 'vitest';
import { WORKER_RULES } from '../../../sandbox/manifests.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, PREVIOUS } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

/** The worker's rules without one resource. */
const without = (...resources: string[]) =>
  WORKER_RULES.filter((rule) => !rule.resources.some((resource) => resources.includes(resource)));

describe('observe', () => {
  test('tells what runs and what was before', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0'], {
      annotations: { 'kubernetes.io/change-cause': 'release' },
    });
    const seen = await of.target.observe(context);
    const { metadata } = await of.live();
    expect(seen).toMatchObject({
      workload: `deployment/master-orchestrator in namespace ${of.namespace}`,
      uid: metadata.uid,
      generation: metadata.generation,
      replicas: 1,
      current: { version: '0.2.0', revision: 3, source: { kind: 'replica-set' }, changeCause: 'release' },
      warnings: [],
    });
    expect(seen.history.map(({ version, revision }) => [version, revision])).toEqual([
      ['0.1.1', 2],
      ['0.1.0', 1],
    ]);
  });

  test('knows a version by its old number after a rollback has renumbered it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.rollBack();
    const seen = await of.target.observe(context);
    expect(seen.current).toMatchObject({ version: '0.1.0', revision: 3, formerRevisions: [1] });
    expect(seen.history).toMatchObject([{ version: '0.2.0', revision: 2 }]);
    expect(await of.pin({ kind: 'revision', revision: 1 })).toMatchObject({ source: { kind: 'live' } });
  });

  test('knows the content that an earlier rollback put there, whoever brings it back, and no other', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    expect((await of.target.observe(context)).rolledBack).toBe(false);
    await of.rollBack();
    await of.change({ spec: { replicas: 2 }, metadata: { annotations: { owner: 'team-a' } } });
    await cluster().complete(of.namespace, 'master-orchestrator');
    const seen = await (await of.another()).observe(context);
    expect(seen.rolledBack).toBe(true);
    expect(planRollback(seen, { kind: 'known-good' })).toMatchObject({
      basis: 'rolled-back-before',
      changesNothing: true,
    });
    // Within the same second, as a rule.
    await of.push('v0.1.1');
    expect((await (await of.another()).observe(context)).rolledBack).toBe(false);
    await of.push('v0.1.0');
    expect((await (await of.another()).observe(context)).rolledBack).toBe(true);
  });

  test('is no observation of a moment ago when the Deployment was changed since', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const other = await of.another();
    const before = await other.observe(context);
    const started = await of.target.rollBack(await of.pin(), context);
    await until('the other worker to hear of it', async () => {
      return (await other.current(context)).fingerprint === started.fingerprint;
    });
    const { current, generation } = await other.observe(context);
    expect([current.fingerprint, generation]).toEqual([started.fingerprint, before.generation + 1]);
  });

  test('sees a change that somebody else made a moment ago', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.target.observe(context);
    await of.deploy('v0.1.1');
    expect(await of.target.current(context)).toMatchObject({ version: '0.1.1', generation: 3 });
  });

  test('sees a new observation at the latest after two seconds', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.target.observe(context);
    await of.deploy('v0.1.1');
    await until(
      'the new version',
      async () => (await of.target.observe(context)).current.version === '0.1.1',
      {
        withinMs: 4_000,
      },
    );
  });

  test('reports a missing Deployment within a second', async () => {
    const of = await service([]);
    const begun = performance.now();
    expect(await errorOf(of.target.observe(context))).toMatchObject({
      type: 'WorkloadMissing',
      message: `deployment/master-orchestrator does not exist in namespace ${of.namespace}`,
    });
    // The first call also loads the Kubernetes client.
    expect(performance.now() - begun).toBeLessThan(3_000);
    await of.deploy('v0.1.0');
    expect(await of.target.current(context)).toMatchObject({ version: '0.1.0' });
  });

  test('notices that the Deployment was deleted', async () => {
    const of = await service(['v0.1.0']);
    await of.target.current(context);
    await cluster().api.must('DELETE', of.path());
    await until('the deletion to be seen', async () => {
      const error = await of.target.current(context).then(
        () => undefined,
        (thrown: { type?: string }) => thrown,
      );
      return error?.type === 'WorkloadMissing';
    });
  });

  test('is cancelled without waiting for the server', async () => {
    const of = await service(['v0.1.0']);
    const stop = new AbortController();
    const observing = errorOf(of.target.observe({ signal: stop.signal }));
    stop.abort(new Error('cancelled by the caller'));
    expect(await observing).toMatchObject({ message: 'cancelled by the caller' });
  });
});

describe('checkAccess', () => {
  test('says what the worker may do', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const { summary, warnings } = await of.target.checkAccess(PREVIOUS, context);
    expect(summary).toBe(
      'may get, watch, patch deployments.apps; get, list replicasets.apps; list, watch pods; references present: none needed',
    );
    expect(warnings).toEqual([]);
  });

  test('shares one observation with identify-versions', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const mark = await cluster().mark();
    await Promise.all([of.target.checkAccess(PREVIOUS, context), of.target.observe(context)]);
    expect([...(await of.requests(mark))].sort()).toEqual([
      'create selfsubjectrulesreviews',
      'get configmaps',
      'list replicasets',
      'watch deployments',
    ]);
  });

  test.each([
    [
      'patch',
      'deployments.apps',
      [
        { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'list', 'watch'] },
        ...without('deployments'),
      ],
    ],
    ['get, list', 'replicasets.apps', without('replicasets')],
    ['list, watch', 'pods', without('pods')],
  ])('names the missing permission to %s %s', async (verbs, resource, rules) => {
    const of = await service(['v0.1.0', 'v0.2.0'], { rules });
    const error = await errorOf(of.target.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(error.message).toContain(`may not ${verbs} ${resource} in namespace ${of.namespace}; grant it`);
  });

  test('names every permission when the worker has none', async () => {
    const of = await service(['v0.1.0'], { rules: [] });
    const error = await errorOf(of.target.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(error.message).toContain(
      'get, watch, patch deployments.apps; get, list replicasets.apps; list, watch pods',
    );
  });

  test('is content with a rule for all Deployments of the namespace', async () => {
    const all = { apiGroups: ['apps'], resources: ['deployments'], verbs: ['get', 'watch', 'patch'] };
    const of = await service(['v0.1.0', 'v0.2.0'], { rules: [all, ...without('deployments')] });
    await of.target.checkAccess(PREVIOUS, context);
    await of.rollBack();
  });

  test('warns when evidence cannot be kept, and does not stand in the way', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { rules: without('configmaps') });
    const { warnings } = await of.target.checkAccess(PREVIOUS, context);
    expect(warnings).toEqual([
      'known-good evidence cannot be kept: the worker may not get, patch, create configmaps',
    ]);
    expect((await of.target.observe(context)).warnings).toEqual([expect.stringContaining('may not be read')]);
  });

  test('reports a paused Deployment with the command that resumes it', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.change({ spec: { paused: true } });
    const error = await errorOf(of.target.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'WorkloadPaused' });
    expect(error.message).toContain(
      `kubectl rollout resume deployment/master-orchestrator -n ${of.namespace}`,
    );
  });

  test('reports a Deployment with a single version', async () => {
    const of = await service(['v0.1.0']);
    expect(await errorOf(of.target.checkAccess(PREVIOUS, context))).toMatchObject({ type: 'NoHistory' });
  });

  test('reports a revision that is gone, and lists those that are there', async () => {
    const of = await service(['v0.1.0', 'v0.1.1', 'v0.2.0']);
    const [, second] = (await of.target.observe(context)).history;
    if (second?.source.kind !== 'replica-set') throw new Error('expected a ReplicaSet');
    await cluster().api.must('DELETE', of.path(`replicasets/${second.source.name}`));
    const other = await of.another();
    const error = await errorOf(other.checkAccess({ kind: 'revision', revision: 1 }, context));
    expect(error).toMatchObject({ type: 'TargetNotFound' });
    expect(error.message).toContain('0.2.0 (revision 3), 0.1.1 (revision 2)');
    await expect(other.checkAccess({ kind: 'revision', revision: 2 }, context)).resolves.toBeDefined();
  });

  test('names the objects that the target needs and that are gone', async () => {
    const of = await service([]);
    const { api } = cluster();
    const needs = (name: string) => [
      {
        name: 'master-orchestrator',
        image: 'registry.example/phoenix-orch:v0.1.0',
        envFrom: [{ configMapRef: { name } }, { secretRef: { name: 'keys' } }],
      },
    ];
    const create = (kind: string, name: string) => api.must('POST', of.path(kind), { metadata: { name } });
    await Promise.all([create('configmaps', 'config-1'), create('secrets', 'keys')]);
    await of.deploy('v0.1.0', { template: { containers: needs('config-1') } });
    await of.deploy('v0.2.0');
    const { summary } = await of.target.checkAccess(PREVIOUS, context);
    expect(summary).toContain('references present: configmap/config-1, secret/keys');

    await api.must('DELETE', of.path('configmaps/config-1'));
    const other = await of.another();
    const error = await errorOf(other.checkAccess(PREVIOUS, context));
    expect(error).toMatchObject({ type: 'ReferenceMissing' });
    expect(error.message).toContain('0.1.0 needs configmap/config-1');
    expect(error.message).not.toContain('keys');

    await create('configmaps', 'config-1');
    await expect(other.checkAccess(PREVIOUS, context)).resolves.toBeDefined();
  });
});
