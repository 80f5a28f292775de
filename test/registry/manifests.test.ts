import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digestOf } from './publish.ts';
import { client, failure, json, nobody, type Play, played, signal } from './surroundings.ts';

const TYPE = 'application/vnd.oci.image.manifest.v1+json';
const MANIFEST = JSON.stringify({ schemaVersion: 2, mediaType: TYPE, layers: [] });
const DIGEST = digestOf(Buffer.from(MANIFEST));
const OTHER = digestOf(Buffer.from('other'));

const found: Play = (_, response) => response.writeHead(200, { 'content-type': TYPE }).end(MANIFEST);
const unknown: Play = (_, response) => json(response, 404, { errors: [{ code: 'MANIFEST_UNKNOWN' }] });
/** HEAD and GET answered apart. */
const byMethod =
  (head: Play, get: Play): Play =>
  (seen, response) =>
    (seen.method === 'HEAD' ? head : get)(seen, response);
const headers =
  (status: number, more: Record<string, string>): Play =>
  (_, response) =>
    response.writeHead(status, more).end();

const drip: Play = (_, response) => {
  const dripping = setInterval(() => response.write(' '), 10);
  response.on('close', () => clearInterval(dripping));
};

describe('the digest of a tag', () => {
  it('is what the headers say, and nothing is read', async () => {
    const told = { 'docker-content-digest': OTHER, 'content-type': TYPE, 'content-length': '12' };
    const { repository, seen } = await played(headers(200, told));
    expect(await client().digestOf(repository, '1', signal)).toEqual({
      digest: OTHER,
      mediaType: TYPE,
      size: 12,
    });
    expect(seen.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'HEAD /v2/phoenix/orchestrator/manifests/1',
    ]);
    expect(seen[0]?.accept?.split(', ').sort()).toEqual([
      'application/vnd.docker.distribution.manifest.list.v2+json',
      'application/vnd.docker.distribution.manifest.v2+json',
      'application/vnd.oci.image.index.v1+json',
      TYPE,
    ]);
  });

  it.each<[string, Play]>([
    ['HEAD is not allowed', headers(405, {})],
    ['HEAD is not there', headers(501, {})],
    ['HEAD is a bad request', headers(400, {})],
    ['HEAD is redirected', headers(307, { location: 'https://elsewhere.example/' })],
    ['HEAD says 404 and not from whom', headers(404, {})],
    ['no header tells it', headers(200, { 'content-type': TYPE })],
    ['the header is no digest', headers(200, { 'content-type': TYPE, 'docker-content-digest': 'sha256:x' })],
    ['no header tells the media type', headers(200, { 'docker-content-digest': DIGEST })],
  ])('is computed when %s', async (_, head) => {
    const { repository, seen } = await played(byMethod(head, found));
    const { length } = MANIFEST;
    expect(await client().digestOf(repository, '1', signal)).toEqual({
      digest: DIGEST,
      mediaType: TYPE,
      size: length,
    });
    expect(seen.map(({ method }) => method)).toEqual(['HEAD', 'GET']);
  });

  it.each<[string, Play, string[]]>([
    ['by a code', byMethod(headers(404, {}), unknown), ['HEAD', 'GET']],
    ['by a header', headers(404, { 'docker-distribution-api-version': 'registry/2.0' }), ['HEAD']],
  ])('is none when the registry says so %s', async (_, play, methods) => {
    const { repository, seen } = await played(play);
    expect(await client().digestOf(repository, '1', signal)).toBeUndefined();
    expect(seen.map(({ method }) => method)).toEqual(methods);
  });

  it.each<[string, Play, RegExp]>([
    ['a 404 of something else', (_, r) => json(r, 404, { message: 'no route' }), /answered 404/],
    ['no JSON', (_, r) => r.end('<html>'), /under 1 is no manifest/],
    ['JSON that is no manifest', (_, r) => json(r, 200, []), /under 1 is no manifest/],
    [
      'a manifest of the first schema',
      (_, r) => json(r, 200, { schemaVersion: 1 }),
      /under 1 is no manifest/,
    ],
    [
      'another digest than the manifest has',
      (_, r) => r.writeHead(200, { 'content-type': TYPE, 'docker-content-digest': OTHER }).end(MANIFEST),
      /does not have the digest/,
    ],
    ['too much', (_, r) => r.end(Buffer.alloc(4 * 1024 * 1024 + 1, ' ')), /answer larger than 4096 KiB/],
    ['an unknown status', (_, r) => json(r, 418, {}), /answered 418/],
    [
      'half an answer',
      (_, r) => r.writeHead(200, { 'content-length': '99' }).write('{', () => r.destroy()),
      /closed/,
    ],
    ['no HTTP', (_, r) => r.socket?.end('SSH-2.0\r\n'), /not HTTP/],
  ])('cannot be had from %s', async (_, get, message) => {
    const { repository, registry } = await played(byMethod(headers(405, {}), get));
    const error = await failure(client().digestOf(repository, '1', signal));
    expect(error).toMatchObject({
      type: 'Unreachable',
      retryable: true,
      message: expect.stringMatching(message),
    });
    expect(error.message).toContain(`registry ${registry} (phoenix/orchestrator)`);
  });

  it.each<[string, number, Record<string, string>, number | undefined]>([
    ['429 with seconds', 429, { 'retry-after': '12' }, 12_000],
    ['429 without', 429, {}, undefined],
    ['503 with seconds', 503, { 'retry-after': '3' }, 3000],
    ['500', 500, {}, undefined],
    ['502', 502, {}, undefined],
  ])('may be asked for again after %s', async (_, status, more, retryAfterMs) => {
    const { repository, seen } = await played(headers(status, more));
    const error = await failure(client().digestOf(repository, '1', signal));
    expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
    expect(error.retryAfterMs).toBe(retryAfterMs);
    expect(seen).toHaveLength(1);
  });

  it('may be asked for again when nobody listens', async () => {
    const { host: registry } = new URL(await nobody());
    const error = await failure(client().digestOf({ registry, repository: 'app' }, '1', signal));
    expect(error).toMatchObject({
      type: 'Unreachable',
      message: `registry ${registry} (app): connection refused`,
    });
  });

  it.each<[string, Play]>([
    ['is silent', () => undefined],
    ['drips', drip],
  ])('has a time limit when the registry %s', async (_, play) => {
    const { repository } = await played(byMethod(headers(405, {}), play));
    const error = await failure(client({ timeoutMs: 150 }).digestOf(repository, '1', signal));
    expect(error).toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('no answer within 0.15 s'),
    });
  });

  it('is given up at once when the caller cancels, with the reason of the caller', async () => {
    const stop = new AbortController();
    const { repository } = await played(() => stop.abort(new Error('cancelled by the caller')));
    const error = await failure(client({ timeoutMs: 60_000 }).digestOf(repository, '1', stop.signal));
    expect(error.message).toBe('cancelled by the caller');
  });

  it.each(['', '../../other/manifests/1', '1?x=y', '1/2', 'sha256:abc'])(
    'is not asked for by "%s"',
    async (reference) => {
      const { repository, seen } = await played(found);
      expect(await failure(client().digestOf(repository, reference, signal))).toBeInstanceOf(TypeError);
      expect(seen).toEqual([]);
    },
  );
});

describe('what is under a digest', () => {
  it('is proved when it is read', async () => {
    const { repository } = await played(byMethod(headers(405, {}), found));
    expect(await client().digestOf(repository, DIGEST, signal)).toMatchObject({ digest: DIGEST });
    expect(await failure(client().digestOf(repository, OTHER, signal))).toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining(`does not have the digest ${OTHER}`),
    });
  });

  it('is computed by the algorithm that was asked for', async () => {
    const { repository } = await played(byMethod(headers(405, {}), found));
    const digest = `sha512:${createHash('sha512').update(MANIFEST).digest('hex')}`;
    expect(await client().digestOf(repository, digest, signal)).toMatchObject({ digest });
  });

  it('is nothing else, whatever the headers say', async () => {
    const { repository } = await played(
      headers(200, { 'docker-content-digest': OTHER, 'content-type': TYPE }),
    );
    expect(await failure(client().digestOf(repository, DIGEST, signal))).toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining(`asked for ${DIGEST}, it offers ${OTHER}`),
    });
  });
});
