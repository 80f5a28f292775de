import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import { isStatus } from '../api/api-error.ts';
import type { ObjectMeta, RawObject } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { type ConfigReference, configName, configReferencesOf } from '../template/config-references.ts';
import { keepersOf } from './config-source.ts';
import { hasherOf } from './content.ts';
import { copyIn, readObject } from './kept-config.ts';
import { type ConfigNow, changedSince, hashesOf, readReferences } from './proved-config.ts';
import { type SeenObject, seenObject } from './seen-object.ts';

/** What is known of config at the moment. */
export interface ConfigState {
  /** Hashes of what was read, by `configmap/name`. */
  readonly hashes: Readonly<Record<string, string>>;
  /** `resourceVersion` of what was read. */
  readonly versions: Readonly<Record<string, string>>;
  /** Copies that hold what they say, by `configmap/name`: the hash of their content. */
  readonly kept: Readonly<Record<string, string>>;
  /** Who keeps an object in place, in words, by `configmap/name`. */
  readonly keepers: Readonly<Record<string, string>>;
  /** What of it was changed after the pods had begun: they may run with what was there before. */
  readonly unseen: readonly string[];
  /** What was read, by `configmap/name`, without its values. */
  readonly seen: ReadonlyMap<string, SeenObject>;
}

/** Nothing is known of config: nobody has asked. */
export const NO_CONFIG: ConfigState = {
  hashes: {},
  versions: {},
  kept: {},
  keepers: {},
  unseen: [],
  seen: new Map(),
};

/** What has to be known to tell what config holds. */
export interface ConfigQuestion {
  /** Of the evidence: Secrets are compared by their content where there is one, else by their `resourceVersion`. */
  readonly key: string | undefined;
  /** Since when the live template is there, in milliseconds since 1970: pods are asked about only for what was changed since. */
  readonly since: number;
  /** When the first pod of it began; undefined where there is none, or they may not be read. */
  startedAt(): Promise<number | undefined>;
}

/** So many objects are read that only records name; each costs a request. */
const MOST_RECORDED = 20;

/**
 * Reads what the live template refers to, what proved versions referred to beside it, and, of what holds another content by
 * now than was proved, the copies: one GET each, none twice. While nothing has changed these are the objects of the live template
 * alone.
 */
export async function readConfigState(
  transport: ApiTransport,
  { namespace, owner }: { readonly namespace: string; readonly owner: Pick<ObjectMeta, 'uid'> },
  template: RawObject,
  records: readonly KnownGoodRecord[],
  { key, since, startedAt }: ConfigQuestion,
  signal: AbortSignal,
): Promise<ConfigState> {
  const live = configReferencesOf(template);
  const known = new Set(live.map(configName));
  const recorded = records
    .filter(({ verdict }) => verdict === 'passed')
    .toSorted((a, b) => Date.parse(b.at) - Date.parse(a.at))
    .flatMap(({ config = [] }) => config);
  const beside = new Map<string, ConfigReference>();
  for (const { kind, name } of recorded) {
    const reference = { kind, name, optional: true };
    if (!known.has(configName(reference)) && beside.size < MOST_RECORDED) {
      beside.set(configName(reference), reference);
    }
  }
  const references = [...live, ...beside.values()];
  const now = await readReferences(transport, namespace, references, key !== undefined, signal);
  const hashes = hashesOf(now, key);
  const versions = versionsOf(now);
  const needed = recorded.filter(({ hash, copy, ...one }) => {
    const name = configName(one);
    return hash !== undefined && copy !== undefined && hashes[name] !== hash;
  });
  const places = new Map(
    needed.flatMap(({ kind, copy }) =>
      copy ? [[configName({ kind, name: copy.name }), { kind, name: copy.name }]] : [],
    ),
  );
  const copies = await Promise.all(
    [...places.values()].map((place) => readCopy(transport, namespace, place, { owner, key }, now, signal)),
  );
  return {
    hashes,
    versions,
    kept: Object.fromEntries(copies.flatMap((copy) => copy ?? [])),
    keepers: keepersOf(now.objects),
    unseen: await unseenIn(now, known, since, startedAt),
    seen: new Map(
      [...now.objects].map(([name, object]) => {
        const isWhole = name.startsWith('configmap/') || key !== undefined;
        return [name, seenObject(object, isWhole)];
      }),
    ),
  };
}

async function unseenIn(
  now: ConfigNow,
  live: ReadonlySet<string>,
  since: number,
  startedAt: ConfigQuestion['startedAt'],
): Promise<readonly string[]> {
  const ofLive = { ...now, objects: new Map([...now.objects].filter(([name]) => live.has(name))) };
  if (changedSince(ofLive, since).length === 0) return [];
  const started = await startedAt();
  return started === undefined ? [] : changedSince(ofLive, started);
}

function versionsOf({ objects }: ConfigNow): Readonly<Record<string, string>> {
  return Object.fromEntries(
    [...objects].map(([name, { metadata }]) => [name, metadata.resourceVersion ?? '']),
  );
}

async function readCopy(
  transport: ApiTransport,
  namespace: string,
  place: Pick<ConfigReference, 'kind' | 'name'>,
  { owner, key }: { readonly owner: Pick<ObjectMeta, 'uid'>; readonly key: string | undefined },
  { objects }: ConfigNow,
  signal: AbortSignal,
): Promise<readonly (readonly [string, string])[] | undefined> {
  try {
    const object = objects.get(configName(place)) ?? (await readObject(transport, namespace, place, signal));
    const copy = copyIn(object, owner, hasherOf(place.kind, key));
    return copy ? [[configName(place), copy.hash]] : undefined;
  } catch (error) {
    if (isStatus(error, 404) || isStatus(error, 403)) return undefined;
    throw error;
  }
}
