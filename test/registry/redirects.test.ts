import { describe, expect, it } from 'vitest';
import { digestOf } from './publish.ts';
import { client, failure, json, type Play, played, routed, signal, withLogin } from './surroundings.ts';

const MANIFEST = JSON.stringify({ schemaVersion: 2 });
const DIGEST = digestOf(Buffer.from(MANIFEST));
const credentials = withLogin({ kind: 'password', username: 'ada', password: 'correct horse' });
const manifest: Play = (_, response) => response.end(MANIFEST);

/** Wants a password, and sends whoever has it elsewhere. */
const sending =
  (to: (path: string) => string | undefined): Play =>
  ({ method, path, authorization }, response) => {
    if (authorization === undefined) return json(response, 401, {}, { 'www-authenticate': 'Basic' });
    const location = to(path);
    if (method === 'HEAD' || location === undefined) return json(response, method === 'HEAD' ? 405 : 307, {});
    return json(response, 307, {}, { location });
  };

describe('a redirect', () => {
  it('to another origin is followed without credentials', async () => {
    const store = await played(manifest);
    const { repository, seen } = await played(sending(() => `${store.url}/blob?signature=x`));
    expect(await client({ credentials }).digestOf(repository, '1', signal)).toMatchObject({ digest: DIGEST });
    expect(store.seen).toMatchObject([
      { method: 'GET', path: '/blob?signature=x', authorization: undefined },
    ]);
    expect(seen.at(-1)?.authorization).toMatch(/^Basic /);
  });

  it('within the registry keeps them', async () => {
    const { repository, seen } = await played((one, response) =>
      one.path === '/elsewhere' ? manifest(one, response) : sending(() => '/elsewhere')(one, response),
    );
    expect(await client({ credentials }).digestOf(repository, '1', signal)).toMatchObject({ digest: DIGEST });
    expect(seen.at(-1)).toMatchObject({
      path: '/elsewhere',
      authorization: expect.stringMatching(/^Basic /),
    });
  });

  it('that leads back from another origin has lost them', async () => {
    const store = await played((_, response) => json(response, 307, {}, { location: `${url}/back` }));
    const { repository, seen, url } = await played((one, response) =>
      one.path === '/back' ? manifest(one, response) : sending(() => store.url)(one, response),
    );
    expect(await client({ credentials }).digestOf(repository, '1', signal)).toMatchObject({ digest: DIGEST });
    expect(seen.at(-1)).toMatchObject({ path: '/back', authorization: undefined });
  });

  it('to a place that wants a login is no reason to log in there', async () => {
    const store = await played((_, response) => json(response, 401, {}, { 'www-authenticate': 'Basic' }));
    const { repository } = await played(sending(() => store.url));
    const error = await failure(client({ credentials }).digestOf(repository, '1', signal));
    expect(error).toMatchObject({ type: 'AccessDenied' });
    expect(store.seen).toHaveLength(1);
  });

  it('without end is given up', async () => {
    const { repository, seen } = await played(sending((path) => path));
    const error = await failure(client({ credentials }).digestOf(repository, '1', signal));
    expect(error).toMatchObject({
      type: 'Unreachable',
      message: expect.stringContaining('more than 5 redirects'),
    });
    expect(seen.length).toBeLessThan(10);
  });

  it.each([
    ['to plain HTTP', 'http://store.example/blob'],
    ['to plain HTTP on this machine', 'http://127.0.0.1:9/blob'],
    ['with a password', 'https://a:b@store.example/blob'],
    ['to a file', 'file:///etc/passwd'],
    ['to no address', 'https://'],
    ['to nowhere', undefined],
  ])('%s is not followed by a registry elsewhere', async (_, location) => {
    const registry = await played(sending(() => location));
    const dispatcher = routed({ 'https://r.example': registry.url });
    const where = { registry: 'r.example', repository: 'app' };
    const error = await failure(client({ credentials, dispatcher }).digestOf(where, '1', signal));
    expect(error).toMatchObject({ type: 'Unreachable', message: expect.stringContaining('redirect') });
    expect(error.message).not.toMatch(/a:b/);
  });

  it('over https is followed for a registry elsewhere', async () => {
    const [store, registry] = [
      await played(manifest),
      await played(sending(() => 'https://store.example/blob')),
    ];
    const dispatcher = routed({ 'https://r.example': registry.url, 'https://store.example': store.url });
    const where = { registry: 'r.example', repository: 'app' };
    expect(await client({ credentials, dispatcher }).digestOf(where, '1', signal)).toMatchObject({
      digest: DIGEST,
    });
    expect(store.seen).toMatchObject([{ authorization: undefined }]);
  });

  it('of a list of tags is not followed', async () => {
    const store = await played((_, response) => json(response, 200, { tags: ['evil'] }));
    const { repository } = await played(sending(() => store.url));
    expect(await failure(client({ credentials }).tags(repository, signal))).toMatchObject({
      type: 'Unreachable',
    });
    expect(store.seen).toEqual([]);
  });
});
