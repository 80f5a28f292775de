import { describe, expect, it } from 'vitest';
import { client, failure, json, type Play, played, signal } from './surroundings.ts';

/** A registry with pages of two tags. */
const paged =
  (
    all: readonly string[],
    link = (last: string) => `</v2/phoenix/orchestrator/tags/list?n=2&last=${last}>; rel="next"`,
  ): Play =>
  ({ path }, response) => {
    const last = new URL(path, 'http://r').searchParams.get('last');
    const from = last === null ? 0 : all.indexOf(last) + 1;
    const tags = all.slice(from, from + 2);
    const isMore = from + 2 < all.length;
    json(response, 200, { tags }, isMore ? { link: link(tags.at(-1)!) } : {});
  };
const FIVE = ['a', 'b', 'c', 'd', 'e'];

describe('the list of tags', () => {
  it('is read page by page', async () => {
    const { repository, seen } = await played(paged(FIVE));
    expect(await client().tags(repository, signal)).toEqual({ tags: FIVE, complete: true });
    expect(seen.map(({ path }) => path)).toEqual([
      '/v2/phoenix/orchestrator/tags/list?n=1000',
      '/v2/phoenix/orchestrator/tags/list?n=2&last=b',
      '/v2/phoenix/orchestrator/tags/list?n=2&last=d',
    ]);
  });

  it.each([
    [1, ['a'], false, 1],
    [2, ['a', 'b'], false, 1],
    [3, ['a', 'b', 'c'], false, 2],
    [5, FIVE, true, 3],
    [6, FIVE, true, 3],
  ])('ends with %s tags when there are to be no more', async (limit, tags, complete, pages) => {
    const { repository, seen } = await played(paged(FIVE));
    expect(await client().tags(repository, signal, { limit })).toEqual({ tags, complete });
    expect(seen).toHaveLength(pages);
  });

  it.each<[string, (last: string) => string]>([
    ['relative to the page', (last) => `<list?last=${last}>; rel=next`],
    ['among others', (last) => `</first>; rel="first", </x?last=${last}>; rel="next"`],
  ])('goes on behind a link %s', async (_, link) => {
    const { repository } = await played(paged(FIVE, link));
    expect(await client().tags(repository, signal)).toEqual({ tags: FIVE, complete: true });
  });

  it('is not read from another origin, and known to be not complete', async () => {
    const other = await played(paged(FIVE));
    const { repository } = await played(paged(FIVE, (last) => `<${other.url}/x?last=${last}>; rel="next"`));
    expect(await client().tags(repository, signal)).toEqual({ tags: ['a', 'b'], complete: false });
    expect(other.seen).toEqual([]);
  });

  it.each<[string, (last: string, page: number) => string, number]>([
    ['that leads to itself', () => '<list?n=1000>; rel="next"', 1],
    ['that never ends', (last, page) => `<list?last=${last}&page=${page}>; rel="next"`, 50],
  ])('ends at a link %s', async (_, link, pages) => {
    const { repository, seen } = await played((__, response) =>
      json(response, 200, { tags: ['a'] }, { link: link('a', seen.length) }),
    );
    expect(await client().tags(repository, signal)).toEqual({ tags: ['a'], complete: false });
    expect(seen).toHaveLength(pages);
  });

  it('ends after 8 MiB', async () => {
    const padding = 'x'.repeat(5 * 1024 * 1024);
    const { repository, seen } = await played((_, response) =>
      json(
        response,
        200,
        { tags: [`v${seen.length}`], padding },
        { link: `<list?page=${seen.length}>; rel="next"` },
      ),
    );
    expect(await client().tags(repository, signal)).toEqual({ tags: ['v1', 'v2'], complete: false });
  });

  it.each(['', '../v2/a', 'a/../b', 'a?b', 'A'])('is not asked for of "%s"', async (name) => {
    const { repository, seen } = await played(paged(FIVE));
    const error = await failure(client().tags({ ...repository, repository: name }, signal));
    expect(error).toBeInstanceOf(TypeError);
    expect(seen).toEqual([]);
  });

  it.each<[string, unknown, object]>([
    ['that were deleted', { tags: null }, { tags: [], complete: true }],
    [
      'that cannot be asked for',
      { tags: ['ok', '\u001b[2J', '../x', ''] },
      { tags: ['ok'], complete: false },
    ],
    ['given twice', { tags: ['a', 'a'] }, { tags: ['a'], complete: true }],
  ])('handles tags %s', async (_, answer, list) => {
    const { repository } = await played((__, response) => json(response, 200, answer));
    expect(await client().tags(repository, signal)).toEqual(list);
  });

  it.each<[string, Play, RegExp]>([
    ['no JSON', (_, r) => r.end('<html>'), /no list of tags/],
    ['no tags', (_, r) => json(r, 200, { name: 'x' }), /no list of tags/],
    ['tags that are a text', (_, r) => json(r, 200, { tags: 'all' }), /no list of tags/],
    ['tags that are numbers', (_, r) => json(r, 200, { tags: [1] }), /no list of tags/],
    ['a 404 of something else', (_, r) => r.writeHead(404).end('not here'), /answered 404/],
    ['too much', (_, r) => r.end(Buffer.alloc(8 * 1024 * 1024 + 1, ' ')), /larger than 8192 KiB/],
    [
      '429',
      (_, r) => json(r, 429, { errors: [{ code: 'TOOMANYREQUESTS' }] }),
      /answered 429 TOOMANYREQUESTS/,
    ],
  ])('cannot be had from an answer with %s', async (_, play, message) => {
    const { repository } = await played(play);
    const error = await failure(client().tags(repository, signal));
    expect(error).toMatchObject({ type: 'Unreachable', message: expect.stringMatching(message) });
  });
});
