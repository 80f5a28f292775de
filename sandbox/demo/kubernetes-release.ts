import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxCluster } from '../cluster.ts';
import { type KubernetesObject, STRATEGIC_PATCH } from '../control-plane/api.ts';
import { DEPLOYMENT, deployment, imageOf, NAMESPACE } from '../manifests.ts';
import { CONFIG_FOLDER, KEY_VARIABLE, serviceConfig } from './service-config.ts';
import type { Release } from './world.ts';

export const CONFIG_MAP = 'orchestrator-config';
const SECRET = 'orchestrator-secrets';
/** As which `kubectl apply` is known to the API server. */
const KUBECTL = 'kubectl-client-side-apply';

/**
 * Applies the manifests of a release, as `kubectl apply` does: the ConfigMap under the name that it always has, and the
 * Deployment; then waits for the rollout.
 * @param provider the language model that it asks.
 */
export async function applyRelease(
  cluster: SandboxCluster,
  release: Release,
  signal: AbortSignal,
  provider?: string,
): Promise<void> {
  const core = `/api/v1/namespaces/${NAMESPACE}`;
  const key = { metadata: { name: SECRET }, stringData: { [KEY_VARIABLE]: 'sandbox-key' } };
  await apply(cluster, `${core}/secrets`, key);
  const config = { metadata: { name: CONFIG_MAP }, data: { 'config.toml': serviceConfig(release) } };
  const isNew = await apply(cluster, `${core}/configmaps`, config);
  // An image takes longer to be pulled than this; the API server notes the time of a change in whole seconds.
  if (isNew) await sleep(1_000 - (Date.now() % 1_000) + 20, undefined, { signal });
  await apply(
    cluster,
    `/apis/apps/v1/namespaces/${NAMESPACE}/deployments`,
    manifest(cluster, release, provider),
  );
  await cluster.complete(NAMESPACE, DEPLOYMENT, signal);
}

/** The names that the pods of what is live take their config from. */
export async function configInUse({ api }: SandboxCluster): Promise<readonly string[]> {
  const path = `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/${DEPLOYMENT}`;
  const { volumes } = (await api.must('GET', path)).spec.template.spec;
  return volumes.map(({ configMap }: KubernetesObject) => `configmap/${configMap.name}`);
}

/** @returns whether it has changed anything. */
async function apply(
  { api }: SandboxCluster,
  collection: string,
  object: KubernetesObject,
): Promise<boolean> {
  const path = `${collection}/${object.metadata.name}`;
  const { status, body } = await api.call('GET', path);
  const { metadata } =
    status === 404
      ? await api.must('POST', `${collection}?fieldManager=${KUBECTL}`, object)
      : await api.must('PATCH', `${path}?fieldManager=${KUBECTL}`, object, STRATEGIC_PATCH);
  return metadata.resourceVersion !== body.metadata?.resourceVersion;
}

function manifest({ node }: SandboxCluster, release: Release, provider?: string): KubernetesObject {
  const { apiPort, metricsPort } = node;
  const made = deployment({ image: imageOf(release), replicas: 3, apiPort, metricsPort });
  const { spec } = made.spec.template;
  const [container] = spec.containers;
  const key = { secretKeyRef: { name: SECRET, key: KEY_VARIABLE } };
  spec.containers = [
    {
      ...container,
      env: [
        ...container.env,
        { name: KEY_VARIABLE, valueFrom: key },
        ...(provider ? [{ name: 'ORCH_PROVIDER', value: provider }] : []),
      ],
      volumeMounts: [{ name: 'config', mountPath: CONFIG_FOLDER, readOnly: true }],
    },
  ];
  spec.volumes = [{ name: 'config', configMap: { name: CONFIG_MAP } }];
  return made;
}
