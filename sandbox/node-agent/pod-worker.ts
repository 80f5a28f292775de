import { setTimeout as sleep } from 'node:timers/promises';
import { request } from 'undici';
import { type KubernetesApi, type KubernetesObject, STRATEGIC_PATCH } from '../control-plane/api.ts';
import type { BehaviourName } from '../orchestrator/behaviours.ts';
import { type ContainerEnvironment, containerEnvironment, type PodEvent } from './container-environment.ts';
import type { ImageRegistry } from './image-registry.ts';
import { backOffAfter, notFound, openGates, seconds } from './kubelet-words.ts';
import type { ContainerRuntime, RunningContainer } from './pod-process.ts';
import { type ContainerState, podStatus } from './pod-status.ts';

/** Kubelet waits 10 s, 20 s, 40 s … between restarts; tests have less time. */
const BACK_OFF_MS = 300;
/** Between two pulls of one image it doubles, as the kubelet's, up to this. */
const LONGEST_PULL_PAUSE_MS = 1_000;
const PROBE_MS = 50;
/** Kubernetes' default: probes that must fail one after the other before a ready pod is no longer ready. */
const FAILURE_THRESHOLD = 3;
/** A process that does not obey is killed after this long, whatever the pod allows. */
const LONGEST_GRACE_MS = 5_000;

export interface PodWorkerOptions {
  readonly api: KubernetesApi;
  readonly runtime: ContainerRuntime;
  readonly registry: ImageRegistry;
  readonly apiPort: number;
  readonly metricsPort: number;
  readonly address: string;
  /** Which pod of its owner this is, from 0. */
  readonly instance: number;
  /** Report ready as soon as the container runs, without probing. */
  readonly instantReady: boolean;
  /** What the registry says at the moment instead of giving out the image. */
  readonly pullError: () => string | undefined;
}

/** Runs one pod until it is deleted: what a kubelet does for it. */
export class PodWorker {
  readonly address: string;
  private pod: KubernetesObject;
  private readonly options: PodWorkerOptions;
  private readonly stopping = new AbortController();
  private container: RunningContainer | undefined;
  private state: ContainerState;
  private deleting = false;
  private ended = false;

  constructor(pod: KubernetesObject, options: PodWorkerOptions) {
    this.pod = pod;
    this.options = options;
    this.address = options.address;
    const { name, image } = pod.spec.containers[0];
    this.state = {
      image,
      imageId: '',
      container: name,
      address: options.address,
      startTime: seconds(),
      restarts: 0,
      ready: false,
      state: { waiting: { reason: 'ContainerCreating', message: '' } },
    };
  }

  get ready(): boolean {
    return this.state.ready && !this.deleting && !this.ended;
  }

  /** The container of this moment; a restart brings another. */
  get running(): RunningContainer | undefined {
    return this.container;
  }

