import { describe, expect, test } from 'vitest';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf } from '../../../src/domain/versions/versions.ts';
import { until } from '../../../tools/until.ts';
import { context, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld({ instantReady: true });

const both = ['v0.1.0', 'v0.2.0'];
const OURS = /^this runbook \(field manager "rollback-runbook" at \d{4}-.*Z\)$/;
const by = (...managers: string[]) =>
  new RegExp(`^field manager ${managers.map((name) => `"${name}"`).join(' or ')} at \\d{4}-.*Z$`);

/** What was deployed before is of an earlier second, so that it is not named beside what comes now. */
async function nextSecond(): Promise<void> {
  const begun = Math.floor(Date.now() / 1000);
  await until('the next second', async () => Math.floor(Date.now() / 1000) > begun);
}

const last = async (of: Service) => (await of.another()).lastChangedBy(context);
const image = (version: string) => ({
  spec: {
    template: {
      spec: {
        containers: [{ name: 'master-orchestrator', image: `registry.example/phoenix-orch:${version}` }],
      },
    },
  },
});
const strategic = (of: Service, manager: string, patch: object) =>
  cluster().api.must(
    'PATCH',
    `${of.path()}?fieldManager=${manager}`,
    patch,
    'application/strategic-merge-patch+json',
  );
/** As a GitOps controller does it: its fields, and whoever had them before. */
const apply = (of: Service, manager: string, body: object) =>
  cluster().api.must(
    'PATCH',
    `${of.path()}?fieldManager=${manager}&force=true`,
    { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'master-orchestrator' }, ...body },
    'application/apply-patch+yaml',
  );

async function applied(of: Service, version: string) {
  const { selector, template } = (await of.live()).spec;
  const [container] = template.spec.containers;
  const containers = [{ ...container, image: `registry.example/phoenix-orch:${version}` }];
  return { spec: { selector, template: { ...template, spec: { containers } } } };
}

async function restored(of: Service) {
  const snapshot = await of.target.takeSnapshot(liveVersionOf(await of.target.observe(context)), context);
  await of.target.rollBack(await of.pin(), context);
  const plan = planRollback(await of.target.observe(context), { kind: 'snapshot', snapshot });
  if ('problem' in plan) throw new Error(plan.message);
  await of.target.rollBack(plan.pin, context);
}

