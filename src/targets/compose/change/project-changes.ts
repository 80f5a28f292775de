import { join } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { Json } from '../../../domain/json.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposePin, ComposeSource, RolloutStarted } from '../../../domain/versions/pins.ts';
import type { RolloutProgress } from '../../target.ts';
import type { ComposeCommand } from '../engine/command/compose-command.ts';
import type { Docker } from '../engine/docker.ts';
import type { Container } from '../engine/objects/containers.ts';
import { runningBound } from '../read/bound-services.ts';
import { instanceCount } from '../read/leftovers.ts';
import { identityOf, observedFrom } from '../read/observation.ts';
import type { ObservedState } from '../read/observed-state.ts';
import { assertOwnImage } from '../read/own-image.ts';
import type { ServiceReader } from '../read/service-reader.ts';
import { type StepCache, serviceNameOf } from '../read/step-cache.ts';
import type { ProjectChange } from '../state/project-change.ts';
import { type Started, StartFailed, waitForStart } from '../wait/start-wait.ts';
import type { ChangeParts } from './change-parts.ts';
import { withProjectLock } from './project-lock.ts';
import { renewBound } from './renew-bound.ts';
import { restartDependants } from './restart-dependants.ts';
import { type Before, compensate, type RolledBack, rollBackTo } from './roll-back.ts';
import { rollbackJournalOf } from './rollback-journal.ts';
import { startedAgain } from './started-again.ts';

interface ChangesParts {
  readonly profile: ComposeProfile;
  /** Environment of the docker command, for the stream of events. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly clock: () => number;
  readonly repositories: readonly string[] | undefined;
}

/** The changes of a project: the rollback, and the compensation of one that does not start. */
export class ProjectChanges {
  readonly #parts: ChangesParts;
  readonly #reader: ServiceReader;

  constructor(parts: ChangesParts, reader: ServiceReader) {
    this.#parts = parts;
    this.#reader = reader;
  }

  rollBack(pin: ComposePin, source: ComposeSource, by: string, signal: AbortSignal): Promise<RolledBack> {
    const read = (step: StepCache) =>
      Promise.all([step.engineNow(), this.#reader.read(step, 'running', signal)]);
    return this.#locked(by, signal, read, async (parts, [engine, observedState]) => {
      if (identityOf(engine, parts.name.project, parts.name.service) !== pin.workload.uid) {
        throw new RunbookError(
          'WorkloadChanged',
          'the plan was made for this service on another engine or in another project; nothing was changed',
        );
      }
      await assertOwnImage(pin, source, observedState, { ...this.#parts, step: parts.step });
      try {
        const bound = await runningBound(parts.step);
        return await rollBackTo(pin, source, { ...this.#before(observedState), bound }, parts, signal);
      } finally {
        this.#reader.forget();
      }
    });
  }

  /**
   * Waits for the containers of a rollout. Compose has replaced the only ones: when they do not start, what was there
   * before comes back.
   * @param step that was just begun.
   * @returns with what is known of the service when they were up.
   */
  async waitForStart(
    rollout: RolloutStarted,
    step: StepCache,
    by: string,
    signal: AbortSignal,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ): Promise<Started & { readonly step: StepCache }> {
    const { docker, environment, profile, clock } = this.#parts;
    const since = clock();
    const [name, { change }, found] = await Promise.all([step.name(), step.journal(), step.containers()]);
    const ours = change !== undefined && change.id === rollout.change ? change : undefined;
    if (ours?.phase === 'restoring' || ours?.phase === 'restored') {
      throw await this.#restored(ours, `${rollout.version} did not start`, 'RolloutFailed', by, signal);
    }
    const startAgain = ours && {
      begun: ours.phase === 'starting',
      run: (within: AbortSignal) => this.#lockedLive(by, within, (parts) => startedAgain(ours, parts)),
    };
    const parts = {
      ...{ docker, env: environment, name, limits: profile.rollout, clock, since },
      ...(startAgain ? { startAgain } : {}),
    };
    const restartsBefore = resume?.restarts ?? earlierRestarts(found, ours);
    const expected = {
      ...(rollout.imageId ? { imageId: rollout.imageId } : {}),
      containers: Math.max(1, ours?.scale ?? instanceCount(found)),
      crashLoopRestarts: profile.rollout.crashLoopRestarts,
      restartsBefore,
    };
    const told = (progress: RolloutProgress) => report({ ...progress, restarts: restartsBefore });
    try {
      const started = await waitForStart(parts, expected, found, rollout.version, signal, told, resume);
      const ofDependants = ours ? await this.#dependants(ours, by, signal) : undefined;
      const isOfNow = started.containers === found && !ofDependants;
      return {
        ...started,
        warnings: [...started.warnings, ...(ofDependants ?? [])],
        step: isOfNow ? step : step.anew(signal, ofDependants ? undefined : started.containers),
      };
    } catch (error) {
      const isTimeOut = error instanceof RunbookError && error.type === 'RolloutTimedOut';
      if (!isTimeOut && !(error instanceof StartFailed)) throw error;
      const type = isTimeOut ? 'RolloutTimedOut' : 'RolloutFailed';
      if (!ours) throw new RunbookError(type, error.message);
      throw await this.#restored(ours, error.message, type, by, signal);
    }
  }

  /** Goes back, and says so. @returns the error that the step ends with. */
  async #restored(
    change: ProjectChange,
    reason: string,
    type: 'RolloutFailed' | 'RolloutTimedOut',
    by: string,
    signal: AbortSignal,
  ): Promise<RunbookError> {
    const { signal: uncancellable } = new AbortController();
    const outcome = await this.#lockedLive(by, signal, (parts) => compensate(change, parts, uncancellable));
    return new RunbookError(type, `${reason}; ${outcome}`);
  }

  /** @returns warnings; nothing when there was nothing to do. */
  async #dependants(
    change: ProjectChange,
    by: string,
    signal: AbortSignal,
  ): Promise<readonly string[] | undefined> {
    const { restartDependants: restarts } = this.#parts.profile;
    if (!restarts && !change.bound) return undefined;
    return this.#lockedLive(by, signal, async (parts) => [
      ...(await renewBound(change, parts, signal)),
      ...(restarts ? await restartDependants(change, parts, signal) : []),
    ]);
  }

