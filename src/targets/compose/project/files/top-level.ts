import { asList, isMapping, isSequence, type Mapping, unmarked, type Value } from '../text/value.ts';
import type { Scope } from '../text/variables.ts';
import { type Layers, type ReadContext, rootValue } from './layers.ts';
import { merge } from './merge.ts';
import { within } from './project-files.ts';

type Kind = 'configs' | 'secrets' | 'networks' | 'volumes';

/** What a service uses of the parts of a project that are not of any one service. */
export interface Surroundings {
  /** Contents that the files hold themselves (`content`) or take from a variable (`environment`), by name. Secret. */
  readonly inlineConfigs?: Mapping;
  readonly inlineSecrets?: Mapping;
}

/** Entries of one kind merged over all files, with relative paths seen from the project folder. */
export function topLevel(kind: Kind, { merged, budget }: Layers & ReadContext): Mapping {
  const value = merged.reduce<Value>((earlier, layer) => {
    const own = unmarked(rootValue(kind, layer, budget));
    return merge(earlier, isMapping(own) ? withPaths(own, layer.folder) : null);
  }, {});
  return isMapping(value) ? value : {};
}

/** Names of the configs or secrets that a service uses. */
export function sourcesOf(used: Value | undefined): readonly string[] {
  return asList(used).flatMap((item) => {
    if (typeof item === 'string') return item;
    return isMapping(item) && typeof item.source === 'string' ? item.source : [];
  });
}

/**
 * The contents that the files give the service by themselves. They decide what it is as much as its own lines do, and
 * Compose compares none of them.
 */
export function inlineOf(definition: Mapping, layers: Layers & ReadContext): Surroundings {
  const configs = inlineValues('configs', definition.configs, layers);
  const secrets = inlineValues('secrets', definition.secrets, layers);
  return {
    ...(configs ? { inlineConfigs: configs } : {}),
    ...(secrets ? { inlineSecrets: secrets } : {}),
  };
}

function inlineValues(
  kind: Kind,
  used: Value | undefined,
  layers: Layers & ReadContext,
): Mapping | undefined {
  const sources = sourcesOf(used);
  if (sources.length === 0) return undefined;
  const all = topLevel(kind, layers);
  const found = sources.flatMap((source) => {
    const value = Object.hasOwn(all, source) ? contentOf(all[source], layers.scope) : undefined;
    return value === undefined ? [] : [[source, value] as const];
  });
  return found.length > 0 ? Object.fromEntries(found) : undefined;
}

function contentOf(entry: Value | undefined, scope: Scope): string | undefined {
  if (!isMapping(entry)) return undefined;
  if (typeof entry.content === 'string') return entry.content;
  if (typeof entry.environment === 'string') return scope.get(entry.environment)?.value ?? '';
  return undefined;
}

/**
 * How the project defines the networks, volumes, configs and secrets that the service uses, by kind and name; without
 * contents. They are the project's, and no part of a version.
 */
export function surroundingsOf(definition: Mapping, layers: Layers & ReadContext): Mapping {
  const networks = isMapping(definition.networks) ? Object.keys(definition.networks) : [];
  const isDefault = networks.length === 0 && definition.network_mode === undefined;
  const used: Readonly<Record<Kind, readonly string[]>> = {
    networks: isDefault ? ['default'] : networks,
    volumes: volumeNames(definition.volumes),
    configs: sourcesOf(definition.configs),
    secrets: sourcesOf(definition.secrets),
  };
  const kinds = Object.entries(used) as [Kind, readonly string[]][];
  return Object.fromEntries(
    kinds.flatMap(([kind, names]) => {
      const all = names.length > 0 ? topLevel(kind, layers) : {};
      const own = names.filter((name) => Object.hasOwn(all, name));
      return own.length > 0 ? [[kind, Object.fromEntries(own.map((name) => [name, bare(all[name])]))]] : [];
    }),
  );
}

/** Nothing and an empty mapping are the same definition. */
function bare(entry: Value | undefined): Value {
  if (!isMapping(entry)) return {};
  const { content: _content, ...rest } = entry;
  return rest;
}

function volumeNames(volumes: Value | undefined): readonly string[] {
  return asList(volumes).flatMap((item) => {
    if (typeof item === 'string') {
      const [source = '', target] = item.split(':');
      return target === undefined || /^[./~]/.test(source) ? [] : source;
    }
    const isNamed = isMapping(item) && item.type === 'volume' && typeof item.source === 'string';
    return isNamed ? (item.source as string) : [];
  });
}

function withPaths(entries: Mapping, folder: string): Mapping {
  return Object.fromEntries(
    Object.entries(entries).map(([name, entry]) => [
      name,
      isMapping(entry) && typeof entry.file === 'string'
        ? { ...entry, file: within(folder, entry.file) }
        : entry,
    ]),
  );
}

/** Names of configs and secrets that services use, of one kind: of the service, and of the others. */
export function namesIn(services: Value | undefined, service: string, kind: 'configs' | 'secrets') {
  const entries = isMapping(services) ? Object.entries(services) : [];
  const used = (isOwn: boolean) =>
    entries
      .filter(([name]) => (name === service) === isOwn)
      .flatMap(([, one]) => (isMapping(one) ? sourcesOf(isSequence(one[kind]) ? one[kind] : undefined) : []));
  return { own: used(true), others: used(false) };
}
