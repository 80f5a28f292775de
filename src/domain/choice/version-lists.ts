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

/** When the first of these versions was made, in milliseconds since 1970. */
export function firstSeen(versions: readonly VersionCandidate[]): number {
  return Math.min(...versions.map(({ createdAt }) => Date.parse(createdAt)));
}

/** True for a version that was made later than that; one whose age is not known counts as old. */
export function isYounger({ createdAt }: VersionCandidate, since: number): boolean {
  return Date.parse(createdAt) > since;
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
