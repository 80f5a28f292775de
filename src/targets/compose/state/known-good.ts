import type { KnownGoodRecord } from '../../../domain/known-good.ts';
import { VERDICTS } from '../../../domain/verdict.ts';
import { isVersionContent, type VersionContent } from './content.ts';
import { Entries } from './entries.ts';
import type { RecordFolder } from './record-folder.ts';
import { isHash, isInstant, isObject, isOptionalText, isText } from './shape.ts';

/** The recorded proof for a version, with what it is made of. */
export interface KnownVersion extends KnownGoodRecord {
  readonly content: VersionContent;
}

/** The evidence of one service. Of too many, versions that passed outlive those that did not. */
export function knownGoodIn(folder: RecordFolder): Entries<KnownVersion> {
  return new Entries<KnownVersion>(folder, {
    parse: (value) => (isKnownVersion(value) ? value : undefined),
    rank: (a, b) => Number(b.verdict === 'passed') - Number(a.verdict === 'passed'),
  });
}

function isKnownVersion(value: unknown): value is KnownVersion {
  return (
    isObject(value) &&
    isHash(value.fingerprint) &&
    [value.version, value.image, value.workflowId, value.runId].every(isText) &&
    isOptionalText(value.imageId) &&
    VERDICTS.some((verdict) => verdict === value.verdict) &&
    isInstant(value.at) &&
    (value.provedBy === 'verify' || value.provedBy === 'rollback') &&
    isObject(value.checks) &&
    Object.values(value.checks).every(isCheckEvidence) &&
    isVersionContent(value.content)
  );
}

function isCheckEvidence(value: unknown): boolean {
  return (
    isObject(value) &&
    VERDICTS.some((verdict) => verdict === value.verdict) &&
    typeof value.summary === 'string' &&
    isObject(value.values)
  );
}
