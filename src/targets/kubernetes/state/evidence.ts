import { RunbookError } from '../../../domain/errors.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { type EvidenceReader, readRecord } from '../../evidence/read-record.ts';
import { signed } from '../../evidence/seal.ts';
import { ApiError, isStatus } from '../api/api-error.ts';
import type { ConfigMap } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { keptUnder, type WorkloadPlace } from '../workload/workload.ts';

/** Proofs kept for one workload; the oldest go first. With the failures below the 1 MiB that a ConfigMap may hold. */
export const RECORDS_KEPT = 20;
/** Failures, and verifications that could not be decided: a quota of their own, so that they push no proof out. */
export const FAILURES_KEPT = 10;
/** Longest record, in characters; a longer one loses the values of its checks. */
const RECORD_LIMIT = 32_000;
/** Before the digits of an entry that is no proof. */
const FAILED = 'failed.';
/** Digits of the fingerprint that name an entry. */
const KEY_DIGITS = 40;

/** What is recorded, and what could not be read of it. */
export interface Evidence {
  /** Proofs by the digits that name them, and failures of before these had keys of their own. */
  readonly records: ReadonlyMap<string, KnownGoodRecord>;
  /** What was seen of a version and is no proof, the same. */
  readonly failures: ReadonlyMap<string, KnownGoodRecord>;
  readonly warnings: readonly string[];
  /** False: the ConfigMap is not there. */
  readonly exists: boolean;
}

export const NO_EVIDENCE: Evidence = {
  records: new Map(),
  failures: new Map(),
  warnings: [],
  exists: false,
};

/** Name of the ConfigMap beside the workload; entries are named by the first 40 digits of the fingerprint. */
export function evidenceName(workload: Pick<WorkloadPlace, 'kind' | 'name'>): string {
  return `${keptUnder(workload)}-known-good`;
}

/** Reads the evidence: one GET. No ConfigMap is no evidence; an entry that cannot be read is left out. */
export async function readVersionEvidence(
  transport: ApiTransport,
  workload: WorkloadPlace,
  reader: EvidenceReader,
  signal: AbortSignal,
): Promise<Evidence> {
  const name = evidenceName(workload);
  try {
    const address = { resource: 'configmaps', namespace: workload.namespace, name } as const;
    return parseEvidence(await transport.get<ConfigMap>(address, signal), reader);
  } catch (error) {
    if (isStatus(error, 404)) return NO_EVIDENCE;
    if (!isStatus(error, 403)) throw error;
    return {
      ...NO_EVIDENCE,
      warnings: [`configmap/${name} may not be read: evidence is not considered`],
      exists: true,
    };
  }
}

/** The records of a ConfigMap by fingerprint. What is no evidence is left out and named. */
export function parseEvidence({ metadata, data = {} }: ConfigMap, reader: EvidenceReader): Evidence {
  const records = new Map<string, KnownGoodRecord>();
  const failures = new Map<string, KnownGoodRecord>();
  const warnings: string[] = [];
  for (const [key, text] of Object.entries(data)) {
    const isFailure = key.startsWith(FAILED);
    const digits = isFailure ? key.slice(FAILED.length) : key;
    const read = readEntry(digits, text, reader);
    if ('problem' in read) {
      warnings.push(`configmap/${metadata.name}: entry ${key.slice(0, 20)} ${read.problem}; it is ignored`);
    } else if (isFailure && read.record.verdict === 'passed') {
      warnings.push(
        `configmap/${metadata.name}: entry ${key.slice(0, 20)} is a proof among failures; it is ignored`,
      );
    } else {
      (isFailure ? failures : records).set(digits, read.record);
    }
  }
  return { records, failures, warnings, exists: true };
}

