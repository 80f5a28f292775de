import { openSandbox } from '../index.ts';
import { DEPLOYMENT, imageOf, LABELS, NAMESPACE } from '../manifests.ts';
import { kubernetesChaos } from './chaos/kubernetes.ts';
import { kubernetesEntry, writeConfig } from './config.ts';
import { applyRelease, CONFIG_MAP, configInUse } from './kubernetes-release.ts';
import type { DemoWorld, WorldKind, WorldOptions } from './world.ts';

/** The service as a Deployment of three pods. */
export const KUBERNETES: WorldKind = {
  parts: 'Temporal, the Kubernetes API server with its controllers, and a node',
  open: openKubernetesWorld,
};

async function openKubernetesWorld({ progress, signal }: WorldOptions): Promise<DemoWorld> {
  const sandbox = await openSandbox({ temporal: { ui: true }, kubernetes: true, progress, signal });
  const { cluster, temporal, folder } = sandbox;
  try {
    await cluster.createNamespace(NAMESPACE);
    const service = await cluster.node.openService(NAMESPACE, LABELS);
    const kubeconfig = await cluster.kubeconfigFor(NAMESPACE);
    const { apiPort, metricsPort } = cluster.node;
    const bad = `${DEPLOYMENT}=${imageOf('v0.2.0')}`;
    return {
      folder,
      temporal,
      processes: sandbox.processes,
      listens: `Kubernetes ${cluster.server}`,
      serviceUrl: service.url,
      writeConfig: (options) =>
        writeConfig({
          folder,
          target: kubernetesEntry(kubeconfig),
          endpoint: service.url,
          apiPort,
          metricsPort,
          ...options,
        }),
      deploy: (release) => applyRelease(cluster, release, signal),
      show: async () => [],
      config: {
        called: `its ConfigMap ${CONFIG_MAP}`,
        kept: 'nobody’s config was overwritten',
        inUse: async () => `its pods take their config from ${(await configInUse(cluster)).join(', ')}`,
      },
      whereabouts: [
        `metrics on port ${metricsPort} of every pod`,
        `audit log ${cluster.controlPlane.auditLog}`,
      ],
      terminal: { KUBECONFIG: cluster.adminKubeconfig },
      commands: [
        `kubectl -n ${NAMESPACE} get deployment,replicaset,pod`,
        `kubectl -n ${NAMESPACE} get configmap --selector app.kubernetes.io/managed-by=rollback-runbook`,
        `kubectl -n ${NAMESPACE} set image deployment/${DEPLOYMENT} ${bad}`,
      ],
      chaos: kubernetesChaos(sandbox),
      [Symbol.asyncDispose]: () => sandbox.close(),
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
