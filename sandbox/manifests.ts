import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseAllDocuments } from 'yaml';
import type { WorkloadKindName } from '../src/domain/workload-kind.ts';
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
export const WORKER_RULES: readonly PolicyRule[] = rulesOf('rbac.yaml');

/** The same where the service is of this kind: what is shipped for it is granted beside. */
export const RULES_OF_KIND: Readonly<Record<WorkloadKindName, readonly PolicyRule[]>> = {
  Deployment: WORKER_RULES,
  StatefulSet: [...WORKER_RULES, ...rulesOf('rbac-statefulset.yaml')],
  DaemonSet: [...WORKER_RULES, ...rulesOf('rbac-daemonset.yaml')],
};

/** The rights of a file in deploy/ that is granted beside. */
export function rulesOf(file: string): readonly PolicyRule[] {
  const manifest = readFileSync(join(import.meta.dirname, '..', 'deploy', file), 'utf8');
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
  return workload('Deployment', options);
}

/** The stand-in orchestrator as a workload of this kind. */
export function workload(kind: WorkloadKindName, options: DeploymentOptions): KubernetesObject {
  const { namespace = NAMESPACE, name = DEPLOYMENT } = options;
  const labels = { app: name };
  return {
    apiVersion: 'apps/v1',
    kind,
    metadata: { name, namespace, labels, annotations: options.annotations ?? {} },
    spec: {
      ...SPECS[kind](options),
      selector: { matchLabels: labels },
      ...options.spec,
      template: podTemplate(labels, options),
    },
  };
}

/** What each kind has beside selector and template. */
const SPECS: Readonly<Record<WorkloadKindName, (options: DeploymentOptions) => KubernetesObject>> = {
  Deployment: ({ replicas = 2, progressDeadlineSeconds = 60 }) => ({
    replicas,
    progressDeadlineSeconds,
    strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '100%', maxUnavailable: 0 } },
  }),
  StatefulSet: ({ replicas = 2, name = DEPLOYMENT }) => ({ replicas, serviceName: name }),
  DaemonSet: () => ({}),
};

function podTemplate(
  labels: Readonly<Record<string, string>>,
  { image, apiPort, metricsPort, template }: DeploymentOptions,
): KubernetesObject {
  return {
    metadata: { labels },
    spec: {
      terminationGracePeriodSeconds: 5,
      containers: [
        {
          name: 'master-orchestrator',
          image,
          env: [{ name: 'RUST_LOG', value: 'warn' }],
          ports: [
            { name: 'http', containerPort: apiPort },
            { name: 'metrics', containerPort: metricsPort },
          ],
          readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
        },
      ],
      ...template,
    },
  };
}

/** Image reference of a version of the stand-in. */
export function imageOf(version: string): string {
  return `${REPOSITORY}:${version}`;
}
