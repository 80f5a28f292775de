import { setTimeout as sleep } from 'node:timers/promises';
import { freePorts } from '../../tools/ports.ts';
import type { Processes } from '../../tools/processes/index.ts';
import { type KubernetesApi, type KubernetesObject, STRATEGIC_PATCH } from '../control-plane/api.ts';
import type { BehaviourWish, RecordedRequest } from '../orchestrator/index.ts';
import { type ImageRegistry, openImageRegistry } from './image-registry.ts';
import { podNetwork } from './network.ts';
import { inProcessRuntime, processRuntime } from './pod-process.ts';
import { PodWorker } from './pod-worker.ts';
import { retryingApi } from './retrying-api.ts';
import { type Placed, place, unscheduled } from './scheduler.ts';
import { forward, type ServiceForwarder } from './service-forwarder.ts';
import { SilentNodes } from './silent-nodes.ts';

export interface NodeAgentOptions {
  /** Containers inside this process, reported ready at once: for measurements. Everywhere, or in these namespaces. */
  readonly instantReady?: boolean | ((namespace: string) => boolean);
}

/** Plays kubelet and kube-proxy for every pod of the cluster. */
export interface NodeAgent {
  /** Every pod listens on these ports of its own address. */
  readonly apiPort: number;
  readonly metricsPort: number;
  /** Where images are pulled from. */
  readonly registry: ImageRegistry;
  /** A stable loopback address that spreads connections over the ready pods of a selector. */
  openService(namespace: string, labels: Readonly<Record<string, string>>): Promise<ServiceForwarder>;
  /** Pods whose container runs, the oldest first. */
  pods(): readonly { readonly name: string; readonly pid: number }[];
  /** Process number of a pod's container. */
  pidOf(pod: string): number | undefined;
  /** Switches what a running pod's stand-in does, until its container starts anew. */
  setBehaviour(pod: string, behaviour: BehaviourWish): Promise<void>;
  /** What a running pod's stand-in was asked, since its container started. */
  requestsOf(pod: string): Promise<readonly RecordedRequest[]>;
  /**
   * Lets the registry answer like this when a pod of the namespace pulls an image of that tag, until the function that is
   * returned is called.
   */
  failPulls(namespace: string, tag: string, error: string): () => void;
  /**
   * Lets the kubelet of a node be silent: it starts, reports and ends nothing, and its containers go on running, until the
   * function that is returned is called.
   */
  silenceNode(node: string): () => void;
  close(): Promise<void>;
}

/** For pods, of the addresses that a network has. */
const ADDRESSES = 249;

interface KnownPod {
  readonly worker: PodWorker;
  pod: KubernetesObject;
  /** Whether it was scheduled, or could not be. */
  begun: boolean;
}

function isOn(node: string, pod: KubernetesObject): boolean {
  const placed = place(pod);
  return placed !== undefined && 'node' in placed && placed.node === node;
}

function ignore(): void {}

/** Which pulls an answer of the registry is for. */
function pulled(namespace: string, image: string): string {
  return `${namespace} ${image.split(':').at(-1)}`;
}

