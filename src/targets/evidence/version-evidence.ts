import type { KnownGoodRecord } from '../../domain/known-good.ts';
import type { VersionEvidence } from '../../domain/versions.ts';

/** The evidence of a record, without what names the version that it stands beside. Pure. */
export function versionEvidence({
  fingerprint: _f,
  version: _v,
  image: _i,
  ...evidence
}: KnownGoodRecord): VersionEvidence {
  return evidence;
}
