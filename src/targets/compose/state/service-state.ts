import { AuditLog } from './audit-log.ts';
import { ChangeJournal } from './change-journal.ts';
import { Contents, type HashOf } from './contents.ts';
import type { Entries } from './entries.ts';
import { type FailedVersion, failuresIn, type KnownVersion, knownGoodIn } from './known-good.ts';
import type { RecordFolder } from './record-folder.ts';
import { type Snapshot, snapshotsIn } from './snapshots.ts';

/** Everything that is kept of one service. */
export class ServiceState {
  /** Relative to the project folder: `.runbook/app`. */
  readonly path: string;
  /** Bytes of the files that versions were made of. */
  readonly contents: Contents;
  /** The same of secrets, under their keyed hashes. */
  readonly secrets: Contents;
  readonly knownGood: Entries<KnownVersion>;
  readonly failures: Entries<FailedVersion>;
  readonly snapshots: Entries<Snapshot>;
  readonly journal: ChangeJournal;
  readonly audit: AuditLog;

  /** @param seal keyed hash of a secret; nothing where there is no key. */
  constructor(folder: RecordFolder, seal: HashOf) {
    this.path = folder.path;
    this.contents = new Contents(folder.below('contents'));
    this.secrets = new Contents(folder.below('secrets'), seal);
    this.knownGood = knownGoodIn(folder.below('known-good'));
    this.failures = failuresIn(folder.below('failed'));
    this.snapshots = snapshotsIn(folder.below('snapshots'));
    this.journal = new ChangeJournal(folder);
    this.audit = new AuditLog(folder);
  }

  /**
   * Removes contents that no record, snapshot or change refers to any more. To be called after a record or snapshot was
   * written. While an entry cannot be read, nothing is removed: it may refer to anything.
   * @returns how many.
   */
  async removeUnusedContents(): Promise<number> {
    const [records, failures, snapshots, journal] = await Promise.all([
      this.knownGood.read(),
      this.failures.read(),
      this.snapshots.read(),
      this.journal.read(),
    ]);
    if ([records, failures, snapshots, journal].some(({ warnings }) => warnings.length > 0)) return 0;
    const entries = [records, failures, snapshots].flatMap((found) => [...found.entries.values()]);
    const used = [
      ...entries.flatMap(({ content }) => content?.files.map(({ sha256 }) => sha256) ?? []),
      ...(journal.change?.files ?? []).flatMap(({ before, sha256 }) => [before, sha256]),
    ];
    const [files, secrets] = await Promise.all(
      [this.contents, this.secrets].map((contents) => contents.removeUnused(new Set(used))),
    );
    return (files ?? 0) + (secrets ?? 0);
  }
}
