import { RunbookError } from '../../domain/errors.ts';
import { basic } from '../../http/authorization.ts';
import type { RegistryCredentials } from '../login/credentials.ts';
import { isRecord, parseJson } from '../name/json.ts';
import type { RegistryRepository } from '../name/reference.ts';
import { broken, denied, whomOf } from './refusal.ts';
import type { RegistryRequest, RegistryResponse, RegistryTransport } from './transport.ts';

/** What a `Bearer` challenge asks for. */
export interface TokenRequest {
  readonly realm: URL;
  readonly service?: string;
  readonly scopes: readonly string[];
}

/** Holds a secret: never logged. */
export interface Token {
  readonly value: string;
  readonly lifetimeMs: number;
}

/** In bytes. Tokens of cloud registries have a few thousand. */
const RESPONSE_LIMIT = 256 * 1024;
/** When the answer does not say (distribution, docs/spec/auth/token.md). */
const DEFAULT_LIFETIME_S = 60;
/** A clock that is wrong by a month must not keep a token for ever. */
const LONGEST_LIFETIME_S = 24 * 3600;

/**
 * Gets a token from the token server of a registry: by GET with basic credentials or none, and with an identity token
 * by POST (distribution, docs/spec/auth/token.md and oauth.md). No redirect is followed, so credentials go nowhere
 * else.
 * @throws RunbookError `AccessDenied` when it refuses, `Unreachable` when it cannot be used now.
 */
export async function requestToken(
  repository: RegistryRepository,
  request: TokenRequest,
  credentials: RegistryCredentials,
  transport: RegistryTransport,
  signal: AbortSignal,
): Promise<Token> {
  const whom = `token server ${request.realm.host} of ${whomOf(repository)}`;
  const outgoing = { ...messageOf(request, credentials), limit: RESPONSE_LIMIT, whom };
  const response = await transport(outgoing, signal);
  if (isRefusal(response, outgoing)) {
    throw denied(repository, response, credentials.kind === 'anonymous' ? credentials : { kind: 'login' });
  }
  if (response.status !== 200) {
    const { status, retryAfterMs } = response;
    const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
    throw new RunbookError('Unreachable', `${whom}: answered ${status}`, wait);
  }
  return tokenOf(repository, parseJson(response.body));
}

function messageOf(
  { realm, service, scopes }: TokenRequest,
  credentials: RegistryCredentials,
): Pick<RegistryRequest, 'method' | 'url' | 'headers' | 'body'> {
  if (credentials.kind === 'identity-token') {
    const form = new URLSearchParams({
      grant_type: 'refresh_token',
      client_id: 'rollback-runbook',
      ...(service === undefined ? {} : { service }),
      scope: scopes.join(' '),
      refresh_token: credentials.token,
    });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    return { method: 'POST', url: realm, headers, body: form.toString() };
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials.kind === 'anonymous') return { method: 'GET', url, headers: {} };
  url.searchParams.append('account', credentials.username);
  return { method: 'GET', url, headers: { authorization: basic(credentials) } };
}

/** OAuth refuses with 400 (RFC 6749, section 5.2). */
function isRefusal({ status }: RegistryResponse, { method }: Pick<RegistryRequest, 'method'>): boolean {
  return status === 401 || status === 403 || (status === 400 && method === 'POST');
}

function tokenOf(repository: RegistryRepository, response: unknown): Token {
  const { token, access_token, expires_in } = isRecord(response) ? response : {};
  const value = [token, access_token].find((one) => typeof one === 'string' && one !== '');
  // Anything else could not stand in a header.
  if (typeof value !== 'string' || !/^[\x21-\x7e]+$/.test(value)) {
    throw broken(repository, 'its token server gave no token');
  }
  const isTold = typeof expires_in === 'number' && expires_in > 0;
  const seconds = isTold ? Math.min(expires_in, LONGEST_LIFETIME_S) : DEFAULT_LIFETIME_S;
  return { value, lifetimeMs: seconds * 1000 };
}
