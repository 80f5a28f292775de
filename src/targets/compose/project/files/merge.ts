import { isMapping, isSequence, Marked, type Value } from '../text/value.ts';

/** What a later file replaces whole (compose-go, override/merge.go). */
const REPLACED = new Set(['command', 'entrypoint', 'healthcheck.test']);

/**
 * Merges a later file's value over an earlier one, as far as hashing and finding files need it: mappings deeply,
 * sequences one after the other without repetition, scalars replaced; an empty later value says nothing.
 * Volumes for the same path in the container replace each other.
 */
export function merge(earlier: Value | undefined, later: Value | undefined, path = ''): Value {
  if (later === undefined || later === null) return earlier ?? null;
  if (earlier === undefined || earlier === null || later instanceof Marked || REPLACED.has(path))
    return later;
  // What the later mark replaces is gone already; only the inner values are merged on.
  const base = earlier instanceof Marked ? earlier.value : earlier;
  if (isMapping(base) && isMapping(later)) {
    const keys = [...new Set([...Object.keys(base), ...Object.keys(later)])];
    return Object.fromEntries(
      keys.map((key) => [key, merge(own(base, key), own(later, key), path === '' ? key : `${path}.${key}`)]),
    );
  }
  if (isSequence(base) && isSequence(later)) {
    return path === 'volumes' ? unique([...base, ...later], mountPoint) : unique([...base, ...later], same);
  }
  return later;
}

function own(mapping: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(mapping, key) ? mapping[key] : undefined;
}

/** Of those with the same key the last. */
function unique(items: readonly Value[], keyOf: (item: Value) => string): readonly Value[] {
  return [...new Map(items.map((item) => [keyOf(item), item])).values()];
}

function same(item: Value): string {
  return JSON.stringify(item);
}

function mountPoint(item: Value): string {
  if (typeof item === 'string') return item.split(':')[1] ?? item;
  return isMapping(item) && typeof item.target === 'string' ? item.target : same(item);
}
