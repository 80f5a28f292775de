import { RunbookError } from '../../domain/errors.ts';
import type { RolloutFinished, RolloutStarted } from '../../domain/pins.ts';
import type { RolloutProgress } from '../target.ts';
import type { DeploymentWatch, Sight } from './deployment-watch.ts';
import { fingerprint } from './fingerprint.ts';
import { lastManager } from './managers.ts';
import type { PodInspector } from './pod-inspector.ts';
import { type PodWatch, watchPods } from './pod-watch.ts';
import type { Deployment } from './resources.ts';
import { evaluateRollout, hasProgressed, type RolloutCounts, type RolloutState } from './rollout-state.ts';
import type { Transport } from './transport.ts';

/** What the wait is told of the profile. */
export interface RolloutLimits {
  readonly namespace: string;
  readonly deployment: string;
  readonly container: string;
  readonly deadlineMs: number;
  readonly crashLoopRestarts: number;
}

/** A rollout that is not complete after this long has its pods watched. */
const WATCH_PODS_AFTER_MS = 1_000;
/** Looks at least this often, so that clocks and grace periods are noticed. */
const LOOK_EVERY_MS = 1_000;
/** Between two proofs that did not succeed. */
const PROVE_EVERY_MS = 100;
/** A watch that stays broken for this long ends the wait; the step tries again and resumes. */
const BROKEN_MS = 30_000;
/** `spec.progressDeadlineSeconds` when it is not set, in seconds, and the value that means never. */
const DEFAULT_PROGRESS_DEADLINE = 600;
const NO_PROGRESS_DEADLINE = 2_147_483_647;

/** One wait for one rollout. Everything it knows beyond a restart is in the progress that it reports. */
export class RolloutWait {
  readonly #transport: Transport;
  readonly #watch: DeploymentWatch;
  readonly #inspector: PodInspector;
  readonly #limits: RolloutLimits;
  readonly #rollout: RolloutStarted;
  readonly #clock: () => number;
  readonly #report: (progress: RolloutProgress) => void;
  #progress: RolloutProgress;
  #reported = '';
  #counts: RolloutCounts | undefined;
  #podWatch: PodWatch | undefined;

  constructor(
    parts: {
      readonly transport: Transport;
      readonly watch: DeploymentWatch;
      readonly inspector: PodInspector;
      readonly limits: RolloutLimits;
      readonly clock: () => number;
    },
    rollout: RolloutStarted,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ) {
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
  }

  async finish(signal: AbortSignal): Promise<RolloutFinished> {
    const begun = performance.now();
    let live: { readonly of: Deployment; readonly fingerprint: string } | undefined;
    let completeAt: string | undefined;
    await this.#watch.read(signal);
    try {
      for (;;) {
        signal.throwIfAborted();
        const sight = this.#sight();
        const { deployment } = sight;
        if (deployment && live?.of !== deployment) {
          live = { of: deployment, fingerprint: fingerprint(deployment.spec.template) };
        }
        const state = evaluateRollout(deployment, live?.fingerprint ?? '', this.#rollout);
        if (state.kind === 'superseded') throw this.#superseded(state.reason, deployment);
        if (state.kind === 'paused') throw this.#paused();
        let pause = LOOK_EVERY_MS;
        if (state.kind === 'complete' && deployment) {
          completeAt ??= this.#now();
          const proof = await this.#inspector.prove(deployment, this.#rollout.fingerprint, signal);
          if ('instances' in proof) {
            this.#tell(state, `${state.replicas} of ${state.replicas} replicas available`);
            return { ...proof, completeAt };
          }
          pause = PROVE_EVERY_MS;
          this.#tell(state, proof.missing);
        } else if (state.kind !== 'complete') {
          completeAt = undefined;
          this.#tell(state, state.message);
        }
        this.#lookAtPods(deployment, performance.now() - begun);
        await this.#judge(state, deployment, signal);
        await this.#watch.changed(sight.sequence, pause, signal);
      }
    } finally {
      this.#podWatch?.close();
    }
  }

  #sight(): Sight {
    const { sight, brokenForMs, problem } = this.#watch.glance();
    if (brokenForMs > BROKEN_MS) {
      throw problem ?? new RunbookError('Unreachable', 'the watch of the rollout is broken');
    }
    return sight;
  }

