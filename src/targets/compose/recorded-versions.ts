import type { KnownGoodRecord } from '../../domain/known-good.ts';
import { type EvidenceReader, readRecord } from '../evidence/read-record.ts';
import type { RecordedVersion } from './candidates.ts';
import type { ServiceState } from './state/index.ts';

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
  const believed = <T extends KnownGoodRecord>(entries: Iterable<T>, where: string): readonly T[] =>
    [...entries].filter((entry) => {
      const read = readRecord(entry, reader);
      if ('problem' in read) {
        problems.push(
          `${state.path}/${where}: the record of ${entry.version} ${read.problem}; it is ignored`,
        );
      }
      return !('problem' in read);
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
