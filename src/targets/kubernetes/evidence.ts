import { RunbookError } from '../../domain/errors.ts';
import type { KnownGoodRecord } from '../../domain/known-good.ts';
import { VERDICTS } from '../../domain/verdict.ts';
import { isStatus } from './api-error.ts';
import type { WorkloadName } from './deployment-watch.ts';
import type { ConfigMap } from './resources.ts';
import type { ApiTransport } from './transport.ts';

/** Records kept for one Deployment; the oldest go first. Far below the 1 MiB that a ConfigMap may hold. */
export const RECORDS_KEPT = 20;
/** Longest record, in characters; a longer one loses the values of its checks. */
const RECORD_LIMIT = 32_000;
/** Digits of the fingerprint that name an entry. */
const KEY_DIGITS = 40;

/** What is recorded, and what could not be read of it. */
export interface Evidence {
  readonly records: ReadonlyMap<string, KnownGoodRecord>;
  readonly warnings: readonly string[];
  /** False: the ConfigMap is not there. */
  readonly exists: boolean;
}

export const NO_EVIDENCE: Evidence = { records: new Map(), warnings: [], exists: false };

/** Name of the ConfigMap beside the Deployment; entries are named by the first 40 digits of the fingerprint. */
export function evidenceName({ name }: WorkloadName): string {
  return `${name}-known-good`;
}

/** Reads the evidence: one GET. No ConfigMap is no evidence; an entry that cannot be read is left out. */
export async function readVersionEvidence(
  transport: ApiTransport,
  workload: WorkloadName,
  signal: AbortSignal,
): Promise<Evidence> {
  const name = evidenceName(workload);
  try {
    return parseEvidence(
      await transport.get<ConfigMap>({ resource: 'configmaps', namespace: workload.namespace, name }, signal),
    );
  } catch (error) {
    if (isStatus(error, 404)) return NO_EVIDENCE;
    if (!isStatus(error, 403)) throw error;
    return {
      records: new Map(),
      warnings: [`configmap/${name} may not be read: evidence is not considered`],
      exists: true,
    };
  }
}

/** The records of a ConfigMap by fingerprint. */
export function parseEvidence({ metadata, data = {} }: ConfigMap): Evidence {
  const records = new Map<string, KnownGoodRecord>();
  const warnings: string[] = [];
  for (const [key, text] of Object.entries(data)) {
    const record = parseRecord(key, text);
    if (record) records.set(record.fingerprint, record);
    else warnings.push(`configmap/${metadata.name}: entry ${key.slice(0, 12)} is no evidence and is ignored`);
  }
  return { records, warnings, exists: true };
}

function parseRecord(key: string, text: string): KnownGoodRecord | undefined {
  try {
    const record = JSON.parse(text) as Partial<KnownGoodRecord> | null;
    const sound =
      typeof record?.fingerprint === 'string' &&
      /^[0-9a-f]{64}$/.test(record.fingerprint) &&
      record.fingerprint.startsWith(key) &&
      VERDICTS.some((verdict) => verdict === record.verdict) &&
      !Number.isNaN(Date.parse(record.at ?? '')) &&
      typeof record.checks === 'object' &&
      record.checks !== null;
    return sound ? (record as KnownGoodRecord) : undefined;
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
  workload: WorkloadName,
  record: KnownGoodRecord,
  known: Evidence,
  signal: AbortSignal,
  service?: string,
): Promise<Evidence> {
  const name = evidenceName(workload);
  const address = { resource: 'configmaps', namespace: workload.namespace, name } as const;
  const key = keyOf(record.fingerprint);
  const value = serialise(record);
  const metadata = {
    labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
    ...(service === undefined ? {} : { annotations: { 'rollback-runbook/service': service } }),
  };
  const dropped = Object.fromEntries(tooMany(known, record.fingerprint).map((old) => [keyOf(old), null]));
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
    return parseEvidence(await first());
  } catch (error) {
    if (!isStatus(error, outdated)) throw recordFailed(name, error);
  }
  try {
    return parseEvidence(await second());
  } catch (error) {
    throw recordFailed(name, error);
  }
}

function keyOf(fingerprint: string): string {
  return fingerprint.slice(0, KEY_DIGITS);
}

/** Fingerprints of the oldest records that must go so that a new one fits. */
function tooMany({ records }: Evidence, fingerprint: string): readonly string[] {
  const others = [...records.values()]
    .filter((record) => record.fingerprint !== fingerprint)
    .sort((a, b) => (a.at < b.at ? 1 : -1));
  return others.slice(RECORDS_KEPT - 1).map((record) => record.fingerprint);
}

function serialise(record: KnownGoodRecord): string {
  const text = JSON.stringify(record);
  if (text.length <= RECORD_LIMIT) return text;
  const checks = Object.entries(record.checks).map(([check, found]) => [
    check,
    { ...found, summary: found.summary.slice(0, 200), values: {} },
  ]);
  return JSON.stringify({ ...record, checks: Object.fromEntries(checks) });
}

function recordFailed(name: string, error: unknown): unknown {
  return isStatus(error, 413) || isStatus(error, 422)
    ? new RunbookError('RecordFailed', `configmap/${name} cannot be written: ${error.message}`)
    : error;
}
