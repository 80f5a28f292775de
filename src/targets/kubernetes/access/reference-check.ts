import { type ApiError, isStatus } from '../api/api-error.ts';
import { isResource, type ObjectMeta, type Resource } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import type { ConfigObject } from '../config/content.ts';
import { keysIn, type SeenObject, seenObject } from '../config/seen-object.ts';
import { objectAt } from '../template/pod-template.ts';
import { objectsIn, type ReferredObject } from '../template/references.ts';

/** Asks for an object's metadata alone, so that a Secret's content is not sent. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1';

/** What was found of the references of a version. */
export interface CheckedReferences {
  /** What is not there, or on its way out. */
  readonly gone: readonly string[];
  /** What could not be asked for, each with why. */
  readonly unchecked: readonly { readonly reference: string; readonly why: string }[];
}

/**
 * Looks whether everything is there that a version refers to: one GET for each object that was not read a moment ago. A Secret is asked for by its
 * metadata, which names its keys as a rule (`managedFields`); its content is read only where these leave a key in doubt, and
 * never kept.
 * @param references as `referencesOf` names them.
 * @param seen what was read already, by `configmap/name`.
 */
export async function checkReferences(
  transport: ApiTransport,
  namespace: string,
  references: readonly string[],
  seen: ReadonlyMap<string, SeenObject>,
  signal: AbortSignal,
): Promise<CheckedReferences> {
  const found = await Promise.all(
    objectsIn(references).map((object) => checkObject(transport, namespace, object, seen, signal)),
  );
  return { gone: found.flatMap(({ gone }) => gone), unchecked: found.flatMap(({ unchecked }) => unchecked) };
}

async function checkObject(
  transport: ApiTransport,
  namespace: string,
  { kind, name, keys }: ReferredObject,
  before: ReadonlyMap<string, SeenObject>,
  signal: AbortSignal,
): Promise<CheckedReferences> {
  const reference = `${kind}/${name}`;
  const resource = kind.endsWith('class') ? `${kind}es` : `${kind}s`;
  const unchecked = (why: string) => ({ gone: [], unchecked: [{ reference, why }] });
  if (!isResource(resource)) return unchecked('it is of a kind that is not known here');
  const get = (accept?: string) =>
    transport.get<ConfigObject>({ resource: resource as Resource, namespace, name }, signal, accept);
  const lackingIn = (held: readonly string[]) => keys.filter((key) => !held.includes(key));
  try {
    const isWhole = resource === 'configmaps' && keys.length > 0;
    const seen = before.get(reference) ?? seenObject(await get(isWhole ? undefined : METADATA_ONLY), isWhole);
    if (seen.metadata.deletionTimestamp)
      return { gone: [`${reference} (it is being deleted)`], unchecked: [] };
    const known = lackingIn(seen.keys ?? managedKeys(seen.metadata));
    const isOpen = known.length > 0 && seen.keys === undefined;
    const lacking = isOpen ? lackingIn(keysIn(await get())) : known;
    return { gone: lacking.map((key) => `key ${key} of ${reference}`), unchecked: [] };
  } catch (error) {
    if (isStatus(error, 403)) return unchecked('the worker may not get it');
    if (!isStatus(error, 404)) throw error;
    return isAboutTheObject(error, name)
      ? { gone: [reference], unchecked: [] }
      : unchecked('this API server does not have its kind');
  }
}

/** An API server without the kind answers 404 too, and names no object. */
function isAboutTheObject({ message }: ApiError, name: string): boolean {
  return message.includes(`"${name}" not found`);
}

/** The keys that managers have set, as far as the API server notes it: `f:data` with `f:<key>`. */
function managedKeys({ managedFields = [] }: ObjectMeta): readonly string[] {
  return managedFields
    .flatMap(({ fieldsV1 }) => Object.keys(objectAt(fieldsV1, 'f:data')))
    .filter((field) => field.startsWith('f:'))
    .map((field) => field.slice(2));
}
