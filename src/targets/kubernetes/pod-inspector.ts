import type { RolloutFinished, RolloutStarted } from '../../domain/pins.ts';
import { capped } from './api-error.ts';
import { isObserved, type Revision } from './history.ts';
import { imagesThatDiffer, unevenImages } from './image-digests.ts';
import type { Observer } from './observation.ts';
import {
  describePod,
  imageIdOf,
  imageIdsIn,
  imageIdsOf,
  instanceOf,
  isActive,
  isReady,
  ownPods,
  type PodTrouble,
  restartsByContainer,
  templateHashOf,
  troubleOf,
} from './pods.ts';
import { controllerOf, type Deployment, type Pod, REVISION_ANNOTATION, selectorText } from './resources.ts';
import type { ApiTransport } from './transport.ts';

/** What the pods proved, or what is missing. */
export type PodProof = Omit<RolloutFinished, 'completeAt' | 'fingerprint'> | { readonly missing: string };

/** How long a pod may show an error that often mends itself, in milliseconds. */
const GRACE_MS = 15_000;
/** Pods that a message names. */
const NAMED = 3;

/** Answers questions about the pods of one Deployment, and remembers for one wait what it observed of them. */
export class PodInspector {
  readonly #transport: ApiTransport;
  readonly #observer: Observer;
  readonly #container: string;
  readonly #troubledSince = new Map<string, number>();
  readonly #restartsBefore = new Map<string, ReadonlyMap<string, number>>();
  /** Controllers that were read and are not the Deployment's. */
  readonly #foreign = new Set<string>();

  constructor(transport: ApiTransport, observer: Observer, container: string) {
    this.#transport = transport;
    this.#observer = observer;
    this.#container = container;
  }

