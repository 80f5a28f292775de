import { nameWithRevision, type ObservedService, type VersionCandidate, versionIdOf } from '../versions.ts';
import { proofOf, standingOf } from './standing.ts';

/** The current version, then the history, newest first. */
export function everyVersion(observed: ObservedService): readonly VersionCandidate[] {
  return [observed.current, ...observed.history];
}

/** True when the evidence proves the version good, whoever recorded it, and nobody has seen it fail since. */
export function isKnownGood(candidate: VersionCandidate): boolean {
  return standingOf(candidate) === 'proved';
}

/** Of the versions that are known-good the one that was proved last. */
export function newestProof(versions: readonly VersionCandidate[]): VersionCandidate | undefined {
  const at = (version: VersionCandidate) => Date.parse(proofOf(version)?.at ?? '');
  return versions.filter(isKnownGood).toSorted((a, b) => at(b) - at(a))[0];
}

/** True for a version that is more than the current one restarted. */
export function differs(version: VersionCandidate, { current }: ObservedService): boolean {
  return versionIdOf(version) !== versionIdOf(current);
}

/** The current version and those of the history that are the same one: restarts of it, at most. */
export function sameContent(observed: ObservedService): readonly VersionCandidate[] {
  return everyVersion(observed).filter((version) => !differs(version, observed));
}

/** When a version was made. */
export interface Age {
  /** Milliseconds since 1970; the API server knows whole seconds. */
  readonly at: number;
  /** The first number that it had in the workload's history: tells apart what was made within one second; 0 for none. */
  readonly number: number;
}

/** When the first of these versions was made. */
export function firstSeen(versions: readonly VersionCandidate[]): Age {
  const ages = versions.map(ageOf);
  const at = Math.min(...ages.map((age) => age.at));
  const numbers = ages.filter((age) => age.at === at && age.number > 0).map(({ number }) => number);
  return { at, number: numbers.length > 0 ? Math.min(...numbers) : 0 };
}

/** True for a version that was made later than that; one whose age is not known counts as old. */
export function isYounger(version: VersionCandidate, since: Age): boolean {
  return isLater(ageOf(version), since);
}

/** True when the one age is known to be later than the other. */
export function isLater(a: Age, b: Age): boolean {
  if (a.at !== b.at) return a.at > b.at;
  return a.number > 0 && b.number > 0 && a.number > b.number;
}

function ageOf({ createdAt, revision, formerRevisions }: VersionCandidate): Age {
  const numbers = [revision, ...formerRevisions].filter((number) => number > 0);
  return { at: Date.parse(createdAt), number: numbers.length > 0 ? Math.min(...numbers) : 0 };
}

/** `0.3.0 (revision 9), 0.2.0 (revision 8)` */
export function listed(versions: readonly VersionCandidate[]): string {
  return versions.map(nameWithRevision).join(', ');
}

/** One of each content, in the given order: restarts of a version are none of their own. */
export function distinctVersions(versions: readonly VersionCandidate[]): readonly VersionCandidate[] {
  return versions.filter(
    (version, place) => versions.findIndex((other) => versionIdOf(other) === versionIdOf(version)) === place,
  );
}
