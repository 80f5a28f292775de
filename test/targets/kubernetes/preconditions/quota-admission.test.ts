import { describe, expect, it } from 'vitest';
import { DEPLOYMENT } from '../../../../sandbox/manifests.ts';
import { openWorld } from '../world.ts';
import { asking, finding, preconditionRights, quota, remedied, rolledBack, standing } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true, concurrent: true });
const grant = preconditionRights(cluster);

/** A service whose version before asks for this much, and whose live one for that much. */
async function released(
  before: Parameters<typeof asking>[1],
  live: Parameters<typeof asking>[1],
  more: Parameters<typeof service>[1] = {},
) {
  const of = await service([], { replicas: 2, ...more });
  await of.deploy('v0.1.0', { ...more, ...asking('v0.1.0', before) });
  await of.deploy('v0.2.0', { ...more, ...asking('v0.2.0', live) });
  await grant(of);
  return of;
}

const cpu = (amount: string) => ({ requests: { cpu: amount } });

describe.concurrent('what quotas and limits allow is what admission then does', () => {
  it('a rollout that would come to a stand comes to a stand, and with the remedy it goes on', async () => {
    const of = await released(cpu('500m'), cpu('100m'));
    await quota(cluster(), of, { 'requests.cpu': '1' });
    const found = await finding(of.target, 'quota');
    expect(found).toMatchObject({
      state: 'not-met',
      says: 'resourcequota/quota allows 1 requests.cpu, of which 200m are used; a pod of 0.1.0 takes 500m, and the rollout would come to a stand after 1 of 2 new pods',
    });
    await rolledBack(of);
    expect(await standing(cluster(), of, { made: 1, left: 1 })).toMatch(/exceeded quota: quota/);
    await remedied(cluster(), found);
    await cluster().complete(of.namespace, DEPLOYMENT);
  });

  it('without the quota the same rollout is complete', async () => {
    const of = await released(cpu('500m'), cpu('100m'));
    expect(await finding(of.target, 'quota')).toMatchObject({
      state: 'met',
      says: expect.stringContaining('has no ResourceQuota and no LimitRange'),
    });
    await rolledBack(of);
    await cluster().complete(of.namespace, DEPLOYMENT);
  });
});
