/** What the runbook keeps beside a compose file. The one entrance to this room. */
export type { AuditEntry, AuditLine, AuditTrail } from './audit-chain.ts';
export type { AuditLog } from './audit-log.ts';
export type { ChangeJournal, Journaled } from './change-journal.ts';
export type { VersionContent } from './content.ts';
export type { Contents } from './contents.ts';
export { ENTRIES_KEPT, type Entries, type Found } from './entries.ts';
export type { FailedVersion, KnownVersion } from './known-good.ts';
export type { ServiceState } from './service-state.ts';
export type { Snapshot } from './snapshots.ts';
export { StateFolder } from './state-folder.ts';
