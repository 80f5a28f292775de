import type { RolloutStarted } from '../../../domain/versions/pins.ts';
import type { RolloutProgress } from '../../target.ts';
import { PodEvents } from '../api/pod-events.ts';
import type { Pod, Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { RolloutPods } from '../workload/rollout-pods.ts';
import type { WorkloadKind } from '../workload/workload.ts';
import type { PodInspector, SortedPods } from './pod-inspector.ts';
import { StateJudge, type WaitMemory } from './wait-states/judge.ts';
import { statesOfRollout } from './wait-states/rollout-findings.ts';
import { byUrgency, type Finding, type StateId } from './wait-states/rows.ts';

/** Pods that a message names. */
const NAMED = 3;
/** A state has stood for this long, in milliseconds, before events are asked for its cause. */
const EVENTS_AFTER_MS = 3_000;
/** States whose cause stands in events alone. */
const IN_EVENTS: ReadonlySet<StateId> = new Set(['starting', 'no-sandbox', 'not-ready']);
/** What kubelets before 1.32 say between two pulls: the cause stands in an event. */
const BARE_BACK_OFF = /^ImagePullBackOff: Back-off pulling image "[^"]*"$/;

/** What was found to hold a rollout up. */
export interface FoundCauses {
  /** In words, the most urgent first. */
  readonly causes: readonly string[];
  readonly states: readonly StateId[];
  /** The pods as they were judged; none while they are not known. */
  readonly sorted?: SortedPods;
  /** The one that ends the wait. */
  readonly ending?: Finding | undefined;
}

/** What holds one rollout up: named while it is waited for, and judged by what can still change. */
export class RolloutCauses {
  readonly #kind: WorkloadKind;
  readonly #inspector: PodInspector;
  readonly #rollout: RolloutStarted;
  readonly #judge: StateJudge;
  readonly #events: PodEvents;
  readonly #waitingSince: string;
  readonly #begun = performance.now();

  constructor(
    parts: {
      readonly kind: WorkloadKind;
      readonly transport: ApiTransport;
      readonly inspector: PodInspector;
      readonly limits: { readonly crashLoopRestarts: number };
      readonly clock: () => number;
    },
    rollout: RolloutStarted,
    resume: Pick<RolloutProgress, 'waitingSince'> & WaitMemory,
  ) {
    const { kind, transport, inspector, limits, clock } = parts;
    this.#kind = kind;
    const { waitingSince } = resume;
    const { crashLoopRestarts } = limits;
    this.#inspector = inspector;
    this.#rollout = rollout;
    this.#judge = new StateJudge({ crashLoopRestarts, waitingSince, clock }, resume);
    this.#events = new PodEvents(transport);
    this.#waitingSince = waitingSince;
  }

  /** What the wait has to know after a restart of its worker. */
  memory(): WaitMemory {
    return this.#judge.memory();
  }

  /**
   * The causes of this moment.
   * @param watched pods as far as they are known; while they are not, nothing is said, unless it has to be thorough.
   */
  async find(
    live: Workload,
    watched: readonly Pod[] | undefined,
    thorough: boolean,
    signal: AbortSignal,
  ): Promise<FoundCauses> {
    const pods = watched ?? (thorough ? await this.#listed(live, signal) : undefined);
    if (!pods) return { causes: [], states: [] };
    const sorted = await this.#inspector.sort(live, this.#rollout.fingerprint, pods, signal);
    const refused = await this.#refusal(live, sorted, thorough, signal);
    const found = [
      ...refused,
      ...statesOfRollout(this.#kind, live, sorted, this.#waitingSince),
      ...this.#judge.statesOf(sorted.made),
    ].toSorted(byUrgency);
    const causes = found.slice(0, NAMED).map(inWords);
    if (found.length > NAMED) causes.push(`and ${found.length - NAMED} more`);
    const hint = await this.#hint(live, found, sorted.made, thorough, signal);
    return {
      causes: hint ? [...causes, hint] : causes,
      states: found.map(({ state }) => state),
      sorted,
      ending: this.#judge.ending(found),
    };
  }

  /**
   * What keeps the controller from creating pods that are missing, where it says so in events alone: quota, admission. What
   * it said before the wait may have been of another version.
   */
  async #refusal(
    live: Workload,
    { made, others, adopted, ending, leaving }: RolloutPods,
    thorough: boolean,
    signal: AbortSignal,
  ): Promise<readonly Finding[]> {
    const { wanted } = this.#kind.view(live);
    const there = [made, others, adopted, ending, leaving].reduce((sum, pods) => sum + pods.length, 0);
    if (this.#kind.refusalsIn !== 'events' || there >= wanted) return [];
    if (!thorough && performance.now() - this.#begun < EVENTS_AFTER_MS) return [];
    const since = Date.parse(this.#waitingSince);
    const text = await this.#events.newestWarning(live, live.metadata.namespace ?? '', signal, {
      reason: 'FailedCreate',
      since,
    });
    return text ? [{ state: 'pods-refused', text: `pods are refused: ${text}` }] : [];
  }

  /** Only for messages: without it they are shorter. */
  async #listed(live: Workload, signal: AbortSignal): Promise<readonly Pod[] | undefined> {
    try {
      return await this.#inspector.list(live, signal);
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  }

  async #hint(
    { metadata }: Workload,
    found: readonly Finding[],
    pods: readonly Pod[],
    thorough: boolean,
    signal: AbortSignal,
  ): Promise<string> {
    if (!thorough && performance.now() - this.#begun < EVENTS_AFTER_MS) return '';
    const first = found.find(({ state, text }) => IN_EVENTS.has(state) || BARE_BACK_OFF.test(text));
    const pod = first && pods.find((one) => one.metadata.name === first.pod);
    return pod ? this.#events.newestWarning(pod, metadata.namespace ?? '', signal) : '';
  }
}

function inWords({ pod, container, text }: Finding): string {
  const where = [pod, container].filter(Boolean).join('/');
  return where ? `${where}: ${text}` : text;
}
