import type { KnownConfig } from '../../../domain/proof/known-config.ts';
import type { KnownGoodRecord } from '../../../domain/proof/known-good.ts';
import type { ConfigCopy, ConfigWrite } from '../../../domain/versions/pins.ts';
import type { ConfigNow } from '../../../domain/versions/versions.ts';
import type { RawObject } from '../api/resources.ts';
import type { ConfigState } from '../config/config-state.ts';
import {
  type ConfigHashes,
  type ConfigName,
  configName,
  configReferencesOf,
} from '../template/config-references.ts';

/** What of the known hashes a template refers to. Pure. */
export function hashesIn(template: RawObject, hashes: ConfigHashes): ConfigHashes {
  const referred = configReferencesOf(template).map(configName);
  return Object.fromEntries(
    referred.flatMap((name) => {
      const hash = hashes[name];
      return hash === undefined ? [] : [[name, hash]];
    }),
  );
}

/** The hashes that a record has. Pure. */
export function configIn({ config = [] }: Pick<KnownGoodRecord, 'config'>): ConfigHashes {
  return Object.fromEntries(config.flatMap((one) => (one.hash ? [[configName(one), one.hash]] : [])));
}

/** In the place of a hash: what pods ran with is not known, and so is none of the contents that are. */
const UNKNOWN = 'unknown';

/** The same, with what a record of a failure does not know. Pure. */
export function configOf(record: Pick<KnownGoodRecord, 'config' | 'verdict'>): ConfigHashes {
  const { config = [] } = record;
  const unknown = config.filter(({ kind, hash }) => kind === 'configmap' && hash === undefined);
  return {
    ...Object.fromEntries(unknown.map((one) => [configName(one), UNKNOWN])),
    ...configIn(record),
  };
}

/** Whether the two know another content of one object at least. Pure. */
export function isOtherConfig(a: ConfigHashes, b: ConfigHashes): boolean {
  return Object.entries(a).some(([name, hash]) => (b[name] ?? hash) !== hash);
}

/** How the config of a proved version comes back. */
export interface ConfigReturn {
  /** References that will point to copies. */
  readonly copies: readonly ConfigCopy[];
  /** What was changed since and cannot be brought back. */
  readonly changed: readonly ConfigName[];
}

/**
 * What has to be done so that a template runs with the config that it was proved with: nothing for an object that holds it still.
 * Pure.
 */
export function configReturn(
  template: RawObject,
  { config = [], at }: Pick<KnownGoodRecord, 'config' | 'at'>,
  now: ConfigState,
): ConfigReturn {
  const referred = new Set(configReferencesOf(template).map(configName));
  const copies: ConfigCopy[] = [];
  const changed: ConfigName[] = [];
  for (const known of config.filter((one) => referred.has(configName(one)))) {
    const name = configName(known);
    if (holdsIt(name, known, now)) continue;
    const { hash, copy } = known;
    if (hash && copy && now.kept[configName({ kind: known.kind, name: copy.name })] === hash)
      copies.push({ reference: name, ...copy, hash });
    else changed.push(name);
  }
  return { copies, changed: [...changed, ...cameAfter(template, { config, at }, now)] };
}

/**
 * Config without which pods begin too, and that was made after the proof: they were proved without it, or with another one of that
 * name. Pure.
 */
export function cameAfter(
  template: RawObject,
  { config = [], at }: Pick<KnownGoodRecord, 'config' | 'at'>,
  { seen }: Pick<ConfigState, 'seen'>,
): readonly ConfigName[] {
  const recorded = new Set(config.map(configName));
  const others = configReferencesOf(template).filter((one) => one.optional && !recorded.has(configName(one)));
  const isYounger = (name: ConfigName) =>
    Date.parse(seen.get(name)?.metadata.creationTimestamp ?? '') > Date.parse(at);
  return others.map(configName).filter(isYounger);
}

function holdsIt(name: ConfigName, { hash, resourceVersion }: KnownConfig, now: ConfigState): boolean {
  if (hash !== undefined && now.hashes[name] !== undefined) return now.hashes[name] === hash;
  return now.versions[name] === resourceVersion;
}

/** How config comes back where the objects themselves are written. */
export interface InPlace {
  /** Whether Secrets are written too. */
  readonly secrets: boolean;
}

/** The same where the objects of the user are written and the template keeps its references. Pure. */
export function writtenBack(
  { copies, changed }: ConfigReturn,
  { secrets }: InPlace,
  now: ConfigState,
): { readonly inPlace: readonly ConfigWrite[]; readonly changed: readonly ConfigName[] } {
  const isWritten = ({ reference }: ConfigCopy) => secrets || !reference.startsWith('secret/');
  const left = copies.filter((copy) => !isWritten(copy)).map(({ reference }) => reference as ConfigName);
  const inPlace = copies.filter(isWritten).map(({ reference, name, uid, hash }): ConfigWrite => {
    const before = now.hashes[reference];
    return {
      reference,
      hash,
      copy: { name, uid },
      ...(before === undefined ? {} : { before }),
      ...(now.immutable.includes(reference) ? { anew: true } : {}),
    };
  });
  return { inPlace, changed: [...changed, ...left] };
}

/** What objects hold, for whoever brings back what was overwritten. Pure. */
export function configNow({ hashes, versions, immutable }: ConfigState): Readonly<Record<string, ConfigNow>> {
  return Object.fromEntries(
    Object.keys(versions).map((name) => [
      name,
      {
        ...(hashes[name] === undefined ? {} : { hash: hashes[name] }),
        ...(immutable.includes(name) ? { immutable: true as const } : {}),
      },
    ]),
  );
}
