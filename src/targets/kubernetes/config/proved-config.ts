import type { KnownConfig } from '../../../domain/proof/known-config.ts';
import { notReadable, notRecorded, notSeen } from '../../evidence/config-words.ts';
import { isStatus } from '../api/api-error.ts';
import type { RawObject } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import {
  type ConfigHashes,
  type ConfigName,
  type ConfigReference,
  configName,
  configReferencesOf,
} from '../template/config-references.ts';
import { type ConfigObject, contentChangedAt, hasherOf, writerOf } from './content.ts';
import { kindOf } from './kept-config.ts';

/** The config of a template as it is at the moment. */
export interface ConfigNow {
  /** By `configmap/name`; what could not be read, or is not there, is not in it. */
  readonly objects: ReadonlyMap<ConfigName, ConfigObject>;
  /** What is referred to and is not there. */
  readonly missing: readonly ConfigName[];
  /** What may not be read. */
  readonly unread: readonly ConfigName[];
}

/** Asks for a Secret's metadata alone, where its content is of no use. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/**
 * Reads what a template refers to: one GET for each object, all at once. Of a Secret the content is read only where a key is there
 * to hash it with, and it is never kept here.
 */
export function readConfig(
  transport: ApiTransport,
  namespace: string,
  template: RawObject,
  hasKey: boolean,
  signal: AbortSignal,
): Promise<ConfigNow> {
  return readReferences(transport, namespace, configReferencesOf(template), hasKey, signal);
}

/** The same of these references. */
export async function readReferences(
  transport: ApiTransport,
  namespace: string,
  references: readonly ConfigReference[],
  hasKey: boolean,
  signal: AbortSignal,
): Promise<ConfigNow> {
  const objects = new Map<ConfigName, ConfigObject>();
  const missing: ConfigName[] = [];
  const unread: ConfigName[] = [];
  const read = async (reference: ConfigReference) => {
    const { kind, name } = reference;
    const accept = kind === 'secret' && !hasKey ? METADATA_ONLY : undefined;
    try {
      const object = await transport.get<ConfigObject>(
        { resource: `${kind}s`, namespace, name },
        signal,
        accept,
      );
      objects.set(configName(reference), object);
    } catch (error) {
      if (isStatus(error, 404)) missing.push(configName(reference));
      else if (isStatus(error, 403)) unread.push(configName(reference));
      else throw error;
    }
  };
  await Promise.all(references.map(read));
  return { objects, missing, unread };
}

/** The hashes of what was read. @param key of the evidence; without one a Secret has none. */
export function hashesOf({ objects }: ConfigNow, key: string | undefined): ConfigHashes {
  return Object.fromEntries(
    [...objects].flatMap(([name, object]) => {
      const hash = hashOf(name, object, key);
      return hash === undefined ? [] : [[name, hash]];
    }),
  );
}

function hashOf(name: ConfigName, object: ConfigObject, key: string | undefined): string | undefined {
  return hasherOf(kindOf(name), key)(object);
}

/**
 * What of the config was proved together with pods that began to run at a time: content that was changed since is not what they
 * were proved with. Pure.
 * @param startedAt when the first of the pods began, in milliseconds since 1970; the API server notes whole seconds.
 * @returns what is recorded, and of what is not the reason, a line each.
 */
export function provedConfig(
  { objects, unread }: ConfigNow,
  key: string | undefined,
  startedAt: number | undefined,
): { readonly config: readonly KnownConfig[]; readonly warnings: readonly string[] } {
  const warnings = unread.map(notReadable);
  const proved = [...objects].filter(([name, object]) => {
    const problem = doubt(object, startedAt);
    if (problem) warnings.push(notRecorded(name, problem));
    return problem === '';
  });
  return {
    config: sorted(proved.map(([name, object]) => recorded(name, object, key))),
    warnings,
  };
}

function doubt(object: ConfigObject, startedAt: number | undefined): string {
  const changedAt = contentChangedAt(object);
  const isKnown = startedAt !== undefined && changedAt !== undefined;
  if (isKnown && isBefore(object, changedAt, startedAt)) return '';
  const [changed, started] = [changedAt, startedAt].map((ms) =>
    ms === undefined ? undefined : secondOf(ms) * 1000,
  );
  return notSeen('the pods', changed, started, {
    by: writerOf(object),
    remedy: 'restart them, and verify again',
  });
}

/** The config that pods failed with: of what was changed since they started no hash, it must not count against that. Pure. */
export function failedConfig(
  { objects }: ConfigNow,
  key: string | undefined,
  startedAt: number | undefined,
): readonly KnownConfig[] {
  return sorted(
    [...objects].map(([name, object]) => {
      const { hash, ...rest } = recorded(name, object, key);
      const isSeen = doubt(object, startedAt) === '';
      return isSeen && hash ? { ...rest, hash } : rest;
    }),
  );
}

/** Config that was changed after pods had begun: what they run with is not known. Pure. */
export function changedSince({ objects }: ConfigNow, startedAt: number): readonly ConfigName[] {
  return [...objects].flatMap(([name, object]) => {
    const changedAt = contentChangedAt(object);
    return changedAt !== undefined && !isBefore(object, changedAt, startedAt) ? [name] : [];
  });
}

function sorted(config: readonly KnownConfig[]): readonly KnownConfig[] {
  return config.toSorted((a, b) => (configName(a) < configName(b) ? -1 : 1));
}

function recorded(name: ConfigName, object: ConfigObject, key: string | undefined): KnownConfig {
  const kind = kindOf(name);
  const { uid, resourceVersion = '' } = object.metadata;
  const hash = hashOf(name, object, key);
  return { kind, name: object.metadata.name, uid, resourceVersion, ...(hash ? { hash } : {}) };
}

/**
 * Whether the content was there before pods began. Within one second it is not known which came first, but for what cannot be
 * changed: pods do not begin without it.
 */
function isBefore({ immutable }: ConfigObject, changedAt: number, startedAt: number): boolean {
  const [changed, started] = [secondOf(changedAt), secondOf(startedAt)];
  return immutable ? changed <= started : changed < started;
}

function secondOf(ms: number): number {
  return Math.floor(ms / 1000);
}
