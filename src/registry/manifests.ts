import { digestOfBytes } from './name/digest.ts';
import { isRecord, parseJson } from './name/json.ts';
import { isDigest, isTag, type RegistryRepository } from './name/reference.ts';
import { broken, saysMissing, unexpected } from './session/refusal.ts';
import type { RegistrySession } from './session/session.ts';
import type { RegistryResponse } from './session/transport.ts';

/** What a registry keeps under a tag or digest: a manifest, or an index of manifests for several platforms. */
export interface ManifestDescriptor {
  readonly digest: string;
  readonly mediaType: string;
  /** Of the manifest itself, in bytes. */
  readonly size?: number;
}

/** What may stand under a tag or digest. */
export const MANIFESTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
].join(', ');

/** In bytes; the limit that the specification tells registries to have. */
const LIMIT = 4 * 1024 * 1024;

/**
 * What is under a tag or digest now; undefined when nothing is. A HEAD request, which Docker Hub does not count as a
 * pull; where that says nothing, the manifest is read and its digest computed.
 */
export async function findManifest(
  session: RegistrySession,
  repository: RegistryRepository,
  reference: string,
  signal: AbortSignal,
): Promise<ManifestDescriptor | undefined> {
  const head = await session.ask(repository, questionOf('HEAD', reference), signal);
  if (saysMissing(head)) return undefined;
  const told = head.status === 200 ? toldBy(head) : undefined;
  if (!told) return readManifest(session, repository, reference, signal);
  if (isDigest(reference) && told.digest !== reference) {
    throw broken(repository, `asked for ${reference}, it offers ${told.digest}`);
  }
  return told;
}

/** Reads a manifest and proves its digest; undefined when there is none. */
async function readManifest(
  session: RegistrySession,
  repository: RegistryRepository,
  reference: string,
  signal: AbortSignal,
): Promise<ManifestDescriptor | undefined> {
  const response = await session.ask(repository, questionOf('GET', reference), signal);
  if (saysMissing(response)) return undefined;
  if (response.status !== 200) throw unexpected(repository, response);
  const content = parseJson(response.body);
  if (!isRecord(content) || content.schemaVersion !== 2) {
    throw broken(repository, `what it keeps under ${reference} is no manifest`);
  }
  const told = isDigest(reference) ? reference : (response.header('docker-content-digest') ?? '');
  const expected = isDigest(told) ? told : undefined;
  const digest = digestOfBytes(response.body, expected);
  if (expected !== undefined && digest !== expected) {
    throw broken(repository, `the manifest does not have the digest ${expected}`);
  }
  const own = typeof content.mediaType === 'string' ? content.mediaType : '';
  return { digest, mediaType: own || mediaTypeOf(response), size: response.body.length };
}

function questionOf<M extends 'GET' | 'HEAD'>(method: M, reference: string) {
  if (!isTag(reference) && !isDigest(reference)) throw new TypeError('neither a tag nor a digest');
  return {
    method,
    path: `manifests/${reference}`,
    accept: MANIFESTS,
    limit: LIMIT,
    follow: method === 'GET',
  };
}

/** What the headers say, if they say it all. */
function toldBy(head: RegistryResponse): ManifestDescriptor | undefined {
  const digest = head.header('docker-content-digest') ?? '';
  const mediaType = mediaTypeOf(head);
  if (!isDigest(digest) || mediaType === '') return undefined;
  const size = Number(head.header('content-length') ?? Number.NaN);
  return { digest, mediaType, ...(Number.isSafeInteger(size) && size > 0 ? { size } : {}) };
}

function mediaTypeOf(response: RegistryResponse): string {
  return (response.header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '';
}
