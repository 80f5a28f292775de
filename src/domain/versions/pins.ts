import type { WorkloadKindName } from '../workload-kind.ts';
import type { NamedCluster } from './cluster.ts';

/**
 * Where the pinned content stands. The content itself (a pod template may hold secrets) never enters history:
 * the pin refers to it by name, uid and hash, and the write checks all three.
 */
export type PinSource =
  /** The template of a ReplicaSet in a Deployment's history. */
  | {
      readonly kind: 'replica-set';
      readonly name: string;
      readonly uid: string;
      readonly podTemplateHash: string;
      /**
       * The fingerprint of what it holds, where the pin has another: then the pin's image digests are written into it,
       * `repository:tag@digest`.
       */
      readonly fingerprint?: string;
    }
  /** The same of a ControllerRevision, in the history of a StatefulSet or DaemonSet. */
  | {
      readonly kind: 'controller-revision';
      readonly name: string;
      readonly uid: string;
      readonly fingerprint?: string;
    }
  /** The template of a proved version that the history does not have any more; `fingerprint` as above. */
  | {
      readonly kind: 'pod-template';
      readonly name: string;
      readonly uid: string;
      readonly fingerprint?: string;
    }
  /** A template that `take-snapshot` has copied into a ConfigMap, because no ReplicaSet keeps it. */
  | { readonly kind: 'config-map'; readonly name: string; readonly uid: string }
  /** The live template with another image: for a version that the history does not have. */
  | { readonly kind: 'image'; readonly container: string; readonly image: string }
  /** What is live as it is: the target is already there, or its ReplicaSet does not exist yet. */
  | { readonly kind: 'live' }
  | ComposeSource;

/** Whether the workload's own history holds it, by itself. */
export function isInHistory(
  source: PinSource,
): source is Extract<PinSource, { readonly kind: 'replica-set' | 'controller-revision' }> {
  return source.kind === 'replica-set' || source.kind === 'controller-revision';
}

/** A version of a Compose service: an image, and where its files are known from evidence, these as well. */
export interface ComposeSource {
  readonly kind: 'compose';
  /** How the version is known. `asked` is a tag or digest that nothing has shown yet. */
  readonly known: 'container' | 'evidence' | 'snapshot' | 'local-image' | 'registry' | 'asked';
  /** The image reference as the compose file has it or will have it. */
  readonly image: string;
  /** Digest of the manifest, as the registry knows the image; none for an image that was never pushed. */
  readonly digest?: string;
  /** ID of the image on the engine. */
  readonly imageId?: string;
  /** The files that the service was made of. Without them only the image goes back. */
  readonly files?: readonly ComposeFilePin[];
  /** SHA-256 over the service's merged definition, without its image. */
  readonly definitionHash?: string;
}

/** One file of a Compose service by its content. The content is kept beside the compose file, never in history. */
export interface ComposeFilePin {
  /** Relative to the project folder. */
  readonly path: string;
  readonly kind: 'compose' | 'interpolation' | 'env-file' | 'config' | 'bind' | 'secret';
  /** Of its bytes; of a `secret` an HMAC with the key of the evidence over that, so that a weak value cannot be guessed from it. */
  readonly sha256: string;
}

/** A file that a Compose rollback replaces: only when it still has the content that the plan was made on. */
export interface ComposeFileChange extends ComposeFilePin {
  /** SHA-256 of what is there before; the write is a compare-and-set on it. */
  readonly before: string;
  /** `image`: one place of the file is edited. `content`: the kept content of the pinned version comes back. */
  readonly how: 'image' | 'content';
}

/** The exact thing to return to: fixed once, never "previous", never a revision number. */
export type Pin = KubernetesPin | ComposePin;

/**
 * Why it is gone there. `restore` brings back what a rollback had replaced: it is noted beside the service, so that the
 * next rollback does not take that version for the one that a rollback has chosen. Nothing: a rollback.
 */
export type PinPurpose = 'restore';

/** A Compose service, its image by digest, and its files by content. */
export interface ComposePin {
  readonly target: 'compose';
  /** `namespace` is the Compose project, `uid` stands for project and service on one engine. */
  readonly workload: { readonly namespace: string; readonly name: string; readonly uid: string };
  readonly source: ComposeSource | { readonly kind: 'live' };
  /** Identity of image and files together; empty where the files of the target are not known. */
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  readonly purpose?: PinPurpose;
  /**
   * Fingerprint that the version was recorded under. What it becomes may differ: a definition that others have changed
   * too stays as it is.
   */
  readonly recorded?: string;
  /** The change in the project's journal when the plan was made: tells this plan from an equal one of another day. */
  readonly after?: string;
  /** ID of the image that ran when the plan was made; none when nothing ran. */
  readonly replaces?: string;
  /** What will be replaced, in order; filled in by the target when the plan is made. */
  readonly changes: readonly ComposeFileChange[];
  /** The other files that the plan was made on: one that differs by then stops the rollback. */
  readonly unchanged: readonly ComposeFilePin[];
}