function readEntry(digits: string, text: string, reader: EvidenceReader): ReturnType<typeof readRecord> {
  const read = readRecord(parseJson(text), reader);
  const names = 'problem' in read ? [] : [read.record.fingerprint, read.record.id ?? ''];
  const isItsOwn =
    'problem' in read || (digits.length >= 12 && names.some((name) => name.startsWith(digits)));
  return isItsOwn ? read : { problem: 'is the evidence of another version' };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Writes one record: one merge patch that also drops what is too old. Safe to repeat: the entry's name and
 * content are made from the record alone.
 * @param known what was read last, for the pruning.
 * @param service the profile's name, kept as an annotation for people.
 * @returns the evidence as it is now.
 */
export async function writeVersionEvidence(
  transport: ApiTransport,
  workload: WorkloadPlace,
  record: KnownGoodRecord,
  known: Evidence,
  reader: EvidenceReader,
  signal: AbortSignal,
  service?: string,
): Promise<Evidence> {
  const name = evidenceName(workload);
  const address = { resource: 'configmaps', namespace: workload.namespace, name } as const;
  const key = keyOf(record);
  const value = serialise(record, reader.key);
  const metadata = {
    labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
    ...(service === undefined ? {} : { annotations: { 'rollback-runbook/service': service } }),
  };
  const dropped = Object.fromEntries(tooMany(known, record).map((old) => [old, null]));
  const patch = { metadata, data: { ...dropped, [key]: value } };
  const update = () => transport.patch<ConfigMap>(address, 'application/merge-patch+json', patch, signal);
  const create = () => {
    const body = {
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name, ...metadata },
      data: { [key]: value },
    };
    return transport.create<ConfigMap>(
      { resource: 'configmaps', namespace: workload.namespace },
      body,
      signal,
    );
  };
  // What was read last says which of the two comes first; the other one follows when that was out of date.
  const [first, second, outdated] = known.exists ? [update, create, 404] : [create, update, 409];
  try {
    return parseEvidence(await first(), reader);
  } catch (error) {
    if (!isStatus(error, outdated)) throw recordFailed(name, error);
  }
  try {
    return parseEvidence(await second(), reader);
  } catch (error) {
    throw recordFailed(name, error);
  }
}

/** Two versions that differ by config alone have one template: the id tells them apart. */
function keyOf({ fingerprint, id, config, verdict }: KnownGoodRecord): string {
  const names = id !== undefined && config !== undefined ? id : fingerprint;
  return `${verdict === 'passed' ? '' : FAILED}${names.slice(0, KEY_DIGITS)}`;
}

/** The proofs that are left when this record is written. */
export function proofsBeside(evidence: Evidence, record: KnownGoodRecord): readonly KnownGoodRecord[] {
  const dropped = record.verdict === 'passed' ? tooMany(evidence, record) : [];
  return [...evidence.records].filter(([digits]) => !dropped.includes(digits)).map(([, one]) => one);
}

/** Keys of the oldest records that must go so that a new one of its kind fits. */
function tooMany({ records, failures }: Evidence, record: KnownGoodRecord): readonly string[] {
  const isProof = record.verdict === 'passed';
  const own = keyOf(record);
  const others = [...(isProof ? records : failures)]
    .map(([digits, { at }]) => ({ key: isProof ? digits : `${FAILED}${digits}`, at }))
    .filter(({ key }) => key !== own)
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at));
  return others.slice((isProof ? RECORDS_KEPT : FAILURES_KEPT) - 1).map(({ key }) => key);
}

function serialise(record: KnownGoodRecord, key: string | undefined): string {
  const written = (one: KnownGoodRecord) => JSON.stringify(key === undefined ? one : signed(one, key));
  const text = written(record);
  if (text.length <= RECORD_LIMIT) return text;
  const checks = Object.entries(record.checks).map(([check, found]) => [
    check,
    { ...found, summary: found.summary.slice(0, 200), values: {} },
  ]);
  return written({ ...record, checks: Object.fromEntries(checks) });
}

function recordFailed(name: string, error: unknown): unknown {
  if (isStatus(error, 413) || isStatus(error, 422)) {
    return new RunbookError('RecordFailed', `configmap/${name} cannot be written: ${error.message}`);
  }
  if (!(error instanceof ApiError) || !error.isRefusedByAdmission) return error;
  const problem = `admission refuses configmap/${name}: ${error.message}`;
  return new RunbookError('RecordFailed', problem, { retryable: false });
}
