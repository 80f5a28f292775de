import { MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import type { Cast, Stage } from './stage.ts';

/** A release whose pods behave as a ConfigMap says: the images are good. What `Cast.deploy` takes. */
export function configuredRelease(
  { sandbox }: Stage,
  version: string,
  more: { readonly replicas?: number } = {},
) {
  const { apiPort, metricsPort } = sandbox.cluster.node;
  const container = {
    name: 'master-orchestrator',
    image: imageOf(version),
    envFrom: [{ configMapRef: { name: 'app-config' } }],
    ports: [
      { name: 'http', containerPort: apiPort },
      { name: 'metrics', containerPort: metricsPort },
    ],
    readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
  };
  return [version, { ...more, template: { containers: [container] } }] as const;
}

/** The ConfigMap of the service. */
export function configOf({ sandbox }: Stage, { namespace }: Cast) {
  const { api } = sandbox.cluster;
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const contents = (behaviour: string) => ({ ORCH_BEHAVIOUR: behaviour, RUST_LOG: 'warn' });
  return {
    create: (behaviour: string) =>
      api.must('POST', collection, { metadata: { name: 'app-config' }, data: contents(behaviour) }),
    change: (behaviour: string) =>
      api.must('PATCH', `${collection}/app-config`, { data: contents(behaviour) }, MERGE_PATCH),
    read: () => api.must('GET', `${collection}/app-config`),
  };
}
