import { RunbookError } from '../../../domain/errors.ts';
import type { RolloutFinished, RolloutStarted } from '../../../domain/versions/pins.ts';
import type { RolloutProgress } from '../../target.ts';
import type { Workload } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { CachedWorkload } from '../state/workload-cache.ts';
import type { WorkloadWatch } from '../state/workload-watch.ts';
import { fingerprint } from '../template/fingerprint.ts';
import type { RolloutCounts, WorkloadKind } from '../workload/workload.ts';
import { deadlineExceeded, type GivenUp } from './deadlines.ts';
import type { PodInspector } from './pod-inspector.ts';
import { type PodWatch, watchPods } from './pod-watch.ts';
import { StuckPods } from './replace-stuck-pod.ts';
import { RolloutCauses } from './rollout-causes.ts';
import { givenUp, heldRollout, pausedMeanwhile, superseded } from './rollout-errors.ts';
import { evaluateRollout, hasProgressed } from './rollout-state.ts';
import { type Finding, STATES, type StateId } from './wait-states/rows.ts';
import { silentController } from './wait-states/silence.ts';

/** What the wait is told of the profile. */
export interface RolloutLimits {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly deadlineMs: number;
  readonly crashLoopRestarts: number;
}

/** A rollout that is not complete after this long has its pods watched. */
const WATCH_PODS_AFTER_MS = 1_000;
/** The rollout is evaluated at least this often, so that clocks and grace periods are noticed. */
const EVALUATE_EVERY_MS = 1_000;
/** Between two proofs that did not succeed: first, and longer each time. */
const PROVE_AFTER_MS = 100;
/** A watch that stays broken for this long ends the wait; the step tries again and resumes. */
const BROKEN_MS = 30_000;

/** What an evaluation of the rollout came to. */
type RolloutEvaluation =
  | { readonly finished: RolloutFinished }
  | {
      /** Until the next evaluation at the latest, in milliseconds. */
      readonly pause: number;
      readonly hopeless?: Finding | GivenUp;
    };

/** One wait for one rollout. Everything it knows beyond a restart is in the progress that it reports. */
export class RolloutWait {
  readonly #kind: WorkloadKind;
  readonly #transport: ApiTransport;
  readonly #watch: WorkloadWatch;
  readonly #inspector: PodInspector;
  readonly #causes: RolloutCauses;
  readonly #stuck: StuckPods;
  readonly #limits: RolloutLimits;
  readonly #rollout: RolloutStarted;
  readonly #clock: () => number;
  readonly #report: (progress: RolloutProgress) => void;
  #progress: RolloutProgress;
  #reported = '';
  #counts: RolloutCounts | undefined;
  #completeAt: string | undefined;
  #proofs = 0;
  #live: { readonly of: Workload; readonly fingerprint: string } | undefined;
  #podWatch: PodWatch | undefined;

