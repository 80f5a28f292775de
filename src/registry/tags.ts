import { repositoryAddress } from './name/address.ts';
import { isRecord, parseJson } from './name/json.ts';
import { isTag, type RegistryRepository } from './name/reference.ts';
import { broken, saysMissing, unexpected } from './session/refusal.ts';
import type { RegistrySession } from './session/session.ts';
import type { RegistryResponse } from './session/transport.ts';

/** The tags of a repository. */
export interface TagList {
  /** In the order of the registry, which says nothing about age. */
  readonly tags: readonly string[];
  /** False when there are more, or may be. */
  readonly complete: boolean;
}

/** In bytes, of one page; no page is asked for after that much. */
const LIMIT = 8 * 1024 * 1024;
/** How many tags a page is asked for; registries may give fewer. */
const PAGE = 1000;
const MOST_PAGES = 50;

/** Reads page after page until the last one, or until there are `limit` tags. A missing repository has none. */
export async function listTags(
  session: RegistrySession,
  repository: RegistryRepository,
  limit: number,
  signal: AbortSignal,
): Promise<TagList> {
  const tags = new Set<string>();
  let path = `tags/list?n=${Math.min(PAGE, limit)}`;
  let [bytes, isWhole] = [0, true];
  for (let page = 0; page < MOST_PAGES && bytes < LIMIT; page += 1) {
    const question = {
      method: 'GET',
      path,
      accept: 'application/json',
      limit: LIMIT,
      follow: false,
    } as const;
    const response = await session.ask(repository, question, signal);
    // What is no tag can be neither shown nor asked for.
    for (const tag of tagsOf(repository, response)) {
      if (isTag(tag)) tags.add(tag);
      else isWhole = false;
    }
    bytes += response.body.length;
    const next = nextPage(repository, response);
    if (next === 'none' && tags.size <= limit) return { tags: [...tags], complete: isWhole };
    if (next === 'none' || next === 'elsewhere' || next.path === path || tags.size >= limit) break;
    path = next.path;
  }
  return { tags: [...tags].slice(0, limit), complete: false };
}

function tagsOf(repository: RegistryRepository, response: RegistryResponse): readonly string[] {
  if (saysMissing(response)) return [];
  if (response.status !== 200) throw unexpected(repository, response);
  const list = parseJson(response.body);
  // A repository whose tags were all deleted has `null`.
  const tags = isRecord(list) && 'tags' in list ? (list.tags ?? []) : undefined;
  if (!Array.isArray(tags) || !tags.every((tag) => typeof tag === 'string')) {
    throw broken(repository, 'no list of tags');
  }
  return tags;
}

/**
 * Where the next page is (RFC 8288, as the specification uses it). Only the query is taken, and only from the same
 * registry: the next page is of the same list, whatever a server says.
 */
function nextPage(
  repository: RegistryRepository,
  response: RegistryResponse,
): { path: string } | 'none' | 'elsewhere' {
  const target = /<([^<>]*)>\s*;[^,<]*\brel="?next\b/i.exec(response.header('link') ?? '')?.[1];
  if (target === undefined) return 'none';
  const here = repositoryAddress(repository, 'tags/list');
  if (!URL.canParse(target, here.href)) return 'elsewhere';
  const { origin, search } = new URL(target, here);
  return origin === here.origin ? { path: `tags/list${search}` } : 'elsewhere';
}
