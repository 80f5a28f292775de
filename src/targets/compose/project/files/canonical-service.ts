import { asList, isMapping, isSequence, type Mapping, type Value, withinMark } from '../text/value.ts';
import type { Scope } from '../text/variables.ts';
import { within } from './project-files.ts';

/**
 * One file's part of a service in the long forms, so that parts of several files can be merged, with relative paths
 * seen from the project folder.
 * @param scope gives `environment: [NAME]` its value.
 */
export function canonicalService(service: Mapping, folder: string, scope: Scope): Mapping {
  const forms: Readonly<Record<string, (value: Value) => Value>> = {
    environment: (value) => filled(keyValues(value), scope),
    labels: keyValues,
    annotations: keyValues,
    depends_on: (value) => named(value, { condition: 'service_started', required: true }),
    networks: (value) => named(value, null),
    env_file: (value) => asList(value).map((item) => envFile(item, folder)),
    label_file: (value) =>
      asList(value).map((item) => (typeof item === 'string' ? within(folder, item) : item)),
    configs: (value) => asList(value).map((item) => (typeof item === 'string' ? { source: item } : item)),
    volumes: (value) => asList(value).map((item) => volume(item, folder)),
    profiles: asList,
  };
  return Object.fromEntries(
    Object.entries(service).map(([key, value]) => {
      const form = Object.hasOwn(forms, key) ? forms[key] : undefined;
      return [key, value === null || !form ? value : withinMark(value, form)];
    }),
  );
}

/** `[A=1, B]` and `{A: 1, B: }` are the same; values are text. */
function keyValues(value: Value): Value {
  if (isSequence(value)) {
    return Object.fromEntries(value.map((item) => split(typeof item === 'string' ? item : String(item))));
  }
  if (!isMapping(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, member]) => [key, isScalar(member) ? String(member) : member]),
  );
}

function split(item: string): readonly [string, Value] {
  const at = item.indexOf('=');
  return at === -1 ? [item, null] : [item.slice(0, at), item.slice(at + 1)];
}

/** A variable without a value takes the one of the compose command. */
function filled(environment: Value, scope: Scope): Value {
  if (!isMapping(environment)) return environment;
  return Object.fromEntries(
    Object.entries(environment).map(([name, value]) => [name, value ?? scope.get(name)?.value ?? null]),
  );
}

function named(value: Value, inner: Value): Value {
  if (!isSequence(value)) return value;
  return Object.fromEntries(value.map((name) => [String(name), inner]));
}

function envFile(item: Value, folder: string): Value {
  if (typeof item === 'string') return { path: within(folder, item), required: true };
  if (!isMapping(item) || typeof item.path !== 'string') return item;
  return { required: true, ...item, path: within(folder, item.path) };
}

/** Short volumes whose source is no path are names; long ones say it with their type (compose-spec, 05-services.md). */
function volume(item: Value, folder: string): Value {
  if (typeof item === 'string') {
    const [source = '', ...rest] = item.split(':');
    if (rest.length === 0 || !source.startsWith('.')) return item;
    return [`./${within(folder, source)}`, ...rest].join(':');
  }
  if (!isMapping(item) || item.type !== 'bind' || typeof item.source !== 'string') return item;
  return { ...item, source: within(folder, item.source) };
}

function isScalar(value: Value): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}
