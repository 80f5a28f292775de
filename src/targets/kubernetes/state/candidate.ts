import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { isInHistory, type PinSource } from '../../../domain/versions/pins.ts';
import { type VersionCandidate, versionOfImage, withoutDigest } from '../../../domain/versions/versions.ts';
import { versionEvidence } from '../../evidence/version-evidence.ts';
import { capped } from '../api/api-error.ts';
import type { RawObject } from '../api/resources.ts';
import { fingerprint, versionId } from '../template/fingerprint.ts';
import {
  agreed,
  areContradictory,
  byDigest,
  digestsBehind,
  digestsIn,
  type ImageDigests,
  withDigests,
  withoutDigests,
} from '../template/image-digests.ts';
import { containerIn, imageOf, imagesByContainer } from '../template/pod-template.ts';
import { referencesOf } from '../template/references.ts';
import type { Revision } from '../workload/workload.ts';
import type { Evidence } from './evidence.ts';

/** What all candidates of one observation are made with. */
export interface CandidateParts {
  readonly container: string;
  readonly evidence: Pick<Evidence, 'records' | 'failures'>;
  /** Names of template annotations that admission writes anew with every change: they are no content. */
  readonly stamped: readonly string[];
  /** How the image of a version that was proved will be written. */
  readonly pin: 'digest' | 'tag';
}

export type KnownRevision = Pick<
  Revision,
  'fingerprint' | 'revision' | 'formerRevisions' | 'createdAt' | 'changeCause'
> & {
  readonly source: PinSource;
};

/** The image IDs of each pod of the live template, by container; none where they were not asked for. */
export type RunningImages = readonly Readonly<Record<string, string>>[];

/**
 * What runs, as a candidate. What was proved of other images under the same tags is no proof of it. Pods that do not tell
 * yet are taken to run what was proved.
 */
export function currentCandidate(
  parts: CandidateParts,
  template: RawObject,
  known: KnownRevision,
  running: RunningImages = [],
): VersionCandidate {
  const pods = running.map((imageIds) => digestsBehind(template, imageIds));
  const digests = { ...agreed(pods), ...digestsIn(template) };
  const isOther = (record: KnownGoodRecord) =>
    pods.some((pod) => areContradictory(digestsOf(record, template), pod));
  const proof = recordOf(parts.evidence.records, template, digests, parts.stamped, isOther);
  const silent = Object.entries(provedDigests(proof, template)).filter(
    ([container]) => !pods.some((pod) => container in pod),
  );
  const runs = { ...Object.fromEntries(silent), ...digests };
  const failure = recordOf(parts.evidence.failures, template, runs, parts.stamped, isOther);
  return candidate(parts, template, known, { digests: runs, proof, failure });
}

/**
 * A version that can be returned to. Where the images that were proved are known by their digests, it is these: a tag that
 * was pushed anew since does not bring other content.
 */
export function earlierCandidate(
  parts: CandidateParts,
  template: RawObject,
  known: KnownRevision,
): VersionCandidate {
  const named = digestsIn(template);
  const proof = recordOf(parts.evidence.records, template, named, parts.stamped);
  const digests = { ...provedDigests(proof, template), ...named };
  const failure = recordOf(parts.evidence.failures, template, digests, parts.stamped);
  const records = { digests, proof, failure };
  const { source } = known;
  const isHeld = isInHistory(source) || source.kind === 'pod-template';
  if (parts.pin === 'tag' || !isHeld) return candidate(parts, template, known, records);
  const written = withDigests(template, digests);
  const print = fingerprint(written);
  if (print === known.fingerprint) return candidate(parts, template, known, records);
  const pinned = {
    ...known,
    fingerprint: print,
    source: { ...source, fingerprint: known.fingerprint },
  };
  return candidate(parts, written, pinned, records);
}

/**
 * Whether it is worth asking the pods what they run: images are recorded under the very name that the live template has, and
 * it names one of them by its tag alone.
 */
