import { ApiError, isStatus } from '../api/api-error.ts';
import { apiVersionOf, type ObjectMeta, type Resource } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { ConfigKind } from '../template/config-references.ts';
import type { WorkloadPlace } from '../workload/workload.ts';
import type { ConfigObject } from './content.ts';

/** So many copies are kept beside a workload. */
export const CONFIG_SLOTS = 20;
/**
 * A copy that nothing refers to is left alone for this long, in milliseconds: another worker may have made it a moment ago and
 * not yet recorded what it is for.
 */
const SETTLED_MS = 3_600_000;

const CONTENT = 'rollback-runbook/content';
const COPY_OF = 'rollback-runbook/copy-of';

/** What differs between a ConfigMap and a Secret that is kept. */
export const STORES = {
  configmap: { apiKind: 'ConfigMap', resource: 'configmaps', slot: 'config' },
  secret: { apiKind: 'Secret', resource: 'secrets', slot: 'secret' },
} as const satisfies Record<
  ConfigKind,
  { readonly resource: Resource; readonly slot: string; readonly apiKind: string }
>;

/** The names of the copies: `<kind>-<name>-config-0` and on, of Secrets `<kind>-<name>-secret-0`, so that a Role can name them. */
export function configSlots(
  { kind, name }: Pick<WorkloadPlace, 'kind' | 'name'>,
  of: ConfigKind = 'configmap',
): readonly string[] {
  const { slot } = STORES[of];
  return Array.from({ length: CONFIG_SLOTS }, (_, number) => `${kind.word}-${name}-${slot}-${number}`);
}

/** Reads one ConfigMap or Secret. */
export function readObject(
  transport: ApiTransport,
  namespace: string,
  { kind, name }: { readonly kind: ConfigKind; readonly name: string },
  signal: AbortSignal,
): Promise<ConfigObject> {
  return transport.get<ConfigObject>({ resource: STORES[kind].resource, namespace, name }, signal);
}

/** The kind of `configmap/app-config`. */
export function kindOf(reference: string): ConfigKind {
  return reference.startsWith('secret/') ? 'secret' : 'configmap';
}

/** Reads one by its reference, `configmap/app-config`; undefined where there is none. */
export async function readIfThere(
  transport: ApiTransport,
  namespace: string,
  reference: string,
  signal: AbortSignal,
): Promise<ConfigObject | undefined> {
  const name = reference.slice(reference.indexOf('/') + 1);
  try {
    return await readObject(transport, namespace, { kind: kindOf(reference), name }, signal);
  } catch (error) {
    if (isStatus(error, 404)) return undefined;
    throw error;
  }
}

/** A copy that holds what it says. */
export interface KeptConfig {
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  /** The name of the object that it is a copy of. */
  readonly of: string;
}

/**
 * What an object is: a copy of ours that holds what it says, of this very workload; nothing else counts.
 * @param hashOf the hash of its kind; none for a Secret without a key, which cannot be believed then.
 */
export function copyIn(
  object: ConfigObject,
  owner: Pick<ObjectMeta, 'uid'>,
  hashOf: HashOf,
): KeptConfig | undefined {
  const { name, uid, annotations = {}, ownerReferences, deletionTimestamp } = object.metadata;
  const [hash, of] = [annotations[CONTENT], annotations[COPY_OF]];
  const isOurs = ownerReferences?.some((one) => one.uid === owner.uid) === true;
  if (!hash || !of || !isOurs || !object.immutable || deletionTimestamp) return undefined;
  return hashOf(object) === hash ? { name, uid, hash, of } : undefined;
}

/** The hash of the content of an object; undefined where it cannot be had. */
export type HashOf = (object: ConfigObject) => string | undefined;

/** What is to be kept. */
export interface Original {
  readonly of: ConfigKind;
  /** The user's own object. */
  readonly object: ConfigObject;
  readonly hashOf: HashOf;
}

/** Why a content is not kept, in words. */
export interface NotKept {
  readonly problem: string;
}

/**
 * Keeps the content of a ConfigMap or Secret in an immutable copy of its kind. Safe to repeat: a copy of the same content is found again. One that
 * anything refers to is never made anew, nor one that somebody else has put there; when all are in use nothing is thrown away.
 * @param inUse names of copies that a template or a record refers to.
 * @param overwritten hashes of what objects held before the last rollback wrote into them.
 * @param known copies by the hash of what they hold, as the records tell: asked first.
 * @param now milliseconds since 1970, by the API server's clock as far as that is known.
 */
