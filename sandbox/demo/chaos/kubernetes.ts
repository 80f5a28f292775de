import type { TemporalServer } from '../../../tools/temporal-server.ts';
import { until } from '../../../tools/until.ts';
import type { SandboxCluster } from '../../cluster.ts';
import { DEPLOYMENT, NAMESPACE, WORKER_ACCOUNT } from '../../manifests.ts';
import type { ChaosWorld, Effects } from '../world.ts';
import { killProcess, type Victim } from './victims.ts';

interface KubernetesParts {
  readonly cluster: SandboxCluster;
  readonly temporal: TemporalServer;
}

const POD = `pod of ${DEPLOYMENT}`;

/** The Kubernetes world when everything in it is killed. Its node agent is no process of its own: it keeps the pods. */
export function kubernetesChaos({ cluster, temporal }: KubernetesParts): ChaosWorld {
  const { etcd, apiserver, controllers } = cluster.controlPlane.processes;
  return {
    good: 'v0.1.0-slow-ready',
    environment: {},
    kept: [temporal.process, etcd, apiserver, controllers],
    lookedAfter: async ({ pid }) => {
      const isPod = cluster.node.pods().some((pod) => pod.pid === pid);
      return isPod ? newestPod(cluster) : undefined;
    },
    steps: ['wait-for-rollout', 'verify-health', 'verify-agents'],
    wanted: {
      'kube-controller-manager': 'wait-for-rollout',
      'kube-apiserver': 'wait-for-rollout',
      // What it has in memory is lost. The checks after the chat look at what the chat has left in one of the pods.
      [POD]: 'verify-health',
    },
    effects: () => writesOfTheWorker(cluster),
  };
}

function newestPod({ node }: SandboxCluster): Victim {
  let name = '';
  return {
    name: POD,
    by: 'the node agent',
    async pid() {
      const pod = node.pods().at(-1);
      if (!pod) throw new Error('no pod runs');
      name = pod.name;
      return pod.pid;
    },
    kill: killProcess,
    back: (killed) =>
      until(`the container of ${name} to run again`, async () => {
        const pid = node.pidOf(name);
        return pid !== killed && pid;
      }),
  };
}

/** The audit log is a file: it outlives the API server. */
async function writesOfTheWorker(cluster: SandboxCluster): Promise<Effects> {
  const mark = await cluster.mark();
  const user = `system:serviceaccount:${NAMESPACE}:${WORKER_ACCOUNT}`;
  return {
    what: 'writes of the Deployment that the API server took, by its audit log',
    async count() {
      const requests = await cluster.requests(user, mark);
      const isWrite = ({ verb }: { verb: string }) => !['get', 'list', 'watch'].includes(verb);
      const ofDeployment = requests.filter(({ requestURI }) => requestURI.includes('/deployments/'));
      return ofDeployment.filter((event) => isWrite(event) && event.status < 300).length;
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
