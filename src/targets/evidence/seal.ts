import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Json } from '../../domain/json.ts';

/** Gets the key that evidence is signed with (`evidence.signingKey` of the profile). @throws SecretUnavailable. */
export type EvidenceKey = (signal: AbortSignal) => Promise<string>;

const ALGORITHM = 'hmac-sha256';

type Signable = { readonly signature?: string };

/** The record with its signature: an HMAC-SHA-256 over the whole record in canonical form, but for the signature itself. */
export function signed<T extends Signable>(record: T, key: string): T & { readonly signature: string } {
  return { ...record, signature: signatureOf(record, key) };
}

/** Whether the record bears the signature that this key makes. */
export function isSignedBy(record: Signable, key: string): boolean {
  const [expected, found] = [signatureOf(record, key), record.signature ?? ''].map((text) =>
    Buffer.from(text),
  );
  return expected?.length === found?.length && timingSafeEqual(expected as Buffer, found as Buffer);
}

/** The keyed hash of what a SHA-256 is of: nobody without the key can try values of a weak secret. */
export function sealedHash(sha256: string, key: string): string {
  return createHmac('sha256', key).update(`secret content\n${sha256}`).digest('hex');
}

function signatureOf(record: Signable, key: string): string {
  const { signature: _own, ...rest } = record;
  const hmac = createHmac('sha256', key).update(canonicalJson(rest as Json));
  return `${ALGORITHM}:${hmac.digest('hex')}`;
}

/** JSON with the keys of each object in order: the same record in whatever order it is read back. */
export function canonicalJson(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(',')}}`;
}
