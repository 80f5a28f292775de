import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import {
  type ConfigCopy,
  type ConfigWrite,
  isInHistory,
  type PinSource,
} from '../../../domain/versions/pins.ts';
import { type VersionCandidate, versionOfImage, withoutDigest } from '../../../domain/versions/versions.ts';
import { versionEvidence } from '../../evidence/version-evidence.ts';
import { capped } from '../api/api-error.ts';
import type { RawObject } from '../api/resources.ts';
import { type ConfigState, NO_CONFIG } from '../config/config-state.ts';
import { byContent, type ConfigHashes, withCopies } from '../template/config-references.ts';
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
import { containerIn, imageOf, imagesByContainer, withRestart } from '../template/pod-template.ts';
import { referencesOf } from '../template/references.ts';
import type { Revision } from '../workload/workload.ts';
import {
  cameAfter,
  configIn,
  configOf,
  configReturn,
  hashesIn,
  type InPlace,
  isOtherConfig,
  writtenBack,
} from './candidate-config.ts';
import type { Evidence } from './evidence.ts';

/** What all candidates of one observation are made with. */
export interface CandidateParts {
  readonly container: string;
  readonly evidence: Pick<Evidence, 'records' | 'failures'>;
  /** What config holds at the moment; none where nobody has asked. */
  readonly config?: ConfigState;
  /** Config is written into the user's objects; without it references of the template point to copies. */
  readonly inPlace?: InPlace | undefined;
  /** Names of template annotations that admission writes anew with every change: they are no content. */
  readonly stamped: readonly string[];
  /** How the image of a version that was proved will be written. */
  readonly pin: 'digest' | 'tag';
  /** When it was observed. */
  readonly at: string;
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
  const { hashes, unseen, seen } = parts.config ?? NO_CONFIG;
  const there = hashesIn(template, hashes);
  const config = without(there, unseen);
  const isOther = (record: KnownGoodRecord) =>
    pods.some((pod) => areContradictory(digestsOf(record, template), pod)) ||
    isOtherConfig(configOf(record), config) ||
    // What pods run with is not known, and so it is nothing that was proved or seen to fail.
    unseen.some((name) => configOf(record)[name] !== undefined) ||
    cameAfter(template, record, { seen }).length > 0;
  const { stamped } = parts;
  const proof = recordOf(parts.evidence.records, template, { digests, config, stamped }, isOther);
  const silent = Object.entries(provedDigests(proof, template)).filter(
    ([container]) => !pods.some((pod) => container in pod),
  );
  const runs = { ...Object.fromEntries(silent), ...digests };
  const failure = recordOf(parts.evidence.failures, template, { digests: runs, config, stamped }, isOther);
  return candidate(parts, template, known, { digests: runs, config, proof, failure });
}

/**
 * The versions of one template that can be returned to, the one that was proved last first: one for each config that it was
 * proved with. Where the images that were proved are known by their digests, it is these: a tag that was pushed anew since does
 * not bring other content; and where its config holds another content by now, its references point to the kept copies.
 * @param isLive whether it is the live template: where pods may not have seen its config, they are started again.
 */
export function earlierCandidates(
  parts: CandidateParts,
  template: RawObject,
  known: KnownRevision,
  isLive = false,
): readonly [VersionCandidate, ...VersionCandidate[]] {
  const seen: KnownGoodRecord[] = [];
  const isKnown = (record: KnownGoodRecord) =>
    seen.some((one) => !isOtherConfig(configIn(one), configIn(record)));
  const next = (): VersionCandidate => {
    const named = digestsIn(template);
    const { stamped } = parts;
    const isOther = (record: KnownGoodRecord) =>
      areContradictory(digestsOf(record, template), named) || isKnown(record);
    const proof = recordOf(
      parts.evidence.records,
      template,
      { digests: named, config: {}, stamped },
      isOther,
    );
    if (proof) seen.push(proof);
    return earlierCandidate(parts, template, known, proof, isLive && (parts.config?.unseen.length ?? 0) > 0);
  };
  const first = next();
  const others: VersionCandidate[] = [];
  // Without a config on record there is nothing that tells further ones apart.
  while (seen.at(-1)?.config !== undefined && seen.length > others.length) {
    const before = seen.length;
    const other = next();
    if (seen.length === before || seen.at(-1)?.config === undefined) break;
    others.push(other);
  }
  return [first, ...others];
}

