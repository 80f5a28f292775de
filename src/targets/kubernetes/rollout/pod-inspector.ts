import type { RolloutFinished, RolloutStarted } from '../../../domain/versions/pins.ts';
import { controllerOf, type Pod, type Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { Observer } from '../state/observation.ts';
import { agreed, imagesThatDiffer, unevenImages } from '../template/image-digests.ts';
import {
  imageIdOf,
  imageIdsIn,
  instanceOf,
  isAvailable,
  isReady,
  listPods,
  ownPods,
} from '../workload/pods.ts';
import { type RolloutPods, sortPods } from '../workload/rollout-pods.ts';
import { type HeldPods, isObserved, type Revision, type WorkloadKind } from '../workload/workload.ts';

/** What the pods proved, or what is missing. */
export type PodProof =
  | Omit<RolloutFinished, 'completeAt' | 'fingerprint'>
  | { readonly missing: string }
  | HeldRollout;

/** Pods by what they are to the rollout, and the revision that they were compared with; none while it is not there. */
export interface SortedPods extends RolloutPods {
  readonly holder: Revision | undefined;
}

/** All is done that is done without a person. */
export interface HeldRollout {
  readonly held: HeldPods;
  /** Pods of the pinned version, all of them ready, and how many there are to be. */
  readonly updated: number;
  readonly replicas: number;
}

/** Answers questions about the pods of one workload. */
export class PodInspector {
  readonly #kind: WorkloadKind;
  readonly #transport: ApiTransport;
  readonly #observer: Observer;
  readonly #container: string;
  /** Controllers that were read and are not the workload's. */
  readonly #foreign = new Set<string>();

  constructor(kind: WorkloadKind, transport: ApiTransport, observer: Observer, container: string) {
    this.#kind = kind;
    this.#transport = transport;
    this.#observer = observer;
    this.#container = container;
  }

  /**
   * Lists the pods and proves that all that run are of the pinned template, and made for it. The workload's counts alone do
   * not say that: they are the controller's view of a moment ago. Pods that the update strategy leaves alone are named.
   */
  async prove(
    live: Workload,
    { fingerprint: pinned, digests = {} }: Pick<RolloutStarted, 'fingerprint' | 'digests'>,
    signal: AbortSignal,
  ): Promise<PodProof> {
    const pods = await this.list(live, signal);
    const sorted = await this.sort(live, pinned, pods, signal);
    const { made, adopted, others, holder } = sorted;
    if (!holder) return { missing: `the ${this.#kind.history.kind} of the target version is not there yet` };
    const { wanted: replicas, counts } = this.#kind.view(live);
    const held = this.#kind.held(live, others);
    const left = others.filter((pod) => !held?.pods.includes(pod));
    const due = Math.max(0, replicas - (held?.pods.length ?? 0));
    // Where the workload does not say that all are available, the pods have to.
    const isUp = (pod: Pod) =>
      counts.available >= replicas
        ? isReady(pod)
        : isAvailable(pod, live.spec.minReadySeconds ?? 0, Date.now());
    const up = made.filter(isUp);
    if (left.length > 0) return { missing: `${left.length} pods of another version still run` };
    if (up.length < due) return { missing: `${up.length} of ${due} pods are ready` };
    if (adopted.length > 0) return { missing: `${adopted.length} pods too many run` };
    if (held) return { held, updated: made.length, replicas };
    const imageId = imageIdOf(made, this.#container);
    const perPod = made.map(imageIdsIn);
    const imageIds = agreed(perPod);
    const otherImages = imagesThatDiffer(digests, perPod);
    const warnings = [
      ...unevenImages(perPod),
      ...(replicas === 0 ? [this.#kind.wantsNone] : []),
      ...this.#kind.uncounted(live),
    ];
    return {
      uid: live.metadata.uid,
      generation: live.metadata.generation ?? 0,
      revision: this.#kind.revisionOf(live, await this.#numbered(live, holder, signal)),
      replicas,
      podTemplateHash: holder.podTemplateHash,
      ...(imageId === undefined ? {} : { imageId }),
      ...(Object.keys(imageIds).length > 1 ? { imageIds } : {}),
      ...(otherImages === '' ? {} : { otherImages }),
      instances: up.map((pod) => instanceOf(pod, this.#container)),
      ...(warnings.length > 0 ? { warnings } : {}),
    };
  }

  /** The pods that were made for the pinned template, and that are ready. */
  async instances(live: Workload, pinned: string, signal: AbortSignal) {
    const pods = await this.list(live, signal);
    const { made } = await this.sort(live, pinned, pods, signal);
    return made.filter(isReady).map((pod) => instanceOf(pod, this.#container));
  }

  /** The workload's own pods among the given ones, by what they are to the rollout. */
  async sort(live: Workload, pinned: string, pods: readonly Pod[], signal: AbortSignal): Promise<SortedPods> {
    const own = await this.#own(live, pods, signal);
    const holder = await this.#holder(live, pinned, signal);
    return { ...sortPods(this.#kind, own, holder), holder };
  }

  /** Asks for the pods that the workload selects. */
  list(live: Workload, signal: AbortSignal): Promise<readonly Pod[]> {
    return listPods(this.#transport, live, signal);
  }

  /**
   * The revision that holds the pinned template; listed anew when memory does not have it. One that is remembered
   * and gone shows by pods with a controller that memory does not have: `#own` comes first.
   */
  async #holder(live: Workload, pinned: string, signal: AbortSignal): Promise<Revision | undefined> {
    const find = (revisions: readonly Revision[]) =>
      revisions.find((revision) => revision.fingerprint === pinned);
    const known = find(this.#observer.revisions);
    if (known || !isObserved(live)) return known;
    return find(await this.#observer.listRevisions(live, signal));
  }

  /** The live revision with its number of now: it is the highest. */
  async #numbered(live: Workload, holder: Revision, signal: AbortSignal): Promise<Revision> {
    const { revisions } = this.#observer;
    const isOld = revisions.some(({ revision }) => revision > holder.revision);
    if (!this.#kind.history.numbersGrow || !isOld) return holder;
    const now = await this.#observer.listRevisions(live, signal);
    return now.find(({ uid }) => uid === holder.uid) ?? holder;
  }

  /** Leaves out pods of other workloads; a controller that is new to this worker is read once. */
  async #own(live: Workload, pods: readonly Pod[], signal: AbortSignal): Promise<readonly Pod[]> {
    const mine = () => this.#kind.podOwners(live, this.#observer.revisions);
    const known = mine();
    const strangers = pods.flatMap((pod) => controllerOf(pod) ?? []);
    const fresh = strangers.filter((uid) => !known.has(uid) && !this.#foreign.has(uid));
    if (fresh.length === 0) return ownPods(pods, known);
    await this.#observer.listRevisions(live, signal);
    const now = mine();
    for (const uid of fresh) if (!now.has(uid)) this.#foreign.add(uid);
    return ownPods(pods, now);
  }
}
