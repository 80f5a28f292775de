import type { KnownGoodRecord } from '../../domain/proof/known-good.ts';
import type { VersionEvidence } from '../../domain/versions/versions.ts';

/** The evidence of a record, without what names the version that it stands beside, and what it was believed by. Pure. */
export function versionEvidence({
  fingerprint: _f,
  version: _v,
  image: _i,
  id: _id,
  workload: _w,
  signature: _s,
  ...evidence
}: KnownGoodRecord): VersionEvidence {
  return evidence;
}
