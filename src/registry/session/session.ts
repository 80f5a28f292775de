import { repositoryAddress, safeAddress } from '../name/address.ts';
import type { RegistryRepository } from '../name/reference.ts';
import type { Authorization, Authorizer } from './authorization.ts';
import { broken, denied, type Identity, isTransient, unexpected, whomOf } from './refusal.ts';
import type { RegistryRequest, RegistryResponse, RegistryTransport } from './transport.ts';

/** One thing that is asked about a repository. */
export interface Question {
  readonly method: 'GET' | 'HEAD';
  /** Below the repository, with its query: `tags/list?n=100`. */
  readonly path: string;
  readonly accept: string;
  /** Longest answer, in bytes. */
  readonly limit: number;
  /** Whether a redirect is followed: blobs often lie elsewhere. */
  readonly follow: boolean;
}

export interface RegistrySession {
  /**
   * The answer to a question, logged in where that is wanted.
   * @throws RunbookError `AccessDenied` for 401 and 403, `Unreachable` for 429, 5xx and no answer.
   */
  ask(repository: RegistryRepository, question: Question, signal: AbortSignal): Promise<RegistryResponse>;
}

const MOST_REDIRECTS = 5;

export function createRegistrySession(transport: RegistryTransport, authorizer: Authorizer): RegistrySession {
  return {
    async ask(repository, question, signal) {
      const url = repositoryAddress(repository, question.path);
      const sendAs = (authorization: Authorization | undefined) =>
        transport(requestOf(repository, question, url, authorization?.header), signal);

      let authorization = authorizer.known(repository);
      let response = await sendAs(authorization);
      if (response.status === 401) {
        // A known token may have been withdrawn: the registry says anew what it wants.
        authorization = await authorizer.authenticate(repository, response, signal);
        response = await sendAs(authorization);
      }
      if (question.follow && isRedirect(response)) {
        const more = (next: URL, header: string | undefined) =>
          transport(requestOf(repository, question, next, header), signal);
        response = await followed(repository, response, url, authorization?.header, more);
      }
      return judged(repository, response, authorization?.as ?? { kind: 'anonymous' });
    },
  };
}

function requestOf(
  repository: RegistryRepository,
  { method, accept, limit }: Question,
  url: URL,
  authorization: string | undefined,
): RegistryRequest {
  const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
  return { method, url, headers, limit, whom: whomOf(repository) };
}

/** Follows redirects. Once another origin was asked, no one sees the credentials any more. */
async function followed(
  repository: RegistryRepository,
  first: RegistryResponse,
  start: URL,
  authorization: string | undefined,
  send: (url: URL, authorization: string | undefined) => Promise<RegistryResponse>,
): Promise<RegistryResponse> {
  let [response, url, header] = [first, start, authorization];
  for (let hops = 0; isRedirect(response); hops += 1) {
    if (hops === MOST_REDIRECTS) throw broken(repository, `more than ${MOST_REDIRECTS} redirects`);
    const next = safeAddress(response.header('location') ?? '', url);
    if (!next || !response.header('location'))
      throw broken(repository, 'a redirect to no address, or not to https');
    if (next.origin !== start.origin) header = undefined;
    url = next;
    response = await send(url, header);
  }
  return response;
}

function isRedirect({ status }: RegistryResponse): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function judged(repository: RegistryRepository, response: RegistryResponse, as: Identity): RegistryResponse {
  if (response.status === 401 || response.status === 403) throw denied(repository, response, as);
  if (isTransient(response)) throw unexpected(repository, response);
  return response;
}