function earlierCandidate(
  parts: CandidateParts,
  template: RawObject,
  known: KnownRevision,
  proof: KnownGoodRecord | undefined,
  isUnseen: boolean,
): VersionCandidate {
  const { stamped } = parts;
  const named = digestsIn(template);
  const digests = { ...provedDigests(proof, template), ...named };
  const isProof = proof?.verdict === 'passed';
  const config = isProof ? hashesIn(template, configIn(proof)) : {};
  const isOther = (record: KnownGoodRecord) =>
    areContradictory(digestsOf(record, template), digests) || isOtherConfig(configOf(record), config);
  const failure = recordOf(parts.evidence.failures, template, { digests, config, stamped }, isOther);
  const { copies, inPlace, changed } = isProof ? configBack(parts, template, proof) : NOTHING_BACK;
  const keepers = parts.config?.keepers ?? {};
  const own = {
    // What stays as it is now is not what was proved.
    config: Object.fromEntries(
      Object.entries(config).filter(([name]) => !changed.some((one) => one === name)),
    ),
    copies,
    inPlace,
    changed: changed.map((name) => (keepers[name] ? `${name} (${keepers[name]})` : name)),
  };
  const records = { digests, ...own, proof, failure };
  const { source } = known;
  const isHeld = isInHistory(source) || source.kind === 'pod-template';
  if (!isHeld) return candidate(parts, template, known, records);
  const pinned = parts.pin === 'tag' ? template : withDigests(template, digests);
  const copied = withCopies(pinned, copies);
  // Pods of the same template see a change only when they are started again.
  const isSame = isProof && isUnseen && fingerprint(copied) === known.fingerprint;
  // What is written in place has to be there before any of its pods begins.
  const restartedAt = isSame || inPlace.length > 0 ? parts.at : undefined;
  const written = restartedAt === undefined ? copied : withRestart(copied, restartedAt);
  const print = fingerprint(written);
  if (print === known.fingerprint) return candidate(parts, template, known, records);
  return candidate(
    parts,
    written,
    { ...known, fingerprint: print, source: { ...source, fingerprint: known.fingerprint } },
    { ...records, config: renamed(own.config, copies), ...(restartedAt ? { restartedAt } : {}) },
  );
}

const NOTHING_BACK = { copies: [], inPlace: [], changed: [] } as const;

function configBack(
  { config = NO_CONFIG, inPlace }: Pick<CandidateParts, 'config' | 'inPlace'>,
  template: RawObject,
  proof: KnownGoodRecord,
) {
  const found = configReturn(template, proof, config);
  return inPlace ? { copies: [], ...writtenBack(found, inPlace, config) } : { ...found, inPlace: [] };
}

function without(hashes: ConfigHashes, names: readonly string[]): ConfigHashes {
  return Object.fromEntries(Object.entries(hashes).filter(([name]) => !names.includes(name)));
}

/** The hashes under the names that the written template has. */
function renamed(hashes: ConfigHashes, copies: readonly ConfigCopy[]): ConfigHashes {
  return Object.fromEntries(
    Object.entries(hashes).map(([name, hash]) => {
      const copy = copies.find(({ reference }) => reference === name);
      return [copy ? name.replace(/[^/]+$/, copy.name) : name, hash];
    }),
  );
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
  readonly config: ConfigHashes;
  readonly copies?: readonly ConfigCopy[];
  readonly inPlace?: readonly ConfigWrite[];
  readonly changed?: readonly string[];
  readonly restartedAt?: string;
  readonly proof: KnownGoodRecord | undefined;
  readonly failure: KnownGoodRecord | undefined;
}

function candidate(
  { container, stamped }: CandidateParts,
  template: RawObject,
  known: KnownRevision,
  { digests, config, copies = [], inPlace = [], changed = [], restartedAt, proof, failure }: CandidateRecords,
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
    id: versionId(byContent(byDigest(template, digests), config), stamped),
    ...(Object.keys(digests).length > 0 ? { digests } : {}),
    ...(Object.keys(config).length > 0 ? { config } : {}),
    ...(copies.length > 0 ? { copies } : {}),
    ...(inPlace.length > 0 ? { inPlace } : {}),
    ...(restartedAt ? { restartedAt } : {}),
    ...(changed.length > 0 ? { changedConfig: changed } : {}),
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
  {
    digests,
    config,
    stamped,
  }: {
    readonly digests: ImageDigests;
    readonly config: ConfigHashes;
    readonly stamped: readonly string[];
  },
  isOther: (record: KnownGoodRecord) => boolean,
): KnownGoodRecord | undefined {
  if (records.size === 0) return undefined;
  const own = fingerprint(template);
  const idsOf = (one: RawObject) => [versionId(one, stamped), versionId(byContent(one, config), stamped)];
  const asWritten = new Set(idsOf(template));
  const alike = [withoutDigests(template), withDigests(template, digests)];
  const prints = new Set(alike.map(fingerprint));
  const ids = new Set([...alike, byDigest(template, digests)].flatMap(idsOf));
  const isSame = (record: KnownGoodRecord) => {
    if (record.fingerprint === own || (record.id !== undefined && asWritten.has(record.id))) return true;
    const isKnown = prints.has(record.fingerprint) || (record.id !== undefined && ids.has(record.id));
    // By other words for its images: only where it is known that they are these.
    return isKnown && Object.keys(digestsOf(record, template)).length > 0;
  };
  const same = [...records.values()].filter((record) => isSame(record) && !isOther(record));
  const newest = (all: readonly KnownGoodRecord[]) =>
    all.toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
  return newest(same.filter((record) => record.fingerprint === own)) ?? newest(same);
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
