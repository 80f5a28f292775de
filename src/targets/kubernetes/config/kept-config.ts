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
export function readIfThere(
  transport: ApiTransport,
  namespace: string,
  reference: string,
  signal: AbortSignal,
): Promise<ConfigObject | undefined> {
  const name = reference.slice(reference.indexOf('/') + 1);
  return readObject(transport, namespace, { kind: kindOf(reference), name }, signal).catch(whenGone);
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

/** What is known of the copies that there are. */
export interface CopiesKnown {
  /** Copies by the hash of what they hold, as the records tell. */
  readonly byHash: ReadonlyMap<string, string>;
  /** Names of copies that a template or a record refers to. */
  readonly inUse: ReadonlySet<string>;
}

/** Where copies may be. */
export interface CopyPlaces {
  /** What records tell that this worker has read before: asked first. */
  readonly known: ReadonlyMap<string, string>;
  /** Everything that may refer to a copy, read anew: asked where none was found. */
  readonly all: () => Promise<CopiesKnown>;
  /** Hashes of what objects held before the last rollback wrote into them: needed to restore it. */
  readonly overwritten?: readonly string[];
  /** Milliseconds since 1970, by the API server's clock as far as that is known. */
  readonly now: number;
}

/**
 * Keeps the content of a ConfigMap or Secret in an immutable copy of its kind. Safe to repeat: a copy of the same content is found again. One that
 * anything refers to is never made anew, nor one that somebody else has put there; when all are in use nothing is thrown away.
 * What may not be done, or is refused, is a problem that is told, and no error: the proof stands all the same.
 */
export async function keepConfig(
  transport: ApiTransport,
  place: WorkloadPlace,
  owner: ObjectMeta,
  original: Original,
  copies: CopyPlaces,
  signal: AbortSignal,
): Promise<KeptConfig | NotKept> {
  try {
    return await keep(transport, place, owner, original, copies, signal);
  } catch (error) {
    if (!(error instanceof ApiError) || error.outcomeUnknown || error.code === 429) throw error;
    return { problem: error.message };
  }
}

async function keep(
  transport: ApiTransport,
  place: WorkloadPlace,
  owner: ObjectMeta,
  { of, object: original, hashOf }: Original,
  { known, all, overwritten = [], now }: CopyPlaces,
  signal: AbortSignal,
): Promise<KeptConfig | NotKept> {
  const { namespace } = place;
  const hash = hashOf(original);
  if (hash === undefined)
    return { problem: 'its content cannot be hashed without a key (evidence.signingKey)' };
  const { resource } = STORES[of];
  const slots = configSlots(place, of);
  const read = (name: string) => readObject(transport, namespace, { kind: of, name }, signal).catch(whenGone);
  const heldBy = async (name: string | undefined) => {
    const held = name === undefined ? undefined : await read(name);
    const copy = held && copyIn(held, owner, hashOf);
    return copy?.hash === hash ? copy : undefined;
  };
  const remembered = await heldBy(known.get(hash));
  if (remembered) return remembered;
  const { byHash, inUse } = await all();
  const recorded = byHash.get(hash);
  const found = recorded === known.get(hash) ? undefined : await heldBy(recorded);
  if (found) return found;
  const others = { taken: 0, locked: 0 };
  // One that somebody has taken away comes back under its name: every record that refers to it is whole again.
  const lost = slots.filter((slot) => slot === recorded);
  for (const name of [...lost, ...slots.filter((slot) => !inUse.has(slot))]) {
    // One that was freed is made anew; whoever is quicker has it.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      const body = copyBody(name, of, place, owner, original, hash);
      const made = await create(transport, { resource, namespace }, body, signal);
      if (made) return { name, uid: made.metadata.uid, hash, of: original.metadata.name };
      const there = await read(name);
      if (!there) continue;
      const copy = copyIn(there, owner, hashOf);
      if (copy?.hash === hash) return copy;
      if (inUse.has(name)) break;
      const isNeeded = overwritten.includes(there.metadata.annotations?.[CONTENT] ?? '');
      if (isNeeded || !isFree(there, place, now)) {
        others.taken += 1;
        break;
      }
      if (attempt === 2) break;
      const removed = await remove(transport, { resource, namespace }, there.metadata, signal);
      if (removed === 'forbidden') others.locked += 1;
      if (removed !== 'gone') break;
    }
  }
  return { problem: fullOf(slots, others) };
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
    const object = await readObject(transport, place.namespace, { kind: of, name }, signal).catch(whenGone);
    return object && copyIn(object, owner, hashOf)?.hash === hash ? object : undefined;
  };
  const before = known.get(hash);
  const first = before === undefined ? undefined : await held(before);
  return first ?? (await Promise.all(configSlots(place, of).map(held))).find((copy) => copy !== undefined);
}

