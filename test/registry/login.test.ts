import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RegistryCredentials } from '../../src/registry/index.ts';
import { type Published, publishImage } from './publish.ts';
import { isMissing, orSkipped, type RealRegistry, startRegistry } from './real-registry.ts';
import { client, failure, json, played, signal, withLogin } from './surroundings.ts';
import { type TokenRules, tokenProxy } from './token-proxy.ts';

const PASSWORD = 'correct horse';
const ADA: RegistryCredentials = { kind: 'password', username: 'ada', password: PASSWORD };
const basicOf = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe.skipIf(isMissing)(`a registry that wants tokens${orSkipped}`, () => {
  let real: RealRegistry;
  let image: Published;
  beforeAll(async () => {
    real = await startRegistry();
    image = await publishImage({ registry: real.registry, repository: 'phoenix/orchestrator' }, '0.1.0');
    await publishImage({ registry: real.registry, repository: 'phoenix/agent' }, '0.1.0');
  });
  afterAll(() => real?.close());

  it.each<[string, RegistryCredentials, TokenRules]>([
    ['anybody', { kind: 'anonymous' }, {}],
    ['a name and password', ADA, { login: `ada:${PASSWORD}` }],
    [
      'an identity token',
      { kind: 'identity-token', token: 'id-1' },
      { identityToken: 'id-1', key: 'access_token' },
    ],
  ])('is read by %s', async (_, found, rules) => {
    const proxy = await tokenProxy(real.registry, rules);
    const reader = client({ credentials: withLogin(found) });
    expect(await reader.digestOf(proxy.repository, '0.1.0', signal)).toMatchObject({ digest: image.digest });
    expect(await reader.tags(proxy.repository, signal)).toEqual({ tags: ['0.1.0'], complete: true });
    expect(await reader.digestOf(proxy.repository, '9.9.9', signal)).toBeUndefined();
    expect(proxy.tokenRequests()).toHaveLength(1);
  });

  it('is asked for a token with service, scope and account', async () => {
    const proxy = await tokenProxy(real.registry);
    await client({ credentials: withLogin(ADA) }).tags(proxy.repository, signal);
    const [{ method, path, authorization } = {}] = proxy.tokenRequests();
    expect({ method, authorization }).toEqual({ method: 'GET', authorization: basicOf(`ada:${PASSWORD}`) });
    expect(Object.fromEntries(new URLSearchParams(path?.split('?')[1]))).toEqual({
      service: 'registry.test',
      scope: 'repository:phoenix/orchestrator:pull',
      account: 'ada',
    });
  });

  it('is sent an identity token in the body of a POST alone', async () => {
    const proxy = await tokenProxy(real.registry);
    await client({ credentials: withLogin({ kind: 'identity-token', token: 'id/1+2' }) }).tags(
      proxy.repository,
      signal,
    );
    const [{ method, path, authorization, body } = {}] = proxy.tokenRequests();
    expect({ method, path, authorization }).toEqual({
      method: 'POST',
      path: '/token',
      authorization: undefined,
    });
    expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
      grant_type: 'refresh_token',
      client_id: 'rollback-runbook',
      service: 'registry.test',
      scope: 'repository:phoenix/orchestrator:pull',
      refresh_token: 'id/1+2',
    });
  });

  it.each([
    ['60 s where it does not say', undefined, 60],
    ['as long as it says', 300, 300],
    ['a day at most', 1e12, 24 * 3600],
  ])('gives a token that is kept for %s', async (_, expiresInS, lifetimeS) => {
    const proxy = await tokenProxy(real.registry, expiresInS === undefined ? {} : { expiresInS });
    let seconds = 1000;
    const reader = client({ now: () => seconds * 1000 });
    const list = () => reader.tags(proxy.repository, signal);
    await list();
    seconds += lifetimeS * 0.8;
    await list();
    expect(proxy.tokenRequests()).toHaveLength(1);
    seconds += lifetimeS * 0.2;
    await list();
    expect(proxy.tokenRequests()).toHaveLength(2);
    expect(proxy.questions().map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer token-1',
      'Bearer token-1',
      undefined,
      'Bearer token-2',
    ]);
  });

  it('gives a new token when one was withdrawn before its time', async () => {
    const proxy = await tokenProxy(real.registry, { expiresInS: 3600 });
    const reader = client();
    await reader.tags(proxy.repository, signal);
    proxy.tokens.delete('token-1');
    proxy.tokens.add('another');
    expect(await reader.tags(proxy.repository, signal)).toMatchObject({ tags: ['0.1.0'] });
    expect(proxy.questions().at(-1)?.authorization).toBe('Bearer token-2');
  });

  it('gets a token of one repository for that one alone', async () => {
    const proxy = await tokenProxy(real.registry);
    const reader = client();
    await reader.tags(proxy.repository, signal);
    await reader.tags({ ...proxy.repository, repository: 'phoenix/agent' }, signal);
    expect(proxy.questions().map(({ authorization }) => authorization)).toEqual([
      undefined,
      'Bearer token-1',
      undefined,
      'Bearer token-2',
    ]);
  });

  it('refuses a wrong password, and the password is in no message', async () => {
    const proxy = await tokenProxy(real.registry, { login: 'ada:another' });
    const error = await failure(
      client({ credentials: withLogin(ADA) }).digestOf(proxy.repository, '0.1.0', signal),
    );
    expect(error).toMatchObject({ type: 'AccessDenied', retryable: false });
    expect(error.message).toContain(`registry ${proxy.registry} (phoenix/orchestrator)`);
    expect(JSON.stringify([error.message, error.stack])).not.toMatch(/correct|Basic|horse/);
  });

  it('refuses somebody without a login, and says what to type', async () => {
    const proxy = await tokenProxy(real.registry, { login: 'ada:another' });
    const error = await failure(client().digestOf(proxy.repository, '0.1.0', signal));
    expect(error).toMatchObject({ type: 'AccessDenied', retryable: false });
    expect(error.message).toContain(`run "docker login ${proxy.registry}" as the user of the worker`);
  });

  it('names what is wrong with the credentials that there should be, and may be tried again', async () => {
    const proxy = await tokenProxy(real.registry, { login: 'ada:another' });
    const credentials = withLogin({
      kind: 'anonymous',
      problem: 'there is no docker-credential-pass on PATH',
    });
    const error = await failure(client({ credentials }).digestOf(proxy.repository, '0.1.0', signal));
    expect(error).toMatchObject({ type: 'AccessDenied', retryable: true });
    expect(error.message).toContain('there is no docker-credential-pass on PATH');
  });
});