export async function startNodeAgent(
  api: KubernetesApi,
  processes: Processes,
  options: NodeAgentOptions = {},
): Promise<NodeAgent> {
  const [apiPort = 0, metricsPort = 0] = await freePorts(2);
  const stopping = new AbortController();
  const stopped = new AbortController();
  const retrying = retryingApi(api, stopped.signal);
  const workers = new Map<string, KnownPod>();
  const running = new Set<Promise<void>>();
  const ownProcesses = processRuntime(processes);
  const services: ServiceForwarder[] = [];
  const { instantReady = false } = options;
  const isInstant = ({ metadata }: KubernetesObject): boolean =>
    typeof instantReady === 'function' ? instantReady(metadata.namespace) : instantReady;
  const registry = openImageRegistry();
  const network = podNetwork();
  const pullErrors = new Map<string, string>();
  const silent = new SilentNodes();
  const instances = new Map<string, number>();
  const instanceOf = (pod: KubernetesObject) => {
    const owner: string = pod.metadata.ownerReferences?.[0]?.uid ?? pod.metadata.uid;
    const instance = instances.get(owner) ?? 0;
    instances.set(owner, instance + 1);
    return instance;
  };
  let last = 1;
  /** The one after the last: what talks to a pod that is gone does not reach another at once. */
  const address = () => {
    const taken = new Set([...workers.values()].map(({ worker }) => worker.address));
    for (let tried = 0; tried < ADDRESSES; tried += 1) {
      last = last > ADDRESSES ? 2 : last + 1;
      if (!taken.has(`${network}.${last}`)) break;
    }
    return `${network}.${last}`;
  };

  function heard(pod: KubernetesObject): Promise<void> {
    const placed = place(pod);
    return silent.heard(placed && 'node' in placed ? placed.node : '', stopped.signal);
  }

  /** What a kubelet says and asks, while it is heard. */
  const kubeletOf = (pod: KubernetesObject): KubernetesApi => ({
    ...retrying,
    async call(...request) {
      await heard(pod);
      return retrying.call(...request);
    },
  });

  function remove({ metadata: { namespace, name, uid } }: KubernetesObject): Promise<unknown> {
    const body = { gracePeriodSeconds: 0, preconditions: { uid } };
    return retrying.call('DELETE', `/api/v1/namespaces/${namespace}/pods/${name}`, body);
  }

  function see(type: string, pod: KubernetesObject): void {
    const { uid } = pod.metadata;
    const known = workers.get(uid);
    if (type === 'DELETED') {
      workers.delete(uid);
      void known?.worker.stop();
    } else if (pod.metadata.deletionTimestamp) {
      // Of one that was never seen before nothing runs.
      void heard(pod).then(() => (known ? known.worker.terminate() : remove(pod)), ignore);
    } else if (known) {
      known.pod = pod;
      void known.worker.see(pod).catch(ignore);
      begin(known);
    } else {
      const worker = new PodWorker(pod, {
        api: kubeletOf(pod),
        runtime: isInstant(pod) ? inProcessRuntime : ownProcesses,
        registry,
        apiPort,
        metricsPort,
        address: address(),
        instance: instanceOf(pod),
        instantReady: isInstant(pod),
        pullError: () => pullErrors.get(pulled(pod.metadata.namespace, pod.spec.containers[0].image)),
      });
      const one = { worker, pod, begun: false };
      workers.set(uid, one);
      begin(one);
    }
  }

  /** Once, as soon as nothing keeps the scheduler from looking at it. */
  function begin(one: KnownPod): void {
    const placed = place(one.pod);
    if (one.begun || !placed) return;
    one.begun = true;
    const run = schedule(one, placed).catch((error: Error) => {
      if (!stopping.signal.aborted) process.stderr.write(`node agent: ${error.message}\n`);
    });
    running.add(run);
    void run.then(() => running.delete(run));
  }

  async function schedule({ worker, pod }: KnownPod, placed: Placed): Promise<void> {
    const { namespace, name, uid } = pod.metadata;
    const path = `/api/v1/namespaces/${namespace}/pods/${name}`;
    if ('unschedulable' in placed) {
      const status = { metadata: { uid }, ...unscheduled(placed.unschedulable) };
      await retrying.call('PATCH', `${path}/status`, status, STRATEGIC_PATCH);
      return;
    }
    // A pod that is bound to a node is deleted with grace, as in a real cluster.
    if (!isInstant(pod) && !pod.spec.nodeName) {
      await retrying.call('POST', `${path}/binding`, {
        apiVersion: 'v1',
        kind: 'Binding',
        metadata: { name, uid },
        target: { apiVersion: 'v1', kind: 'Node', name: placed.node },
      });
    }
    await heard(pod);
    if (!stopping.signal.aborted) await worker.run();
  }

  async function follow(): Promise<void> {
    while (!stopping.signal.aborted) {
      try {
        const list = await api.must('GET', '/api/v1/pods');
        const there = new Set(list.items.map((pod: KubernetesObject) => pod.metadata.uid));
        for (const pod of list.items) see('ADDED', pod);
        for (const { pod } of workers.values()) if (!there.has(pod.metadata.uid)) see('DELETED', pod);
        const from = `/api/v1/pods?resourceVersion=${list.metadata.resourceVersion}`;
        for await (const { type, object } of api.watch(from, stopping.signal)) {
          if (type !== 'BOOKMARK' && type !== 'ERROR') see(type, object);
        }
      } catch {
        // The connection broke or the version is too old: begin with everything that is there now.
      }
      await sleep(50, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }
  const following = follow();

  const containerOf = (name: string) =>
    [...workers.values()].find(({ pod }) => pod.metadata.name === name)?.worker.running;

  return {
    apiPort,
    metricsPort,
    registry,
    async openService(namespace, labels) {
      const addresses = () =>
        [...workers.values()]
          .filter(
            ({ worker, pod }) =>
              worker.ready &&
              pod.metadata.namespace === namespace &&
              Object.entries(labels).every(([key, value]) => pod.metadata.labels?.[key] === value),
          )
          .map(({ worker }) => worker.address);
      const service = await forward(addresses, apiPort);
      services.push(service);
      return service;
    },
    pods: () =>
      [...workers.values()].flatMap(({ worker, pod }) =>
        worker.running ? [{ name: pod.metadata.name, pid: worker.running.pid }] : [],
      ),
    pidOf: (name) => containerOf(name)?.pid,
    setBehaviour: async (name, behaviour) => {
      const container = containerOf(name);
      if (!container) throw new Error(`pod ${name} does not run`);
      await container.set(behaviour);
    },
    requestsOf: async (name) => (await containerOf(name)?.requests()) ?? [],
    silenceNode(node) {
      const speak = silent.silence(node);
      return () => {
        speak();
        for (const { pod, worker } of workers.values())
          if (isOn(node, pod)) void worker.repeat().catch(ignore);
      };
    },
    failPulls(namespace, tag, error) {
      const key = `${namespace} ${tag}`;
      pullErrors.set(key, error);
      return () => pullErrors.delete(key);
    },
    async close() {
      stopping.abort();
      await following;
      const stops = [...workers.values()].map(({ worker }) => worker.stop());
      stopped.abort();
      await Promise.all(stops);
      // One that was just beginning starts its container all the same, and stops it.
      await Promise.all(running);
      await Promise.all(services.map((service) => service.close()));
    },
  };
}
