import { createHash, createHmac } from 'node:crypto';
import type { ObjectMeta } from '../api/resources.ts';

/** A ConfigMap or Secret, as the API server has it. */
export interface ConfigObject {
  readonly metadata: ObjectMeta;
  readonly data?: Readonly<Record<string, string>>;
  /** Of a ConfigMap: what is no text, in base64. */
  readonly binaryData?: Readonly<Record<string, string>>;
  readonly immutable?: boolean;
  /** Of a Secret. */
  readonly type?: string;
}

/** What pods see of an object. */
type Content = Pick<ConfigObject, 'data' | 'binaryData'>;

/** The keys of an object. */
export function keysOf({ data = {}, binaryData = {} }: Content): readonly string[] {
  return [...Object.keys(data), ...Object.keys(binaryData)];
}

/** What pods see under a key; undefined where there is none. */
export function contentOf(
  kind: 'configmap' | 'secret',
  { data = {}, binaryData = {} }: Content,
  key: string,
): string | Uint8Array | undefined {
  const [plain, encoded] = [own(data, key), own(binaryData, key)];
  if (kind === 'configmap' && plain !== undefined) return plain;
  const base64 = kind === 'secret' ? plain : encoded;
  return base64 === undefined ? undefined : Buffer.from(base64, 'base64');
}

function own(held: Readonly<Record<string, string>>, key: string): string | undefined {
  return Object.hasOwn(held, key) ? held[key] : undefined;
}

/** SHA-256 over what pods see of a ConfigMap: the order of keys makes no difference, where a value stands does. */
export function contentHash(content: Content): string {
  return createHash('sha256').update(canonical(content)).digest('hex');
}

/** The same of a Secret, keyed: nobody without the key can try values. */
export function sealedContentHash(content: Content, key: string): string {
  return createHmac('sha256', key)
    .update(`secret content\n${canonical(content)}`)
    .digest('hex');
}

/** The hash that content of a kind is known by. @param key of the evidence; a Secret has none without one. */
export function hasherOf(
  kind: 'configmap' | 'secret',
  key: string | undefined,
): (object: Content) => string | undefined {
  if (kind === 'configmap') return contentHash;
  return (object) => (key === undefined ? undefined : sealedContentHash(object, key));
}

function canonical({ data = {}, binaryData = {} }: Content): string {
  const sorted = (held: Readonly<Record<string, string>>) =>
    Object.entries(held).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([sorted(data), sorted(binaryData)]);
}

/**
 * When the content of an object was last changed, in milliseconds since 1970, as far as the API server notes it: it writes a
 * new time when a manager adds a field of it, changes it or takes it away. Undefined where it cannot be told.
 */
export function contentChangedAt({ metadata, immutable }: ConfigObject): number | undefined {
  const { creationTimestamp, managedFields } = metadata;
  const created = Date.parse(creationTimestamp ?? '');
  if (immutable) return Number.isNaN(created) ? undefined : created;
  const times = (managedFields ?? [])
    .filter(
      ({ fieldsV1 = {} }) => 'f:data' in fieldsV1 || 'f:binaryData' in fieldsV1 || 'f:stringData' in fieldsV1,
    )
    .map(({ time }) => Date.parse(time ?? ''));
  const latest = Math.max(...times, created);
  return times.length === 0 || Number.isNaN(latest) ? undefined : latest;
}
