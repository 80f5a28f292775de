import type { Instant } from '../json.ts';
import type { KnownGoodRecord } from '../proof/known-good.ts';
import type { WorkloadKindName } from '../workload-kind.ts';
import type { NamedCluster } from './cluster.ts';
import type { ConfigCopy, ConfigWrite, PinSource } from './pins.ts';

/** One version that the target can return to, or the one that it runs now. */
export interface VersionCandidate {
  /** How people name it: the normalised version (`0.1.0`), else the image tag or the digest's first 12 characters. */
  readonly version: string;
  /** The image reference exactly as the workload's template has it, or will have it. */
  readonly image: string;
  /** The container that the image belongs to. */
  readonly container: string;
  /** Number in the workload's history (annotation `deployment.kubernetes.io/revision`, or that of the ControllerRevision); 0 when there is none. */
  readonly revision: number;
  /** Numbers that the same template had before a rollback renumbered it. */
  readonly formerRevisions: readonly number[];
  /** SHA-256 over the normalised template: the identity of image and config together. */
  readonly fingerprint: string;
  /**
   * Version id: as `fingerprint`, without what makes no other version (docs/decisions/0007): two candidates with one id
   * are the same version. Observations that were recorded before there was one have `contentFingerprint`.
   */
  readonly id?: string;
  /** As `fingerprint`, but blind to all template annotations: what identified a version before there was an id. */
  readonly contentFingerprint?: string;
  /** Of a version that a rollback could bring back only in part: the fingerprint that it was recorded under. */
  readonly standsFor?: string;
  /**
   * Digests of its images by container: of the current version those that run, of another one those that were proved.
   * Only what is known.
   */
  readonly digests?: Readonly<Record<string, string>>;
  /**
   * Hashes of the config that its template refers to, by `configmap/name`: of the current version what is there now, of another
   * one what it was proved with. Only what is known.
   */
  readonly config?: Readonly<Record<string, string>>;
  /** Where its references to config will point, because what they name holds another content by now. */
  readonly copies?: readonly ConfigCopy[];
  /** Objects of the user that will get back what they held, because they hold another content by now. */
  readonly inPlace?: readonly ConfigWrite[];
  /** Its pods have to be started again to see their config: when that was planned. */
  readonly restartedAt?: Instant;
  /** Config that was changed since the version was proved and stays as it is: nothing is kept that could bring it back. */
  readonly changedConfig?: readonly string[];
  /** What a pin to this version refers to. */
  readonly source: PinSource;
  readonly createdAt: Instant;
  /** ConfigMaps, Secrets, ServiceAccount that the template needs, as `configmap/name`. */
  readonly references: readonly string[];
  /** Annotation `kubernetes.io/change-cause`, capped. */
  readonly changeCause?: string;
  /** The newest evidence recorded for this version. */
  readonly evidence?: VersionEvidence;
  /** The newest record of a failure, which is kept beside the proof. */
  readonly failure?: VersionEvidence;
  /**
   * The template annotations, by name, by which alone it differs from the current version. What they stand for outside of
   * the template, such as a ConfigMap by its checksum, does not come back with it.
   */
  readonly differsBy?: readonly string[];
}

/** What an object holds at the moment. */
export interface ConfigNow {
  /** None where the content cannot be compared. */
  readonly hash?: string;
  readonly immutable?: true;
}

/** What tells a version from others, whoever has observed it. */
export function versionIdOf({
  id,
  contentFingerprint,
}: Pick<VersionCandidate, 'id' | 'contentFingerprint'>): string {
  return id ?? contentFingerprint ?? '';
}

/** A record of the version that it stands beside. */
export type VersionEvidence = Omit<
  KnownGoodRecord,
  'fingerprint' | 'version' | 'image' | 'id' | 'workload' | 'signature'
>;

/** The beginning of a version's id: what people read, and enough to ask for it by (`id:3f2a…`). */
export function shortVersionId(version: Pick<VersionCandidate, 'id' | 'contentFingerprint'>): string {
  return versionIdOf(version).slice(0, 12);
}

/** What was live when the decision was made. */
export interface LiveVersion extends Pick<VersionCandidate, 'version' | 'image' | 'fingerprint' | 'source'> {
  /** Where that was; observations of before it was noted have none. */
  readonly cluster?: NamedCluster;
  readonly uid: string;
  readonly generation: number;
}

