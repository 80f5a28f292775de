import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { KubernetesObject } from './control-plane/api.ts';

export const NAMESPACE = 'phoenix-orch';
export const DEPLOYMENT = 'master-orchestrator';
export const REPOSITORY = 'registry.example/phoenix-orch';
export const LABELS = { app: DEPLOYMENT } as const;
export const WORKER_ACCOUNT = 'rollback-worker';

/** A rule of a Role (rbac.authorization.k8s.io/v1, PolicyRule). */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

/** The rights that the product ships for its worker: the sandbox grants these and no others. */
export const WORKER_RULES: readonly PolicyRule[] = rulesOf(
  readFileSync(join(import.meta.dirname, '..', 'deploy', 'rbac.yaml'), 'utf8'),
);

function rulesOf(manifest: string): readonly PolicyRule[] {
  const objects = parseAllDocuments(manifest).map((document) => document.toJS());
  return objects.find(({ kind }) => kind === 'Role').rules;
}

export interface DeploymentOptions {
  readonly namespace?: string;
  readonly name?: string;
  readonly image: string;
  readonly replicas?: number;
  readonly apiPort: number;
  readonly metricsPort: number;
  /** Default 60. */
  readonly progressDeadlineSeconds?: number;
  readonly annotations?: Readonly<Record<string, string>>;
  /** Merged into the pod template's spec. */
  readonly template?: KubernetesObject;
  readonly spec?: KubernetesObject;
}

/** A Deployment of the stand-in orchestrator. */
export function deployment(options: DeploymentOptions): KubernetesObject {
  const { namespace = NAMESPACE, name = DEPLOYMENT, image, replicas = 2 } = options;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name, namespace, labels, annotations: options.annotations ?? {} },
    spec: {
      replicas,
      progressDeadlineSeconds: options.progressDeadlineSeconds ?? 60,
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
      selector: { matchLabels: labels },
      ...options.spec,
      template: {
        metadata: { labels },
        spec: {
          terminationGracePeriodSeconds: 5,
          containers: [
            {
              name: 'master-orchestrator',
              image,
              env: [{ name: 'RUST_LOG', value: 'warn' }],
              ports: [
                { name: 'http', containerPort: options.apiPort },
                { name: 'metrics', containerPort: options.metricsPort },
              ],
              readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
            },
          ],
          ...options.template,
        },
      },
    },
  };
}

/** Image reference of a version of the stand-in. */
export function imageOf(version: string): string {
  return `${REPOSITORY}:${version}`;
}
