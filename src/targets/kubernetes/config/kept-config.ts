import { ApiError, isStatus } from '../api/api-error.ts';
import { apiVersionOf, type ObjectMeta } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { WorkloadPlace } from '../workload/workload.ts';
import { type ConfigObject, contentHash } from './content.ts';

/** So many copies are kept beside a workload. */
export const CONFIG_SLOTS = 20;
/**
 * A copy that nothing refers to is left alone for this long, in milliseconds: another worker may have made it a moment ago and
 * not yet recorded what it is for.
 */
const SETTLED_MS = 3_600_000;

const CONTENT = 'rollback-runbook/content';
const COPY_OF = 'rollback-runbook/copy-of';

/** The names of the copies: `<kind>-<name>-config-0` and on, so that a Role can name them. */
export function configSlots({ kind, name }: Pick<WorkloadPlace, 'kind' | 'name'>): readonly string[] {
  return Array.from({ length: CONFIG_SLOTS }, (_, number) => `${kind.word}-${name}-config-${number}`);
}

/** A copy that holds what it says. */
export interface KeptConfig {
  readonly name: string;
  readonly uid: string;
  readonly hash: string;
  /** The name of the ConfigMap that it is a copy of. */
  readonly of: string;
}

/** What an object is: a copy of ours that holds what it says, of this very workload; nothing else counts. */
export function copyIn(object: ConfigObject, owner: Pick<ObjectMeta, 'uid'>): KeptConfig | undefined {
  const { name, uid, annotations = {}, ownerReferences, deletionTimestamp } = object.metadata;
  const [hash, of] = [annotations[CONTENT], annotations[COPY_OF]];
  const isOurs = ownerReferences?.some((one) => one.uid === owner.uid) === true;
  if (!hash || !of || !isOurs || !object.immutable || deletionTimestamp) return undefined;
  return contentHash(object) === hash ? { name, uid, hash, of } : undefined;
}

/** Why a content is not kept, in words. */
export interface NotKept {
  readonly problem: string;
}

/**
 * Keeps the content of a ConfigMap in an immutable copy. Safe to repeat: a copy of the same content is found again. One that
 * anything refers to is never made anew, nor one that somebody else has put there; when all are in use nothing is thrown away.
 * @param original the user's own object.
 * @param inUse names of copies that a template or a record refers to.
 * @param known copies by the hash of what they hold, as the records tell: asked first.
 * @param now milliseconds since 1970, by the API server's clock as far as that is known.
 */
export async function keepConfig(
  transport: ApiTransport,
  place: WorkloadPlace,
  owner: ObjectMeta,
  original: ConfigObject,
  {
    inUse,
    known,
    now,
  }: {
    readonly inUse: ReadonlySet<string>;
    readonly known: ReadonlyMap<string, string>;
    readonly now: number;
  },
  signal: AbortSignal,
): Promise<KeptConfig | NotKept> {
  const { namespace } = place;
  const hash = contentHash(original);
  const slots = configSlots(place);
  const before = known.get(hash);
  const read = async (name: string) => {
    try {
      return await transport.get<ConfigObject>({ resource: 'configmaps', namespace, name }, signal);
    } catch (error) {
      if (isStatus(error, 404)) return undefined;
      throw error;
    }
  };
  if (before) {
    const held = await read(before);
    const copy = held && copyIn(held, owner);
    if (copy?.hash === hash) return copy;
  }
  const body = (name: string) => copyBody(name, place, owner, original, hash);
  let squatted = 0;
  for (const name of slots.filter((slot) => !inUse.has(slot))) {
    // One that was freed is made anew; whoever is quicker has it.
    for (let attempt = 1; attempt <= 2; attempt += 1) {
      try {
        const made = await transport.create<ConfigObject>(
          { resource: 'configmaps', namespace },
          body(name),
          signal,
        );
        return { name, uid: made.metadata.uid, hash, of: original.metadata.name };
      } catch (error) {
        if (!(error instanceof ApiError) || error.outcomeUnknown || error.code === 429) throw error;
        if (error.code !== 409) return { problem: error.message };
      }
      const there = await read(name);
      if (!there) continue;
      const copy = copyIn(there, owner);
      if (copy?.hash === hash) return copy;
      if (!isFree(there, owner, now)) {
        squatted += 1;
        break;
      }
      if (attempt === 2 || !(await remove(transport, namespace, there.metadata, signal))) break;
    }
  }
  const taken = squatted > 0 ? `, ${squatted} of them by somebody else or just now` : '';
  return { problem: `all ${CONFIG_SLOTS} copies (${slots[0]} and on) are in use${taken}` };
}

/** A copy of ours, of this workload or of one before it, that has stood for a while; whatever else is there is not ours to remove. */
function isFree({ metadata }: ConfigObject, owner: ObjectMeta, now: number): boolean {
  const { annotations = {}, ownerReferences = [], creationTimestamp = '' } = metadata;
  const isOurs = annotations[CONTENT] !== undefined && annotations[COPY_OF] !== undefined;
  const isOwn = ownerReferences.some(({ uid }) => uid === owner.uid) || ownerReferences.length > 0;
  return isOurs && isOwn && now - Date.parse(creationTimestamp) > SETTLED_MS;
}

/** @returns false when it may not be, or is another one by now. */
async function remove(
  transport: ApiTransport,
  namespace: string,
  { name, uid, resourceVersion = '' }: ObjectMeta,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    await transport.remove({ resource: 'configmaps', namespace, name }, { uid, resourceVersion }, signal);
    return true;
  } catch (error) {
    if (error instanceof ApiError && [403, 404, 409].includes(error.code)) return error.code === 404;
    throw error;
  }
}

function copyBody(
  as: string,
  { kind }: WorkloadPlace,
  { name, uid }: ObjectMeta,
  { metadata, data, binaryData }: ConfigObject,
  hash: string,
) {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: as,
      labels: { 'app.kubernetes.io/managed-by': 'rollback-runbook' },
      annotations: { [CONTENT]: hash, [COPY_OF]: metadata.name },
      ownerReferences: [{ apiVersion: apiVersionOf(kind.collection), kind: kind.kind, name, uid }],
    },
    immutable: true,
    ...(data ? { data } : {}),
    ...(binaryData ? { binaryData } : {}),
  };
}
