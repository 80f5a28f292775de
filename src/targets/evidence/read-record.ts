import type { CheckId } from '../../domain/proof/checks.ts';
import type { KnownGoodRecord, WorkloadIdentity } from '../../domain/proof/known-good.ts';
import { proofOf } from '../../domain/proof/proof.ts';
import type { Verdict } from '../../domain/proof/verdict.ts';
import { isKnownConfig, recordSchemaOf } from './record-schema.ts';
import { isSignedBy } from './seal.ts';

/** What evidence is read against. */
export interface EvidenceReader {
  /** Milliseconds since 1970: evidence of tomorrow is none. */
  readonly now: number;
  /** Whose evidence it has to be. */
  readonly workload: WorkloadIdentity;
  /** The key that it has to be signed with, where one is configured. */
  readonly key?: string;
}

/** A clock that is ahead by this much is no forgery, in milliseconds. */
const CLOCK_SKEW_MS = 10 * 60_000;

/**
 * Reads one record that somebody has put beside the service: by its schema, against itself, and against who it has to be
 * from. Pure.
 * @returns the record, or in words why it counts as none.
 */
export function readRecord(
  value: unknown,
  reader: EvidenceReader,
): { readonly record: KnownGoodRecord } | { readonly problem: string } {
  const schema = recordSchemaOf(value);
  if (!schema) return { problem: 'is of a schema that this worker does not know' };
  const parsed = schema.safeParse(value);
  if (!parsed.success) return { problem: `is no evidence: ${whatIsWrong(parsed.error.issues[0])}` };
  const record = parsed.data as KnownGoodRecord;
  if (Date.parse(record.at) > reader.now + CLOCK_SKEW_MS) {
    return { problem: `is no evidence: it is dated ${record.at}, which has not come yet` };
  }
  if (reader.key !== undefined && !isSignedBy(record, reader.key)) {
    return { problem: record.signature ? 'is signed with another key, or was changed' : 'is not signed' };
  }
  if (record.schema === 2) {
    const { workload } = record;
    if (workload && !isSame(workload, reader.workload)) {
      return { problem: `is evidence of ${nameOf(workload)}, not of ${nameOf(reader.workload)}` };
    }
    const verdict = verdictOf(record);
    if (verdict !== record.verdict) {
      return { problem: `contradicts itself: it says ${record.verdict}, and its checks say ${verdict}` };
    }
  }
  const { config, ...rest } = record;
  return { record: config === undefined || isKnownConfig(config) ? record : rest };
}

/** What the checks of a record prove, by what it says was required and accepted. */
function verdictOf(record: KnownGoodRecord): Verdict {
  if (record.failed !== undefined) return 'failed';
  const { checks, required = [], accepted = [], waived = [], excused = [] } = record;
  const results = Object.entries(checks).map(([check, { verdict }]) => ({
    check: check as CheckId,
    verdict,
    ...(excused.includes(check as CheckId) ? { failedBefore: true } : {}),
  }));
  return proofOf(results, required, accepted, waived).verdict;
}

function isSame(a: WorkloadIdentity, b: WorkloadIdentity): boolean {
  return a.kind === b.kind && a.namespace === b.namespace && a.name === b.name;
}

function nameOf({ kind, namespace, name }: WorkloadIdentity): string {
  return `${kind}/${name} in ${namespace}`;
}

function whatIsWrong(
  issue: { readonly path: readonly PropertyKey[]; readonly message: string } | undefined,
): string {
  if (!issue) return 'it cannot be read';
  return issue.path.length > 0 ? `${issue.path.join('.')}: ${issue.message}` : issue.message;
}
