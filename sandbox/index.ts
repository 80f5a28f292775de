import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { locateTools } from '../tools/index.ts';
import { openProcesses, type Processes } from '../tools/processes/index.ts';
import { startTemporalServer, type TemporalServer } from '../tools/temporal-server.ts';
import { until } from '../tools/until.ts';
import { type KubernetesApi, type KubernetesObject, MERGE_PATCH } from './control-plane/api.ts';
import { type AuditEvent, type AuditMark, auditEvents, auditMark } from './control-plane/audit-log.ts';
import { type ControlPlane, startControlPlane } from './control-plane/index.ts';
import { kubeconfig } from './control-plane/kubeconfig.ts';
import { type DeploymentOptions, deployment, WORKER_ACCOUNT, WORKER_RULES } from './manifests.ts';
import { type NodeAgent, type NodeAgentOptions, startNodeAgent } from './node-agent/index.ts';

export interface SandboxOptions {
  readonly temporal?: boolean | { readonly ui?: boolean; readonly databaseFile?: string };
  readonly kubernetes?: boolean | NodeAgentOptions;
  readonly progress?: (line: string) => void;
  /** Stops bringing the programs, which may take minutes the first time. */
  readonly signal?: AbortSignal;
}

/** A Kubernetes cluster whose pods are processes of this machine. */
export interface SandboxCluster {
  readonly server: string;
  readonly api: KubernetesApi;
  readonly adminKubeconfig: string;
  readonly node: NodeAgent;
  readonly controlPlane: ControlPlane;
  /** Makes a namespace in which the account `rollback-worker` has exactly the worker's rights. */
  createNamespace(name: string): Promise<void>;
  /** Kubeconfig file of a service account with the given rules (default: the worker's). */
  kubeconfigFor(namespace: string, account?: string, rules?: readonly object[]): Promise<string>;
  /** Creates the Deployment, or changes its image, and waits until the rollout is complete. */
  deploy(options: Omit<DeploymentOptions, 'apiPort' | 'metricsPort'>): Promise<KubernetesObject>;
  /** Waits until the Deployment is complete: every replica updated, available, and no old one left. */
  complete(namespace: string, name: string): Promise<KubernetesObject>;
  mark(): Promise<AuditMark>;
  /** Requests of one user since a mark. */
  requests(user: string, since?: AuditMark): Promise<readonly AuditEvent[]>;
}

/** A whole world on one machine. Everything it starts ends with it. */
export interface Sandbox extends AsyncDisposable {
  readonly folder: string;
  readonly processes: Processes;
  readonly temporal?: TemporalServer;
  readonly cluster?: SandboxCluster;
  close(): Promise<void>;
}

export async function openSandbox(
  options: SandboxOptions & {
    temporal: Exclude<SandboxOptions['temporal'], undefined>;
    kubernetes: Exclude<SandboxOptions['kubernetes'], undefined>;
  },
): Promise<Sandbox & { temporal: TemporalServer; cluster: SandboxCluster }>;
export async function openSandbox(
  options: SandboxOptions & { kubernetes: Exclude<SandboxOptions['kubernetes'], undefined> },
): Promise<Sandbox & { cluster: SandboxCluster }>;
export async function openSandbox(options: SandboxOptions): Promise<Sandbox>;
export async function openSandbox(options: SandboxOptions): Promise<Sandbox> {
  const tools = await locateTools(
    [
      ...(options.temporal ? (['temporal'] as const) : []),
      ...(options.kubernetes ? (['etcd', 'kube-apiserver', 'kube-controller-manager'] as const) : []),
    ],
    {
      ...(options.progress ? { progress: options.progress } : {}),
      ...(options.signal ? { signal: options.signal } : {}),
    },
  );
  const processes = await openProcesses();
  let cluster: SandboxCluster | undefined;
  const close = async () => {
    await cluster?.node.close();
    await cluster?.api.close();
    await processes.close();
  };
  try {
    const wanted = typeof options.temporal === 'object' ? options.temporal : {};
    const [temporal, controlPlane] = await Promise.all([
      options.temporal
        ? startTemporalServer(processes, tools.temporal.path, { ui: false, fsync: false, ...wanted })
        : undefined,
      options.kubernetes
        ? startControlPlane(processes, {
            etcd: tools.etcd.path,
            'kube-apiserver': tools['kube-apiserver'].path,
            'kube-controller-manager': tools['kube-controller-manager'].path,
          })
        : undefined,
    ]);
    if (controlPlane) {
      const agent = typeof options.kubernetes === 'object' ? options.kubernetes : {};
      cluster = openCluster(
        controlPlane,
        await startNodeAgent(controlPlane.admin, processes, agent),
        processes,
      );
    }
    return {
      folder: processes.folder,
      processes,
      ...(temporal ? { temporal } : {}),
      ...(cluster ? { cluster } : {}),
      close,
      [Symbol.asyncDispose]: close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function openCluster(controlPlane: ControlPlane, node: NodeAgent, processes: Processes): SandboxCluster {
  const { admin: api, server, ca, auditLog } = controlPlane;
  const rbac = '/apis/rbac.authorization.k8s.io/v1';

  async function createAccount(
    namespace: string,
    account: string,
    rules: readonly object[],
  ): Promise<string> {
    const metadata = { name: account, namespace };
    await api.must('POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata });
    await api.must('POST', `${rbac}/namespaces/${namespace}/roles`, { metadata, rules });
    await api.must('POST', `${rbac}/namespaces/${namespace}/rolebindings`, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: account },
      subjects: [{ kind: 'ServiceAccount', name: account, namespace }],
    });
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

  async function complete(namespace: string, name: string): Promise<KubernetesObject> {
    return until(`deployment/${name} to be complete`, async () => {
      const object = await api.must('GET', `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`);
      const { status, spec, metadata } = object;
      const done =
        status.observedGeneration >= metadata.generation &&
        (status.updatedReplicas ?? 0) === spec.replicas &&
        (status.replicas ?? 0) === spec.replicas &&
        (status.availableReplicas ?? 0) === spec.replicas;
      return done && object;
    });
  }

  return {
    server,
    api,
    node,
    controlPlane,
    adminKubeconfig: controlPlane.adminKubeconfig,
    complete,
    async createNamespace(name) {
      await api.must('POST', '/api/v1/namespaces', { metadata: { name } });
    },
    kubeconfigFor: (namespace, account = WORKER_ACCOUNT, rules = WORKER_RULES) =>
      createAccount(namespace, account, rules),
    async deploy(wanted) {
      const object = deployment({ ...wanted, apiPort: node.apiPort, metricsPort: node.metricsPort });
      const { namespace, name } = object.metadata;
      const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
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
      return complete(namespace, name);
    },
    mark: () => auditMark(auditLog),
    async requests(user, since) {
      return (await auditEvents(auditLog, since)).filter((event) => event.user === user);
    },
  };
}