export async function keepConfig(
  transport: ApiTransport,
  place: WorkloadPlace,
  owner: ObjectMeta,
  { of, object: original, hashOf }: Original,
  {
    inUse,
    overwritten = [],
    known,
    now,
  }: {
    readonly inUse: ReadonlySet<string>;
    readonly overwritten?: readonly string[];
    readonly known: ReadonlyMap<string, string>;
    readonly now: number;
  },
  signal: AbortSignal,
): Promise<KeptConfig | NotKept> {
  const { namespace } = place;
  const hash = hashOf(original);
  if (hash === undefined)
    return { problem: 'its content cannot be hashed without a key (evidence.signingKey)' };
  const { resource } = STORES[of];
  const slots = configSlots(place, of);
  const before = known.get(hash);
  const read = async (name: string) => {
    try {
      return await readObject(transport, namespace, { kind: of, name }, signal);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  };
  if (before) {
    const held = await read(before);
    const copy = held && copyIn(held, owner, hashOf);
    if (copy?.hash === hash) return copy;
  }
  const body = (name: string) => copyBody(name, of, place, owner, original, hash);
  let squatted = 0;
  for (const name of slots.filter((slot) => !inUse.has(slot))) {
    // One that was freed is made anew; whoever is quicker has it.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      try {
        const made = await transport.create<ConfigObject>({ resource, namespace }, body(name), signal);
        return { name, uid: made.metadata.uid, hash, of: original.metadata.name };
      } catch (error) {
        if (!(error instanceof ApiError) || error.outcomeUnknown || error.code === 429) throw error;
        if (error.code !== 409) return { problem: error.message };
      }
      const there = await read(name);
      if (!there) continue;
      const copy = copyIn(there, owner, hashOf);
      if (copy?.hash === hash) return copy;
      const isNeeded = overwritten.includes(there.metadata.annotations?.[CONTENT] ?? '');
      if (isNeeded || !isFree(there, owner, now)) {
        squatted += 1;
        break;
      }
      if (attempt === 2 || !(await remove(transport, { resource, namespace }, there.metadata, signal))) break;
    }
  }
  const taken = squatted > 0 ? `, ${squatted} of them by somebody else or just now` : '';
  return { problem: `all ${CONFIG_SLOTS} copies (${slots[0]} and on) are in use${taken}` };
}

/**
 * The copy of a content, wherever it is: the one that is known, else all of them are looked at. Undefined where none holds it.
 * @param known names of copies by the hash of what they hold.
 */
export async function findCopy(
  transport: ApiTransport,
  place: WorkloadPlace,
  owner: Pick<ObjectMeta, 'uid'>,
  { of, hash, hashOf }: { readonly of: ConfigKind; readonly hash: string; readonly hashOf: HashOf },
  known: ReadonlyMap<string, string>,
  signal: AbortSignal,
): Promise<ConfigObject | undefined> {
  const held = async (name: string) => {
    try {
      const object = await readObject(transport, place.namespace, { kind: of, name }, signal);
      return copyIn(object, owner, hashOf)?.hash === hash ? object : undefined;
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  };
  const before = known.get(hash);
  const first = before === undefined ? undefined : await held(before);
  return first ?? (await Promise.all(configSlots(place, of).map(held))).find((copy) => copy !== undefined);
}

/** A copy of ours, of this workload or of one before it, that has stood for a while; whatever else is there is not ours to remove. */
function isFree({ metadata }: ConfigObject, owner: ObjectMeta, now: number): boolean {
  const { annotations = {}, ownerReferences = [], creationTimestamp = '' } = metadata;
  const isOurs = annotations[CONTENT] !== undefined && annotations[COPY_OF] !== undefined;
  const isOwn = ownerReferences.some(({ uid }) => uid === owner.uid) || ownerReferences.length > 0;
  return isOurs && isOwn && now - Date.parse(creationTimestamp) > SETTLED_MS;
}

/**
 * Removes a copy that nothing needs any more: only one of this workload that holds what it says and has stood for a while.
 * Where it may not be removed it stays, until its place is needed.
 * @param now milliseconds since 1970.
 */
export async function removeCopy(
  transport: ApiTransport,
  { namespace }: Pick<WorkloadPlace, 'namespace'>,
  owner: ObjectMeta,
  { kind, name, hash }: { readonly kind: ConfigKind; readonly name: string; readonly hash: string },
  now: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    const object = await readObject(transport, namespace, { kind, name }, signal);
    const isIt = object.metadata.annotations?.[CONTENT] === hash && isFree(object, owner, now);
    if (isIt) {
      await remove(transport, { resource: STORES[kind].resource, namespace }, object.metadata, signal);
    }
  } catch (error) {
    if (!isStatus(error, 404) && !isStatus(error, 403)) throw error;
  }
}

/** @returns false when it may not be, or is another one by now. */
async function remove(
  transport: ApiTransport,
  place: { readonly resource: Resource; readonly namespace: string },
  { name, uid, resourceVersion = '' }: ObjectMeta,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await transport.remove({ ...place, name }, { uid, resourceVersion }, signal);
    return true;
  } catch (error) {
    if (error instanceof ApiError && [403, 404, 409].includes(error.code)) return error.code === 404;
    throw error;
  }
}

function copyBody(
  as: string,
  of: ConfigKind,
  { kind }: WorkloadPlace,
  { name, uid }: ObjectMeta,
  { metadata, data, binaryData, type }: ConfigObject,
  hash: string,
) {
  return {
    apiVersion: 'v1',
    kind: STORES[of].apiKind,
    metadata: {
      name: as,
      labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
      annotations: { [CONTENT]: hash, [COPY_OF]: metadata.name },
      ownerReferences: [{ apiVersion: apiVersionOf(kind.collection), kind: kind.kind, name, uid }],
    },
    immutable: true,
    ...(data ? { data } : {}),
    ...(binaryData ? { binaryData } : {}),
    ...(type ? { type } : {}),
  };
}
