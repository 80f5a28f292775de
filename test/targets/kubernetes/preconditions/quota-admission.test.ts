import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import { DEPLOYMENT } from '../../../../sandbox/manifests.ts';
import { until } from '../../../../tools/until.ts';
import { openWorld, type Service } from '../world.ts';
import { asking, finding, preconditionRights, quota, remedied, rolledBack, standing } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const grant = preconditionRights(cluster);

type Resources = Parameters<typeof asking>[1];

/** A service whose version before asks for this much, and whose live one for that much. */
async function released(before: Resources, live: Resources, more: Parameters<typeof service>[1] = {}) {
  const of = await service([], { replicas: 2, ...more });
  await of.deploy('v0.1.0', asking('v0.1.0', before));
  await of.deploy('v0.2.0', asking('v0.2.0', live));
  await grant(of);
  return of;
}

const cpu = (amount: string) => ({ requests: { cpu: amount } });
const complete = (of: Service, kind?: 'StatefulSet' | 'DaemonSet') =>
  cluster().complete(of.namespace, DEPLOYMENT, undefined, kind);
const spec = (rollingUpdate: KubernetesObject) => ({
  spec: { strategy: { type: 'RollingUpdate', rollingUpdate } },
});

describe.concurrent('what is predicted of quotas and limits is what admission does', () => {
  it.each<{
    readonly what: string;
    readonly before: Resources;
    readonly live: Resources;
    readonly hard: KubernetesObject;
    readonly more?: Parameters<typeof service>[1];
    readonly says: RegExp;
    readonly stands: { readonly made: number; readonly left: number };
  }>([
    {
      what: 'the old version asks for more',
      before: cpu('500m'),
      live: cpu('100m'),
      hard: { 'requests.cpu': '1' },
      says: /^resourcequota\/quota allows 1 requests\.cpu, of which 200m are used; a pod of 0\.1\.0 takes 500m, and the rollout would come to a stand after 1 of 2 new pods$/,
      stands: { made: 1, left: 1 },
    },
    {
      what: 'there is no pod beside the old ones',
      before: {},
      live: {},
      hard: { pods: '2' },
      says: /after 0 of 2 new pods$/,
      stands: { made: 0, left: 2 },
    },
    {
      what: 'a container does not say what is counted',
      before: {},
      live: { limits: { memory: '64Mi' } },
      hard: { 'limits.memory': '1Gi' },
      says: /refuses every pod of 0\.1\.0: it wants limits\.memory of container master-orchestrator to be set$/,
      stands: { made: 0, left: 2 },
    },
  ])('it comes to a stand where $what', async ({ before, live, hard, more, says, stands }) => {
    const of = await released(before, live, more);
    await quota(cluster(), of, hard);
    const found = await finding(of.target, 'quota');
    expect(found).toMatchObject({ state: 'not-met', says: expect.stringMatching(says) });
    await rolledBack(of);
    expect(await standing(cluster(), of, stands)).toMatch(
      /exceeded quota: quota|failed quota: quota: must specify/,
    );
    if (!found.remedy) return;
    await remedied(cluster(), found);
    await complete(of);
  });

  it.each<{
    readonly what: string;
    readonly before: Resources;
    readonly live: Resources;
    readonly hard?: KubernetesObject;
    readonly quotaSpec?: KubernetesObject;
    readonly more?: Parameters<typeof service>[1];
    readonly says: RegExp;
  }>([
    {
      what: 'there is none',
      before: cpu('500m'),
      live: cpu('100m'),
      says: /has no ResourceQuota and no LimitRange$/,
    },
    {
      what: 'there is room for one of the surge',
      before: cpu('100m'),
      live: cpu('100m'),
      hard: { 'requests.cpu': '300m' },
      says: /lets 1 of 2 new pods start beside the old ones: the rollout takes longer$/,
    },
    {
      what: 'an old pod may end first',
      before: {},
      live: {},
      hard: { pods: '2' },
      more: spec({ maxSurge: 0, maxUnavailable: 1 }),
      says: /has room for the rollout$/,
    },
    {
      what: 'its scope is another one',
      before: cpu('1m'),
      live: cpu('1m'),
      hard: { pods: '0' },
      quotaSpec: { scopes: ['BestEffort'] },
      says: /counts what the rollout creates$/,
    },
  ])('it comes through where $what', async ({ before, live, hard, quotaSpec, more, says }) => {
    const of = await released(before, live, more);
    if (hard) await quota(cluster(), of, hard, quotaSpec);
    expect(await finding(of.target, 'quota')).toMatchObject({
      state: 'met',
      says: expect.stringMatching(says),
    });
    await rolledBack(of);
    await complete(of);
  });

  it('a LimitRange that the old version breaks refuses its pods, until the remedy', async () => {
    const of = await released({ limits: { memory: '2Gi' } }, { limits: { memory: '64Mi' } });
    await cluster().api.must('POST', of.path('limitranges'), {
      metadata: { name: 'limits' },
      spec: {
        limits: [
          { type: 'Pod', max: { memory: '4Gi' } },
          { type: 'Container', max: { memory: '1Gi' }, maxLimitRequestRatio: { memory: '2' } },
        ],
      },
    });
    const found = await finding(of.target, 'quota');
    expect(found).toMatchObject({
      state: 'not-met',
      says: 'limitrange/limits refuses every pod of 0.1.0: at most 1Gi memory a container, and container master-orchestrator has 2Gi',
    });
    await rolledBack(of);
    expect(await standing(cluster(), of, { made: 0, left: 2 })).toMatch(
      /maximum memory usage per Container is 1Gi, but limit is 2Gi/,
    );
    await remedied(cluster(), found);
    await complete(of);
  });

  it('what a LimitRange gives is counted by the quota', async () => {
    const of = await released({}, cpu('10m'));
    await cluster().api.must('POST', of.path('limitranges'), {
      metadata: { name: 'limits' },
      spec: { limits: [{ type: 'Container', defaultRequest: { cpu: '300m' } }] },
    });
    await quota(cluster(), of, { 'requests.cpu': '500m' });
    expect(await finding(of.target, 'quota')).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(
        /a pod of 0\.1\.0 takes 300m, and the rollout would come to a stand after 1 of 2/,
      ),
    });
    await rolledBack(of);
    await standing(cluster(), of, { made: 1, left: 1 });
  });

  it('a StatefulSet has each pod end before the next: only what is larger than the quota stands', async () => {
    const of = await released(cpu('300m'), cpu('100m'), { kind: 'StatefulSet' });
    await quota(cluster(), of, { pods: '2', 'requests.cpu': '500m' });
    const found = await finding(of.target, 'quota');
    expect(found).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/requests\.cpu.*after 1 of 2 new pods$/),
    });
    await rolledBack(of);
    await until('one pod to be refused', async () => {
      const [{ status }, { items }] = await Promise.all([
        of.live(),
        cluster().api.must('GET', of.path('events')),
      ]);
      const isRefused = items.some(({ reason }: KubernetesObject) => reason === 'FailedCreate');
      return isRefused && status.updatedReplicas === 1 && status.replicas === 1;
    });
    await remedied(cluster(), found);
    await complete(of, 'StatefulSet');
  });

  it('a template that the history does not have makes a ReplicaSet, which a quota of objects may refuse', async () => {
    const of = await released({}, {});
    await quota(cluster(), of, { 'count/replicasets.apps': '2' });
    expect(await finding(of.target, 'quota')).toMatchObject({ state: 'met' });
    const wish = { kind: 'version', version: '0.1.1' } as const;
    const found = await finding(of.target, 'quota', undefined, wish);
    expect(found).toMatchObject({
      state: 'not-met',
      says: 'resourcequota/quota has no room for one more of replicasets.apps, which the change makes',
    });
    await rolledBack(of, wish);
    await until('the ReplicaSet to be refused', async () => {
      const { status } = await of.live();
      return status.conditions?.some(({ reason }: KubernetesObject) => reason === 'ReplicaSetCreateError');
    });
    await remedied(cluster(), found);
    await complete(of);
  });
});