  /**
   * Lists the pods and proves that all that run are of the pinned template. The Deployment's counts alone do not
   * say that: they are the controller's view of a moment ago.
   */
  async prove(
    deployment: Deployment,
    { fingerprint: pinned, digests = {} }: Pick<RolloutStarted, 'fingerprint' | 'digests'>,
    signal: AbortSignal,
  ): Promise<PodProof> {
    const pods = await this.#list(deployment, signal);
    const own = await this.#own(deployment, pods, signal);
    const holder = await this.#holder(deployment, pinned, signal);
    if (!holder) return { missing: 'the ReplicaSet of the target version is not there yet' };
    const active = own.filter(isActive);
    const others = active.filter((pod) => templateHashOf(pod) !== holder.podTemplateHash);
    const replicas = deployment.spec.replicas ?? 1;
    const ready = active.filter(isReady);
    if (others.length > 0) return { missing: `${others.length} pods of another version still run` };
    if (ready.length < replicas) return { missing: `${ready.length} of ${replicas} pods are ready` };
    const imageId = imageIdOf(active, this.#container);
    const imageIds = imageIdsOf(active);
    const perPod = active.map(imageIdsIn);
    const otherImages = imagesThatDiffer(digests, perPod);
    const warnings = unevenImages(perPod);
    return {
      uid: deployment.metadata.uid,
      generation: deployment.metadata.generation ?? 0,
      revision: Number(deployment.metadata.annotations?.[REVISION_ANNOTATION] ?? 0),
      replicas,
      podTemplateHash: holder.podTemplateHash,
      ...(imageId === undefined ? {} : { imageId }),
      ...(Object.keys(imageIds).length > 0 ? { imageIds } : {}),
      ...(otherImages === '' ? {} : { otherImages }),
      ...(warnings.length > 0 ? { warnings } : {}),
      instances: active.map((pod) => instanceOf(pod, this.#container)),
    };
  }

  /** The pods of the pinned template that run and are ready. */
  async instances(deployment: Deployment, pinned: string, signal: AbortSignal) {
    const pods = await this.#list(deployment, signal);
    const own = await this.pinnedPods(deployment, pinned, pods, signal);
    return own.filter(isReady).map((pod) => instanceOf(pod, this.#container));
  }

  /** Of the given pods those that are active and of the pinned template. */
  async pinnedPods(
    deployment: Deployment,
    pinned: string,
    pods: readonly Pod[],
    signal: AbortSignal,
  ): Promise<readonly Pod[]> {
    if (pods.length === 0) return [];
    const own = await this.#own(deployment, pods, signal);
    const holder = await this.#holder(deployment, pinned, signal);
    return holder ? own.filter((pod) => isActive(pod) && controllerOf(pod) === holder.uid) : [];
  }

  /**
   * The first pod that will not come up; errors that may mend themselves count after a grace period. Restarts of a
   * pod that is older than the wait count from when it was first observed.
   * @param waitingSince when the wait first began, so that another worker comes to the same result.
   */
  firstTrouble(
    pods: readonly Pod[],
    crashLoopRestarts: number,
    waitingSince: string,
  ): PodTrouble | undefined {
    const now = performance.now();
    for (const pod of pods) {
      const { uid } = pod.metadata;
      if (!this.#restartsBefore.has(uid)) {
        this.#restartsBefore.set(
          uid,
          isOlderThanWait(pod, waitingSince) ? restartsByContainer(pod) : new Map(),
        );
      }
      const trouble = troubleOf(pod, crashLoopRestarts, this.#restartsBefore.get(uid));
      if (!trouble) {
        this.#troubledSince.delete(uid);
        continue;
      }
      const since = this.#troubledSince.get(uid) ?? now;
      this.#troubledSince.set(uid, since);
      if (trouble.final || now - since >= GRACE_MS) return trouble;
    }
    return undefined;
  }

  /**
   * Why the pods that are not ready are not ready, for the message of a rollout that is given up. Only a hint: without
   * it the message is shorter.
   * @param known pods that are watched; empty when none are, they are listed then.
   */
  async describe(
    deployment: Deployment,
    pinned: string,
    known: readonly Pod[],
    signal: AbortSignal,
  ): Promise<string> {
    try {
      const pods = known.length > 0 ? known : await this.#list(deployment, signal);
      return await this.#describe(
        await this.pinnedPods(deployment, pinned, pods, signal),
        deployment,
        signal,
      );
    } catch (error) {
      if (signal.aborted) throw error;
      return '';
    }
  }

  async #describe(pods: readonly Pod[], deployment: Deployment, signal: AbortSignal): Promise<string> {
    const waiting = pods.filter((pod) => !isReady(pod));
    const lines = waiting.slice(0, NAMED).flatMap((pod) => describePod(pod) ?? []);
    const events = waiting[0] ? await this.#probeEvents(deployment, waiting[0], signal) : '';
    return [...lines, ...(events ? [events] : [])].join('; ');
  }

  /** What the kubelet says of the probes. Only a hint: without it the message is shorter. */
  async #probeEvents({ metadata }: Deployment, pod: Pod, signal: AbortSignal): Promise<string> {
    const fieldSelector = `involvedObject.uid=${pod.metadata.uid},reason=Unhealthy`;
    try {
      const { items } = await this.#transport.list<{ readonly message?: string }>(
        {
          resource: 'events',
          namespace: metadata.namespace ?? pod.metadata.namespace ?? '',
          query: { fieldSelector },
        },
        signal,
      );
      const message = items.at(-1)?.message;
      if (!message) return '';
      const conflict = /\b401\b/.test(message)
        ? ' (the probe has no credentials: probe and auth conflict)'
        : '';
      return `${capped(message, 200)}${conflict}`;
    } catch (error) {
      if (signal.aborted) throw error;
      return '';
    }
  }

  async #list({ metadata, spec }: Deployment, signal: AbortSignal): Promise<readonly Pod[]> {
    const { items } = await this.#transport.list<Pod>(
      {
        resource: 'pods',
        namespace: metadata.namespace ?? '',
        query: { labelSelector: selectorText(spec.selector) },
      },
      signal,
    );
    return items;
  }

  /**
   * The ReplicaSet that holds the pinned template; listed anew when memory does not have it. One that is remembered
   * and gone shows by pods with a controller that memory does not have: `#own` comes first.
   */
  async #holder(deployment: Deployment, pinned: string, signal: AbortSignal): Promise<Revision | undefined> {
    const find = (revisions: readonly Revision[]) =>
      revisions.find((revision) => revision.fingerprint === pinned);
    const known = find(this.#observer.revisions);
    if (known || !isObserved(deployment)) return known;
    return find(await this.#observer.listRevisions(deployment, signal));
  }

  /** Leaves out pods of other workloads; a controller that is new to this worker is read once. */
  async #own(deployment: Deployment, pods: readonly Pod[], signal: AbortSignal): Promise<readonly Pod[]> {
    const mine = () => new Set(this.#observer.revisions.map(({ uid }) => uid));
    const known = mine();
    const strangers = pods.flatMap((pod) => controllerOf(pod) ?? []);
    const fresh = strangers.filter((uid) => !known.has(uid) && !this.#foreign.has(uid));
    if (fresh.length === 0) return ownPods(pods, known);
    await this.#observer.listRevisions(deployment, signal);
    const now = mine();
    for (const uid of fresh) if (!now.has(uid)) this.#foreign.add(uid);
    return ownPods(pods, now);
  }
}

/** Whether the pod was there before the wait. Creation times have whole seconds. */
function isOlderThanWait({ metadata }: Pod, waitingSince: string): boolean {
  const second = (at: string) => Math.floor(Date.parse(at) / 1000);
  return second(metadata.creationTimestamp ?? '') < second(waitingSince);
}
