import { MANIFESTS } from './manifests.ts';
import { isRecord, parseJson } from './name/json.ts';
import { isDigest, isTag, type RegistryRepository } from './name/reference.ts';
import { broken, saysMissing, unexpected } from './session/refusal.ts';
import type { RegistrySession } from './session/session.ts';

/** In bytes: of a manifest, and of an image's config. */
const LIMIT = 4 * 1024 * 1024;
/** No index has more that are worth reading. */
const MOST = 100;

/**
 * What an image is for, as `linux/amd64` or `linux/arm/v7`: of an index the platforms that it lists, of a single image the one
 * in its config. Nothing where there is no such image, or it does not say.
 */
export async function findPlatforms(
  session: RegistrySession,
  repository: RegistryRepository,
  reference: string,
  signal: AbortSignal,
): Promise<readonly string[]> {
  const read = async (path: string, accept: string) => {
    const question = { method: 'GET', path, accept, limit: LIMIT, follow: true } as const;
    const response = await session.ask(repository, question, signal);
    if (saysMissing(response)) return undefined;
    if (response.status !== 200) throw unexpected(repository, response);
    const content = parseJson(response.body);
    if (!isRecord(content)) throw broken(repository, `what it keeps under ${path} is no JSON object`);
    return content;
  };
  if (!isTag(reference) && !isDigest(reference)) throw new TypeError('neither a tag nor a digest');
  const manifest = await read(`manifests/${reference}`, MANIFESTS);
  if (Array.isArray(manifest?.manifests)) {
    const listed = manifest.manifests
      .slice(0, MOST)
      .map((one: unknown) => (isRecord(one) ? one.platform : {}));
    return [...new Set(listed.flatMap((one) => platformOf(one) ?? []))];
  }
  const config = isRecord(manifest?.config) ? manifest.config : {};
  if (typeof config.digest !== 'string' || !isDigest(config.digest)) return [];
  const platform = platformOf(await read(`blobs/${config.digest}`, '*/*'));
  return platform === undefined ? [] : [platform];
}

/** Attestations stand in an index as `unknown/unknown` (BuildKit). */
function platformOf(value: unknown): string | undefined {
  const { os, architecture, variant } = isRecord(value) ? value : {};
  const parts = [os, architecture, ...(variant === undefined || variant === '' ? [] : [variant])];
  const isNamed = parts.every((part) => typeof part === 'string' && /^[\w.-]{1,40}$/.test(part));
  return isNamed && !parts.includes('unknown') ? parts.join('/') : undefined;
}
