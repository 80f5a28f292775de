import type { Dispatcher } from 'undici';
import type { RegistryCredentialSource } from './login/credentials.ts';
import { findManifest, type ManifestDescriptor } from './manifests.ts';
import type { RegistryRepository } from './name/reference.ts';
import { findPlatforms } from './platforms.ts';
import { createAuthorizer } from './session/authorization.ts';
import { createRegistrySession } from './session/session.ts';
import { createRegistryTransport } from './session/transport.ts';
import { listTags, type TagList } from './tags.ts';

/**
 * Reads registries (OCI distribution-spec 1.1). Every method throws `RunbookError`: `AccessDenied` when the registry
 * refuses, `Unreachable` when it does not answer, asks to wait or gives a broken answer. When the signal aborts, it
 * ends at once with the signal's reason.
 */
export interface RegistryClient {
  /** What is under a tag or digest now; undefined when nothing is. */
  digestOf(
    repository: RegistryRepository,
    tagOrDigest: string,
    signal: AbortSignal,
  ): Promise<ManifestDescriptor | undefined>;
  /** What an image is for, as `linux/amd64`; none where there is no such image, or it does not say. */
  platformsOf(
    repository: RegistryRepository,
    tagOrDigest: string,
    signal: AbortSignal,
  ): Promise<readonly string[]>;
  /** The tags of a repository, at most `limit` (1,000 by default); none when there is no such repository. */
  tags(
    repository: RegistryRepository,
    signal: AbortSignal,
    options?: { readonly limit?: number },
  ): Promise<TagList>;
}

export interface RegistryClientOptions {
  readonly credentials: RegistryCredentialSource;
  /** Of each request, in milliseconds. Default 15 s. */
  readonly timeoutMs?: number;
  /** How connections are made, where that is special: a proxy, a certificate authority of one's own. */
  readonly dispatcher?: Dispatcher;
  /** Milliseconds of a clock that never goes back. Default `performance.now`. */
  readonly now?: () => number;
}

const TIMEOUT_MS = 15_000;
const MOST_TAGS = 1000;

/** A client for all registries. It keeps tokens, and no passwords for longer than a minute. */
export function createRegistryClient({
  credentials,
  timeoutMs = TIMEOUT_MS,
  dispatcher,
  now = () => performance.now(),
}: RegistryClientOptions): RegistryClient {
  const transport = createRegistryTransport({ timeoutMs, ...(dispatcher ? { dispatcher } : {}) });
  const session = createRegistrySession(transport, createAuthorizer({ credentials, transport, now }));
  return {
    digestOf: (repository, tagOrDigest, signal) => findManifest(session, repository, tagOrDigest, signal),
    platformsOf: (repository, tagOrDigest, signal) => findPlatforms(session, repository, tagOrDigest, signal),
    tags: (repository, signal, { limit = MOST_TAGS } = {}) => listTags(session, repository, limit, signal),
  };
}
