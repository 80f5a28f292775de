import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { WorkloadKindName } from '../src/domain/workload-kind.ts';
import { type Processes, whileRunning } from '../tools/processes/index.ts';
import { until } from '../tools/until.ts';
import { type KubernetesApi, type KubernetesObject, MERGE_PATCH } from './control-plane/api.ts';
import { type AuditEvent, type AuditMark, auditEvents, auditMark } from './control-plane/audit-log.ts';
import type { ControlPlane } from './control-plane/index.ts';
import { kubeconfig } from './control-plane/kubeconfig.ts';
import {
  type DeploymentOptions,
  type PolicyRule,
  WORKER_ACCOUNT,
  WORKER_RULES,
  workload,
} from './manifests.ts';
import type { NodeAgent } from './node-agent/index.ts';
import { openNodes, type SandboxNodes } from './nodes.ts';

/** A Kubernetes cluster whose pods are processes of this machine. */
export interface SandboxCluster {
  readonly server: string;
  readonly api: KubernetesApi;
  readonly adminKubeconfig: string;
  /** Plays the kubelets of all nodes. */
  readonly node: NodeAgent;
  readonly nodes: SandboxNodes;
  readonly controlPlane: ControlPlane;
  /** Makes a namespace in which the account `rollback-worker` has exactly the worker's rights. */
  createNamespace(name: string): Promise<void>;
  /** Has a namespace removed with all that is in it; its pods end in their own time. */
  deleteNamespace(name: string): Promise<void>;
  /** Kubeconfig file of a service account with the given rules (default: the worker's). */
  kubeconfigFor(namespace: string, account?: string, rules?: readonly PolicyRule[]): Promise<string>;
  /** Creates the workload (default: a Deployment), or changes its image, and waits until the rollout is complete. */
  deploy(
    options: Omit<DeploymentOptions, 'apiPort' | 'metricsPort'> & { readonly kind?: WorkloadKindName },
    signal?: AbortSignal,
  ): Promise<KubernetesObject>;
  /** Waits until the workload is complete: every pod updated, available, and no old one left. */
  complete(
    namespace: string,
    name: string,
    signal?: AbortSignal,
    kind?: WorkloadKindName,
  ): Promise<KubernetesObject>;
  mark(): Promise<AuditMark>;
  /** Requests of one user since a mark. */
  requests(user: string, since?: AuditMark): Promise<readonly AuditEvent[]>;
}

/** The cluster of a running control plane and node agent. */
export function openCluster(
  controlPlane: ControlPlane,
  node: NodeAgent,
  processes: Processes,
): SandboxCluster {
  const { admin: api, server, ca, auditLog } = controlPlane;
  const nodes = openNodes(api, node);
  const rbac = '/apis/rbac.authorization.k8s.io/v1';

  async function createAccount(
    namespace: string,
    account: string,
    rules: readonly PolicyRule[],
  ): Promise<string> {
    const metadata = { name: account, namespace };
    await api.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
    await api.must('POST', `${rbac}/namespaces/${namespace}/roles`, { metadata, rules });
    await api.must('POST', `${rbac}/namespaces/${namespace}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    });
    await inForce(`system:serviceaccount:${namespace}:${account}`, namespace, rules);
    const { status } = await api.must(
      'POST',
      `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
      {
        spec: { expirationSeconds: 24 * 3600 },
      },
    );
    const file = join(processes.folder, `${namespace}-${account}.kubeconfig`);
    await writeFile(file, kubeconfig(server, ca, status.token, namespace), { mode: 0o600 });
    return file;
  }

  /** The API server's authorizer learns of a new Role and its binding by watches of its own, a moment after they are stored. */
  async function inForce(user: string, namespace: string, rules: readonly PolicyRule[]): Promise<void> {
    const [rule] = rules;
    if (!rule) return;
    const resourceAttributes = {
      namespace,
      group: rule.apiGroups[0],
      resource: rule.resources[0],
      verb: rule.verbs[0],
      ...(rule.resourceNames ? { name: rule.resourceNames[0] } : {}),
    };
    await until(`the rights of ${user} to be in force`, async () => {
      const { status } = await api.must('POST', '/apis/authorization.k8s.io/v1/subjectaccessreviews', {
        spec: { user, resourceAttributes },
      });
      return status.allowed === true;
    });
  }

  /** Its controller hears of a node a moment after it is there. */
  async function nodeCounts(kind: WorkloadKindName, { spec }: KubernetesObject): Promise<readonly number[]> {
    return kind === 'DaemonSet' ? [await nodes.taking(spec.template.spec.nodeSelector ?? {})] : [];
  }

  function complete(
    namespace: string,
    name: string,
    signal?: AbortSignal,
    kind: WorkloadKindName = 'Deployment',
  ): Promise<KubernetesObject> {
    const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s/${name}`;
    const isComplete = async () => {
      const object = await api.must('GET', path);
      const { status, metadata } = object;
      return (
        status.observedGeneration >= metadata.generation &&
        new Set([...podCounts(kind, object), ...(await nodeCounts(kind, object))]).size === 1 &&
        object
      );
    };
    return whileRunning(
      Object.values(controlPlane.processes).map(({ current }) => current()),
      (signal) => until(`${kind.toLowerCase()}/${name} to be complete`, isComplete, { signal }),
      signal,
    );
  }

  return {
    server,
    api,
    node,
    nodes,
    controlPlane,
    adminKubeconfig: controlPlane.adminKubeconfig,
    complete,
    async createNamespace(name) {
      await api.must('POST', '/api/v1/namespaces', { metadata: { name } });
    },
    async deleteNamespace(name) {
      await api.must('DELETE', `/api/v1/namespaces/${name}`);
    },
    kubeconfigFor: (namespace, account = WORKER_ACCOUNT, rules = WORKER_RULES) =>
      createAccount(namespace, account, rules),
    async deploy({ kind = 'Deployment', ...wanted }, signal) {
      const object = workload(kind, { ...wanted, apiPort: node.apiPort, metricsPort: node.metricsPort });
      const { namespace, name } = object.metadata;
      const path = `/apis/apps/v1/namespaces/${namespace}/${kind.toLowerCase()}s`;
      const { status } = await api.call('GET', `${path}/${name}`);
      if (status === 404) await api.must('POST', path, object);
      else
        await api.must(
          'PATCH',
          `${path}/${name}`,
          {
            metadata: { annotations: object.metadata.annotations },
            spec: { template: object.spec.template },
          },
          MERGE_PATCH,
        );
      return complete(namespace, name, signal, kind);
    },
    mark: () => auditMark(auditLog),
    async requests(user, since) {
      return (await auditEvents(auditLog, since)).filter((event) => event.user === user);
    },
  };
}

/** Pods that are to be, are there, are of the newest version, and are available: all the same when a rollout is complete. */
function podCounts(kind: WorkloadKindName, { spec, status }: KubernetesObject): readonly number[] {
  if (kind === 'DaemonSet') {
    const { desiredNumberScheduled, currentNumberScheduled, updatedNumberScheduled, numberAvailable } =
      status;
    return [
      desiredNumberScheduled,
      currentNumberScheduled,
      updatedNumberScheduled ?? 0,
      numberAvailable ?? 0,
    ];
  }
  const { replicas, updatedReplicas, availableReplicas } = status;
  return [spec.replicas, replicas ?? 0, updatedReplicas ?? 0, availableReplicas ?? 0];
}
