import type { Instant } from '../../../domain/json.ts';
import { isVersionContent, type VersionContent } from './content.ts';
import { Entries } from './entries.ts';
import type { RecordFolder } from './record-folder.ts';
import { isHash, isInstant, isObject, isOptionalText, isText } from './shape.ts';

/** What ran before a rollback. */
export interface Snapshot {
  readonly fingerprint: string;
  readonly version: string;
  readonly content: VersionContent;
  /** When it was last taken. */
  readonly at: Instant;
  readonly workflowId?: string;
  readonly runId?: string;
}

/** The snapshots of one service; of too many the newest stay. */
export function snapshotsIn(folder: RecordFolder): Entries<Snapshot> {
  return new Entries<Snapshot>(folder, { parse: (value) => (isSnapshot(value) ? value : undefined) });
}

function isSnapshot(value: unknown): value is Snapshot {
  return (
    isObject(value) &&
    isHash(value.fingerprint) &&
    isText(value.version) &&
    isInstant(value.at) &&
    isOptionalText(value.workflowId) &&
    isOptionalText(value.runId) &&
    isVersionContent(value.content)
  );
}
