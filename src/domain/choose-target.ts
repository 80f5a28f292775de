import type { Choice, NoChoice } from './choice.ts';
import { chooseOlderKnownGood, chooseSnapshot } from './choose-after-change.ts';
import { describeWish, type TargetWish } from './targets.ts';
import {
  differs,
  everyVersion,
  firstSeen,
  isKnownGood,
  isYounger,
  listed,
  newestProof,
  sameContent,
} from './version-lists.ts';
import { type ObservedService, parseImage, type VersionCandidate, versionOfImage } from './versions.ts';

/**
 * Selects the version to return to. Pure: the same observation and wish always select the same version, so
 * check-access and plan agree without talking to each other.
 *
 * The default target goes back, never forward: the trap of `kubectl rollout undo` run twice (docs/decisions/0007).
 */
export function chooseTarget(observed: ObservedService, wish: TargetWish): Choice | NoChoice {
  switch (wish.kind) {
    case 'known-good':
      return chooseKnownGood(observed);
    case 'previous':
      return choosePrevious(observed);
    case 'older-known-good':
      return chooseOlderKnownGood(observed, wish.tried);
    case 'snapshot':
      return chooseSnapshot(observed, wish.snapshot);
    case 'revision':
      return choose(
        everyVersion(observed).find(
          (candidate) =>
            candidate.revision === wish.revision || candidate.formerRevisions.includes(wish.revision),
        ),
        observed,
        wish,
      );
    case 'version':
      return choose(
        everyVersion(observed).find((candidate) => candidate.version === wish.version) ??
          withImage(observed, (repository, tag) => `${repository}:${styleOf(tag)}${wish.version}`),
        observed,
        wish,
      );
    case 'digest':
      return choose(
        everyVersion(observed).find(
          (candidate) =>
            digestOf(candidate) === wish.digest ||
            candidate.evidence?.imageId?.endsWith(wish.digest) === true,
        ) ?? withImage(observed, (repository) => `${repository}@${wish.digest}`),
        observed,
        wish,
      );
  }
}

/**
 * A current version that an earlier rollback put there is the answer. Otherwise it is no candidate, whatever its
 * evidence says: somebody found it bad since. Nor is a restart of it, nor what came after it.
 */
function chooseKnownGood(observed: ObservedService): Choice | NoChoice {
  if (isRolledBack(observed)) return stay(observed);
  const older = olderVersions(observed);
  const proved = newestProof(older);
  if (proved) return { candidate: proved, basis: 'known-good' };
  const [before] = older;
  return before ? { candidate: before, basis: 'previous-without-evidence' } : nothingOlder(observed);
}

/** Whether an earlier rollback put the current content there: its write says so, or the proof that it recorded. */
function isRolledBack(observed: ObservedService): boolean {
  const proved = sameContent(observed).some(
    (version) => isKnownGood(version) && version.evidence?.provedBy === 'rollback',
  );
  return observed.rolledBack || proved;
}

function stay(observed: ObservedService): Choice {
  const { current } = observed;
  // A restart changes the fingerprint that evidence is kept under, not what was proved.
  const proof = isKnownGood(current) ? current : newestProof(sameContent(observed));
  return proof?.evidence
    ? { candidate: { ...current, evidence: proof.evidence }, basis: 'known-good' }
    : { candidate: current, basis: 'rolled-back-before' };
}

/** Versions with other content that are not younger than the current content, newest revision first. */
function olderVersions(observed: ObservedService): readonly VersionCandidate[] {
  const since = firstSeen(sameContent(observed));
  return observed.history.filter((version) => differs(version, observed) && !isYounger(version, since));
}

/** The newest version whose content differs: a restart of the same bad release is not a previous version. */
export function choosePrevious(observed: ObservedService): Choice | NoChoice {
  const different = observed.history.find((version) => differs(version, observed));
  return different ? { candidate: different, basis: 'asked' } : nothingOlder(observed);
}

function nothingOlder(observed: ObservedService): NoChoice {
  const newer = observed.history.filter((version) => differs(version, observed));
  const { workload, current } = observed;
  return {
    problem: 'NoHistory',
    message:
      newer.length > 0
        ? `${workload} has no version older than ${current.version} in its history, only newer ones: ${listed(newer)}; ask for one by name`
        : `${workload} has no earlier version in its history; ask for a version or a digest as target`,
  };
}

function choose(
  candidate: VersionCandidate | undefined,
  observed: ObservedService,
  wish: TargetWish,
): Choice | NoChoice {
  if (candidate) return { candidate, basis: 'asked' };
  const known = listed(everyVersion(observed));
  return {
    problem: 'TargetNotFound',
    message: `${describeWish(wish)} is not in the history of ${observed.workload}; it has ${known}`,
  };
}

/** A version that the history does not have: the live template with another image (runbook 3.2, option B). */
function withImage(
  observed: ObservedService,
  image: (repository: string, tag: string | undefined) => string,
): VersionCandidate {
  const { current } = observed;
  const { repository, tag } = parseImage(current.image);
  const wanted = image(repository, tag);
  const { evidence: _evidence, changeCause: _changeCause, ...rest } = current;
  return {
    ...rest,
    version: versionOfImage(wanted),
    image: wanted,
    revision: 0,
    formerRevisions: [],
    fingerprint: '',
    contentFingerprint: '',
    source:
      observed.target === 'compose'
        ? { kind: 'compose', known: 'asked', image: wanted }
        : { kind: 'image', container: current.container, image: wanted },
  };
}

function digestOf({ source, image }: VersionCandidate): string | undefined {
  return (source.kind === 'compose' ? source.digest : undefined) ?? parseImage(image).digest;
}

/** Tags of one repository share a style: `v0.1.0` beside `v0.2.0`. */
function styleOf(tag: string | undefined): string {
  return tag !== undefined && /^v\d/.test(tag) ? 'v' : '';
}