/** What was seen of the service before anything was decided. Holds no template and no secret. */
export interface ObservedService {
  readonly target: 'kubernetes' | 'compose';
  /** Of a Kubernetes workload that is no Deployment. */
  readonly kind?: WorkloadKindName;
  /** For people: `deployment/master-orchestrator in namespace phoenix-orch`. */
  readonly workload: string;
  /** Where it was seen; none of a Compose service, and of observations of before it was noted. */
  readonly cluster?: NamedCluster;
  readonly namespace: string;
  readonly name: string;
  /** Identity and generation that the write will be compared against; for Compose the hashes of the files are. */
  readonly uid: string;
  readonly generation: number;
  readonly paused: boolean;
  /** Since when it is being deleted. */
  readonly deleting?: Instant;
  readonly replicas: number;
  /** True when the current template was put there by a rollback of ours, and by nobody after it. */
  readonly rolledBack: boolean;
  /** How many earlier versions the workload keeps by itself (`spec.revisionHistoryLimit`). */
  readonly historyLimit: number;
  /** The container that the profile names, where the target has several. */
  readonly container?: string;
  /**
   * What the objects hold that config is taken from, by `configmap/name`, where they are written in place; what is not in it
   * is not there.
   */
  readonly configNow?: Readonly<Record<string, ConfigNow>>;
  readonly current: VersionCandidate;
  /** Everything in the history but the current version, newest first. */
  readonly history: readonly VersionCandidate[];
  /** Things an operator should know: a GitOps manager, an HPA, history nearly pruned. */
  readonly warnings: readonly string[];
  readonly at: Instant;
}

/** `0.2.0 (revision 7)`, or the version alone where the target numbers none. */
export function nameWithRevision({
  version,
  revision,
}: Pick<VersionCandidate, 'version' | 'revision'>): string {
  return revision > 0 ? `${version} (revision ${revision})` : version;
}

/** The live version of an observation. */
export function liveVersionOf({ uid, generation, current, cluster }: ObservedService): LiveVersion {
  const { version, image, fingerprint, source } = current;
  return { ...(cluster ? { cluster } : {}), uid, generation, version, image, fingerprint, source };
}

/** `v0.1.0` and `0.1.0` are the same version (service contract, 8.4). */
export function normaliseVersion(text: string): string {
  return /^v\d/.test(text) ? text.slice(1) : text;
}

/** Tags that name no version because their content moves (service contract, 8.4). */
export const MOVING_TAGS = ['latest', 'canary', 'unreleased', 'stable', 'main', 'master'] as const;

/** True for a tag that names no version, however it is written. */
export function isMovingTag(tag: string): boolean {
  return MOVING_TAGS.some((moving) => moving === tag.toLowerCase());
}

/** The parts of an image reference. */
export interface ImageReference {
  readonly repository: string;
  readonly tag?: string;
  readonly digest?: string;
}

/** Splits `host:port/repo:tag@sha256:…`; the last colon counts as a tag only behind the last slash. */
export function parseImage(image: string): ImageReference {
  const [name = '', digest] = image.split('@', 2);
  const colon = name.lastIndexOf(':');
  const hasTag = colon > name.lastIndexOf('/');
  return {
    repository: hasTag ? name.slice(0, colon) : name,
    ...(hasTag ? { tag: name.slice(colon + 1) } : {}),
    ...(digest ? { digest } : {}),
  };
}

/** The reference without its digest. */
export function withoutDigest(image: string): string {
  return image.replace(/@.*$/, '');
}

/** The short form that docker itself shows: `docker.io/library/redis` is `redis` (distribution/reference, familiar names). */
export function familiar(repository: string): string {
  return repository.replace(/^(index\.)?docker\.io\//, '').replace(/^library\//, '');
}

/** The fingerprint of what holds a version, which may be without the digests that a rollback writes into it. */
export function heldFingerprint({
  source,
  fingerprint,
}: Pick<VersionCandidate, 'source' | 'fingerprint'>): string {
  return ('fingerprint' in source ? source.fingerprint : undefined) ?? fingerprint;
}

/** How people name the version of an image. */
export function versionOfImage(image: string): string {
  const { tag, digest } = parseImage(image);
  if (tag) return normaliseVersion(tag);
  return digest ? shortDigest(digest) : 'latest';
}

/** `sha256:` and 12 digits: enough for people. */
export function shortDigest(digest: string): string {
  return digest.slice(0, 'sha256:'.length + 12);
}
