/**
 * Where the pinned content stands. The content itself (a pod template may hold secrets) never enters history:
 * the pin refers to it by name, uid and hash, and the write checks all three.
 */
export type PinSource =
  /** The template of a ReplicaSet in the Deployment's history. */
  | {
      readonly kind: 'replica-set';
      readonly name: string;
      readonly uid: string;
      readonly podTemplateHash: string;
    }
  /** The live template with another image: for a version that the history does not have. */
  | { readonly kind: 'image'; readonly container: string; readonly image: string }
  /** The live template as it is: the target is already there, or its ReplicaSet does not exist yet. */
  | { readonly kind: 'live' };

/** The exact thing to return to: fixed once, never "previous", never a revision number. */
export interface Pin {
  readonly target: 'kubernetes';
  readonly workload: { readonly namespace: string; readonly name: string; readonly uid: string };
  /** The generation the decision was made on; the write is refused when the workload has moved on. */
  readonly generation: number;
  readonly source: PinSource;
  /** SHA-256 over the normalised template that will be written; empty for an image pin, whose template is made then. */
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
}

/** What stood there before the change, and where it is kept. */
export interface SnapshotReference {
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  readonly generation: number;
  /** Object in the service's namespace that holds the template, for example `replicaset/name`. */
  readonly keptIn: string;
  readonly uid: string;
}

/** What the write did. */
export interface RolloutStarted {
  /** False when the workload already had the pinned template: a success that changed nothing. */
  readonly changed: boolean;
  readonly uid: string;
  /** `metadata.generation` after the write; the wait is over only when it was observed. */
  readonly generation: number;
  readonly fingerprint: string;
  readonly version: string;
}

/** One running instance of the service: a pod. */
export interface Instance {
  readonly name: string;
  readonly uid: string;
  /** Address that the instance answers on, without port. */
  readonly address: string;
  readonly restarts: number;
  readonly startedAt: string;
}

/** What the wait proved. */
export interface RolloutFinished {
  /** The workload that was waited for. */
  readonly uid: string;
  readonly generation: number;
  /** SHA-256 over the normalised template that every running pod is of (see `VersionCandidate.fingerprint`). */
  readonly fingerprint: string;
  readonly revision: number;
  readonly replicas: number;
  readonly podTemplateHash: string;
  readonly imageId?: string;
  readonly instances: readonly Instance[];
  /** When the target was first seen complete. */
  readonly completeAt: string;
}
