import { isMap } from 'yaml';
import { resolved } from '../text/compose-file.ts';
import { evaluate } from '../text/evaluate.ts';
import { entriesOf } from '../text/mapping-entries.ts';
import type { Piece, TextPlace } from '../text/piece.ts';
import { asList, isMapping, isSequence, type Mapping, unmarked, type Value } from '../text/value.ts';
import { type Layers, type ReadContext, rootValue } from './layers.ts';
import { merge } from './merge.ts';
import { within } from './project-files.ts';

type Kind = 'configs' | 'secrets' | 'networks' | 'volumes';

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

/** The content of a config or secret, by where it is. */
export type Source =
  | { readonly from: 'file'; readonly path: string }
  /** In the compose file (`content`), or in a variable (`environment`). Secret. */
  | { readonly from: 'text'; readonly value: string }
  /** `external`, or not defined at all. */
  | { readonly from: 'elsewhere' };

/**
 * The configs or secrets that a service uses, by name. Contents that the files give it by themselves decide what it is as much as
 * its own lines do, and Compose compares none of them.
 */
export function sourcesUsed(
  kind: 'configs' | 'secrets',
  definition: Mapping,
  layers: Layers & ReadContext,
): ReadonlyMap<string, Source> {
  const names = sourcesOf(definition[kind]);
  const all = names.length > 0 ? topLevel(kind, layers) : {};
  return new Map(names.map((name) => [name, sourceOf(Object.hasOwn(all, name) ? all[name] : null, layers)]));
}

function sourceOf(entry: Value | undefined, { scope }: Layers): Source {
  if (!isMapping(entry)) return { from: 'elsewhere' };
  if (typeof entry.content === 'string') return { from: 'text', value: entry.content };
  if (typeof entry.environment === 'string') {
    return { from: 'text', value: scope.get(entry.environment)?.value ?? '' };
  }
  return typeof entry.file === 'string' ? { from: 'file', path: entry.file } : { from: 'elsewhere' };
}

/** Contents that stand in the files themselves, by name. */
export function inlineIn(sources: ReadonlyMap<string, Source>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...sources].flatMap(([name, source]) => (source.from === 'text' ? [[name, source.value]] : [])),
  );
}

/** Where the variables stand that such contents are made of. */
export function inlinePlaces(
  definition: Mapping,
  { merged, budget, scope }: Layers & ReadContext,
): readonly TextPlace[] {
  const found: TextPlace[] = [];
  const note = (pieces: readonly Piece[]) => {
    for (const { place } of pieces) if (place) found.push(place);
  };
  for (const kind of ['configs', 'secrets'] as const) {
    const sources = sourcesOf(definition[kind]);
    for (const layer of sources.length > 0 ? merged : []) {
      const entries = resolved(entriesOf(layer.file.root, layer.file, budget).get(kind), layer.file);
      const nodes = isMap(entries) ? entriesOf(entries, layer.file, budget) : new Map<string, unknown>();
      for (const source of sources.filter((name) => nodes.has(name))) {
        const entry = evaluate(nodes.get(source), { file: layer.file, scope: layer.scope, budget, note });
        const variable = isMapping(entry) ? entry.environment : undefined;
        if (typeof variable === 'string') note(scope.get(variable)?.pieces ?? []);
      }
    }
  }
  return found;
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

/** Names of configs and secrets that services use, of one kind: of these, and of the others. */
export function namesIn(services: Value | undefined, own: readonly string[], kind: 'configs' | 'secrets') {
  const entries = isMapping(services) ? Object.entries(services) : [];
  const used = (isOwn: boolean) =>
    entries
      .filter(([name]) => own.includes(name) === isOwn)
      .flatMap(([, one]) => (isMapping(one) ? sourcesOf(isSequence(one[kind]) ? one[kind] : undefined) : []));
  return { own: used(true), others: used(false) };
}
