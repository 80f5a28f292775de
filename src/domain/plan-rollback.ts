import type { CheckId } from './checks.ts';
import type { ErrorType } from './errors.ts';
import type { CheckEvidence } from './known-good.ts';
import type { Pin } from './pins.ts';
import type { Plan, PlanBasis, PlannedVersion } from './plan.ts';
import type { TargetWish } from './targets.ts';
import { describeWish } from './targets.ts';
import type { ObservedService, VersionCandidate } from './versions.ts';
import { parseImage } from './versions.ts';

/** A choice that could not be made, as a row of the error catalogue and a sentence. */
export interface NoChoice {
  readonly problem: ErrorType;
  readonly message: string;
}

/** The version that a wish selects. */
export interface Choice {
  readonly candidate: VersionCandidate;
  readonly basis: PlanBasis;
}

/** True when the evidence proves the version good, whoever recorded it. */
export function isKnownGood(candidate: VersionCandidate): boolean {
  return candidate.evidence?.verdict === 'passed';
}

/**
 * Selects the version to return to. Pure: the same observation and wish always select the same version, so
 * check-access and plan agree without talking to each other.
 *
 * The current version is never "known-good" for a rollback, whatever its evidence says: somebody found it bad.
 * One exception keeps a second run from going forward again (the trap of `kubectl rollout undo` run twice): a
 * current version whose evidence was recorded by a rollback is already the answer.
 */
export function chooseTarget(observed: ObservedService, wish: TargetWish): Choice | NoChoice {
  switch (wish.kind) {
    case 'known-good':
      return chooseKnownGood(observed);
    case 'previous':
      return choosePrevious(observed);
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
            parseImage(candidate.image).digest === wish.digest ||
            candidate.evidence?.imageId?.endsWith(wish.digest) === true,
        ) ?? withImage(observed, (repository) => `${repository}@${wish.digest}`),
        observed,
        wish,
      );
  }
}

function chooseKnownGood(observed: ObservedService): Choice | NoChoice {
  const { current } = observed;
  if (isKnownGood(current) && current.evidence?.provedBy === 'rollback') {
    return { candidate: current, basis: 'known-good' };
  }
  const proved = observed.history.filter(isKnownGood);
  const newest = proved.reduce<VersionCandidate | undefined>(
    (best, candidate) =>
      best === undefined || (candidate.evidence?.at ?? '') > (best.evidence?.at ?? '') ? candidate : best,
    undefined,
  );
  if (newest) return { candidate: newest, basis: 'known-good' };
  const before = choosePrevious(observed);
  return 'problem' in before ? before : { ...before, basis: 'previous-without-evidence' };
}

/** The newest version whose content differs: a restart of the same bad release is not a previous version. */
function choosePrevious(observed: ObservedService): Choice | NoChoice {
  const different = observed.history.find(
    (candidate) => candidate.contentFingerprint !== observed.current.contentFingerprint,
  );
  if (different) return { candidate: different, basis: 'asked' };
  return {
    problem: 'NoHistory',
    message: `${observed.workload} has no earlier version in its history; ask for a version or a digest as target`,
  };
}

function choose(
  candidate: VersionCandidate | undefined,
  observed: ObservedService,
  wish: TargetWish,
): Choice | NoChoice {
  if (candidate) return { candidate, basis: 'asked' };
  const known = everyVersion(observed)
    .map(({ version, revision }) => `${version} (revision ${revision})`)
    .join(', ');
  return {
    problem: 'TargetNotFound',
    message: `${describeWish(wish)} is not in the history of ${observed.workload}; it has ${known}`,
  };
}

function everyVersion(observed: ObservedService): readonly VersionCandidate[] {
  return [observed.current, ...observed.history];
}

/** A version that the history does not have: the live template with another image (runbook 3.2, option B). */
function withImage(
  observed: ObservedService,
  image: (repository: string, tag: string | undefined) => string,
): VersionCandidate | undefined {
  const { current } = observed;
  const { repository, tag } = parseImage(current.image);
  const container = current.container;
  const wanted = image(repository, tag);
  const { evidence: _evidence, changeCause: _changeCause, ...rest } = current;
  return {
    ...rest,
    version: wanted.includes('@')
      ? wanted.slice(wanted.indexOf('@') + 1, wanted.indexOf('@') + 20)
      : wanted.slice(wanted.lastIndexOf(':') + 1).replace(/^v(?=\d)/, ''),
    image: wanted,
    revision: 0,
    formerRevisions: [],
    fingerprint: '',
    contentFingerprint: '',
    source: { kind: 'image', container, image: wanted },
  };
}

/** Tags of one repository share a style: `v0.1.0` beside `v0.2.0`. */
function styleOf(tag: string | undefined): string {
  return tag !== undefined && /^v\d/.test(tag) ? 'v' : '';
}

/**
 * Fixes what will be done. Pure.
 * @returns the plan, or the reason why there is none.
 */
export function planRollback(observed: ObservedService, wish: TargetWish): Plan | NoChoice {
  const choice = chooseTarget(observed, wish);
  if ('problem' in choice) return choice;
  const { candidate, basis } = choice;
  const { current } = observed;
  const changesNothing =
    candidate.source.kind === 'image'
      ? candidate.image === current.image
      : candidate.fingerprint === current.fingerprint;
  const pin: Pin = {
    target: 'kubernetes',
    workload: { namespace: observed.namespace, name: observed.name, uid: observed.uid },
    generation: observed.generation,
    source: changesNothing ? { kind: 'live' } : candidate.source,
    fingerprint: changesNothing ? current.fingerprint : candidate.fingerprint,
    version: candidate.version,
    image: candidate.image,
  };
  return {
    from: planned(current),
    to: planned(candidate),
    basis,
    ...(candidate.evidence ? { verifiedAt: candidate.evidence.at } : {}),
    changesNothing,
    pin,
    baseline: baselineOf(candidate),
    warnings: [...observed.warnings, ...warningsOf(observed, candidate, basis)],
  };
}

function planned(candidate: VersionCandidate): PlannedVersion {
  const { version, image, revision, fingerprint } = candidate;
  return { version, image, revision, fingerprint };
}

function baselineOf(candidate: VersionCandidate): Partial<Record<CheckId, CheckEvidence>> {
  return candidate.evidence?.checks ?? {};
}

function warningsOf(
  observed: ObservedService,
  candidate: VersionCandidate,
  basis: PlanBasis,
): readonly string[] {
  const warnings: string[] = [];
  if (basis === 'previous-without-evidence') {
    warnings.push(`no version has known-good evidence; ${candidate.version} is only the one before`);
  }
  if (candidate.source.kind === 'image') {
    warnings.push(
      `${candidate.version} is not in the history: only the image changes, the config stays that of ${observed.current.version}`,
    );
  }
  if (basis === 'asked' && candidate.evidence && candidate.evidence.verdict !== 'passed') {
    warnings.push(`the last verification of ${candidate.version} ended ${candidate.evidence.verdict}`);
  }
  if (basis === 'asked' && isKnownGood(observed.current) && !isKnownGood(candidate)) {
    warnings.push(
      `${observed.current.version}, which runs now, is known-good and ${candidate.version} is not`,
    );
  }
  if (candidate.image === observed.current.image && candidate.fingerprint !== observed.current.fingerprint) {
    warnings.push(
      `the target has the same image as the current version; only the rest of the template changes`,
    );
  }
  return warnings;
}