describe('a registry that wants a name and password', () => {
  const basicRegistry = () =>
    played(({ authorization }, response) => {
      if (authorization === basicOf(`ada:${PASSWORD}`)) return json(response, 200, { tags: ['1'] });
      json(response, 401, { errors: [{ code: 'UNAUTHORIZED' }] }, { 'www-authenticate': 'Basic realm="r"' });
    });

  it('gets them, and without being asked again for a while', async () => {
    const { repository, seen } = await basicRegistry();
    let ms = 0;
    const reader = client({ credentials: withLogin(ADA), now: () => ms });
    for (const at of [0, 59_000, 61_000]) {
      ms = at;
      expect(await reader.tags(repository, signal)).toMatchObject({ tags: ['1'] });
    }
    const known = basicOf(`ada:${PASSWORD}`);
    expect(seen.map(({ authorization }) => authorization)).toEqual([
      undefined,
      known,
      known,
      undefined,
      known,
    ]);
  });

  it.each<[string, RegistryCredentials, RegExp]>([
    ['there are none', { kind: 'anonymous' }, /docker login/],
    [
      'they are wrong',
      { ...ADA, password: 'wrong' } as RegistryCredentials,
      /may not read it \(401 UNAUTHORIZED\)/,
    ],
    ['there is an identity token', { kind: 'identity-token', token: 'id-1' }, /wants a password/],
  ])('refuses when %s', async (_, found, message) => {
    const { repository } = await basicRegistry();
    const error = await failure(client({ credentials: withLogin(found) }).tags(repository, signal));
    expect(error).toMatchObject({ type: 'AccessDenied', message: expect.stringMatching(message) });
    expect(error.message).not.toMatch(/wrong|id-1/);
  });
});

describe('a registry that refuses', () => {
  it.each<[string, number, Record<string, string>, RegExp]>([
    ['with 403', 403, {}, /\(403 DENIED\)/],
    ['without an offer to log in', 401, {}, /offers no login/],
    ['with a login that nobody knows', 401, { 'www-authenticate': 'Negotiate' }, /offers no login/],
  ])('%s is not asked again', async (_, status, headers, message) => {
    const { repository, seen } = await played((__, response) =>
      json(response, status, { errors: [{ code: 'DENIED', message: 'token=abcdefgh12345' }] }, headers),
    );
    const error = await failure(client().tags(repository, signal));
    expect(error).toMatchObject({ type: 'AccessDenied', message: expect.stringMatching(message) });
    expect(error.message).not.toContain('abcdefgh');
    expect(seen).toHaveLength(1);
  });
});
