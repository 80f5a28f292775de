import type { ComposeFileChange, ComposeFilePin, PinPurpose } from '../../../domain/versions/pins.ts';

/** One side of a change, as far as it must be known to go there again. */
export interface ChangeSide {
  readonly version: string;
  /** The image reference that the containers have. */
  readonly image: string;
  readonly imageId?: string;
  /** Digest by which the repository of `image` knows it. */
  readonly digest?: string;
  readonly fingerprint: string;
}

/**
 * A rollback of ours in the project's journal. Whoever finds it after a crash knows what was begun and how to get
 * back: the contents of the files before are kept under their hashes.
 */
export interface ProjectChange {
  /** Made from the pin and the change before: the same for every attempt, another one when it is made once more. */
  readonly id: string;
  /** SHA-256 over the pin: by it an attempt knows what another one has begun, of whichever step. */
  readonly pinned?: string;
  readonly purpose?: PinPurpose;
  readonly phase: ChangePhase;
  readonly startedAt: string;
  /** `workflowId/activityId` of the step that made it. */
  readonly by: string;
  readonly from: ChangeSide;
  readonly to: ChangeSide;
  readonly files: readonly ComposeFileChange[];
  /** The image that the files said before; containers may have run another one. */
  readonly imageInFiles: string;
  /** Containers before, stopped ones too, and their IDs. */
  readonly containers: number;
  readonly containerIds: readonly string[];
  /** Whether they hold contents of inline configs or secrets, which Compose does not compare. */
  readonly inline?: true;
  /** Whether they may not have seen files that are mounted into them, which Compose does not compare either. */
  readonly unseen?: true;
  /** Of these, which an up that was broken off may have asked to stop: the engine ends them after a while. */
  readonly askedToStop?: readonly string[];
  /** Services that ran, and share a namespace or volumes with the containers. */
  readonly bound?: readonly string[];
  /** Fingerprint that the version gone to was recorded under. */
  readonly recorded?: string;
  /** Every file of the service as the change leaves it. */
  readonly left?: readonly ComposeFilePin[];
  /** When it had come to its end, and IDs of the containers that it left. */
  readonly endedAt?: string;
  readonly made?: readonly string[];
  /** Number of containers, when it was not the one that the files said. */
  readonly scale?: number;
}

/**
 * `replacing`: files may have been replaced; `starting`: all have, the container may have been; `started`: Compose has
 * done its part; `restoring`: the start failed and the compensation was begun; `restored`: it is done.
 */
export type ChangePhase = 'replacing' | 'starting' | 'started' | 'restoring' | 'restored';
