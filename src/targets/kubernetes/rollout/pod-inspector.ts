import type { RolloutFinished, RolloutStarted } from '../../../domain/versions/pins.ts';
import { controllerOf, type Deployment, type Pod, REVISION_ANNOTATION } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { isObserved, type Revision } from '../state/history.ts';
import type { Observer } from '../state/observation.ts';
import { imageIdOf, imageIdsIn, instanceOf, isReady, listPods, ownPods } from '../state/pods.ts';
import { type RolloutPods, sortPods } from '../state/rollout-pods.ts';
import { agreed, imagesThatDiffer, unevenImages } from '../template/image-digests.ts';
import { SCALED_TO_ZERO } from './rollout-state.ts';

/** What the pods proved, or what is missing. */
export type PodProof = Omit<RolloutFinished, 'completeAt' | 'fingerprint'> | { readonly missing: string };

/** Answers questions about the pods of one Deployment. */
export class PodInspector {
  readonly #transport: ApiTransport;
  readonly #observer: Observer;
  readonly #container: string;
  /** Controllers that were read and are not the Deployment's. */
  readonly #foreign = new Set<string>();

  constructor(transport: ApiTransport, observer: Observer, container: string) {
    this.#transport = transport;
    this.#observer = observer;
    this.#container = container;
  }

  /**
   * Lists the pods and proves that all that run are of the pinned template, and made by its ReplicaSet. The Deployment's counts alone do not
   * say that: they are the controller's view of a moment ago.
   */
  async prove(
    deployment: Deployment,
    { fingerprint: pinned, digests = {} }: Pick<RolloutStarted, 'fingerprint' | 'digests'>,
    signal: AbortSignal,
  ): Promise<PodProof> {
    const pods = await this.list(deployment, signal);
    const sorted = await this.sort(deployment, pinned, pods, signal);
    const { made, adopted, others, holder } = sorted;
    if (!holder) return { missing: 'the ReplicaSet of the target version is not there yet' };
    const replicas = deployment.spec.replicas ?? 1;
    const ready = made.filter(isReady);
    if (others.length > 0) return { missing: `${others.length} pods of another version still run` };
    if (ready.length < replicas) return { missing: `${ready.length} of ${replicas} pods are ready` };
    if (adopted.length > 0) return { missing: `${adopted.length} pods too many run` };
    const imageId = imageIdOf(made, this.#container);
    const perPod = made.map(imageIdsIn);
    const imageIds = agreed(perPod);
    const otherImages = imagesThatDiffer(digests, perPod);
    const warnings = [...unevenImages(perPod), ...(replicas === 0 ? [SCALED_TO_ZERO] : [])];
    return {
      uid: deployment.metadata.uid,
      generation: deployment.metadata.generation ?? 0,
      revision: Number(deployment.metadata.annotations?.[REVISION_ANNOTATION] ?? 0),
      replicas,
      podTemplateHash: holder.podTemplateHash,
      ...(imageId === undefined ? {} : { imageId }),
      ...(Object.keys(imageIds).length > 1 ? { imageIds } : {}),
      ...(otherImages === '' ? {} : { otherImages }),
      instances: made.map((pod) => instanceOf(pod, this.#container)),
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  }

  /** The pods that the ReplicaSet of the pinned template has made, and that are ready. */
  async instances(deployment: Deployment, pinned: string, signal: AbortSignal) {
    const pods = await this.list(deployment, signal);
    const { made } = await this.sort(deployment, pinned, pods, signal);
    return made.filter(isReady).map((pod) => instanceOf(pod, this.#container));
  }

  /** The Deployment's own pods among the given ones, by what they are to the rollout. */
  async sort(
    deployment: Deployment,
    pinned: string,
    pods: readonly Pod[],
    signal: AbortSignal,
  ): Promise<RolloutPods & { readonly holder: Revision | undefined }> {
    const own = await this.#own(deployment, pods, signal);
    const holder = await this.#holder(deployment, pinned, signal);
    return { ...sortPods(own, holder), holder };
  }

  /** Asks for the pods that the Deployment selects. */
  list(deployment: Deployment, signal: AbortSignal): Promise<readonly Pod[]> {
    return listPods(this.#transport, deployment, signal);
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
