import { expect } from 'vitest';
import { MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { DEPLOYMENT } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import type { Stage } from '../stories/stage.ts';
import { behindProxies, type TemporalPlace, type Trial } from './trial.ts';

/** A Deployment with a good and a bad release; the bad one runs. */
export async function kubernetesTrial(
  stage: Stage,
  name: string,
  {
    place = { client: stage.client, temporal: stage.sandbox.temporal },
    good = 'v0.1.0',
  }: {
    readonly place?: TemporalPlace;
    readonly good?: string;
  } = {},
): Promise<Trial> {
  const { cluster } = stage.sandbox;
  const cast = await stage.cast(name, { worker: false });
  const { ca } = cluster.controlPlane;
  const proxied = await behindProxies(stage.sandbox, place, cast.namespace, cast, {
    api: { server: cluster.server, ca },
  });
  await cast.deploy(good, { replicas: 1 });
  await cast.deploy('v0.2.0', { replicas: 1 });
  const mark = await cluster.mark();
  const path = `/apis/apps/v1/namespaces/${cast.namespace}/deployments/${DEPLOYMENT}`;
  const writes = async () =>
    (await cluster.requests(cast.user, mark)).filter(
      ({ verb, requestURI }) => verb === 'patch' && requestURI.includes('/deployments/'),
    );
  return {
    ...proxied,
    target: 'Kubernetes',
    request: {},
    async expectOneWrite() {
      const taken = (await writes()).filter(({ status }) => status === 200);
      expect(taken, 'writes that the API server took').toHaveLength(1);
      const { template } = (await cast.deployment()).spec;
      expect(template.spec.containers[0].image).toMatch(new RegExp(`:${good}$`));
    },
    refusedWrites: async () => (await writes()).filter(({ status }) => status >= 400).length,
    async close() {
      await proxied.close();
      await cluster.api.must('PATCH', path, { spec: { replicas: 0 } }, MERGE_PATCH);
      await until('the pods to end', async () => !(await cast.deployment()).status.replicas);
    },
  };
}
