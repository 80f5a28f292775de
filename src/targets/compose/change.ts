import type { ComposeFileChange } from '../../domain/pins.ts';

/** One side of a change, as far as it must be known to go there again. */
export interface ChangeSide {
  readonly version: string;
  /** The reference as the compose file has it. */
  readonly image: string;
  readonly imageId?: string;
  readonly fingerprint: string;
}

/**
 * A rollback of ours in the project's journal. Whoever finds it after a crash knows what was begun and how to get
 * back: the contents of the files before are kept under their hashes.
 */
export interface Change {
  /** Made from the run's step and the pin: the same for every attempt. */
  readonly id: string;
  readonly phase: ChangePhase;
  readonly startedAt: string;
  /** `workflowId/activityId` of the step that made it. */
  readonly by: string;
  readonly from: ChangeSide;
  readonly to: ChangeSide;
  readonly files: readonly ComposeFileChange[];
  /** Containers that ran before. */
  readonly containers: number;
}

/**
 * `replacing`: files may have been replaced; `starting`: all have, the container may have been; `started`: Compose has
 * done its part; `restoring`: the start failed and the way back was begun; `restored`: it was gone.
 */
export type ChangePhase = 'replacing' | 'starting' | 'started' | 'restoring' | 'restored';
