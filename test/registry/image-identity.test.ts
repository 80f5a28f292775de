import { describe, expect, it } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import { digestOf } from './publish.ts';
import { client, failure, json, type Play, played, signal } from './surroundings.ts';

const LINUX = { os: 'linux', architecture: 'amd64' } as const;

describe('the id of an image', () => {
  const config = JSON.stringify({ created: '2026-01-02T03:04:05.123456789Z' });
  const id = digestOf(Buffer.from(config));
  const manifest = JSON.stringify({ schemaVersion: 2, config: { digest: id } });
  const digest = digestOf(Buffer.from(manifest));
  const registry = (blob: Play) =>
    played((seen, response) =>
      seen.path.includes('/blobs/') ? blob(seen, response) : response.writeHead(200).end(manifest),
    );

  it('is the digest of its config, with the time it was built', async () => {
    const { repository } = await registry((_, response) => response.end(config));
    expect(await client().imageId(repository, digest, LINUX, signal)).toEqual({
      id,
      created: '2026-01-02T03:04:05.123Z',
    });
  });

  it.each<[string, Play]>([
    ['is another', (_, r) => r.end('{}')],
    ['is gone', (_, r) => json(r, 404, { errors: [{ code: 'BLOB_UNKNOWN' }] })],
    ['is refused', (_, r) => json(r, 403, {})],
    ['is broken', (_, r) => json(r, 500, {})],
    ['is too large', (_, r) => r.end(Buffer.alloc(4 * 1024 * 1024 + 1))],
  ])('is not known when the config %s', async (_, blob) => {
    const { repository } = await registry(blob);
    expect(await client().imageId(repository, digest, LINUX, signal)).toBeUndefined();
  });

  it('is given up when the caller cancels', async () => {
    const stop = new AbortController();
    const reason = new RunbookError('StepTimedOut', 'cancelled by the caller');
    const { repository } = await registry(() => stop.abort(reason));
    const error = await failure(client().imageId(repository, digest, LINUX, stop.signal));
    expect(error).toBe(reason);
  });

  it.each(['{}', '{"created":7}', '{"created":"yesterday"}', 'no JSON'])(
    'is known without its age: %s',
    async (text) => {
      const own = digestOf(Buffer.from(text));
      const body = JSON.stringify({ schemaVersion: 2, config: { digest: own } });
      const { repository } = await played(({ path }, response) =>
        response.end(path.includes('/blobs/') ? text : body),
      );
      expect(await client().imageId(repository, digestOf(Buffer.from(body)), LINUX, signal)).toEqual({
        id: own,
      });
    },
  );

  it.each([
    { schemaVersion: 2 },
    { schemaVersion: 2, config: { digest: '../../x' } },
    { schemaVersion: 2, manifests: 'none' },
    { schemaVersion: 2, manifests: [null, 7, { platform: LINUX }, { platform: LINUX, digest: '../x' }] },
  ])('is none of %j', async (content) => {
    const body = JSON.stringify(content);
    const { repository, seen } = await played((_, response) => response.end(body));
    expect(await client().imageId(repository, digestOf(Buffer.from(body)), LINUX, signal)).toBeUndefined();
    expect(seen).toHaveLength(1);
  });
});
