import type { ObjectMeta, OwnerReference } from '../api/resources.ts';
import type { ApiTransport } from '../api/transport.ts';
import { outliving } from '../api/with-signal.ts';
import type { ConfigKind } from '../template/config-references.ts';
import type { ConfigObject } from './content.ts';
import { STORES } from './kept-config.ts';

/**
 * How long the answer to a write that was sent is waited for after the step was cancelled, in milliseconds. Whoever reads next
 * must not see an object that is changed a moment later.
 */
const LAST_WORD_MS = 3000;

/** Where objects are written, and under which name. */
export interface ObjectWriter {
  readonly transport: ApiTransport;
  readonly namespace: string;
  readonly fieldManager: string;
}

/** What an object has beside its content, and gets again when it is created anew. */
export interface OriginalObject {
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly immutable?: boolean;
}

/** What it has. */
export function originalOf({ metadata, immutable }: ConfigObject): OriginalObject {
  const { labels, annotations, ownerReferences } = metadata;
  return {
    ...(labels ? { labels } : {}),
    ...(annotations ? { annotations } : {}),
    ...(ownerReferences ? { ownerReferences } : {}),
    ...(immutable === undefined ? {} : { immutable }),
  };
}

/** One object as it was seen. */
export interface SeenObject {
  readonly kind: ConfigKind;
  readonly object: ConfigObject;
}

/** Gives the very object that was seen another content, and leaves everything else of it. @throws ApiError 422 when it is not as it was seen. */
export async function changeContent(
  { transport, namespace, fieldManager }: ObjectWriter,
  { kind, object: { metadata, ...seen } }: SeenObject,
  content: ConfigObject,
  signal: AbortSignal,
): Promise<void> {
  const member = (path: 'data' | 'binaryData') => {
    const value = content[path];
    if (value !== undefined) return [{ op: 'add', path: `/${path}`, value }];
    return seen[path] === undefined ? [] : [{ op: 'remove', path: `/${path}` }];
  };
  await transport.patch(
    { resource: STORES[kind].resource, namespace, name: metadata.name, query: { fieldManager } },
    'application/json-patch+json',
    [
      { op: 'test', path: '/metadata/uid', value: metadata.uid },
      { op: 'test', path: '/metadata/resourceVersion', value: metadata.resourceVersion },
      ...member('data'),
      ...member('binaryData'),
    ],
    outliving(signal, LAST_WORD_MS),
  );
}

/** Deletes the very object that was seen. @throws ApiError 409 when it is not as it was seen. */
export async function removeSeen(
  { transport, namespace }: ObjectWriter,
  { kind, object: { metadata } }: SeenObject,
  signal: AbortSignal,
): Promise<void> {
  const { name, uid, resourceVersion = '' } = metadata;
  await transport.remove(
    { resource: STORES[kind].resource, namespace, name },
    { uid, resourceVersion },
    outliving(signal, LAST_WORD_MS),
  );
}

/** Creates an object under a name that is free. @throws ApiError 409 when it is taken. */
export async function createAgain(
  { transport, namespace, fieldManager }: ObjectWriter,
  { kind, name }: { readonly kind: ConfigKind; readonly name: string },
  { labels, annotations, ownerReferences, immutable }: OriginalObject,
  { data, binaryData, type }: ConfigObject,
  signal: AbortSignal,
): Promise<void> {
  const { resource, apiKind } = STORES[kind];
  await transport.create(
    { resource, namespace, query: { fieldManager } },
    {
      apiVersion: 'v1',
      kind: apiKind,
      metadata: { name, labels, annotations, ownerReferences },
      data,
      binaryData,
      type,
      immutable,
    },
    outliving(signal, LAST_WORD_MS),
  );
}

/** Annotation of a copy: what the object that it is a copy of has beside its content, as long as that may have to be created anew. */
const ORIGINAL = 'rollback-runbook/original';
/** The longest that is noted, in characters: an object may have 256 KiB of annotations in all. */
const NOTED_LIMIT = 200_000;
const APPLIED = 'kubectl.kubernetes.io/last-applied-configuration';

/** What is noted on a copy. What kubectl has applied last is left out where there is no room for it. */
function noteOf(original: OriginalObject): string {
  const whole = JSON.stringify(original);
  if (whole.length <= NOTED_LIMIT) return whole;
  const { [APPLIED]: _applied, ...annotations } = original.annotations ?? {};
  return JSON.stringify({ ...original, annotations });
}

/** Notes on a copy what the object has that is about to be deleted and created again. */
export async function noteOriginal(
  { transport, namespace, fieldManager }: ObjectWriter,
  { kind, name }: { readonly kind: ConfigKind; readonly name: string },
  original: OriginalObject,
  signal: AbortSignal,
): Promise<void> {
  await transport.patch(
    { resource: STORES[kind].resource, namespace, name, query: { fieldManager } },
    'application/merge-patch+json',
    { metadata: { annotations: { [ORIGINAL]: noteOf(original) } } },
    signal,
  );
}

/** What is noted on a copy; undefined where nothing is. */
export function notedOn({ metadata }: { readonly metadata: ObjectMeta }): OriginalObject | undefined {
  try {
    const noted: unknown = JSON.parse(metadata.annotations?.[ORIGINAL] ?? '');
    return typeof noted === 'object' && noted !== null ? noted : undefined;
  } catch {
    return undefined;
  }
}