function fullOf(
  [first]: readonly string[],
  { taken, locked }: { readonly taken: number; readonly locked: number },
): string {
  const reasons = [
    ...(taken > 0 ? [`${taken} of them by somebody else or just now`] : []),
    ...(locked > 0
      ? [`${locked} of them by what nothing refers to, and the worker may not delete it (rbac-config.yaml)`]
      : []),
  ];
  return [`all ${CONFIG_SLOTS} copies (${first} and on) are in use`, ...reasons].join(', ');
}

/** @returns undefined where something is there already. */
async function create(
  transport: ApiTransport,
  collection: { readonly resource: Resource; readonly namespace: string },
  body: object,
  signal: AbortSignal,
): Promise<ConfigObject | undefined> {
  try {
    return await transport.create<ConfigObject>(collection, body, signal);
  } catch (error) {
    if (isStatus(error, 409)) return undefined;
    throw error;
  }
}

function whenGone(error: unknown): undefined {
  if (!isStatus(error, 404)) throw error;
}

/**
 * A copy of ours, of this workload or of one of its name before it, that has stood for a while. What is not as we make it (it can be
 * changed, its owner is another one) is not ours to remove, whatever its annotations say.
 */
function isFree(
  { metadata, immutable }: ConfigObject,
  { kind, name }: Pick<WorkloadPlace, 'kind' | 'name'>,
  now: number,
): boolean {
  const { annotations = {}, ownerReferences = [], creationTimestamp = '' } = metadata;
  const isMarked = annotations[CONTENT] !== undefined && annotations[COPY_OF] !== undefined;
  const isOwned =
    ownerReferences.length === 1 &&
    ownerReferences.every((owner) => owner.kind === kind.kind && owner.name === name);
  return isMarked && isOwned && immutable === true && now - Date.parse(creationTimestamp) > SETTLED_MS;
}

/**
 * Removes a copy that nothing needs any more: only one of this workload that holds what it says and has stood for a while.
 * Where it may not be removed it stays, until its place is needed.
 * @param now milliseconds since 1970.
 */
export async function removeCopy(
  transport: ApiTransport,
  place: WorkloadPlace,
  { kind, name, hash }: { readonly kind: ConfigKind; readonly name: string; readonly hash: string },
  now: number,
  signal: AbortSignal,
): Promise<void> {
  try {
    const object = await readObject(transport, place.namespace, { kind, name }, signal);
    const isIt = object.metadata.annotations?.[CONTENT] === hash && isFree(object, place, now);
    if (!isIt) return;
    const collection = { resource: STORES[kind].resource, namespace: place.namespace };
    await remove(transport, collection, object.metadata, signal);
  } catch (error) {
    if (!isStatus(error, 404) && !isStatus(error, 403)) throw error;
  }
}

/** @returns what became of it: it may be another one by now, or the worker may not. */
async function remove(
  transport: ApiTransport,
  place: { readonly resource: Resource; readonly namespace: string },
  { name, uid, resourceVersion = '' }: ObjectMeta,
  signal: AbortSignal,
): Promise<'gone' | 'changed' | 'forbidden'> {
  try {
    await transport.remove({ ...place, name }, { uid, resourceVersion }, signal);
    return 'gone';
  } catch (error) {
    if (isStatus(error, 404)) return 'gone';
    if (isStatus(error, 409)) return 'changed';
    if (isStatus(error, 403)) return 'forbidden';
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
