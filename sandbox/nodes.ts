import { until } from '../tools/until.ts';
import {
  type KubernetesApi,
  type KubernetesObject,
  MERGE_PATCH,
  STRATEGIC_PATCH,
} from './control-plane/api.ts';
import type { NodeAgent } from './node-agent/index.ts';

/**
 * Node objects of the cluster: DaemonSets have a pod on each that takes one. Every other pod goes to a node that has no
 * object, so that nothing else changes with them.
 */
export interface SandboxNodes {
  /** A node that is ready. */
  add(name: string, labels?: Readonly<Record<string, string>>): Promise<void>;
  /** Changes labels; null takes one away. */
  label(name: string, labels: Readonly<Record<string, string | null>>): Promise<void>;
  /** `kubectl cordon`, or `uncordon`. */
  cordon(name: string, isCordoned?: boolean): Promise<void>;
  /**
   * Its kubelet is heard no more, until the function that is returned is called: the node is tainted as unreachable, and its
   * pods are not ready.
   */
  lose(name: string): Promise<() => Promise<void>>;
  /**
   * Removes the node, as when its machine is gone. Its pods stay, and are called ready, until they are collected: no
   * controller looks at them before that.
   * @returns a function that removes them, as pod garbage collection does 40 to 60 s later: longer than a test may take.
   */
  remove(name: string): Promise<() => Promise<void>>;
  /** How many there are with these labels that take pods of a DaemonSet. */
  taking(labels: Readonly<Record<string, string>>): Promise<number>;
  /** Removes those that are there. */
  clear(): Promise<void>;
}

const NOT_READY = { status: { conditions: [{ type: 'Ready', status: 'False' }] } };
const PATH = '/api/v1/nodes';

export function openNodes(api: KubernetesApi, agent: NodeAgent): SandboxNodes {
  const there = new Set<string>();
  const silent = new Map<string, () => void>();
  const patch = (name: string, change: KubernetesObject, type = MERGE_PATCH) =>
    api.must('PATCH', `${PATH}/${name}`, change, type);
  const report = (name: string, isReady: boolean) =>
    patch(`${name}/status`, { status: statusOf(isReady) }, STRATEGIC_PATCH);
  const podsOn = async (name: string): Promise<readonly KubernetesObject[]> =>
    (await api.must('GET', `/api/v1/pods?fieldSelector=spec.nodeName=${name}`)).items;
  const speak = (name: string) => {
    silent.get(name)?.();
    silent.delete(name);
  };

  return {
    async add(name, labels = {}) {
      await api.must('POST', PATH, {
        metadata: { name, labels: { 'kubernetes.io/hostname': name, ...labels } },
        status: statusOf(true),
      });
      there.add(name);
    },
    label: (name, labels) => patch(name, { metadata: { labels } }),
    cordon: (name, isCordoned = true) => patch(name, { spec: { unschedulable: isCordoned || null } }),
    async lose(name) {
      silent.set(name, agent.silenceNode(name));
      await report(name, false);
      // So does the node lifecycle controller, when it has waited 50 s for a kubelet. The taints are its own.
      for (const { metadata } of await podsOn(name)) {
        const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}/status`;
        await api.must('PATCH', path, NOT_READY, STRATEGIC_PATCH);
      }
      await until(
        `${name} to be tainted`,
        async () => (await api.must('GET', `${PATH}/${name}`)).spec.taints,
      );
      return async () => {
        speak(name);
        await report(name, true);
      };
    },
    async remove(name) {
      silent.set(name, agent.silenceNode(name));
      await api.must('DELETE', `${PATH}/${name}`);
      there.delete(name);
      return async () => {
        for (const { metadata } of await podsOn(name)) {
          const path = `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
          await api.call('DELETE', path, { gracePeriodSeconds: 0 });
        }
        speak(name);
      };
    },
    async taking(labels) {
      const selector = encodeURIComponent(
        Object.entries(labels)
          .map(([key, value]) => `${key}=${value}`)
          .join(','),
      );
      const { items } = await api.must('GET', `${PATH}?labelSelector=${selector}`);
      return items.filter(({ spec }: KubernetesObject) => !spec.taints?.some(isHindrance)).length;
    },
    async clear() {
      for (const name of silent.keys()) speak(name);
      for (const name of there) await api.must('DELETE', `${PATH}/${name}`);
      there.clear();
    },
  };
}

/** What a kubelet says of its node, or the node lifecycle controller of one that it hears no more from. */
function statusOf(isReady: boolean): KubernetesObject {
  const at = new Date().toISOString().replace(/\.\d+/, '');
  const [status, reason] = isReady ? ['True', 'KubeletReady'] : ['Unknown', 'NodeStatusUnknown'];
  const resources = { cpu: '64', memory: '256Gi', pods: '110' };
  return {
    capacity: resources,
    allocatable: resources,
    conditions: [{ type: 'Ready', status, reason, lastHeartbeatTime: at, lastTransitionTime: at }],
  };
}

/** A DaemonSet's pods tolerate that their node is cordoned. */
function isHindrance({ key, effect }: KubernetesObject): boolean {
  return effect === 'NoSchedule' && key !== 'node.kubernetes.io/unschedulable';
}
