import { nameWithRevision, type ObservedService, type VersionCandidate, versionIdOf } from '../versions.ts';
import { everyVersion, firstSeen, isLater } from './version-lists.ts';

/**
 * What was live after a version though it is older: then somebody has gone back from the version, which says more of it
 * than a proof of before. None where nobody has, or where the target numbers no versions.
 */
export function undoneFor(
  version: VersionCandidate,
  observed: ObservedService,
): VersionCandidate | undefined {
  const groups = Map.groupBy(everyVersion(observed), versionIdOf);
  const own = groups.get(versionIdOf(version)) ?? [version];
  const [since, last] = [firstSeen(own), lastNumber(own)];
  const later = [...groups.values()].filter(
    (other) => isLater(since, firstSeen(other)) && lastNumber(other) > last,
  );
  return later.toSorted((a, b) => lastNumber(b) - lastNumber(a))[0]?.[0];
}

/** In words, for the messages that name a version that is no default target: `0.1.0 (revision 3), which is older, was live after it`. */
export function undoneInWords(version: VersionCandidate, observed: ObservedService): string {
  const later = undoneFor(version, observed);
  return later ? `undone: ${nameWithRevision(later)}, which is older, was live after it` : '';
}

function lastNumber(versions: readonly VersionCandidate[]): number {
  return Math.max(...versions.map(({ revision }) => revision));
}
