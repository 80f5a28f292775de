import type { CheckId } from '../proof/checks.ts';
import type { CheckEvidence } from '../proof/known-good.ts';
import type { Choice, NoChoice } from './choice/choice.ts';
import { chooseAmong, choosePrevious } from './choice/choose-target.ts';
import { undoneProof } from './choice/default-rules.ts';
import { digestOf, namedBy } from './choice/named.ts';
import { withRemedies } from './choice/remedies.ts';
import { failureInWords, proofOf, standingOf, withSharedRecords } from './choice/standing.ts';
import { undoneInWords } from './choice/undone.ts';
import { everyVersion, isKnownGood, listed } from './choice/version-lists.ts';
import type { KubernetesPin, Pin } from './pins.ts';
import type { Plan, PlannedVersion } from './plan.ts';
import { describeWish, type TargetWish } from './targets.ts';
import { type ObservedService, parseImage, type VersionCandidate, versionIdOf } from './versions.ts';

/** What the request says beside its wish. */
export interface PlanOptions {
  /** Goes to a target that is refused otherwise; the plan says so. */
  readonly force?: boolean;
}

/**
 * Fixes what will be done. Pure.
 * @returns the plan, or the reason why there is none.
 */
export function planRollback(
  seen: ObservedService,
  wish: TargetWish,
  { force = false }: PlanOptions = {},
): Plan | NoChoice {
  const observed = withSharedRecords(seen);
  const choice = chooseAmong(observed, wish);
  if ('problem' in choice) return choice;
  const unfit = unfitness(observed, choice.candidate);
  if (unfit && !force) return { problem: 'ForceRequired', message: unfit };
  const { candidate, basis, rule } = choice;
  const { current } = observed;
  const changesNothing =
    candidate.source.kind === 'image'
      ? candidate.image === current.image
      : candidate.fingerprint === current.fingerprint;
  const pin = pinTo(observed, choice, changesNothing);
  const { cluster } = observed;
  return {
    ...(cluster ? { cluster } : {}),
    from: planned(current),
    to: planned(candidate),
    basis,
    rule,
    ...(candidate.evidence ? { verifiedAt: candidate.evidence.at } : {}),
    changesNothing,
    pin,
    baseline: baselineOf(candidate),
    warnings: [
      ...observed.warnings,
      ...(unfit ? [`forced: ${unfit}`] : []),
      ...warningsOf(observed, choice, wish),
    ],
  };
}

/** Why a target is not gone to unasked: what comes after it would not find its container by the profile. */
function unfitness(
  observed: ObservedService,
  { container, image, version }: VersionCandidate,
): string | undefined {
  const { container: wanted, current } = observed;
  if (wanted === undefined || (image !== '' && (container === wanted || container === current.container))) {
    return undefined;
  }
  const has = image === '' ? 'none of that name' : `"${container}" instead`;
  return `${version} has no container "${wanted}", which the profile names, but ${has}: name that container in the profile (kubernetes.container), ask for another version, or start again with force and a reason`;
}

function pinTo(observed: ObservedService, { candidate, basis }: Choice, changesNothing: boolean): Pin {
  const { kind, namespace, name, uid, generation, current, cluster } = observed;
  const { source, version, image } = candidate;
  const common = {
    workload: { namespace, name, uid },
    fingerprint: changesNothing ? current.fingerprint : candidate.fingerprint,
    version,
    image,
    ...(basis === 'snapshot' ? ({ purpose: 'restore' } as const) : {}),
  };
  if (source.kind === 'compose') {
    const pinned = changesNothing ? ({ kind: 'live' } as const) : source;
    const recorded = candidate.fingerprint ? { recorded: candidate.fingerprint } : {};
    return { ...common, ...recorded, target: 'compose', source: pinned, changes: [], unchanged: [] };
  }
  const { digests, copies, restartedAt } = candidate;
  // What was there before a rollback comes back whatever its config holds.
  const config = basis === 'snapshot' ? undefined : ownConfig(candidate);
  return {
    ...common,
    workload: { ...(kind ? { kind } : {}), ...common.workload },
    ...(cluster ? { cluster } : {}),
    target: 'kubernetes',
    generation,
    source: changesNothing ? { kind: 'live' } : source,
    ...(digests && !changesNothing ? { digests } : {}),
    ...(copies && !changesNothing ? { copies } : {}),
    ...(config && !changesNothing ? { config } : {}),
    ...(restartedAt && !changesNothing ? { restartedAt } : {}),
  };
}

/** The config that is referred to as before, because it holds what was proved. */
function ownConfig({ config = {}, copies = [] }: VersionCandidate): KubernetesPin['config'] {
  const names = copies.map(({ reference, name }) => reference.replace(/[^/]+$/, name));
  const own = Object.entries(config).filter(([name]) => !names.includes(name));
  return own.length > 0 ? Object.fromEntries(own) : undefined;
}

function planned(candidate: VersionCandidate): PlannedVersion {
  const { version, image, revision, fingerprint, id } = candidate;
  const digest = digestOf(candidate);
  return { version, image, revision, fingerprint, ...(id ? { id } : {}), ...(digest ? { digest } : {}) };
}

/**
 * What the checks are compared with. A failed check excuses the same failure only on a version that was known-good
 * with it: what was never proved well cannot become so by failing once more.
 */
