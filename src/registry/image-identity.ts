import { digestOfBytes } from './digest.ts';
import { isRecord, parseJson } from './json.ts';
import { type Manifest, readManifest } from './manifests.ts';
import { isDigest, type RegistryRepository } from './reference.ts';
import { broken, unexpected } from './refusal.ts';
import type { Session } from './session.ts';

/** For what a host runs images, in the words of Go: `linux`, `arm64`, `v8`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string;
}

/** How an engine knows an image that it pulled. */
export interface ImageIdentity {
  /** Digest of the config: the id of the image in an engine with the classic image store. */
  readonly id: string;
  /** When it was built, as the image says: ISO 8601, UTC. Reproducible builds say something long past. */
  readonly created?: string;
}

/** In bytes. */
const CONFIG_LIMIT = 4 * 1024 * 1024;
/** What a variant is where it is not named (containerd/platforms, normalizeArch). */
const DEFAULT_VARIANTS: Readonly<Record<string, string>> = { arm: 'v7', arm64: 'v8', amd64: 'v1' };

/** The identity of the image for a platform; undefined when there is none for it. */
export async function readImageIdentity(
  session: Session,
  repository: RegistryRepository,
  digest: string,
  platform: Platform,
  signal: AbortSignal,
): Promise<ImageIdentity | undefined> {
  const found = await readManifest(session, repository, digest, signal);
  if (!found) return undefined;
  const chosen = isIndex(found) ? manifestFor(found, platform) : digest;
  if (chosen === undefined) return undefined;
  const manifest = chosen === digest ? found : await readManifest(session, repository, chosen, signal);
  const config = manifest && !isIndex(manifest) ? manifest.content.config : undefined;
  const id = isRecord(config) && typeof config.digest === 'string' ? config.digest : '';
  if (!isDigest(id)) return undefined;
  const created = await readCreated(session, repository, id, signal);
  return { id, ...(created === undefined ? {} : { created }) };
}

/** By its content: an OCI index may leave its media type out. */
function isIndex({ content }: Manifest): boolean {
  return Array.isArray(content.manifests);
}

function manifestFor({ content }: Manifest, wanted: Platform): string | undefined {
  const entries: readonly unknown[] = Array.isArray(content.manifests) ? content.manifests : [];
  const digests = entries.filter(isRecord).flatMap(({ digest, platform }) => {
    const fits = isRecord(platform) && isSame(platform, wanted);
    return fits && typeof digest === 'string' && isDigest(digest) ? [digest] : [];
  });
  return digests[0];
}

function isSame(offered: Readonly<Record<string, unknown>>, wanted: Platform): boolean {
  const usual = DEFAULT_VARIANTS[wanted.architecture] ?? '';
  return (
    offered.os === wanted.os &&
    offered.architecture === wanted.architecture &&
    (offered.variant || usual) === (wanted.variant || usual)
  );
}

async function readCreated(
  session: Session,
  repository: RegistryRepository,
  id: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const question = { path: `blobs/${id}`, accept: '*/*', limit: CONFIG_LIMIT, follow: true };
  const answer = await session.ask(repository, { method: 'GET', ...question }, signal);
  if (answer.status !== 200) throw unexpected(repository, answer);
  if (digestOfBytes(answer.body, id) !== id) throw broken(repository, `the config is not ${id}`);
  const config = parseJson(answer.body);
  const at = isRecord(config) && typeof config.created === 'string' ? Date.parse(config.created) : Number.NaN;
  return Number.isNaN(at) ? undefined : new Date(at).toISOString();
}