  /** Somebody has changed the pod: a readiness gate may be met, or not any more; or it has ended for good (an eviction). */
  async see(pod: KubernetesObject): Promise<void> {
    const before = JSON.stringify(openGates(this.pod));
    this.pod = pod;
    if (pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded') return this.end(pod.status);
    if (!this.deleting && JSON.stringify(openGates(pod)) !== before) await this.report({});
  }

  /** Reports once more what it knows: somebody else has written over it. */
  async repeat(): Promise<void> {
    if (this.container) await this.report({});
  }

  /** Starts the container and keeps it running. Never throws: a pod that is gone is a pod that is done. */
  async run(): Promise<void> {
    try {
      await this.keepRunning();
    } catch (error) {
      if (!this.stopping.signal.aborted) process.stderr.write(`node agent: ${(error as Error).message}\n`);
    }
  }

  /** The pod was asked to go: ends its container, then the pod itself. */
  async terminate(): Promise<void> {
    if (this.deleting) return;
    this.deleting = true;
    await this.stop();
    await this.options.api
      .call('DELETE', this.path(), { gracePeriodSeconds: 0, preconditions: { uid: this.pod.metadata.uid } })
      .catch(() => undefined);
  }

  /** Nothing of it runs any more. What was on its way to be reported is written over. */
  private async end({ phase, reason, message }: KubernetesObject): Promise<void> {
    if (this.ended) return;
    this.ended = true;
    await this.stop();
    const status = { phase, reason, message };
    await this.tell(status);
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    const grace = (this.pod.spec.terminationGracePeriodSeconds ?? 30) * 1000;
    await this.container?.stop(Math.min(grace, LONGEST_GRACE_MS));
  }

  private async keepRunning(): Promise<void> {
    const { signal } = this.stopping;
    const imageBehaviour = await this.pull();
    if (!imageBehaviour) return;
    while (!signal.aborted) {
      const found = await this.environment();
      if (!found) return;
      const { env, files } = found;
      this.container = await this.options.runtime({
        name: `${this.pod.metadata.name}-${this.state.restarts}`,
        behaviour: env.ORCH_BEHAVIOUR ?? imageBehaviour,
        instance: this.options.instance,
        address: this.address,
        apiPort: this.options.apiPort,
        metricsPort: this.options.metricsPort,
        env,
        files,
      });
      if (signal.aborted) return this.container.stop(0);
      const running = { running: { startedAt: seconds() } };
      if (this.options.instantReady) await this.report({ state: running, ready: true });
      else await this.report({ state: running, ready: false });
      const probing = this.options.instantReady ? undefined : this.probe(this.container);
      const { code } = await this.container.exited;
      await probing;
      if (signal.aborted) return;
      await this.report({
        restarts: this.state.restarts + 1,
        ready: false,
        state: {
          waiting: {
            reason: 'CrashLoopBackOff',
            message: `back-off ${backOffAfter(this.state.restarts + 1)} restarting failed container=${this.state.container}`,
          },
        },
        lastExitCode: code ?? 137,
      });
      await sleep(BACK_OFF_MS, undefined, { signal });
    }
  }

  /** What the image does; while the registry does not give it out, the pod waits, says why, and tries again. */
  private async pull(): Promise<BehaviourName | undefined> {
    const { signal } = this.stopping;
    const { image } = this.state;
    for (let pause = BACK_OFF_MS; !signal.aborted; pause = Math.min(pause * 2, LONGEST_PULL_PAUSE_MS)) {
      const pulled = this.options.registry.pull(image);
      const outage = this.options.pullError();
      if (pulled && outage === undefined) {
        this.state = { ...this.state, imageId: pulled.imageId };
        return pulled.behaviour;
      }
      const error = outage ?? notFound(image);
      await this.report({ state: { waiting: { reason: 'ErrImagePull', message: error } } });
      await sleep(BACK_OFF_MS, undefined, { signal });
      const message = `Back-off pulling image "${image}": ErrImagePull: ${error}`;
      await this.report({ state: { waiting: { reason: 'ImagePullBackOff', message } } });
      await sleep(pause, undefined, { signal });
    }
    return undefined;
  }

  /** Readiness as the pod's probe says, until the container ends. */
  private async probe(container: RunningContainer): Promise<void> {
    const probe = this.pod.spec.containers[0].readinessProbe;
    const path: string = probe?.httpGet?.path ?? '/health';
    const threshold: number = probe?.failureThreshold ?? FAILURE_THRESHOLD;
    let failures = 0;
    let over = false;
    void container.exited.then(() => {
      over = true;
    });
    while (!over && !this.stopping.signal.aborted) {
      const good = await this.answers(path);
      failures = good ? 0 : failures + 1;
      const ready = good || (this.state.ready && failures < threshold);
      if (ready !== this.state.ready && !over) await this.report({ ready });
      await sleep(good ? PROBE_MS * 10 : PROBE_MS, undefined, { signal: this.stopping.signal }).catch(
        () => undefined,
      );
    }
  }

  private async answers(path: string): Promise<boolean> {
    try {
      const { statusCode, body } = await request(`http://${this.address}:${this.options.apiPort}${path}`, {
        headersTimeout: 1000,
        signal: this.stopping.signal,
      });
      await body.dump();
      return statusCode >= 200 && statusCode < 400;
    } catch {
      return false;
    }
  }

  private async report(change: Partial<ContainerState>): Promise<void> {
    this.state = { ...this.state, ...change };
    // While the server was away a newer state may have reached it before this one.
    for (let told: ContainerState | undefined; told !== this.state && !this.deleting && !this.ended; ) {
      told = this.state;
      const status = podStatus(told, openGates(this.pod));
      await this.tell(status).catch((error) => {
        if (!this.stopping.signal.aborted) throw error;
      });
    }
  }

  /** Of this very pod: a StatefulSet's next one has the same name, and is refused by its uid (409). */
  private tell(status: KubernetesObject) {
    const { uid } = this.pod.metadata;
    const body = { metadata: { uid }, status };
    return this.options.api.call('PATCH', `${this.path()}/status`, body, STRATEGIC_PATCH);
  }

  /** The container's environment and files; while something that it refers to is missing, the pod waits and says so. */
  private async environment(): Promise<Extract<ContainerEnvironment, { env: unknown }> | undefined> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const found = await containerEnvironment(this.options.api, this.pod, this.address);
      if ('env' in found) return found;
      const { reason, message, event } = found;
      const waiting = { reason, message };
      if (JSON.stringify(this.state.state) !== JSON.stringify({ waiting })) {
        await this.report({ state: { waiting } });
      }
      if (event) await this.warn(event);
      await sleep(BACK_OFF_MS, undefined, { signal });
    }
    return undefined;
  }

  /** An event of the kubelet: what a status has no place for. The same one is written once. */
  private async warn({ reason, message }: PodEvent): Promise<void> {
    const { namespace, name, uid } = this.pod.metadata;
    const at = seconds();
    await this.options.api.call('POST', `/api/v1/namespaces/${namespace}/events`, {
      metadata: { name: `${name}.${reason.toLowerCase()}`, namespace },
      involvedObject: { apiVersion: 'v1', kind: 'Pod', namespace, name, uid },
      type: 'Warning',
      reason,
      message,
      source: { component: 'kubelet', host: 'sandbox' },
      count: 1,
      firstTimestamp: at,
      lastTimestamp: at,
    });
  }

  private path(): string {
    return `/api/v1/namespaces/${this.pod.metadata.namespace}/pods/${this.pod.metadata.name}`;
  }
}