describe('who changed a Deployment last', () => {
  test('is this runbook after a rollback of ours, also within the second of the deploy before', async () => {
    const of = await service(both);
    const pin = await of.pin();
    await of.push('v0.2.1');
    await of.push('v0.2.0');
    // The generation of the plan is gone by: a worker that knows the template writes on the new one.
    await of.target.rollBack({ ...pin, generation: (await of.live()).metadata.generation }, context);
    expect(await last(of)).toEqual({ who: expect.stringMatching(OURS), ours: true });
  });

  test('is this runbook after a restore of ours', async () => {
    const of = await service(both);
    await restored(of);
    expect(await last(of)).toEqual({ who: expect.stringMatching(OURS), ours: true });
  });

  test('stays this runbook when others change replicas, annotations and status', async () => {
    const of = await service(both);
    await of.rollBack();
    await of.change(
      { spec: { replicas: 2 }, metadata: { annotations: { owner: 'team-a' } } },
      'kubectl-edit',
    );
    await cluster().api.must(
      'PATCH',
      `${of.path()}/scale?fieldManager=kubectl-scale`,
      { spec: { replicas: 1 } },
      'application/merge-patch+json',
    );
    await cluster().complete(of.namespace, 'master-orchestrator');
    expect(await last(of)).toMatchObject({ ours: true });
  });

  const writers: readonly (readonly [string, (of: Service) => Promise<unknown>])[] = [
    ['kubectl-set', (of) => strategic(of, 'kubectl-set', image('v0.2.0'))],
    ['kubectl-edit', (of) => strategic(of, 'kubectl-edit', image('v0.2.0'))],
    ['kubectl-client-side-apply', (of) => strategic(of, 'kubectl-client-side-apply', image('v0.2.0'))],
    ['argocd-controller', async (of) => apply(of, 'argocd-controller', await applied(of, 'v0.2.0'))],
    [
      'kubectl-rollout',
      // As `kubectl rollout restart` does it.
      (of) =>
        strategic(of, 'kubectl-rollout', {
          spec: { template: { metadata: { annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' } } } },
        }),
    ],
  ];
  test.each(writers)(
    'is %s that changed it back, also within the second of our write',
    async (manager, write) => {
      const of = await service(both);
      await nextSecond();
      await of.target.rollBack(await of.pin(), context);
      await write(of);
      expect(await last(of)).toEqual({ who: expect.stringMatching(by(manager)), ours: false });
      // A restart has brought no other content.
      const isRestart = manager === 'kubectl-rollout';
      expect((await (await of.another()).observe(context)).rolledBack).toBe(isRestart);
    },
  );

  test('is the GitOps controller that shares fields with us and wrote within the same second', async () => {
    const of = await service([]);
    await of.deploy('v0.1.0');
    await apply(of, 'argocd-controller', await applied(of, 'v0.2.0'));
    const [container] = (await of.live()).spec.template.spec.containers;
    await of.change(
      { spec: { template: { spec: { containers: [{ ...container, args: ['--by-hand'] }] } } } },
      'kubectl-edit',
    );
    await cluster().complete(of.namespace, 'master-orchestrator');
    await nextSecond();
    // The rollback takes the arguments of kubectl-edit away and leaves the image; argocd then brings its image.
    await of.target.rollBack(await of.pin({ kind: 'version', version: '0.1.0' }), context);
    await apply(of, 'argocd-controller', await applied(of, 'v0.2.0'));
    expect(await last(of)).toEqual({ who: expect.stringMatching(by('argocd-controller')), ours: false });
  });

  test('names both when two others wrote within one second', async () => {
    const of = await service(['v0.1.0']);
    await nextSecond();
    for (;;) {
      const labels = (value: string) => ({ spec: { template: { metadata: { labels: { by: value } } } } });
      await of.change(labels(`a-${Date.now()}`), 'kubectl-edit');
      await of.change(
        { spec: { template: { spec: { terminationGracePeriodSeconds: Date.now() % 100 } } } },
        'helm',
      );
      const times = (await of.live()).metadata.managedFields
        .filter(({ manager }: { manager: string }) => ['kubectl-edit', 'helm'].includes(manager))
        .map(({ time }: { time: string }) => time);
      if (new Set(times).size === 1) break;
    }
    expect(await last(of)).toEqual({ who: expect.stringMatching(by('helm', 'kubectl-edit')), ours: false });
  });

  test('is somebody whom the API server does not note when fields were only taken away', async () => {
    const of = await service([]);
    const env = { containers: [] as object[] };
    await of.deploy('v0.1.0');
    const [container] = (await of.live()).spec.template.spec.containers;
    env.containers = [{ ...container, args: ['--old'] }];
    await of.change({ spec: { template: { spec: env } } }, 'deployer');
    await cluster().complete(of.namespace, 'master-orchestrator');
    await of.deploy('v0.2.0');
    await nextSecond();
    await of.rollBack();
    const [live] = (await of.live()).spec.template.spec.containers;
    const { args: _taken, ...rest } = live;
    await of.change({ spec: { template: { spec: { containers: [rest] } } } }, 'kubectl-edit');
    expect(await last(of)).toEqual({ who: expect.stringContaining('only took fields away'), ours: false });
  });

  test('is whoever undid it, when kubectl brings annotations of the old ReplicaSet with the template', async () => {
    const of = await service(both);
    await restored(of);
    await cluster().complete(of.namespace, 'master-orchestrator');
    await of.rollBack();
    await nextSecond();
    const live = await of.live();
    const { items } = await cluster().api.must('GET', of.path('replicasets'));
    const old = items.find(
      (item: { spec: { template: { spec: { containers: { image: string }[] } } } }) =>
        item.spec.template.spec.containers[0]?.image === 'registry.example/phoenix-orch:v0.2.0',
    );
    expect(Object.keys(old.metadata.annotations)).toContain('rollback-runbook/last-change');
    const { 'pod-template-hash': _hash, ...labels } = old.spec.template.metadata.labels;
    const annotations = { ...old.metadata.annotations };
    annotations['deployment.kubernetes.io/revision'] =
      live.metadata.annotations['deployment.kubernetes.io/revision'];
    await cluster().api.must(
      'PATCH',
      `${of.path()}?fieldManager=kubectl-rollout`,
      [
        { op: 'replace', path: '/spec/template', value: { ...old.spec.template, metadata: { labels } } },
        { op: 'replace', path: '/metadata/annotations', value: annotations },
      ],
      'application/json-patch+json',
    );
    expect(await last(of)).toEqual({ who: expect.stringMatching(by('kubectl-rollout')), ours: false });
  });
});
