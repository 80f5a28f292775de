import { RunbookError } from '../../../domain/errors.ts';
import { shellWord } from '../../../domain/media/shell.ts';
import type { RolloutStarted } from '../../../domain/versions/pins.ts';
import type { RolloutProgress } from '../../target.ts';
import { ApiError, capped } from '../api/api-error.ts';
import type { Pod, Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { isObserved, nameOf, type WorkloadKind } from '../workload/workload.ts';
import type { SortedPods } from './pod-inspector.ts';
import { statesOfPod } from './wait-states/pod-state.ts';
import { type Finding, STATES } from './wait-states/rows.ts';

/**
 * How long a pod is seen to hold the controller up, in milliseconds, before it is replaced: a controller that has just been
 * told of the change moves on in less.
 */
const OBSERVED_MS = 5_000;
/** Between two attempts to delete a pod, in milliseconds. */
const AGAIN_MS = 2_000;

/** What a wait remembers of it beyond a restart of its worker. */
export type StuckMemory = Pick<RolloutProgress, 'blockedSince' | 'replaced'>;

/** A pod of another version that is not ready, and for which the controller waits. */
export interface StuckPod {
  readonly pod: Pod;
  /** In the words of Kubernetes. */
  readonly why: string;
  /** That the controller waits for it. */
  readonly finding: Finding;
  /** Whether it has been seen for long enough, or is in a state that nothing in the cluster will change. */
  readonly isDue: boolean;
  /** Whether nothing in the cluster will make it ready. */
  readonly isHopeless: boolean;
}

/**
 * Replaces pods for which the controller would wait for ever: with `OrderedReady` a pod of a broken version that is never
 * ready keeps it from replacing any, that one too (Kubernetes, StatefulSets, forced rollback).
 *
 * Writes: DELETE of one pod at a time, with its uid and resourceVersion as preconditions. It is a pod of the set's own, of
 * another revision than the pinned one, and not ready; the controller has seen the pinned template, waits for this very
 * pod, and no pod of the set is on its way out.
 * Safe to retry: a pod that is gone, is going, has become ready, or was changed in any other way since it was seen is left
 * alone (404, 409), and what comes in its place has another uid.
 */
export class StuckPods {
  readonly #kind: WorkloadKind;
  readonly #transport: ApiTransport;
  readonly #limits: { readonly namespace: string; readonly name: string; readonly crashLoopRestarts: number };
  readonly #rollout: RolloutStarted;
  readonly #clock: () => number;
  readonly #replaced: Map<string, string>;
  readonly #gone = new Set<string>();
  /** A deletion was sent, and what came of it is not known. */
  readonly #mayBeDone = new Set<string>();
  #blockedSince: Readonly<Record<string, string>>;
  #problem: { readonly uid: string; readonly text: string } | undefined;
  #tryAgainAt = 0;

  constructor(
    parts: {
      readonly kind: WorkloadKind;
      readonly transport: ApiTransport;
      readonly limits: {
        readonly namespace: string;
        readonly name: string;
        readonly crashLoopRestarts: number;
      };
      readonly clock: () => number;
    },
    rollout: RolloutStarted,
    memory: StuckMemory,
  ) {
    this.#kind = parts.kind;
    this.#transport = parts.transport;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#rollout = rollout;
    this.#replaced = new Map(Object.entries(memory.replaced ?? {}));
    this.#blockedSince = memory.blockedSince ?? {};
  }

  memory(): StuckMemory {
    return {
      ...(Object.keys(this.#blockedSince).length > 0 ? { blockedSince: this.#blockedSince } : {}),
      ...(this.#replaced.size > 0 ? { replaced: Object.fromEntries(this.#replaced) } : {}),
    };
  }

  /** What was replaced, for people. */
  notes(): readonly string[] {
    const problem = this.#problem;
    const replaced = [...this.#replaced].flatMap(([uid, what]) =>
      uid === problem?.uid ? [] : [`replaced ${what}`],
    );
    return problem ? [...replaced, problem.text] : replaced;
  }

  /** The pod that the controller waits for now; remembers since when. */
  find(live: Workload, pods: SortedPods): StuckPod | undefined {
    const now = this.#clock();
    const { others, made, adopted } = pods;
    const isMoving = pods.ending.length + pods.leaving.length > 0;
    const pod =
      // Without the pinned revision nobody knows which pods are of it.
      pods.holder && isObserved(live) && !isMoving
        ? this.#kind.blocking?.first(live, others, [...made, ...adopted, ...others], now)
        : undefined;
    if (!pod || this.#gone.has(pod.metadata.uid)) {
      this.#blockedSince = {};
      this.#problem = undefined;
      return undefined;
    }
    const { uid } = pod.metadata;
    const since = this.#blockedSince[uid] ?? new Date(now).toISOString();
    this.#blockedSince = { [uid]: since };
    const { crashLoopRestarts } = this.#limits;
    const [state] = statesOfPod(pod, { crashLoopRestarts, before: () => 0 });
    const isHopeless = state !== undefined && STATES[state.state].ends === 'at-once';
    const why = state?.text ?? 'not ready';
    const text = `${pod.metadata.name} is not of the target version, and not ready (${why}): the controller waits for it before it replaces any pod`;
    const finding: Finding = { state: 'blocked-by-old-pod', pod: pod.metadata.name, text };
    return { pod, why, finding, isHopeless, isDue: isHopeless || now - Date.parse(since) >= OBSERVED_MS };
  }

  /**
   * Whether it is for this worker to replace it now.
   * @throws RolloutHeld where only a person can go on: what the update strategy leaves alone, and where nobody has asked for
   *   a change (`runbook verify`).
   */
  isDue(live: Workload, { pod, why, isDue, isHopeless }: StuckPod): boolean {
    const held = this.#kind.held(live, [pod]);
    if (held || !this.#rollout.mayReplace) {
      // It may get ready by itself: then the controller goes on.
      if (!isHopeless) return false;
      const left = held && `${held.because} leaves it at another version: ${held.remedy}`;
      throw this.#heldBy(pod, why, left ?? this.#byHand(pod));
    }
    return isDue && performance.now() >= this.#tryAgainAt;
  }

  /** From now on {@link notes} say that it was replaced: before it is, so that whoever goes on after a crash knows of it. */
  announce({ pod, why }: StuckPod): void {
    this.#replaced.set(pod.metadata.uid, `${pod.metadata.name} of another version (${why})`);
  }

  /** @throws RolloutHeld when it may not be deleted. */
  async replace({ pod, why }: StuckPod, signal: AbortSignal): Promise<void> {
    const { name, uid, resourceVersion = '' } = pod.metadata;
    const { namespace } = this.#limits;
    try {
      await this.#transport.remove({ resource: 'pods', namespace, name }, { uid, resourceVersion }, signal);
      this.#done(uid);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      this.#notDeleted(pod, why, error);
    }
  }

  /** @throws RolloutHeld when it may not be deleted. */
  #notDeleted(pod: Pod, why: string, error: ApiError): void {
    const { name, uid } = pod.metadata;
    const { outcomeUnknown, isRefusedByAdmission, message } = error;
    const code = isRefusedByAdmission ? undefined : error.code;
    if (code === 404) {
      this.#done(uid);
      return;
    }
    if (outcomeUnknown || code === 429) {
      this.#tryAgainAt = performance.now() + AGAIN_MS;
      this.#problem = { uid, text: `${name} could not be deleted yet: ${capped(message, 200)}` };
      if (outcomeUnknown) this.#mayBeDone.add(uid);
      return;
    }
    // It is another pod by now, or not as it was seen: what is seen next decides.
    if (!this.#mayBeDone.has(uid)) this.#replaced.delete(uid);
    if (code === 409) return;
    const refused = isRefusedByAdmission ? 'admission refuses to' : 'the worker may not';
    throw this.#heldBy(pod, why, `${refused} delete it (${capped(message, 200)}): ${this.#byHand(pod)}`);
  }

  /** The rollout is complete: a pod whose deletion was left open is gone, and one that was kept from it got ready by itself. */
  conclude(): void {
    const uid = this.#problem?.uid;
    if (uid !== undefined && !this.#mayBeDone.has(uid)) this.#replaced.delete(uid);
    this.#problem = undefined;
  }

  #done(uid: string): void {
    this.#gone.add(uid);
    this.#problem = undefined;
  }

  #byHand({ metadata: { name } }: Pod): string {
    return `kubectl delete pod ${shellWord(name)} -n ${shellWord(this.#limits.namespace)}`;
  }

  #heldBy({ metadata }: Pod, why: string, rest: string): RunbookError {
    const workload = nameOf({ kind: this.#kind, name: this.#limits.name });
    return new RunbookError(
      'RolloutHeld',
      `${metadata.name} is not of ${this.#rollout.version} and not ready (${why}), and the controller of ${workload} waits for it before it replaces any pod (podManagementPolicy OrderedReady); ${rest}`,
    );
  }
}
