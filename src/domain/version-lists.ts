import { nameWithRevision, type ObservedService, type VersionCandidate } from './versions.ts';

/** The current version, then the history, newest first. */
export function everyVersion(observed: ObservedService): readonly VersionCandidate[] {
  return [observed.current, ...observed.history];
}

/** True when the evidence proves the version good, whoever recorded it. */
export function isKnownGood(candidate: VersionCandidate): boolean {
  return candidate.evidence?.verdict === 'passed';
}

/** Of the versions that are known-good the one that was proved last. */
export function newestProof(versions: readonly VersionCandidate[]): VersionCandidate | undefined {
  const at = ({ evidence }: VersionCandidate) => Date.parse(evidence?.at ?? '');
  return versions.filter(isKnownGood).toSorted((a, b) => at(b) - at(a))[0];
}

/** True for a version that is more than the current one restarted. */
export function differs({ contentFingerprint }: VersionCandidate, { current }: ObservedService): boolean {
  return contentFingerprint !== current.contentFingerprint;
}

/** The current version and those of the history that differ from it by template annotations at most. */
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
