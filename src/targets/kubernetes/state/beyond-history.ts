import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { standingOf } from '../../../domain/versions/choice/standing.ts';
import {
  type ObservedService,
  type VersionCandidate,
  versionIdOf,
} from '../../../domain/versions/versions.ts';
import type { RawObject } from '../api/resources.ts';
import { fingerprint, versionId } from '../template/fingerprint.ts';
import { withoutDigests } from '../template/image-digests.ts';
import type { WorkloadKind } from '../workload/workload.ts';
import { type CandidateParts, earlierCandidates } from './candidate.ts';
import type { Evidence } from './evidence.ts';
import type { KeptTemplate } from './kept-templates.ts';

/**
 * What is proved of versions that are neither live nor in the history: `revisionHistoryLimit` has removed them, or somebody.
 * Pure.
 * @param templates of what is live and in the history.
 */
export function proofsBeyond(
  { current, history }: Pick<ObservedService, 'current' | 'history'>,
  { records }: Pick<Evidence, 'records'>,
  templates: readonly RawObject[],
  stamped: readonly string[],
): readonly KnownGoodRecord[] {
  const proofs = [...records.values()].filter(({ verdict }) => verdict === 'passed');
  if (proofs.length === 0) return [];
  const written = templates.flatMap((template) => [template, withoutDigests(template)]);
  const known = new Set([
    ...[current, ...history].flatMap((version) => [versionIdOf(version), version.fingerprint]),
    ...written.flatMap((template) => [versionId(template, stamped), fingerprint(template)]),
  ]);
  return proofs.filter(({ id = '', fingerprint: print }) => !known.has(id) && !known.has(print));
}

/** The proved versions among the kept templates, as candidates; none that is known already. */
export function keptCandidates(
  parts: CandidateParts,
  kept: readonly KeptTemplate[],
  known: readonly VersionCandidate[],
): readonly VersionCandidate[] {
  const ids = new Set(known.map(versionIdOf));
  return kept
    .flatMap(({ template, name, uid, ...rest }) =>
      earlierCandidates(parts, template, {
        ...rest,
        formerRevisions: [],
        changeCause: undefined,
        source: { kind: 'pod-template', name, uid },
      }),
    )
    .filter((one) => one.evidence?.verdict === 'passed' && !ids.has(versionIdOf(one)));
}

/**
 * Said of the version that was proved last when it can be no target: of others nobody would have expected it.
 * @param known the versions that can be returned to, without the one that runs.
 */
export function outOfReach(
  { kind }: Pick<WorkloadKind, 'kind'>,
  beyond: readonly KnownGoodRecord[],
  known: readonly VersionCandidate[],
): readonly string[] {
  const had = new Set(known.map(({ evidence }) => evidence?.at));
  const lost = beyond
    .filter(({ at }) => !had.has(at))
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
  if (!lost) return [];
  const isProvedSince = (version: VersionCandidate) =>
    standingOf(version) === 'proved' && Date.parse(version.evidence?.at ?? '') >= Date.parse(lost.at);
  if (known.some(isProvedSince)) return [];
  return [
    `${lost.version} was proved at ${lost.at} and is no target: the ${kind}'s history does not have it any more (spec.revisionHistoryLimit), and its template was not kept; deploy its manifest, or ask for ${lost.version} by name, which changes the image alone`,
  ];
}
