import { openSandbox } from '../index.ts';
import { DEPLOYMENT, imageOf, LABELS, NAMESPACE } from '../manifests.ts';
import { scrapePods } from '../prometheus/follow-pods.ts';
import { kubernetesChaos } from './chaos/kubernetes.ts';
import { kubernetesEntry, writeConfig } from './config.ts';
import { applyRelease, CONFIG_MAP, configInUse } from './kubernetes-release.ts';
import { STORY_PACE } from './signals.ts';
import type { DemoWorld, WorldKind, WorldOptions } from './world.ts';

/** The service as a Deployment of three pods. */
export const KUBERNETES: WorldKind = {
  parts: 'Temporal, the Kubernetes API server with its controllers, and a node',
  open: openKubernetesWorld,
};

/** As Prometheus calls what it scrapes. */
const JOB = 'master-orchestrator';

async function openKubernetesWorld({ progress, signal, measured }: WorldOptions): Promise<DemoWorld> {
  const sandbox = await openSandbox({
    temporal: { ui: true },
    kubernetes: true,
    ...(measured ? { prometheus: STORY_PACE } : {}),
    progress,
    signal,
  });
  const { cluster, temporal, folder, prometheus } = sandbox;
  try {
    await cluster.createNamespace(NAMESPACE);
    const service = await cluster.node.openService(NAMESPACE, LABELS);
    const kubeconfig = await cluster.kubeconfigFor(NAMESPACE);
    const { apiPort, metricsPort } = cluster.node;
    const scraped = prometheus && (await scrapePods(prometheus, cluster, { namespace: NAMESPACE, job: JOB }));
    const bad = `${DEPLOYMENT}=${imageOf('v0.2.0')}`;
    return {
      folder,
      temporal,
      processes: sandbox.processes,
      listens: [`Kubernetes ${cluster.server}`, ...(prometheus ? [`Prometheus ${prometheus.url}`] : [])].join(
        ', ',
      ),
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
      deploy: (release) => applyRelease(cluster, release, signal, measured?.provider),
      ...(prometheus && scraped ? { measured: { prometheus, job: JOB, scraped: () => scraped.up() } } : {}),
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
      async [Symbol.asyncDispose]() {
        await scraped?.[Symbol.asyncDispose]();
        await sandbox.close();
      },
    };
  } catch (error) {
    await sandbox.close();
    throw error;
  }
}