export function areImagesInDoubt(
  { evidence: { records, failures }, container }: Pick<CandidateParts, 'evidence' | 'container'>,
  template: RawObject,
): boolean {
  const named = digestsIn(template);
  const live = withoutDigest(imageOf(template, containerIn(template, container) ?? container) ?? '');
  return [...records.values(), ...failures.values()]
    .filter(({ image }) => withoutDigest(image) === live)
    .some((record) => Object.keys(digestsOf(record, template)).some((one) => named[one] === undefined));
}

interface CandidateRecords {
  readonly digests: ImageDigests;
  readonly proof: KnownGoodRecord | undefined;
  readonly failure: KnownGoodRecord | undefined;
}

function candidate(
  { container, stamped }: CandidateParts,
  template: RawObject,
  known: KnownRevision,
  { digests, proof, failure }: CandidateRecords,
): VersionCandidate {
  const used = containerIn(template, container) ?? container;
  const image = imageOf(template, used) ?? '';
  return {
    version: image ? versionOfImage(image) : `no container ${container}`,
    image,
    container: used,
    revision: known.revision,
    formerRevisions: known.formerRevisions,
    fingerprint: known.fingerprint,
    id: versionId(byDigest(template, digests), stamped),
    ...(Object.keys(digests).length > 0 ? { digests } : {}),
    source: known.source,
    createdAt: earliest([known.createdAt, proof?.firstSeenAt ?? known.createdAt]),
    references: referencesOf(template),
    ...(known.changeCause === undefined ? {} : { changeCause: capped(known.changeCause, 200) }),
    ...(proof ? { evidence: versionEvidence(proof) } : {}),
    ...(failure ? { failure: versionEvidence(failure) } : {}),
  };
}

/**
 * The record of a template: the one under its fingerprint, else the newest of the same version. A restart that is gone
 * from the history may have been recorded, or the same images by their tags.
 * @param isOther true for a record of other images.
 */
function recordOf(
  records: ReadonlyMap<string, KnownGoodRecord>,
  template: RawObject,
  digests: ImageDigests,
  stamped: readonly string[],
  isOther: (record: KnownGoodRecord) => boolean = (record) =>
    areContradictory(digestsOf(record, template), digests),
): KnownGoodRecord | undefined {
  if (records.size === 0) return undefined;
  const own = fingerprint(template);
  const id = versionId(template, stamped);
  const alike = [withoutDigests(template), withDigests(template, digests)];
  const prints = new Set(alike.map(fingerprint));
  const ids = new Set([...alike, byDigest(template, digests)].map((one) => versionId(one, stamped)));
  const isSame = (record: KnownGoodRecord) => {
    if (record.fingerprint === own || record.id === id) return true;
    // By other words for its images: only where it is known that they are these.
    const isConfirmed = Object.keys(digestsOf(record, template)).length > 0;
    return isConfirmed && (prints.has(record.fingerprint) || (record.id !== undefined && ids.has(record.id)));
  };
  const same = [...records.values()].filter((record) => isSame(record) && !isOther(record));
  const newest = same.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
  return same.find((record) => record.fingerprint === own) ?? newest;
}

/** The digests of the images that a record is of, as far as they can be had under the template's names. */
function digestsOf({ imageIds, imageId, image }: KnownGoodRecord, template: RawObject): ImageDigests {
  if (imageIds) return digestsBehind(template, imageIds);
  if (imageId === undefined) return {};
  return digestsBehind(template, { [containerOfImage(template, image)]: imageId });
}

/** The container that a record names by its image alone. */
function containerOfImage(template: RawObject, image: string): string {
  const found = Object.entries(imagesByContainer(template)).find(
    ([, named]) => withoutDigest(named) === withoutDigest(image),
  );
  return found?.[0] ?? '';
}

/** What a proof says of the images; a record of a failure says what is not to run. */
function provedDigests(record: KnownGoodRecord | undefined, template: RawObject): ImageDigests {
  return record?.verdict === 'passed' ? digestsOf(record, template) : {};
}

/** The first of these instants, as it is written. */
export function earliest(instants: readonly string[]): string {
  return instants.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0] ?? '';
}
