import type { RawJson, RawObject } from '../api/resources.ts';
import { objectAt, textAt } from './pod-template.ts';

/** What holds config. */
export type ConfigKind = 'configmap' | 'secret';

/** An object that pods take config from, as a template refers to it. */
export interface ConfigReference {
  readonly kind: ConfigKind;
  readonly name: string;
  /** Pods start without it: every reference to it says so. */
  readonly optional: boolean;
}

/** `configmap/app-config`: how a reference is named in records, plans and messages. */
export type ConfigName = `${ConfigKind}/${string}`;

/** The name of a reference. */
export function configName({ kind, name }: Pick<ConfigReference, 'kind' | 'name'>): ConfigName {
  return `${kind}/${name}`;
}

/** The members of a reference that hold the name of its object. */
const NAMES = { name: 'name', secretName: 'secretName' } as const;

/**
 * Where a pod template refers to config (core/v1): members of containers of every kind, and volumes. Pull secrets, CSI drivers
 * and the like are credentials of the node, and no config of the service.
 */
const IN_CONTAINER = {
  envFrom: [
    ['configMapRef', 'configmap', NAMES.name],
    ['secretRef', 'secret', NAMES.name],
  ],
  env: [
    ['configMapKeyRef', 'configmap', NAMES.name],
    ['secretKeyRef', 'secret', NAMES.name],
  ],
} as const;
const IN_VOLUME = [
  ['configMap', 'configmap', NAMES.name],
  ['secret', 'secret', NAMES.secretName],
] as const;
const IN_PROJECTION = [
  ['configMap', 'configmap', NAMES.name],
  ['secret', 'secret', NAMES.name],
] as const;

type Place = readonly [member: string, kind: ConfigKind, nameIn: string];

/** The ConfigMaps and Secrets that pods of a template take config from, each once, sorted. Pure. */
export function configReferencesOf(template: RawObject): readonly ConfigReference[] {
  const found = new Map<ConfigName, ConfigReference>();
  mapReferences(template, (reference) => {
    const known = found.get(configName(reference));
    found.set(configName(reference), {
      ...reference,
      optional: reference.optional && known?.optional !== false,
    });
    return reference.name;
  });
  return [...found].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, reference]) => reference);
}

/**
 * The template with its references to config pointing elsewhere; everything else stays as it is. Pure.
 * @param names where each is to point, by `configmap/name`; what is not in it stays.
 */
export function withConfig(template: RawObject, names: Readonly<Record<string, string>>): RawObject {
  return mapReferences(template, (reference) => names[configName(reference)] ?? reference.name);
}

/** The template with its references pointing to copies. Pure. */
export function withCopies(
  template: RawObject,
  copies: readonly { readonly reference: string; readonly name: string }[],
): RawObject {
  return copies.length === 0
    ? template
    : withConfig(template, Object.fromEntries(copies.map(({ reference, name }) => [reference, name])));
}

/** What is known of the content of config: its hash, by `configmap/name`. */
export type ConfigHashes = Readonly<Record<string, string>>;

/** The template with each reference to config by its content, where that is known: its name makes no other version then. Pure. */
export function byContent(template: RawObject, hashes: ConfigHashes): RawObject {
  const names = Object.entries(hashes).map(([name, hash]) => [name, `content of ${hash}`]);
  return names.length === 0 ? template : withConfig(template, Object.fromEntries(names));
}

/** The template with other names in its references to config, as told for each. */
function mapReferences(template: RawObject, nameFor: (reference: ConfigReference) => string): RawObject {
  const spec = objectAt(template, 'spec');
  const renamed = (holder: RawObject, places: readonly Place[]): RawObject => {
    const changes = places.flatMap(([member, kind, nameIn]) => {
      const reference = objectAt(holder, member);
      const name = textAt(reference, nameIn);
      if (!name) return [];
      const optional = reference.optional === true;
      return [[member, { ...reference, [nameIn]: nameFor({ kind, name, optional }) }]];
    });
    return changes.length === 0 ? holder : { ...holder, ...Object.fromEntries(changes) };
  };
  const container = (one: RawObject) => ({
    ...one,
    ...list(one, 'envFrom', (source) => renamed(source, IN_CONTAINER.envFrom)),
    ...list(one, 'env', (variable) => {
      const { valueFrom } = variable;
      return valueFrom === undefined
        ? variable
        : { ...variable, valueFrom: renamed(objectAt(variable, 'valueFrom'), IN_CONTAINER.env) };
    }),
  });
  const volume = (one: RawObject) => {
    const { projected } = one;
    const own = renamed(one, IN_VOLUME);
    if (projected === undefined) return own;
    const sources = list(objectAt(one, 'projected'), 'sources', (source) => renamed(source, IN_PROJECTION));
    return { ...own, projected: { ...objectAt(one, 'projected'), ...sources } };
  };
  return {
    ...template,
    spec: {
      ...spec,
      ...list(spec, 'initContainers', container),
      ...list(spec, 'containers', container),
      ...list(spec, 'ephemeralContainers', container),
      ...list(spec, 'volumes', volume),
    },
  };
}

/** A member that is a list, with each object of it changed; nothing where there is none. */
function list(
  holder: RawObject,
  member: string,
  change: (item: RawObject) => RawObject,
): Readonly<Record<string, RawJson>> {
  const items = holder[member];
  if (!Array.isArray(items)) return {};
  return { [member]: items.map((item) => (isObject(item) ? change(item) : item)) };
}

function isObject(value: RawJson): value is RawObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
