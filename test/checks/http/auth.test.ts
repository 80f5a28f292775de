import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createAuthorise, signJwt } from '../../../src/checks/http/auth.ts';
import type { Auth } from '../../../src/domain/request/profile.ts';
import { exchange } from '../../../src/http/exchange.ts';
import { orchestrator } from '../surroundings.ts';

const { signal } = new AbortController();
const secret = { env: 'TOKEN' };
const resolve = async () => 's3cr3t-value';
const health = (service: string, headers: Readonly<Record<string, string>>) =>
  exchange({ method: 'GET', url: `${service}/health`, headers, timeoutMs: 5000, signal });

describe('authorisation of requests', () => {
  it('sends no header without authorisation, and asks for no secret', async () => {
    const authorise = createAuthorise({ mode: 'none' }, () => Promise.reject(new Error('asked')));
    expect(await authorise(signal)).toEqual({});
  });

  it('sends a plain token as it is', async () => {
    const authorise = createAuthorise({ mode: 'bearer', secret }, resolve);
    expect(await authorise(signal)).toEqual({ authorization: 'Bearer s3cr3t-value' });
  });

  it.each(['Bearer abc123', 'two words', 'line\nbreak', 'umläut'])(
    'refuses %j as a token, without repeating it',
    async (value) => {
      const authorise = createAuthorise({ mode: 'bearer', secret }, async () => value);
      const refused = await authorise(signal).catch((error: Error) => error);
      expect(refused).toMatchObject({ type: 'SecretUnavailable' });
      expect((refused as Error).message).not.toContain(value);
    },
  );

  it('takes up a rotated secret with the next request', async () => {
    const values = ['old', 'new'];
    const authorise = createAuthorise({ mode: 'bearer', secret }, async () => values.shift() ?? '');
    expect(await authorise(signal)).toEqual({ authorization: 'Bearer old' });
    expect(await authorise(signal)).toEqual({ authorization: 'Bearer new' });
  });

  it('signs a JWT with the claims that the service requires, and never aud', () => {
    const [head = '', claims = '', signature] = signJwt('key', 'runbook', 300, 1_700_000_000_500).split('.');
    const decoded = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
    expect(decoded(head)).toEqual({ alg: 'HS256', typ: 'JWT' });
    expect(decoded(claims)).toEqual({ sub: 'runbook', iat: 1_700_000_000, exp: 1_700_000_300 });
    expect(signature).toBe(createHmac('sha256', 'key').update(`${head}.${claims}`).digest('base64url'));
  });

  it.each<[string, Auth, number]>([
    ['a JWT', { mode: 'jwt-hs256', secret, subject: 'runbook', ttl: 300 }, 200],
    ['a plain token', { mode: 'bearer', secret }, 401],
    ['no token', { mode: 'none' }, 401],
  ])('a service with JWT_SECRET answers %s with %i', async (_, auth, status) => {
    const service = await orchestrator({ auth: { mode: 'jwt-hs256', secret: 's3cr3t-value' } });
    const headers = await createAuthorise(auth, resolve)(signal);
    expect(await health(service.url, headers)).toMatchObject({ status });
  });

  it('an expired JWT is refused, so its lifetime is real', async () => {
    const service = await orchestrator({ auth: { mode: 'jwt-hs256', secret: 's3cr3t-value' } });
    const auth: Auth = { mode: 'jwt-hs256', secret, subject: 'runbook', ttl: 60 };
    const headers = await createAuthorise(auth, resolve, () => Date.now() - 600_000)(signal);
    expect(await health(service.url, headers)).toMatchObject({ status: 401 });
  });
});