  constructor(
    parts: {
      readonly kind: WorkloadKind;
      readonly transport: ApiTransport;
      readonly watch: WorkloadWatch;
      readonly inspector: PodInspector;
      readonly limits: RolloutLimits;
      readonly clock: () => number;
    },
    rollout: RolloutStarted,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ) {
    this.#kind = parts.kind;
    this.#transport = parts.transport;
    this.#watch = parts.watch;
    this.#inspector = parts.inspector;
    this.#limits = parts.limits;
    this.#clock = parts.clock;
    this.#rollout = rollout;
    this.#report = report;
    const now = new Date(parts.clock()).toISOString();
    this.#counts = resume;
    this.#progress = resume ?? {
      message: 'waiting',
      waitingSince: now,
      progressAt: now,
      updated: 0,
      ready: 0,
      available: 0,
      old: 0,
    };
    this.#causes = new RolloutCauses(parts, rollout, this.#progress);
    this.#stuck = new StuckPods(parts, rollout, this.#progress);
  }

  async finish(signal: AbortSignal): Promise<RolloutFinished> {
    const begun = performance.now();
    await this.#watch.read(signal);
    try {
      for (;;) {
        signal.throwIfAborted();
        const cached = this.#cached();
        let evaluation = await this.#evaluate(cached.live, signal);
        if ('hopeless' in evaluation) {
          // It may be the watch that makes no progress. A GET that fails leaves it to the next attempt to judge.
          evaluation = await this.#evaluate(await this.#watch.refresh(signal), signal, true);
        }
        if ('finished' in evaluation) return evaluation.finished;
        if (evaluation.hopeless) throw givenUp(this.#waited, evaluation.hopeless, this.#progress.message);
        this.#startPodWatch(cached.live, performance.now() - begun);
        await this.#watch.changed(cached.sequence, evaluation.pause, signal);
      }
    } finally {
      this.#podWatch?.close();
    }
  }

  /** @param thorough whatever it takes to name the causes: the wait is about to end. */
  async #evaluate(
    live: Workload | undefined,
    signal: AbortSignal,
    thorough = false,
  ): Promise<RolloutEvaluation> {
    const state = evaluateRollout(this.#kind, live, this.#fingerprintOf(live), this.#rollout);
    if (state.kind === 'superseded') throw superseded(this.#waited, state.reason, live);
    if (state.kind === 'paused') throw pausedMeanwhile(this.#waited);
    if (!live) return { pause: EVALUATE_EVERY_MS };
    let message = state.kind === 'complete' ? availableOf(this.#kind, state.wanted) : state.message;
    if (state.kind === 'complete') {
      this.#completeAt ??= this.#now();
      const { fingerprint: pinned } = this.#rollout;
      const proof = await this.#inspector.prove(live, this.#rollout, signal);
      if ('instances' in proof) {
        this.#stuck.conclude();
        this.#tell(state, message);
        const warnings = [...(proof.warnings ?? []), ...this.#stuck.notes()];
        const told = warnings.length > 0 ? { warnings } : {};
        return { finished: { ...proof, ...told, fingerprint: pinned, completeAt: this.#completeAt } };
      }
      if ('held' in proof) throw heldRollout(this.#waited, proof);
      message = proof.missing;
    } else {
      this.#completeAt = undefined;
    }
    const pods = this.#podWatch?.pods();
    const found = await this.#causes.find(live, pods, thorough, signal);
    const stuck = state.kind === 'waiting' ? found.sorted && this.#stuck.find(live, found.sorted) : undefined;
    const isUntroubled =
      state.kind === 'waiting' && !stuck && [...state.states, ...found.states].length === 0;
    const silent =
      isUntroubled && found.sorted
        ? silentController(live, this.#clock() - Date.parse(this.#progress.progressAt))
        : undefined;
    const beside = [stuck?.finding, silent].filter((finding) => finding !== undefined);
    const causes = [...found.causes, ...beside.map(({ text }) => text)];
    const tell = () => this.#tell(state, [message, ...causes, ...this.#stuck.notes()].join('; '));
    tell();
    this.#proofs = state.kind === 'complete' ? this.#proofs + 1 : 0;
    const pause = Math.min(EVALUATE_EVERY_MS, this.#proofs * PROVE_AFTER_MS || EVALUATE_EVERY_MS);
    const { deadlineMs } = this.#limits;
    const late = deadlineExceeded(
      this.#kind.progressDeadlineSeconds(live),
      this.#progress,
      deadlineMs,
      this.#clock(),
    );
    const isWhole = state.kind === 'complete' && state.isWhole;
    const all: StateId[] = [
      ...(state.kind === 'complete' ? [] : state.states),
      ...found.states,
      ...beside.map((finding) => finding.state),
    ];
    const hopeless =
      (isWhole ? undefined : found.ending) ?? (late && judged(late, all, found.sorted !== undefined));
    if (hopeless) return { pause, hopeless };
    if (stuck && this.#stuck.isDue(live, stuck) && (await this.#isStillWaiting(signal))) {
      this.#stuck.announce(stuck);
      tell();
      await this.#stuck.replace(stuck, signal);
    }
    return { pause };
  }

  /** What is deleted is decided on a real read: the watch may not have told yet that somebody has changed the template. */
  async #isStillWaiting(signal: AbortSignal): Promise<boolean> {
    const live = await this.#watch.refresh(signal);
    return evaluateRollout(this.#kind, live, this.#fingerprintOf(live), this.#rollout).kind === 'waiting';
  }

  #fingerprintOf(live: Workload | undefined): string {
    if (!live) return '';
    if (this.#live?.of !== live) {
      this.#live = { of: live, fingerprint: fingerprint(live.spec.template) };
    }
    return this.#live.fingerprint;
  }

  #cached(): CachedWorkload {
    const { cached, brokenForMs, problem } = this.#watch.peek();
    if (brokenForMs > BROKEN_MS) {
      throw problem ?? new RunbookError('Unreachable', 'the watch of the rollout is broken');
    }
    return cached;
  }

  #startPodWatch(live: Workload | undefined, waitedMs: number): void {
    if (!live || this.#podWatch || waitedMs < WATCH_PODS_AFTER_MS) return;
    const { namespace } = this.#limits;
    const { selector } = live.spec;
    this.#podWatch = watchPods(this.#transport, { namespace, selector }, () => this.#watch.wake());
  }

  #tell(state: { readonly counts: RolloutCounts }, message: string): void {
    const { counts } = state;
    const moved = this.#counts === undefined || hasProgressed(this.#counts, counts);
    this.#counts = counts;
    const progressAt = moved ? this.#now() : this.#progress.progressAt;
    const { waitingSince } = this.#progress;
    this.#progress = {
      message,
      waitingSince,
      progressAt,
      ...counts,
      ...this.#causes.memory(),
      ...this.#stuck.memory(),
    };
    const key = JSON.stringify({ ...this.#progress, progressAt: '' });
    if (key === this.#reported) return;
    this.#reported = key;
    this.#report(this.#progress);
  }

  get #waited() {
    const { namespace, name } = this.#limits;
    return { kind: this.#kind, namespace, name, rollout: this.#rollout };
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}

/**
 * A rollout that has waited for the cluster alone says nothing of the version: no failure of it is remembered. Nor does one
 * in which no pod was in trouble.
 * @param isSeen whether its pods are known.
 */
function judged(late: GivenUp, states: readonly StateId[], isSeen: boolean): GivenUp {
  const isElsewhere = (isSeen || states.length > 0) && states.every((id) => !STATES[id].ofVersion);
  return isElsewhere ? { ...late, type: 'RolloutTimedOut' } : late;
}

function availableOf({ wantsNone, unit }: WorkloadKind, wanted: number): string {
  return wanted === 0 ? wantsNone : `${wanted} of ${wanted} ${unit} available`;
}
