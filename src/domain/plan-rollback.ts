import type { CheckId } from './checks.ts';
import {
  type Choice,
  choosePrevious,
  chooseTarget,
  everyVersion,
  isKnownGood,
  type NoChoice,
} from './choose-target.ts';
import type { CheckEvidence } from './known-good.ts';
import type { Pin } from './pins.ts';
import type { Plan, PlannedVersion } from './plan.ts';
import type { TargetWish } from './targets.ts';
import type { ObservedService, VersionCandidate } from './versions.ts';

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
    warnings: [...observed.warnings, ...warningsOf(observed, choice, wish)],
  };
}

function planned(candidate: VersionCandidate): PlannedVersion {
  const { version, image, revision, fingerprint } = candidate;
  return { version, image, revision, fingerprint };
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

/** `previous` is the newest revision with other content: after a rollback that is what it left behind. */
function howToGoOn(observed: ObservedService): string {
  const { current } = observed;
  const previous = choosePrevious(observed);
  const named = 'problem' in previous ? '' : ` (now ${previous.candidate.version})`;
  return `an earlier rollback put ${current.version} there and it stays; to go further back ask for a version, or for previous${named}`;
}
