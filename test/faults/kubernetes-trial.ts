import { expect } from 'vitest';
import { type KubernetesApi, type KubernetesObject, MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { DEPLOYMENT } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import type { Cast, Stage } from '../stories/stage.ts';
import { IN_PLACE, releasesWithConfig } from './config-in-place-trial.ts';
import { behindProxies, type TemporalPlace, type Trial } from './trial.ts';

/** How a workload's pods are ended, so that the next trial has room. */
const END = {
  Deployment: (api, path) => api.must('PATCH', path, { spec: { replicas: 0 } }, MERGE_PATCH),
  StatefulSet: (api, path) => api.must('DELETE', `${path}?propagationPolicy=Background`),
  DaemonSet: (api, path) =>
    api.must(
      'PATCH',
      path,
      { spec: { template: { spec: { nodeSelector: { 'faults.test/none': 'yes' } } } } },
      MERGE_PATCH,
    ),
} as const satisfies Record<string, (api: KubernetesApi, path: string) => Promise<unknown>>;

/**
 * A Deployment, or a DaemonSet on two nodes, with a good and a bad release; the bad one runs. Of a StatefulSet it is stuck at
 * its first pod, which the rollback has to replace.
 */
export async function kubernetesTrial(
  stage: Stage,
  name: string,
  {
    place = { client: stage.client, temporal: stage.sandbox.temporal },
    good = 'v0.1.0',
    kind = 'Deployment',
    releases = () => undefined,
    config,
  }: {
    readonly place?: TemporalPlace;
    readonly good?: string;
    readonly kind?: keyof typeof END;
    /** Deploys another good and bad release. @returns what is demanded at the end beside the one write. */
    readonly releases?: (cast: Cast) => Promise<() => Promise<void>> | undefined;
    /** The bad release has a bad ConfigMap too, which is written in place: as it is, or made anew. */
    readonly config?: 'mutable' | 'immutable';
  } = {},
): Promise<Trial> {
  const { cluster } = stage.sandbox;
  const nodes = kind === 'DaemonSet' ? 2 : 0;
  const cast = await stage.cast(name, { worker: false, kind, nodes, ...(config ? IN_PLACE : {}) });
  const expectConfig = config
    ? await releasesWithConfig(stage, cast, good, config === 'immutable')
    : undefined;
  const { ca } = cluster.controlPlane;
  const proxied = await behindProxies(stage.sandbox, place, cast.namespace, cast, {
    api: { server: cluster.server, ca },
  });
  const demand = config ? undefined : await (releases(cast) ?? standardReleases(stage, cast, good, kind));
  const mark = await cluster.mark();
  const collection = `${kind.toLowerCase()}s`;
  const path = `/apis/apps/v1/namespaces/${cast.namespace}/${collection}/${DEPLOYMENT}`;
  const asked = async (what: string, resource: string) =>
    (await cluster.requests(cast.user, mark)).filter(
      ({ verb, requestURI }) => verb === what && requestURI.includes(`/${resource}/`),
    );
  const writes = () => asked('patch', collection);
  return {
    ...proxied,
    target: kind === 'Deployment' ? 'Kubernetes' : kind,
    request: {},
    async expectOneWrite() {
      const taken = (await writes()).filter(({ status }) => status === 200);
      expect(taken, 'writes that the API server took').toHaveLength(1);
      const deleted = (await asked('delete', 'pods')).filter(({ status }) => status < 300);
      expect(deleted, 'pods that were replaced').toHaveLength(kind === 'StatefulSet' ? 1 : 0);
      const { template } = (await cast.workload()).spec;
      expect(template.spec.containers[0].image).toMatch(new RegExp(`:${good}(@|$)`));
      await demand?.();
      await expectConfig?.();
    },
    refusedWrites: async () => (await writes()).filter(({ status }) => status >= 400).length,
    async close() {
      await proxied.close();
      await END[kind](cluster.api, path);
      await until('the pods to end', async () => {
        const { items } = await cluster.api.must('GET', `/api/v1/namespaces/${cast.namespace}/pods`);
        return items.every(({ metadata }: KubernetesObject) => metadata.deletionTimestamp);
      });
    },
  };
}

async function standardReleases(
  stage: Stage,
  cast: Cast,
  good: string,
  kind: keyof typeof END,
): Promise<undefined> {
  await cast.deploy(good, { replicas: 1 });
  if (kind === 'StatefulSet') await beStuck(stage, cast);
  else await cast.deploy('v0.2.0', { replicas: 1 });
}

/** No registry has the release that comes: its pod is never ready. */
async function beStuck({ sandbox }: Stage, cast: Cast): Promise<void> {
  await cast.deploy('v0.2.0-broken', { replicas: 1, wait: false });
  const pod = `/api/v1/namespaces/${cast.namespace}/pods/${DEPLOYMENT}-0`;
  await until('a pod of the broken release', async () => {
    const { body } = await sandbox.cluster.api.call('GET', pod);
    return body.status?.containerStatuses?.[0]?.state?.waiting?.reason !== undefined;
  });
}
