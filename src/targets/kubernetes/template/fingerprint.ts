import { createHash } from 'node:crypto';
import { HASH_LABEL, type RawJson, type RawObject } from '../api/resources.ts';
import { RESTARTED_AT } from './pod-template.ts';
import { quantityInNano } from './quantity.ts';
import { RELOADED_FROM, withoutReloads } from './reloads.ts';

/** Maps whose keys and values are the user's own text. */
const FREE_TEXT = new Set(['labels', 'annotations', 'matchLabels', 'nodeSelector', 'volumeAttributes']);
/** Maps whose values are quantities. */
const QUANTITIES = new Set(['limits', 'requests', 'overhead']);
/** Single quantities. */
const QUANTITY_FIELDS = new Set(['sizeLimit', 'divisor']);
/**
 * Fields whose `{}` says no more than their absence: maps, and structs that the API server always writes out.
 * Everywhere else `{}` means something: `emptyDir: {}` is a volume, `namespaceSelector: {}` is every namespace.
 */
const EMPTY_IS_ABSENT = new Set([...FREE_TEXT, ...QUANTITIES, 'metadata', 'resources']);

/**
 * The identity of a pod template: SHA-256 over its canonical form. Two templates have the same fingerprint when
 * the Deployment controller takes them for the same: order of keys, `pod-template-hash`, `creationTimestamp`,
 * null and empty lists, and the way a quantity is written make no difference. Unknown fields do.
 * @returns 64 hexadecimal digits.
 */
export function fingerprint(template: RawObject): string {
  return digest(canonicalTemplate(template));
}

/**
 * The version id of a template: as {@link fingerprint}, without what makes no other version (docs/decisions/0007).
 * @param reloaded the template; what Reloader has written into it makes no other version either.
 * @param stamped names of template annotations that admission writes anew with every change.
 */
export function versionId(reloaded: RawObject, stamped: readonly string[] = []): string {
  const template = withoutReloads(reloaded);
  const metadata = asObject(template.metadata);
  const annotations = Object.entries(asObject(metadata.annotations)).filter(
    ([name]) => name !== RESTARTED_AT && !stamped.includes(name),
  );
  return digest(
    canonicalTemplate({
      ...template,
      metadata: { ...metadata, annotations: Object.fromEntries(annotations) },
    }),
  );
}

/** As {@link fingerprint}, whatever Reloader has written since: what the pods are made of is the same. */
export function unreloadedFingerprint(template: RawObject): string {
  return fingerprint(withoutReloads(template));
}

/** Names of the template annotations that the two have with another value, or one of them alone. */
export function annotationsThatDiffer(a: RawObject, b: RawObject): readonly string[] {
  const [left, right] = [a, b].map((template) => asObject(asObject(template.metadata).annotations));
  const names = new Set([...Object.keys(left ?? {}), ...Object.keys(right ?? {})]);
  const isNone = (name: string) => name === RESTARTED_AT || name === RELOADED_FROM;
  return [...names].filter((name) => !isNone(name) && left?.[name] !== right?.[name]).sort();
}

/** As {@link fingerprint}, but blind to the template's annotations: a mere restart does not change it. */
export function contentFingerprint(template: RawObject): string {
  const { annotations: _dropped, ...metadata } = asObject(template.metadata);
  return digest(canonicalTemplate({ ...template, metadata }));
}

/** The template as it is written into a Deployment: without the label that belongs to the ReplicaSet alone. */
export function withoutHash(template: RawObject): RawObject {
  const metadata = asObject(template.metadata);
  const { [HASH_LABEL]: _hash, ...labels } = asObject(metadata.labels);
  return { ...template, metadata: { ...metadata, labels } };
}

function canonicalTemplate(template: RawObject): RawJson {
  const { creationTimestamp: _born, ...bare } = withoutHash(template);
  const { creationTimestamp: _written, ...metadata } = asObject(bare.metadata);
  return canonical({ ...bare, metadata }, '') ?? {};
}

/** Sorted, without what means nothing; undefined when the whole value means nothing. */
function canonical(value: RawJson | undefined, field: string): RawJson | undefined {
  if (value === null || value === undefined) return undefined;
  if (Array.isArray(value)) {
    return value.length === 0 ? undefined : value.map((item) => canonical(item, '') ?? {});
  }
  if (typeof value === 'object') return canonicalObject(value, field);
  return QUANTITY_FIELDS.has(field) ? byValue(value) : value;
}

function canonicalObject(object: RawObject, field: string): RawJson | undefined {
  const entries = Object.keys(object)
    .sort()
    .flatMap((key): [string, RawJson][] => {
      const value = canonicalMember(object[key], key, field);
      return value === undefined ? [] : [[key, value]];
    });
  if (entries.length === 0 && EMPTY_IS_ABSENT.has(field)) return undefined;
  return Object.fromEntries(entries);
}

function canonicalMember(value: RawJson | undefined, key: string, parent: string): RawJson | undefined {
  const isScalar = typeof value === 'string' || typeof value === 'number';
  if (QUANTITIES.has(parent) && isScalar) return byValue(value);
  if (FREE_TEXT.has(parent) && isScalar) return value;
  return canonical(value, key);
}

function byValue(value: string | number | boolean): RawJson {
  return quantityInNano(String(value))?.toString() ?? value;
}

function digest(value: RawJson): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex');
}

function asObject(value: RawJson | undefined): RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}
