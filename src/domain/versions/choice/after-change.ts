import type { ConfigWrite, SnapshotReference } from '../pins.ts';
import {
  heldFingerprint,
  type ObservedService,
  type VersionCandidate,
  versionIdOf,
  withoutDigest,
} from '../versions.ts';
import type { Choice, NoChoice } from './choice.ts';
import { withRemedies } from './remedies.ts';
import { undoneFor } from './undone.ts';
import {
  differs,
  everyVersion,
  firstSeen,
  isKnownGood,
  isYounger,
  listed,
  newestProof,
} from './version-lists.ts';

/**
 * Falls back: of the versions that were proved well, the last proof among those that are left. Falling back goes back,
 * never forward: a version that is younger than the live one, or than any that was tried, is no candidate even when it
 * is known-good and untried; it is named in the message, to be asked for by name. So is one that somebody has gone back
 * from since. Nor is a version without evidence: what a run does by itself a second time must rest on more than a guess.
 *
 * @param tried fingerprints that this incident has shown not to help. Restarts of them are tried as well.
 */
export function chooseOlderKnownGood(observed: ObservedService, tried: readonly string[]): Choice | NoChoice {
  const every = everyVersion(observed);
  const all = [...tried, ...(observed.current.standsFor ? [observed.current.standsFor] : [])];
  const givenUp = new Set(
    every
      .filter((version) => all.includes(version.fingerprint) || !differs(version, observed))
      .map(versionIdOf),
  );
  const isGivenUp = (version: VersionCandidate) => givenUp.has(versionIdOf(version));
  const since = firstSeen(every.filter(isGivenUp));
  const left = observed.history.filter((version) => !isGivenUp(version));
  const proved = newestProof(
    left.filter((version) => !isYounger(version, since) && !undoneFor(version, observed)),
  );
  if (proved) return { candidate: proved, basis: 'known-good', rule: 'falls-back' };
  const others = left.filter(isKnownGood);
  const isUndone = others.some((version) => undoneFor(version, observed));
  const named =
    others.length > 0
      ? `; known-good but newer${isUndone ? ' or undone' : ''}, to be asked for: ${withRemedies(others, observed)}`
      : '';
  return {
    problem: 'NoHistory',
    message: `${observed.workload} has no older known-good version left to fall back to from ${observed.current.version}; it has ${listed(every)}${named}`,
  };
}

/**
 * What was live before the change. The history has it under its fingerprint, whatever its revision is by now; a template
 * that no ReplicaSet keeps is where `take-snapshot` has copied it to.
 */
export function chooseSnapshot(observed: ObservedService, snapshot: SnapshotReference): Choice | NoChoice {
  const { fingerprint, keptIn, version } = snapshot;
  const found = everyVersion(observed).find((candidate) => heldFingerprint(candidate) === fingerprint);
  const candidate = found ? asHeld(found) : copied(observed, snapshot);
  if (candidate) {
    const inPlace = overwritten(observed, snapshot);
    const restored = inPlace.length > 0 ? { ...candidate, inPlace } : candidate;
    return { candidate: restored, basis: 'snapshot', rule: 'restores' };
  }
  return {
    problem: 'PinLost',
    message: `the snapshot of ${version} (${keptIn}) is not in the history of ${observed.workload} any more`,
  };
}

/** What was there comes back as it was: by its tag, where it was there by its tag. */
function asHeld(candidate: VersionCandidate): VersionCandidate {
  const { inPlace: _written, ...own } = candidate;
  const { source, image, digests: _proved, copies: _kept, restartedAt: _at, ...rest } = own;
  if (!('fingerprint' in source) || source.fingerprint === undefined) return own;
  const { fingerprint, ...holder } = source;
  return { ...rest, fingerprint, image: withoutDigest(image), source: holder };
}

/** What the objects held before the run wrote into them, where they hold something else by now. */
function overwritten(
  { configNow = {} }: ObservedService,
  { config = [] }: SnapshotReference,
): readonly ConfigWrite[] {
  return config.flatMap((wanted) => {
    const { hash, immutable } = configNow[wanted.reference] ?? {};
    if (hash === wanted.hash) return [];
    return [
      {
        ...wanted,
        ...(hash === undefined ? {} : { before: hash }),
        ...(immutable ? { anew: immutable } : {}),
      },
    ];
  });
}

/** The version in a ConfigMap. What it refers to is known when it is read; that it is there can be checked before. */
function copied(
  { target, current }: ObservedService,
  { fingerprint, keptIn, uid, version, image }: SnapshotReference,
): VersionCandidate | undefined {
  const [kind, name] = keptIn.split('/', 2);
  if (target !== 'kubernetes' || kind !== 'configmap' || !name) return undefined;
  const { container, createdAt } = current;
  return {
    version,
    image,
    container,
    revision: 0,
    formerRevisions: [],
    fingerprint,
    contentFingerprint: '',
    source: { kind: 'config-map', name, uid },
    createdAt,
    references: [keptIn],
  };
}
