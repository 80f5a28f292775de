import { RunbookError } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { ComposePin, ComposeSource, RolloutStarted } from '../../domain/pins.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import type { RolloutProgress } from '../target.ts';
import type { Change, ChangeSide } from './change.ts';
import { withProjectLock } from './change-lock.ts';
import type { ChangeParts } from './change-parts.ts';
import type { ComposeCommand } from './engine/compose-command.ts';
import type { Docker } from './engine/docker.ts';
import { journalOf } from './journal.ts';
import { observedFrom } from './observation.ts';
import { leadingContainer } from './reading.ts';
import { restartDependants } from './restart-dependants.ts';
import { restoreChange, restoredTo } from './restore.ts';
import { type RolledBack, rollBackTo } from './roll-back.ts';
import { nameOf, type ServiceReader } from './service-reader.ts';
import { type Started, StartFailed, waitForStart } from './start-wait.ts';

interface ChangesParts {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly docker: Docker;
  readonly compose: ComposeCommand;
  readonly clock: () => number;
}

/** The changes of a project: the rollback, and the way back from one that does not start. */
export class ComposeChanges {
  readonly #parts: ChangesParts;
  readonly #reader: ServiceReader;

  constructor(parts: ChangesParts, reader: ServiceReader) {
    this.#parts = parts;
    this.#reader = reader;
  }

  rollBack(pin: ComposePin, source: ComposeSource, by: string, signal: AbortSignal): Promise<RolledBack> {
    return this.#locked(by, signal, async (parts, from) => {
      const rolledBack = await rollBackTo(pin, source, from, parts, signal);
      if (rolledBack.changed) await restartDependants(rolledBack.change, parts, signal);
      return rolledBack;
    });
  }

  /**
   * Waits for the containers of a rollout. Compose has replaced the only ones: when they do not start, what was there
   * before comes back.
   */
  async waitForStart(
    rollout: RolloutStarted,
    by: string,
    signal: AbortSignal,
    report: (progress: RolloutProgress) => void,
    resume?: RolloutProgress,
  ): Promise<Started> {
    const reading = await this.#reader.read('running', signal);
    const { state } = this.#reader.stateOf(reading.project);
    const { change } = await state.journal.read();
    const ours = change !== undefined && change.id === rollout.change ? change : undefined;
    if (ours?.phase === 'restoring' || ours?.phase === 'restored') {
      throw await this.#restored(ours, `${rollout.version} did not start`, 'RolloutFailed', by, signal);
    }
    const { docker, environment, profile, clock } = this.#parts;
    const parts = { docker, env: environment, name: nameOf(reading.project), limits: profile.rollout, clock };
    const expected = {
      ...(rollout.imageId ? { imageId: rollout.imageId } : {}),
      containers: Math.max(1, ours?.containers ?? reading.containers.length),
      crashLoopRestarts: profile.rollout.crashLoopRestarts,
    };
    try {
      return await waitForStart(parts, expected, rollout.version, signal, report, resume);
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
    change: Change,
    reason: string,
    type: 'RolloutFailed' | 'RolloutTimedOut',
    by: string,
    signal: AbortSignal,
  ): Promise<RunbookError> {
    try {
      const { signal: unbroken } = new AbortController();
      await this.#locked(by, signal, (parts) => restoreChange(change, parts, unbroken));
    } catch (error) {
      if (!(error instanceof RunbookError) || error.retryable) throw error;
      return new RunbookError(type, `${reason}; and ${error.message}`);
    }
    return new RunbookError(type, `${reason}; ${restoredTo(change)}`);
  }

  async #locked<T>(
    by: string,
    signal: AbortSignal,
    work: (parts: ChangeParts, live: ChangeSide) => Promise<T>,
  ): Promise<T> {
    const { project } = await this.#reader.read('running', signal);
    const { folder, state } = this.#reader.stateOf(project);
    return withProjectLock(await folder.create(), by, signal, async (gate) => {
      const reading = await this.#reader.read('running', signal);
      const { current } = observedFrom(reading, this.#parts.profile);
      const imageId = leadingContainer(reading.containers)?.imageId;
      const live = {
        version: current.version,
        image: reading.project.service.image,
        ...(imageId ? { imageId } : {}),
        fingerprint: current.fingerprint,
      };
      const parts: ChangeParts = {
        ...this.#parts,
        name: nameOf(project),
        invocation: project.invocation,
        folder: project.folder,
        journal: journalOf(state),
        contents: state.contents,
        gate,
        by,
        audit: async (event, key, details) => {
          const at = new Date(this.#parts.clock()).toISOString();
          await state.audit.append({ at, event, key, by, ...(details as Record<string, Json>) }, signal);
        },
      };
      return work(parts, live);
    });
  }
}