function baselineOf(candidate: VersionCandidate): Partial<Record<CheckId, CheckEvidence>> {
  const checks = candidate.evidence?.checks ?? {};
  if (isKnownGood(candidate)) return checks;
  return Object.fromEntries(Object.entries(checks).filter(([, { verdict }]) => verdict === 'passed'));
}

function warningsOf(
  observed: ObservedService,
  { candidate, basis }: Choice,
  wish: TargetWish,
): readonly string[] {
  const warnings: string[] = [];
  if (wish.kind === 'known-good' && candidate.fingerprint === observed.current.fingerprint) {
    warnings.push(howToGoOn(observed));
  }
  if (basis === 'previous-without-evidence') {
    const none = everyVersion(observed).some(isKnownGood) ? 'no older version' : 'no version';
    warnings.push(`${none} has known-good evidence; ${candidate.version} is only the one before`);
  }
  const undone = wish.kind === 'known-good' ? undoneProof(observed) : undefined;
  if (undone) {
    warnings.push(
      `${withRemedies([undone], observed)} was proved last and is no default target: it was ${undoneInWords(undone, observed)}`,
    );
  }
  if (isImageAlone(candidate)) {
    const unknown =
      observed.target === 'compose'
        ? 'has no recorded files'
        : `is not in the history, which has ${listed(everyVersion(observed))}; whether there is such an image shows when it is pulled`;
    warnings.push(
      `${candidate.version} ${unknown}: only the image changes, the config stays that of ${observed.current.version}`,
    );
  }
  if (candidate !== observed.current && standingOf(observed.current) === 'failed') {
    warnings.push(`${observed.current.version}, which runs now, was ${failureInWords(observed.current)}`);
  }
  warnings.push(...configWarnings(candidate));
  const proof = proofOf(candidate);
  const failedInProof = Object.values(proof?.checks ?? {}).some(({ verdict }) => verdict === 'failed');
  if (proof && proof.schema === undefined && failedInProof) {
    warnings.push(
      `the evidence of ${candidate.version} is of before schema 2: that its failed checks were accepted or not required is not on record`,
    );
  }
  const namesakes = namedBy(observed, wish).filter((other) => versionIdOf(other) !== versionIdOf(candidate));
  if (namesakes.length > 0) {
    warnings.push(
      `${describeWish(wish)} is the name of other versions too, to be asked for: ${withRemedies(namesakes, observed)}`,
    );
  }
  if (standingOf(candidate) === 'failed') {
    warnings.push(`${candidate.version} was ${failureInWords(candidate)}`);
  } else if (basis === 'asked' && candidate.evidence?.verdict === 'inconclusive') {
    warnings.push(`the last verification of ${candidate.version} ended inconclusive`);
  }
  if (basis === 'asked' && isKnownGood(observed.current) && !isKnownGood(candidate)) {
    warnings.push(
      `${observed.current.version}, which runs now, is known-good and ${candidate.version} is not`,
    );
  }
  if (candidate.differsBy) {
    warnings.push(
      `the target differs from the current version by template annotations alone (${candidate.differsBy.join(', ')}): what they stand for outside of the template, such as the content of a ConfigMap, does not come back`,
    );
  } else if (
    candidate.fingerprint !== observed.current.fingerprint &&
    isSameImage(candidate, observed.current)
  ) {
    const rest = observed.target === 'compose' ? 'its files change' : 'the rest of the template changes';
    warnings.push(`the target has the same image as the current version; only ${rest}`);
  }
  return warnings;
}

/** True when nothing but the image of the version is known. */
function isImageAlone({ source }: VersionCandidate): boolean {
  return source.kind === 'image' || (source.kind === 'compose' && source.files === undefined);
}

/** A tag may have been moved: where the images themselves are known, they are compared. */
function isSameImage(a: VersionCandidate, b: VersionCandidate): boolean {
  if (a.source.kind !== 'compose' || b.source.kind !== 'compose') {
    const [one, other] = [digestOf(a), digestOf(b)];
    if (one === undefined || other === undefined) return a.image === b.image;
    return one === other && parseImage(a.image).repository === parseImage(b.image).repository;
  }
  if (a.source.imageId && b.source.imageId) return a.source.imageId === b.source.imageId;
  return a.source.digest !== undefined && a.source.digest === b.source.digest;
}

/** `previous` is the newest revision with other content: after a rollback that is what it left behind. */
function howToGoOn(observed: ObservedService): string {
  const { current } = observed;
  const previous = choosePrevious(observed);
  const named = 'problem' in previous ? '' : ` (now ${previous.candidate.version})`;
  return `an earlier rollback put ${current.version} there and it stays; to go further back ask for a version, or for previous${named}`;
}

/** What becomes of the config that a version was proved with, where it was changed since. */
function configWarnings({
  version,
  copies = [],
  changedConfig = [],
  restartedAt,
}: VersionCandidate): readonly string[] {
  return [
    ...copies.map(
      ({ reference, name }) =>
        `${reference} was changed since ${version} was proved: ${version} comes back with a copy of what it was (${name}); the object itself is left as it is`,
    ),
    ...changedConfig.map(
      (reference) =>
        `${reference} was changed since ${version} was proved and stays as it is now: nothing is kept that could bring it back`,
    ),
    ...(restartedAt
      ? [
          `the pods may not have seen their config, which was changed since they started: they are started again`,
        ]
      : []),
  ];
}
