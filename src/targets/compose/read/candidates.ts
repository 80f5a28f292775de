import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { ComposeSource } from '../../../domain/versions/pins.ts';
import {
  isMovingTag,
  parseImage,
  type VersionCandidate,
  versionOfImage,
} from '../../../domain/versions/versions.ts';
import { versionEvidence } from '../../evidence/version-evidence.ts';
import { digestIn, type LocalImage } from '../engine/objects/images.ts';
import type { VersionContent } from '../state/content.ts';
import { compareVersions, placeInTime } from './version-order.ts';

/** A version that evidence or a snapshot tells of. */
export interface RecordedVersion {
  readonly known: 'evidence' | 'snapshot';
  readonly fingerprint: string;
  readonly content: VersionContent;
  readonly record?: KnownGoodRecord;
  /** What was seen of it that is no proof. */
  readonly failure?: KnownGoodRecord;
}

/** A tag of the registry; the digest where it was asked for. */
export interface RegistryTag {
  readonly tag: string;
  readonly digest?: string;
}

export interface KnownVersions {
  readonly recorded: readonly RecordedVersion[];
  readonly local: readonly LocalImage[];
  readonly tags: readonly RegistryTag[];
  /** The recorded versions' secrets that were changed since and stay as they are. */
  readonly changedSecrets: (content: VersionContent) => readonly string[];
  /** The repository of the image as the compose file writes it. */
  readonly repository: string;
}

/** The running version, and when its image was made. */
export interface Current {
  readonly candidate: VersionCandidate;
  readonly imageCreatedAt: string;
}

/**
 * The observation goes into workflow history, and a registry may have thousands of tags. Of the ones that were never seen
 * running the nearest are enough: one that is asked for by name is found all the same.
 */
const UNRECORDED = 20;

/**
 * Everything that can be returned to but the current version, newest first: what has been seen running, by the time
 * that it was first seen, then images that nothing is recorded of, the ones older than the current image first. Pure.
 */
export function historyOf(known: KnownVersions, current: Current): readonly VersionCandidate[] {
  const recorded = known.recorded
    .filter(({ fingerprint }) => fingerprint !== current.candidate.fingerprint)
    .map((version) => recordedCandidate(version, current.candidate.container, known.changedSecrets))
    .sort((a, b) => Date.parse(b.createdAt) - Date.parse(a.createdAt));
  const taken = [current.candidate, ...recorded];
  const images: VersionCandidate[] = [];
  for (const candidate of [...localCandidates(known, current), ...tagCandidates(known, current)]) {
    if (![...taken, ...images].some((other) => isSame(other, candidate))) images.push(candidate);
  }
  const isOlder = (candidate: VersionCandidate) =>
    Date.parse(candidate.createdAt) <= Date.parse(current.candidate.createdAt);
  images.sort((a, b) => Number(isOlder(b)) - Number(isOlder(a)) || byVersion(b, a));
  return [...recorded, ...images.slice(0, UNRECORDED)];
}

function recordedCandidate(
  { known, fingerprint, content, record, failure }: RecordedVersion,
  container: string,
  changedSecrets: KnownVersions['changedSecrets'],
): VersionCandidate {
  const { image, digest, imageId, files, definitionHash, firstSeenAt } = content;
  const changed = changedSecrets(content);
  const source: ComposeSource = {
    kind: 'compose',
    known,
    image,
    ...(digest ? { digest } : {}),
    ...(imageId ? { imageId } : {}),
    files,
    definitionHash,
  };
  const evidence = record ? versionEvidence(record) : undefined;
  return {
    ...imageNames(image, container),
    fingerprint,
    contentFingerprint: fingerprint,
    source,
    createdAt: firstSeenAt,
    ...(changed.length > 0 ? { changedConfig: changed } : {}),
    ...(evidence ? { evidence } : {}),
    ...(failure ? { failure: versionEvidence(failure) } : {}),
  };
}

function localCandidates(
  { local, repository }: KnownVersions,
  current: Current,
): readonly VersionCandidate[] {
  return local.flatMap((image) =>
    image.tags
      .filter((reference) => !isMoving(parseImage(reference).tag))
      .map((reference): VersionCandidate => {
        const wanted = `${repository}:${parseImage(reference).tag}`;
        const digest = digestIn(image, repository);
        const source: ComposeSource = {
          kind: 'compose',
          known: 'local-image',
          image: wanted,
          ...(digest ? { digest } : {}),
          imageId: image.id,
        };
        return imageCandidate(source, image.createdAt, current);
      }),
  );
}

function tagCandidates({ tags, repository }: KnownVersions, current: Current): readonly VersionCandidate[] {
  return tags
    .filter(({ tag }) => !isMoving(tag))
    .map(({ tag, digest }) => {
      const image = `${repository}:${tag}`;
      const source: ComposeSource = {
        kind: 'compose',
        known: 'registry',
        image,
        ...(digest ? { digest } : {}),
      };
      return imageCandidate(source, '', current);
    });
}

function imageCandidate(source: ComposeSource, createdAt: string, current: Current): VersionCandidate {
  const { image, digest, imageId } = source;
  return {
    ...imageNames(image, current.candidate.container),
    fingerprint: '',
    contentFingerprint: `image ${digest ?? imageId ?? image}`,
    source,
    createdAt: placeInTime(image, createdAt, {
      version: current.candidate.version,
      since: current.candidate.createdAt,
      imageCreatedAt: current.imageCreatedAt,
    }),
  };
}

/** What every version of a service has, whatever is known of it: Compose numbers none. */
export function imageNames(image: string, container: string) {
  return {
    version: versionOfImage(image),
    image,
    container,
    revision: 0,
    formerRevisions: [],
    references: [],
  };
}

/** The same image under another name, or the same name for another image: what is recorded counts. */
function isSame(a: VersionCandidate, b: VersionCandidate): boolean {
  if (a.image === b.image) return true;
  if (a.source.kind !== 'compose' || b.source.kind !== 'compose') return false;
  const { digest, imageId } = a.source;
  return (
    (digest !== undefined && digest === b.source.digest) ||
    (imageId !== undefined && imageId === b.source.imageId)
  );
}

function isMoving(tag: string | undefined): boolean {
  return tag === undefined || tag === '<none>' || isMovingTag(tag);
}

function byVersion(a: VersionCandidate, b: VersionCandidate): number {
  return compareVersions(a.version, b.version) ?? a.version.localeCompare(b.version, 'en', { numeric: true });
}
