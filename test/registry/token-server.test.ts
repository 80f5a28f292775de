import { describe, expect, it } from 'vitest';
import type { RegistryCredentials } from '../../src/registry/index.ts';
import { client, failure, json, played, routed, signal, withLogin } from './surroundings.ts';

const ADA: RegistryCredentials = { kind: 'password', username: 'ada', password: 'correct horse' };

describe('a token server', () => {
  /** A registry whose challenge names this token server. */
  const wanting = (challenge: (url: string) => string, play: Parameters<typeof played>[0]) =>
    played((seen, response) => {
      if (seen.path.startsWith('/token')) return play(seen, response);
      if (seen.authorization !== undefined) return json(response, 200, { tags: ['1'] });
      const headers = { 'www-authenticate': challenge(`http://${response.req.headers.host}`) };
      return json(response, 401, {}, headers);
    });
  const here = (url: string) => `Bearer realm="${url}/token"`;

  it('is asked to pull when the registry names no scope', async () => {
    const { repository, seen } = await wanting(here, (_, response) => json(response, 200, { token: 't' }));
    await client().tags(repository, signal);
    expect(seen[1]?.path).toBe('/token?scope=repository%3Aphoenix%2Forchestrator%3Apull');
  });

  it('keeps the query of its address, and gets each scope by itself', async () => {
    const challenge = (url: string) =>
      `Bearer realm="${url}/token?a=b",scope="repository:x:pull repository:y:pull"`;
    const { repository, seen } = await wanting(challenge, (_, response) =>
      json(response, 200, { token: 't' }),
    );
    await client().tags(repository, signal);
    expect(seen[1]?.path).toBe('/token?a=b&scope=repository%3Ax%3Apull&scope=repository%3Ay%3Apull');
  });

  it.each<[string, Parameters<typeof played>[0], object]>([
    ['that is broken', (_, r) => json(r, 500, {}), { message: /token server .*answered 500/ }],
    [
      'that asks to wait',
      (_, r) => json(r, 429, {}, { 'retry-after': '7' }),
      { message: /answered 429/, retryAfterMs: 7000 },
    ],
    ['that speaks no JSON', (_, r) => r.end('<html>'), { message: /gave no token/ }],
    ['that gives none', (_, r) => json(r, 200, {}), { message: /gave no token/ }],
    ['that gives a number', (_, r) => json(r, 200, { token: 7 }), { message: /gave no token/ }],
    ['that gives two lines', (_, r) => json(r, 200, { token: 'a\r\nx: y' }), { message: /gave no token/ }],
    [
      'that gives too much',
      (_, r) => json(r, 200, { token: 'x'.repeat(300_000) }),
      { message: /larger than 256 KiB/ },
    ],
    ['that is silent', () => undefined, { message: /no answer within 0.2 s/ }],
  ])(
    '%s makes the registry unreachable for now',
    async (_, play, { message, ...more }: { message?: RegExp }) => {
      const { repository } = await wanting(here, play);
      const error = await failure(client({ timeoutMs: 200 }).tags(repository, signal));
      expect(error).toMatchObject({ type: 'Unreachable', retryable: true, ...more });
      expect(error.message).toMatch(message!);
      expect(error.message).not.toContain('x: y');
    },
  );

  it.each([400, 401, 403])('that refuses an identity token with %s is not asked again', async (status) => {
    const { repository, seen } = await wanting(here, (_, r) => json(r, status, { error: 'invalid_grant' }));
    const credentials = withLogin({ kind: 'identity-token', token: 'id-1' });
    expect(await failure(client({ credentials }).tags(repository, signal))).toMatchObject({
      type: 'AccessDenied',
    });
    expect(seen).toHaveLength(2);
  });

  it('that sends elsewhere is not followed, so nobody else sees the password', async () => {
    const other = await played((_, response) => json(response, 200, { token: 't' }));
    const { repository } = await wanting(here, (_, response) =>
      json(response, 307, {}, { location: `${other.url}/token` }),
    );
    const error = await failure(client({ credentials: withLogin(ADA) }).tags(repository, signal));
    expect(error).toMatchObject({ type: 'Unreachable', message: expect.stringContaining('answered 307') });
    expect(other.seen).toEqual([]);
  });

  it.each([
    ['without https', 'http://auth.example/token', 'AccessDenied'],
    ['without https on the host of the registry', 'http://r.example/token', 'AccessDenied'],
    ['without https on this machine', 'http://127.0.0.1:9/token', 'AccessDenied'],
    ['with a password in its address', 'https://a:b@auth.example/token', 'AccessDenied'],
    ['that is a file', 'file:///etc/passwd', 'Unreachable'],
    ['without a host', '/token', 'Unreachable'],
    ['without an address', '', 'Unreachable'],
  ])('%s of a registry elsewhere never gets credentials', async (_, realm, type) => {
    const registry = await played((__, response) =>
      json(response, 401, {}, { 'www-authenticate': `Bearer realm="${realm}"` }),
    );
    let lookups = 0;
    const credentials = {
      find: async () => {
        lookups += 1;
        return ADA;
      },
    };
    const dispatcher = routed({ 'https://r.example': registry.url });
    const repository = { registry: 'r.example', repository: 'app' };
    const error = await failure(client({ credentials, dispatcher }).tags(repository, signal));
    expect(error).toMatchObject({ type });
    expect({ lookups, asked: registry.seen.length }).toEqual({ lookups: 0, asked: 1 });
  });

  it('is another host, over https, for Docker Hub', async () => {
    const hub = await played(({ authorization }, response) => {
      if (authorization === 'Bearer hub-token') return json(response, 200, { tags: ['1.27'] });
      const challenge = 'Bearer realm="https://auth.docker.io/token",service="registry.docker.io"';
      json(response, 401, {}, { 'www-authenticate': challenge });
    });
    const auth = await played((_, response) => json(response, 200, { token: 'hub-token' }));
    const dispatcher = routed({
      'https://registry-1.docker.io': hub.url,
      'https://auth.docker.io': auth.url,
    });
    const repository = { registry: 'registry-1.docker.io', repository: 'library/nginx' };
    expect(await client({ dispatcher }).tags(repository, signal)).toMatchObject({ tags: ['1.27'] });
    expect(auth.seen.map(({ path }) => path)).toEqual([
      '/token?service=registry.docker.io&scope=repository%3Alibrary%2Fnginx%3Apull',
    ]);
  });
});
