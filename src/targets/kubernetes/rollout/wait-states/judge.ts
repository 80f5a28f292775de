import type { RolloutProgress } from '../../../target.ts';
import type { Pod } from '../../api/resources.ts';
import { isReady, statusesOf } from '../../workload/pods.ts';
import { statesOfPod } from './pod-state.ts';
import { byUrgency, type Finding, OWN_DEADLINE_MS, STATES } from './rows.ts';

/** What a wait remembers of states beyond a restart of its worker. */
export type WaitMemory = Pick<RolloutProgress, 'restarts' | 'troubledSince'>;

/**
 * Judges the states of a rollout by what can still change, and remembers since when a state that has a deadline of its own
 * has stood, and which restarts are from before the wait.
 */
export class StateJudge {
  readonly #crashLoopRestarts: number;
  readonly #waitingSince: string;
  readonly #clock: () => number;
  readonly #restarts: Map<string, number>;
  /** Containers that were seen when they had not been restarted yet. */
  readonly #unharmed = new Set<string>();
  #troubledSince: ReadonlyMap<string, string>;

  /** @param waitingSince when the wait first began, so that another worker comes to the same result. */
  constructor(
    {
      crashLoopRestarts,
      waitingSince,
      clock,
    }: { readonly crashLoopRestarts: number; readonly waitingSince: string; readonly clock: () => number },
    memory: WaitMemory = {},
  ) {
    this.#crashLoopRestarts = crashLoopRestarts;
    this.#waitingSince = waitingSince;
    this.#clock = clock;
    this.#restarts = new Map(Object.entries(memory.restarts ?? {}));
    this.#troubledSince = new Map(Object.entries(memory.troubledSince ?? {}));
  }

  /**
   * The most urgent state of each pod that is not ready, the most urgent pod first.
   * @param pods that the rollout has made.
   */
  statesOf(pods: readonly Pod[]): readonly Finding[] {
    for (const pod of pods) this.#remember(pod);
    return pods
      .flatMap(
        (pod) =>
          statesOfPod(pod, {
            crashLoopRestarts: this.#crashLoopRestarts,
            before: (container) => this.#restarts.get(keyOf(pod, container)) ?? 0,
          })[0] ?? [],
      )
      .toSorted(byUrgency);
  }

  /** The state that ends the wait; undefined while all of them may pass. Every state has to be given each time. */
  ending(found: readonly Finding[]): Finding | undefined {
    const now = this.#clock();
    const before = this.#troubledSince;
    const since = new Map<string, string>();
    for (const finding of found.filter(({ state }) => STATES[state].ends === 'own-deadline')) {
      const key = deadlineKey(finding);
      since.set(key, before.get(key) ?? new Date(now).toISOString());
    }
    this.#troubledSince = since;
    return found.find((finding) => {
      const { ends } = STATES[finding.state];
      if (ends === 'at-once') return true;
      const begun = since.get(deadlineKey(finding));
      return ends === 'own-deadline' && begun !== undefined && now - Date.parse(begun) > OWN_DEADLINE_MS;
    });
  }

  memory(): WaitMemory {
    return {
      ...(this.#restarts.size > 0 ? { restarts: Object.fromEntries(this.#restarts) } : {}),
      ...(this.#troubledSince.size > 0 ? { troubledSince: Object.fromEntries(this.#troubledSince) } : {}),
    };
  }

  /**
   * Restarts of a pod that is older than the wait count from when it was first seen; all of them for a container that is
   * in a crash loop then, which the kubelet clears after ten minutes without a crash.
   */
  #remember(pod: Pod): void {
    if (!isOlderThanWait(pod, this.#waitingSince)) return;
    for (const { status } of statusesOf(pod)) {
      const { name, restartCount = 0, state } = status;
      const key = keyOf(pod, name);
      if (restartCount === 0) this.#unharmed.add(key);
      if (this.#unharmed.has(key) || this.#restarts.has(key)) continue;
      const isLooping = !isReady(pod) && state?.waiting?.reason === 'CrashLoopBackOff';
      this.#restarts.set(key, isLooping ? 0 : restartCount);
    }
  }
}

function keyOf({ metadata }: Pod, container: string): string {
  return `${metadata.uid}/${container}`;
}

/** Whichever pod it is: one that is made anew does not renew the deadline. */
function deadlineKey({ container = '', state }: Finding): string {
  return `${container}/${state}`;
}

/** Whether the pod was there before the wait. Creation times have whole seconds. */
function isOlderThanWait({ metadata }: Pod, waitingSince: string): boolean {
  const second = (at: string) => Math.floor(Date.parse(at) / 1000);
  return second(metadata.creationTimestamp ?? '') < second(waitingSince);
}
