import { createHmac } from 'node:crypto';
import type { Auth, SecretReference } from '../../domain/request/profile.ts';
import { bearer } from '../../http/authorization.ts';

/** Gives the headers that authorise a request. Throws `RunbookError` `SecretUnavailable`. */
export type Authorise = (signal: AbortSignal) => Promise<Readonly<Record<string, string>>>;

/** Reads the value behind a reference. Throws `RunbookError` `SecretUnavailable`, which never holds the value. */
export type ResolveSecret = (reference: SecretReference, signal: AbortSignal) => Promise<string>;

/**
 * Authorisation of requests to the service (service contract, 2.3): `Authorization: Bearer <token>`, one
 * space, the prefix case-sensitive. The secret is read for every request, so that a rotated one is taken up.
 */
export function createAuthorise(auth: Auth, resolve: ResolveSecret, now: () => number = Date.now): Authorise {
  switch (auth.mode) {
    case 'none':
      return async () => ({});
    case 'bearer':
      return async (signal) => bearer(await resolve(auth.secret, signal));
    case 'jwt-hs256':
      return async (signal) =>
        bearer(signJwt(await resolve(auth.secret, signal), auth.subject, auth.ttl, now()));
  }
}

/**
 * A JSON Web Token (RFC 7519) signed with HMAC SHA-256, with the claims that the service requires: `sub`, `iat`,
 * `exp`. Never `aud`: the service refuses a token that carries one.
 *
 * @param ttl lifetime in seconds
 * @param nowMs the present, in milliseconds since 1970
 */
export function signJwt(secret: string, subject: string, ttl: number, nowMs: number): string {
  const iat = Math.floor(nowMs / 1000);
  const head = encode({ alg: 'HS256', typ: 'JWT' });
  const claims = encode({ sub: subject, iat, exp: iat + ttl });
  const signature = createHmac('sha256', secret).update(`${head}.${claims}`).digest('base64url');
  return `${head}.${claims}.${signature}`;
}

function encode(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
