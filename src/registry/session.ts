import { addressOf, safeAddress } from './address.ts';
import type { Authorization, Authorizer } from './authorization.ts';
import type { RegistryRepository } from './reference.ts';
import { broken, denied, type Identity, isPassing, unexpected, whomOf } from './refusal.ts';
import type { Answer, Outgoing, Transport } from './transport.ts';

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

export interface Session {
  /**
   * The answer to a question, logged in where that is wanted.
   * @throws RunbookError `AccessDenied` for 401 and 403, `Unreachable` for 429, 5xx and no answer.
   */
  ask(repository: RegistryRepository, question: Question, signal: AbortSignal): Promise<Answer>;
}

const MOST_REDIRECTS = 5;

export function createSession(transport: Transport, authorizer: Authorizer): Session {
  return {
    async ask(repository, question, signal) {
      const url = addressOf(repository, question.path);
      const sendAs = (authorization: Authorization | undefined) =>
        transport(outgoingOf(repository, question, url, authorization?.header), signal);

      let authorization = authorizer.known(repository);
      let answer = await sendAs(authorization);
      if (answer.status === 401) {
        // A known token may have been withdrawn: the registry says anew what it wants.
        authorization = await authorizer.answer(repository, answer, signal);
        answer = await sendAs(authorization);
      }
      if (question.follow && isRedirect(answer)) {
        const more = (next: URL, header: string | undefined) =>
          transport(outgoingOf(repository, question, next, header), signal);
        answer = await followed(repository, answer, url, authorization?.header, more);
      }
      return judged(repository, answer, authorization?.as ?? { kind: 'anonymous' });
    },
  };
}

function outgoingOf(
  repository: RegistryRepository,
  { method, accept, limit }: Question,
  url: URL,
  authorization: string | undefined,
): Outgoing {
  const headers = { accept, ...(authorization === undefined ? {} : { authorization }) };
  return { method, url, headers, limit, whom: whomOf(repository) };
}

/** Follows redirects. Once another origin was asked, no one sees the credentials any more. */
async function followed(
  repository: RegistryRepository,
  first: Answer,
  start: URL,
  authorization: string | undefined,
  send: (url: URL, authorization: string | undefined) => Promise<Answer>,
): Promise<Answer> {
  let [answer, url, header] = [first, start, authorization];
  for (let hops = 0; isRedirect(answer); hops += 1) {
    if (hops === MOST_REDIRECTS) throw broken(repository, `more than ${MOST_REDIRECTS} redirects`);
    const next = safeAddress(answer.header('location') ?? '', url);
    if (!next || !answer.header('location'))
      throw broken(repository, 'a redirect to no address, or not to https');
    if (next.origin !== start.origin) header = undefined;
    url = next;
    answer = await send(url, header);
  }
  return answer;
}

function isRedirect({ status }: Answer): boolean {
  return [301, 302, 303, 307, 308].includes(status);
}

function judged(repository: RegistryRepository, answer: Answer, as: Identity): Answer {
  if (answer.status === 401 || answer.status === 403) throw denied(repository, answer, as);
  if (isPassing(answer)) throw unexpected(repository, answer);
  return answer;
}
