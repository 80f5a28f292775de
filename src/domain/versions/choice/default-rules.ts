import type { ChoiceRule, PlanBasis } from '../plan.ts';
import type { ObservedService, VersionCandidate } from '../versions.ts';
import { proofOf, standingOf } from './standing.ts';
import { undoneFor } from './undone.ts';
import { differs, firstSeen, isKnownGood, isYounger, newestProof, sameContent } from './version-lists.ts';

/** A rule by which the default target is chosen: the first one that selects a version decides. */
export interface DefaultRule {
  readonly rule: ChoiceRule;
  readonly basis: PlanBasis;
  /** Nothing where the rule does not apply. */
  select(observed: ObservedService): VersionCandidate | undefined;
}

/**
 * How the default target is chosen, in this order. It only goes back: a version is a candidate when it is another one
 * than the current and not younger, by the creation of the first that has its content. The current version is none,
 * whatever its evidence says, unless an earlier rollback put it there: somebody found it bad since. So did whoever has gone
 * back from a version to an older one.
 */
export const DEFAULT_RULES: readonly DefaultRule[] = [
  {
    rule: 'stays-proved',
    basis: 'known-good',
    select: (observed) => placedOf(observed, isKnownGood),
  },
  {
    rule: 'older-proof',
    basis: 'known-good',
    select: (observed) => newestProof(candidatesOf(observed)),
  },
  {
    rule: 'stays-unproved',
    basis: 'rolled-back-before',
    select: (observed) => placedOf(observed),
  },
  {
    rule: 'one-before',
    basis: 'previous-without-evidence',
    select: (observed) => candidatesOf(observed).find((version) => standingOf(version) !== 'failed'),
  },
];

/** Versions with other content that are not younger than the current content, newest revision first. */
export function olderVersions(observed: ObservedService): readonly VersionCandidate[] {
  const since = firstSeen(sameContent(observed));
  return observed.history.filter((version) => differs(version, observed) && !isYounger(version, since));
}

/** The older version that was proved last, when it is no default target because somebody has gone back from it. */
export function undoneProof(observed: ObservedService): VersionCandidate | undefined {
  const proved = newestProof(olderVersions(observed));
  return proved && undoneFor(proved, observed) ? proved : undefined;
}

/** Of the older versions those that nobody has gone back from. */
function candidatesOf(observed: ObservedService): readonly VersionCandidate[] {
  return olderVersions(observed).filter((version) => !undoneFor(version, observed));
}

/** What an earlier rollback put there, when it is of this kind: its write says so, or the proof that it recorded. */
function placedOf(
  observed: ObservedService,
  isMeant: (version: VersionCandidate) => boolean = () => true,
): VersionCandidate | undefined {
  const { current, rolledBack } = observed;
  const isProvedByOne = isKnownGood(current) && proofOf(current)?.provedBy === 'rollback';
  return (rolledBack || isProvedByOne) && isMeant(current) ? current : undefined;
}