  #lookAtPods(deployment: Deployment | undefined, waitedMs: number): void {
    if (!deployment || this.#podWatch || waitedMs < WATCH_PODS_AFTER_MS) return;
    const { namespace } = this.#limits;
    const { selector } = deployment.spec;
    this.#podWatch = watchPods(this.#transport, { namespace, selector }, () => this.#watch.wake());
  }

  /** Gives up when the pods are broken or a deadline passed. */
  async #judge(state: RolloutState, deployment: Deployment | undefined, signal: AbortSignal): Promise<void> {
    if (!deployment) return;
    const pods = this.#podWatch?.pods() ?? [];
    const { fingerprint: pinned, version } = this.#rollout;
    const own = await this.#inspector.pinnedPods(deployment, pinned, pods, signal);
    if (state.kind !== 'complete') {
      const trouble = this.#inspector.firstTrouble(own, this.#limits.crashLoopRestarts);
      if (trouble) {
        const { pod, container, reason, message } = trouble;
        throw new RunbookError(
          'RolloutFailed',
          `pods of ${version} cannot start: pod ${pod}, container ${container}: ${reason}${message ? `: ${message}` : ''}`,
        );
      }
    }
    const now = this.#clock();
    const about = async () => {
      const hints = await this.#inspector.describe(deployment, pinned, pods, signal);
      return `${this.#progress.message}${hints ? `; ${hints}` : ''}`;
    };
    if (state.kind === 'stuck') {
      throw new RunbookError(
        'RolloutFailed',
        `the rollout of ${version} exceeded its progress deadline: ${await about()}`,
      );
    }
    if (now - Date.parse(this.#progress.waitingSince) > this.#limits.deadlineMs) {
      const seconds = Math.round(this.#limits.deadlineMs / 1000);
      throw new RunbookError(
        'RolloutTimedOut',
        `the rollout of ${version} made no end in ${seconds} s: ${await about()}`,
      );
    }
    const patience = deployment.spec.progressDeadlineSeconds ?? DEFAULT_PROGRESS_DEADLINE;
    if (patience >= NO_PROGRESS_DEADLINE) return;
    if (now - Date.parse(this.#progress.progressAt) > patience * 1000) {
      throw new RunbookError(
        'RolloutFailed',
        `the rollout of ${version} made no progress for ${patience} s: ${await about()}`,
      );
    }
  }

  #tell(state: { readonly counts: RolloutCounts }, message: string): void {
    const { counts } = state;
    const moved = this.#counts === undefined || hasProgressed(this.#counts, counts);
    this.#counts = counts;
    const progressAt = moved ? this.#now() : this.#progress.progressAt;
    this.#progress = { message, waitingSince: this.#progress.waitingSince, progressAt, ...counts };
    const key = JSON.stringify({ ...this.#progress, progressAt: '' });
    if (key === this.#reported) return;
    this.#reported = key;
    this.#report(this.#progress);
  }

  #superseded(reason: string, deployment: Deployment | undefined): RunbookError {
    const by = deployment ? `, last by ${lastManager(deployment)}` : '';
    return new RunbookError(
      'WorkloadChanged',
      `deployment/${this.#limits.deployment} is not what was written any more: ${reason}${by}`,
    );
  }

  #paused(): RunbookError {
    const { deployment, namespace } = this.#limits;
    return new RunbookError(
      'WorkloadPaused',
      `deployment/${deployment} was paused in the middle of the rollout; kubectl rollout resume deployment/${deployment} -n ${namespace}`,
    );
  }

  #now(): string {
    return new Date(this.#clock()).toISOString();
  }
}
