import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { recordSchemaOf } from '../../evidence/record-schema.ts';
import { isVersionContent, type VersionContent } from './content.ts';
import { Entries } from './entries.ts';
import type { RecordFolder } from './record-folder.ts';
import { isObject } from './shape.ts';

/** The recorded proof for a version, with what it is made of. */
export interface KnownVersion extends KnownGoodRecord {
  readonly content: VersionContent;
}

/** What was seen of a version and is no proof; with what it is made of where that was there to be kept. */
export interface FailedVersion extends KnownGoodRecord {
  readonly content?: VersionContent;
}

/**
 * The evidence of one service, as far as its shape tells: whose it is and who has signed it is asked when it is read. Of
 * too many, versions that passed outlive those that did not.
 */
export function knownGoodIn(folder: RecordFolder): Entries<KnownVersion> {
  return new Entries<KnownVersion>(folder, {
    parse: (value) =>
      isRecord(value) && isVersionContent(value.content) ? (value as unknown as KnownVersion) : undefined,
    rank: (a, b) => Number(b.verdict === 'passed') - Number(a.verdict === 'passed'),
  });
}

/** The failures of one service: in a folder of their own, so that they push no proof out. */
export function failuresIn(folder: RecordFolder): Entries<FailedVersion> {
  return new Entries<FailedVersion>(folder, {
    parse: (value) =>
      isRecord(value) && (value.content === undefined || isVersionContent(value.content))
        ? (value as unknown as FailedVersion)
        : undefined,
  });
}

function isRecord(value: unknown): value is { readonly [key: string]: unknown } {
  return isObject(value) && recordSchemaOf(value)?.safeParse(value).success === true;
}
