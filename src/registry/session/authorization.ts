import { RunbookError } from '../../domain/errors.ts';
import { basic } from '../../http/authorization.ts';
import type { RegistryCredentialSource } from '../login/credentials.ts';
import { originOf, safeAddress } from '../name/address.ts';
import type { RegistryRepository } from '../name/reference.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { broken, denied, type Identity, whomOf } from './refusal.ts';
import { requestToken, type TokenRequest } from './token.ts';
import type { RegistryResponse, RegistryTransport } from './transport.ts';

/** What is sent to prove who asks. Holds a secret: never logged. */
export interface Authorization {
  readonly header: string;
  readonly as: Identity;
}

/** Logs in where a registry wants it, and remembers that for as long as it holds. */
export interface Authorizer {
  /** What was good for a repository before and is still valid. */
  known(repository: RegistryRepository): Authorization | undefined;
  /**
   * Does what the challenge of a 401 asks for.
   * @throws RunbookError `AccessDenied` when there is no way in.
   */
  authenticate(
    repository: RegistryRepository,
    refusal: RegistryResponse,
    signal: AbortSignal,
  ): Promise<Authorization>;
}

export interface AuthorizerOptions {
  readonly credentials: RegistryCredentialSource;
  readonly transport: RegistryTransport;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** A token is renewed a little before its end: it travels, and clocks differ. */
const USED_SHARE = 0.9;
/** A password may be changed; after this long the source of credentials is asked again. */
const PASSWORD_KEPT_MS = 60_000;

export function createAuthorizer({ credentials, transport, now }: AuthorizerOptions): Authorizer {
  const kept = new Map<string, { readonly until: number; readonly authorization: Authorization }>();
  const keep = (repository: RegistryRepository, authorization: Authorization, lifetimeMs: number) => {
    kept.set(keyOf(repository), { until: now() + lifetimeMs, authorization });
    return authorization;
  };

  return {
    known(repository) {
      const found = kept.get(keyOf(repository));
      return found && now() < found.until ? found.authorization : undefined;
    },
    async authenticate(repository, refusal, signal) {
      kept.delete(keyOf(repository));
      const challenges = parseChallenges(refusal.header('www-authenticate') ?? '');
      const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
      if (!bearer && !challenges.some(({ scheme }) => scheme === 'basic')) {
        throw new RunbookError(
          'AccessDenied',
          `${whomOf(repository)}: answered ${refusal.status} and offers no login that the worker knows (Bearer, Basic)`,
        );
      }
      const request = bearer && tokenRequestOf(repository, bearer);
      const login = await credentials.find(repository.registry, signal);
      const as: Identity = login.kind === 'anonymous' ? login : { kind: 'login' };
      if (request) {
        const token = await requestToken(repository, request, login, transport, signal);
        const authorization = { header: `Bearer ${token.value}`, as };
        return keep(repository, authorization, token.lifetimeMs * USED_SHARE);
      }
      if (login.kind !== 'password') throw denied(repository, refusal, needsPassword(as));
      return keep(repository, { header: basic(login), as }, PASSWORD_KEPT_MS);
    },
  };
}

function keyOf({ registry, repository }: RegistryRepository): string {
  return `${registry}/${repository}`;
}

function needsPassword(as: Identity): Identity {
  if (as.kind === 'anonymous') return as;
  return { kind: 'anonymous', problem: 'it wants a password, and what is kept for it is an identity token' };
}

function tokenRequestOf(
  repository: RegistryRepository,
  { parameters: { realm = '', service, scope } }: Challenge,
): TokenRequest {
  if (!/^https?:\/\//i.test(realm)) throw broken(repository, 'it wants a token and names no token server');
  const url = safeAddress(realm, originOf(repository.registry));
  if (!url) {
    throw new RunbookError(
      'AccessDenied',
      `${whomOf(repository)}: its token server is not asked over https, and credentials are not sent in the clear`,
    );
  }
  const scopes = (scope ?? `repository:${repository.repository}:pull`).split(/\s+/).filter(Boolean);
  return { realm: url, scopes, ...(service === undefined ? {} : { service }) };
}
