import {
  nameWithRevision,
  type ObservedService,
  shortVersionId,
  type VersionCandidate,
} from '../versions.ts';
import { distinctVersions, everyVersion } from './version-lists.ts';

/** The shortest target that a request can name this version by, and no other one: `0.1.0`, `revision:4`, `id:3f2a…`. */
export function remedyFor(version: VersionCandidate, observed: ObservedService): string {
  const namesakes = distinctVersions(everyVersion(observed)).filter(
    (other) => other.version === version.version,
  );
  if (namesakes.length <= 1) return version.version;
  return version.revision > 0 ? `revision:${version.revision}` : `id:${shortVersionId(version)}`;
}

/** `0.3.0 (revision 9), 0.2.0 (revision 8) as revision:8`: a name that is not enough stands with what is. */
export function withRemedies(versions: readonly VersionCandidate[], observed: ObservedService): string {
  const named = versions.map((version) => {
    const remedy = remedyFor(version, observed);
    return nameWithRevision(version) + (remedy === version.version ? '' : ` as ${remedy}`);
  });
  return named.join(', ');
}
