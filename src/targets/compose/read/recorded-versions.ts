import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { versionOfImage } from '../../../domain/versions/versions.ts';
import { type EvidenceReader, readRecord } from '../../evidence/read-record.ts';
import { fingerprintOf } from '../load/fingerprint.ts';
import type { FailedVersion, ServiceState } from '../state/index.ts';
import type { RecordedVersion } from './candidates.ts';

/** What a record says that a version is made of has to be the version that it is a record of. */
function contradictionIn({ fingerprint, version, content }: FailedVersion): string | undefined {
  if (!content) return undefined;
  const made = versionOfImage(content.image);
  if (made !== version) return `contradicts itself: it is made of the image of ${made}`;
  return fingerprintOf(content) === fingerprint
    ? undefined
    : 'contradicts itself: what it is made of has another fingerprint';
}

/** Proofs, failures and snapshots; a version that has several has its proof, or else its failure, before its snapshot. */
export async function recordedIn(
  state: ServiceState,
  reader: EvidenceReader,
): Promise<{
  readonly versions: readonly RecordedVersion[];
  readonly failures: ReadonlyMap<string, KnownGoodRecord>;
  readonly problems: readonly string[];
}> {
  const [evidence, failed, snapshots] = await Promise.all([
    state.knownGood.read(),
    state.failures.read(),
    state.snapshots.read(),
  ]);
  const problems: string[] = [];
  const believed = <T extends FailedVersion>(entries: Iterable<T>, where: string): readonly T[] =>
    [...entries].filter((entry) => {
      const read = readRecord(entry, reader);
      const problem = 'problem' in read ? read.problem : contradictionIn(entry);
      if (problem !== undefined) {
        problems.push(`${state.path}/${where}: the record of ${entry.version} ${problem}; it is ignored`);
      }
      return problem === undefined;
    });
  const proofs = believed(evidence.entries.values(), 'known-good');
  const failures = believed(failed.entries.values(), 'failed').filter(({ verdict }) => verdict !== 'passed');
  const failureOf = new Map(failures.map((failure) => [failure.fingerprint, failure]));
  const versions = new Map<string, RecordedVersion>();
  for (const { fingerprint, content } of snapshots.entries.values())
    versions.set(fingerprint, { known: 'snapshot', fingerprint, content });
  for (const { content, ...failure } of failures) {
    const { fingerprint } = failure;
    const made = content ?? versions.get(fingerprint)?.content;
    if (made) versions.set(fingerprint, { known: 'evidence', fingerprint, content: made, failure });
  }
  for (const { content, ...record } of proofs) {
    const { fingerprint } = record;
    const failure = failureOf.get(fingerprint);
    versions.set(fingerprint, {
      known: 'evidence',
      fingerprint,
      content,
      record,
      ...(failure ? { failure } : {}),
    });
  }
  return {
    versions: [...versions.values()],
    failures: failureOf,
    problems: [...evidence.warnings, ...failed.warnings, ...snapshots.warnings, ...problems],
  };
}
