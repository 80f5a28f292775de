import type { Instant, Json } from '../../../domain/json.ts';
import { contentHash } from '../files/content-hash.ts';
import { isHash, isInstant, isObject, isText, parseJson } from './shape.ts';

/** What happened, for the audit. Small and without secrets. */
export interface AuditEntry {
  readonly at: Instant;
  /** `files-replaced`. */
  readonly event: string;
  /** Made from run and step, so that a repeated attempt adds nothing. */
  readonly key: string;
  /** Ids, versions, hashes. */
  readonly [more: string]: Json;
}

/** An entry as it is in the log. */
export interface AuditLine extends AuditEntry {
  /** SHA-256 of the line before; 64 zeros in the first one. */
  readonly previous: string;
}

/** What a log holds, and whether it can be believed. */
export interface AuditTrail {
  readonly entries: readonly AuditLine[];
  /** Lines that were not written to their end, as after a loss of power. */
  readonly warnings: readonly string[];
  /** Places before which something was changed or removed. Empty in a log that can be believed. */
  readonly faults: readonly string[];
  /** SHA-256 of the last line. Who keeps it elsewhere can tell later that no line was taken from the end. */
  readonly head: string;
}

const NEWLINE = 0x0a;
const GENESIS_HASH = '0'.repeat(64);

/**
 * Reads the lines of a log and follows their chain: each names the hash of the bytes before it, readable or not.
 * @param name how the log is called in warnings and faults.
 */
export function readChain(log: Buffer, name: string): AuditTrail {
  const entries: AuditLine[] = [];
  const warnings: string[] = [];
  const faults: string[] = [];
  let head = GENESIS_HASH;
  linesOf(log).forEach((line, index) => {
    const entry = parseJson(line.toString('utf8'));
    if (!isAuditLine(entry))
      warnings.push(`${name}, line ${index + 1}: was not written to its end, and is ignored`);
    else entries.push(entry);
    if (isAuditLine(entry) && entry.previous !== head) {
      faults.push(`${name}, line ${index + 1}: what stands before it was changed or removed`);
    }
    head = contentHash(line);
  });
  return { entries, warnings, faults, head };
}

/** The bytes that add an entry to a log. An interrupted last line is ended first. */
export function addition(log: Buffer, { head }: AuditTrail, entry: AuditEntry): Buffer {
  const isInterrupted = log.length > 0 && log.at(-1) !== NEWLINE;
  return Buffer.from(`${isInterrupted ? '\n' : ''}${JSON.stringify({ ...entry, previous: head })}\n`);
}

function linesOf(log: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  for (let start = 0; start < log.length; ) {
    const end = log.indexOf(NEWLINE, start);
    lines.push(log.subarray(start, end === -1 ? log.length : end));
    start = end === -1 ? log.length : end + 1;
  }
  return lines;
}

function isAuditLine(value: unknown): value is AuditLine {
  return (
    isObject(value) &&
    isInstant(value.at) &&
    isText(value.event) &&
    isText(value.key) &&
    isHash(value.previous)
  );
}
