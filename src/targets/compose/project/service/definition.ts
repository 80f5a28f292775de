import { createHash } from 'node:crypto';

/**
 * SHA-256 over canonical JSON: the order of keys makes no difference.
 * @returns 64 hexadecimal digits.
 */
export function hashOfDefinition(definition: unknown): string {
  return createHash('sha256').update(canonicalJson(definition)).digest('hex');
}

/** SHA-256 over a text. */
export function hashOfText(text: string | Uint8Array): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Where two definitions differ: dotted paths (`environment.LEVEL`, `ports.0`), sorted; values are not shown. */
export function definitionKeysChanged(a: unknown, b: unknown): readonly string[] {
  return [...differences(a, b, '')].sort();
}

function differences(a: unknown, b: unknown, path: string): readonly string[] {
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) {
    return canonicalJson(a) === canonicalJson(b) ? [] : [path];
  }
  const keys = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return keys.flatMap((key) => differences(own(a, key), own(b, key), path === '' ? key : `${path}.${key}`));
}

function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) => {
    if (!isObject(inner) || Array.isArray(inner)) return inner;
    return Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)));
  }) as string;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function own(object: Readonly<Record<string, unknown>>, key: string): unknown {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}