  #before(observedState: ObservedState): Omit<Before, 'bound'> {
    const { service } = observedState.project;
    const { current } = observedFrom(observedState, this.#parts.profile);
    const { version, image, fingerprint, source } = current;
    const { imageId, digest } = source as ComposeSource;
    return {
      live: {
        version,
        image,
        ...(imageId ? { imageId } : {}),
        ...(digest ? { digest } : {}),
        fingerprint,
      },
      containers: observedState.containers,
      imageInFiles: service.image,
      hasInline: hasInline(service),
      isUnseen: observedState.unseen.length > 0,
      scaleInFiles: scaleOf(service.definition),
    };
  }

  /** Of what runs, once it is proved that the containers are of this project. */
  #lockedLive<T>(by: string, signal: AbortSignal, work: (parts: ChangeParts) => Promise<T>): Promise<T> {
    return this.#locked(by, signal, (step) => this.#reader.live(step), work);
  }

  async #locked<S, T>(
    by: string,
    signal: AbortSignal,
    read: (step: StepCache) => Promise<S>,
    work: (parts: ChangeParts, found: S) => Promise<T>,
  ): Promise<T> {
    // Where the lock is does not hang on what the files say: they are read when it is held.
    const { folder, state } = await this.#reader.step(signal).state();
    return withProjectLock(await folder.create(), by, signal, async (beforeExec) => {
      const step = this.#reader.step(signal);
      const found = await read(step);
      const project = await step.project();
      const parts: ChangeParts = {
        ...this.#parts,
        step,
        name: serviceNameOf(project),
        invocation: project.invocation,
        folder: project.folder,
        journal: rollbackJournalOf(state),
        contents: state.contents,
        secrets: state.secrets,
        contentsFolder: join(project.folder.path, state.path, 'contents'),
        beforeExec,
        by,
        audit: async (event, key, details) => {
          const at = new Date(this.#parts.clock()).toISOString();
          // What is noted was done: a step that is cancelled meanwhile notes it all the same. The log's lock bounds it.
          const { signal: uncancellable } = new AbortController();
          await state.audit.append(
            { at, event, key, by, ...(details as Record<string, Json>) },
            uncancellable,
          );
        },
      };
      return work(parts, found);
    });
  }
}

function hasInline({ definition, secrets }: ObservedState['project']['service']): boolean {
  const { inlineConfigs } = (definition ?? {}) as Record<string, unknown>;
  return inlineConfigs !== undefined || secrets.some(({ from }) => from === 'text');
}

/** `scale`, or `deploy.replicas` (Compose specification); one where the files say nothing. */
function scaleOf(definition: unknown): number {
  const { scale, deploy } = (definition ?? {}) as { scale?: unknown; deploy?: { replicas?: unknown } };
  const said = Number(scale ?? deploy?.replicas ?? 1);
  return Number.isInteger(said) ? said : 1;
}

/** Restarts of long ago are none of this version's. Containers that the change has made begin at none. */
function earlierRestarts(
  containers: readonly Container[],
  change: ProjectChange | undefined,
): Record<string, number> {
  const old = containers.filter(({ id }) => !change || change.containerIds.includes(id));
  return Object.fromEntries(old.map(({ id, restarts }) => [id, restarts]));
}