/** The template of a workload. */
export interface KubernetesPin {
  readonly target: 'kubernetes';
  readonly workload: {
    /** None: a Deployment, as in pins of before there were other kinds. */
    readonly kind?: WorkloadKindName;
    readonly namespace: string;
    readonly name: string;
    readonly uid: string;
  };
  /** Where that is; pins of before it was noted have none. */
  readonly cluster?: NamedCluster;
  /** The generation the decision was made on; the write is refused when the workload has moved on. */
  readonly generation: number;
  readonly source: Exclude<PinSource, ComposeSource>;
  /** SHA-256 over the normalised template that will be written; empty for an image pin, whose template is made then. */
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  readonly purpose?: PinPurpose;
  /** Digests of the images that were proved, by container (`sha256:…`): these and no others are to run. */
  readonly digests?: Readonly<Record<string, string>>;
  /** References to config that are written pointing to kept copies. */
  readonly copies?: readonly ConfigCopy[];
  /** What other references to config hold, as it was proved: the hash by `configmap/name`. It is compared again before the write. */
  readonly config?: Readonly<Record<string, string>>;
  /** Objects of the user that get back what they held, before the template is written (`config.restore: in-place`). */
  readonly inPlace?: readonly ConfigWrite[];
  /** The pods of the same template are started again, because they have not seen their config: with this annotation. */
  readonly restartedAt?: string;
}

/** A reference to config that points to a kept copy of what was proved. */
export interface ConfigCopy {
  /** `configmap/app-config`, as the held template has it. */
  readonly reference: string;
  /** The copy. */
  readonly name: string;
  readonly uid: string;
  /** SHA-256 of the content that it holds. */
  readonly hash: string;
}

/** A content that an object of the user is to hold. */
export interface WantedConfig {
  /** `configmap/app-config`. */
  readonly reference: string;
  /** SHA-256 of the content, of a Secret its HMAC; none: there was no such object. */
  readonly hash?: string;
}

/** An object of the user whose content is written, where it stands. */
export interface ConfigWrite extends WantedConfig {
  /** The copy that holds the content; without it one is found by the hash. */
  readonly copy?: { readonly name: string; readonly uid: string };
  /** What it holds when that was planned: the write is a compare-and-set on it. None: there was no such object. */
  readonly before?: string;
  /** It is immutable: it is deleted, and created again under its name. */
  readonly anew?: true;
}

/** What a plan writes into objects of the user; nothing of a Compose service, whose files are part of its change. */
export function writesInPlace(pin: Pin): readonly ConfigWrite[] {
  return pin.target === 'kubernetes' ? (pin.inPlace ?? []) : [];
}

/** The snapshot with what the objects held that a pin writes: of each the first content, before the run changed it. */
export function withOverwritten(snapshot: SnapshotReference, pin: Pin): SnapshotReference {
  const { config = [] } = snapshot;
  const more = writesInPlace(pin)
    .filter(({ reference }) => !config.some((known) => known.reference === reference))
    .map(({ reference, before }) => ({ reference, ...(before === undefined ? {} : { hash: before }) }));
  return more.length === 0 ? snapshot : { ...snapshot, config: [...config, ...more] };
}

/** What stood there before the change, and where it is kept. `generation` is 0 for Compose. */
export interface SnapshotReference {
  readonly fingerprint: string;
  readonly version: string;
  readonly image: string;
  readonly generation: number;
  /** Object in the service's namespace that holds the template, for example `replicaset/name`; for Compose a file. */
  readonly keptIn: string;
  readonly uid: string;
  /** What objects of the user held before the run wrote into them; the contents are in copies. */
  readonly config?: readonly WantedConfig[];
}

/** What became of config that was to be written where it stands. */
export interface ConfigRestored {
  /** False where every object held it already. */
  readonly changed: boolean;
  /** What was done, a line each. */
  readonly written: readonly string[];
}

/** What the write did. */
export interface RolloutStarted {
  /** False when the workload already had the pinned template: a success that changed nothing. */
  readonly changed: boolean;
  /** Where; none of a Compose service. */
  readonly cluster?: NamedCluster;
  readonly uid: string;
  /** `metadata.generation` after the write; the wait is over only when it was observed. */
  readonly generation: number;
  readonly fingerprint: string;
  readonly version: string;
  /** Kubernetes: digests of the images that were proved, by container; what runs is compared with them. */
  readonly digests?: Readonly<Record<string, string>>;
  /**
   * Kubernetes, after config was written in place: the fingerprint without what Reloader writes into a template whose config has
   * changed. The wait follows such a change.
   */
  readonly unreloaded?: string;
  /** Kubernetes: what objects of the user were written to hold; looked at once more when the rollout is over. */
  readonly config?: readonly WantedConfig[];
  /** Kubernetes: the wait may replace pods of another version for which the controller would wait for ever. */
  readonly mayReplace?: boolean;
  /** Compose: the ID of the image that every container must run. */
  readonly imageId?: string;
  /** Compose: the change in the project's journal that a failed start is restored from. */
  readonly change?: string;
}

/** One running instance of the service: a pod, or a container. */
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
  /** Kubernetes: of several containers, the image IDs that all pods report alike, by container, init containers included. */
  readonly imageIds?: Readonly<Record<string, string>>;
  /** In words, where what runs is another image than the one that was proved under its name. */
  readonly otherImages?: string;
  readonly instances: readonly Instance[];
  /** When the target was first seen complete. */
  readonly completeAt: string;
  /** What went wrong beside the rollout, a line each: it does not change the verdict. */
  readonly warnings?: readonly string[];
}
