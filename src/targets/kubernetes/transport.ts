import type { Dispatcher } from 'undici';
import { RunbookError } from '../../domain/errors.ts';
import { ApiError, type Asked, failedAnswer } from './api-error.ts';
import type { Connection, Outgoing } from './connection.ts';
import { pathOf, type Resource } from './resources.ts';

/** Reads are short; an answer later than this is an unknown outcome. */
const READ_TIMEOUT_MS = 10_000;
/** A write may wait for admission webhooks, which the API server gives at most 30 s. */
const WRITE_TIMEOUT_MS = 35_000;
/** Largest answer that is read, in bytes. */
const RESPONSE_LIMIT = 32 * 1024 * 1024;
/** Objects in one page of a list, and pages at most. */
const PAGE_SIZE = 500;
const PAGE_LIMIT = 40;

/** One object or collection in a namespace. */
export interface Address {
  readonly resource: Resource;
  readonly namespace: string;
  readonly name?: string;
  readonly query?: Readonly<Record<string, string>>;
}

/** Raw JSON requests to one API server. Failures are `ApiError`s; an aborted signal is thrown as its reason. */
export interface Transport {
  get<T>(address: Address, signal: AbortSignal, accept?: string): Promise<T>;
  /** Follows `continue` to the end. */
  list<T>(
    address: Address,
    signal: AbortSignal,
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  patch<T>(address: Address, contentType: PatchType, body: unknown, signal: AbortSignal): Promise<T>;
  create<T>(address: Address, body: unknown, signal: AbortSignal): Promise<T>;
  /** POSTs one of the self-review objects of authorization.k8s.io/v1. */
  review<T>(kind: ReviewKind, spec: unknown, signal: AbortSignal): Promise<T>;
  /** Opens a watch; the body is the stream of events. Only the answer's beginning has a time-out. */
  openWatch(address: Address, signal: AbortSignal): Promise<Dispatcher.ResponseData['body']>;
  close(): Promise<void>;
}

export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json';
export type ReviewKind = 'SelfSubjectRulesReview' | 'SelfSubjectAccessReview';

export function createTransport(connection: Connection): Transport {
  const exchange = async (
    asked: Asked,
    outgoing: Omit<Outgoing, 'signal'>,
    signal: AbortSignal,
  ): Promise<unknown> => {
    const timeoutMs = outgoing.method === 'GET' ? READ_TIMEOUT_MS : WRITE_TIMEOUT_MS;
    return withDeadline(asked, signal, timeoutMs, async (limited) => {
      const response = await connection.send({ ...outgoing, signal: limited });
      const text = await readCapped(response.body);
      if (response.statusCode >= 300) throw refusal(asked, response, text);
      return JSON.parse(text) as unknown;
    });
  };

  const get = <T>(address: Address, signal: AbortSignal, accept = 'application/json') =>
    exchange(
      askedOf('get', address),
      { method: 'GET', path: urlOf(address), headers: { accept } },
      signal,
    ) as Promise<T>;

  const send = <T>(
    verb: 'patch' | 'create',
    address: Address,
    contentType: string,
    body: unknown,
    signal: AbortSignal,
  ) =>
    exchange(
      askedOf(verb, address),
      {
        method: verb === 'patch' ? 'PATCH' : 'POST',
        path: urlOf(address),
        headers: { 'content-type': contentType },
        body: JSON.stringify(body),
      },
      signal,
    ) as Promise<T>;

  return {
    get,
    async list<T>(address: Address, signal: AbortSignal) {
      const items: T[] = [];
      let token = '';
      for (let page = 0; page < PAGE_LIMIT; page++) {
        const query = { ...address.query, limit: String(PAGE_SIZE), ...(token ? { continue: token } : {}) };
        const answer = (await exchange(
          askedOf('list', address),
          { method: 'GET', path: urlOf({ ...address, query }), headers: {} },
          signal,
        )) as { items?: T[] | null; metadata?: { continue?: string; resourceVersion?: string } };
        items.push(...(answer.items ?? []));
        token = answer.metadata?.continue ?? '';
        if (!token) return { items, resourceVersion: answer.metadata?.resourceVersion ?? '' };
      }
      throw new RunbookError('Unreachable', `the list of ${address.resource} does not end`);
    },
    patch: (address, contentType, body, signal) => send('patch', address, contentType, body, signal),
    create: (address, body, signal) => send('create', address, 'application/json', body, signal),
    review: <T>(kind: ReviewKind, spec: unknown, signal: AbortSignal) => {
      const apiVersion = 'authorization.k8s.io/v1';
      const path = `/apis/${apiVersion}/${kind.toLowerCase()}s`;
      return exchange(
        { verb: 'create', on: kind },
        {
          method: 'POST',
          path,
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ apiVersion, kind, spec }),
        },
        signal,
      ) as Promise<T>;
    },
    async openWatch(address, signal) {
      const asked = askedOf('watch', address);
      const query = { ...address.query, watch: '1', allowWatchBookmarks: 'true' };
      const opening = AbortSignal.timeout(READ_TIMEOUT_MS);
      const stop = new AbortController();
      const give = () => stop.abort(signal.aborted ? signal.reason : opening.reason);
      opening.addEventListener('abort', give, { once: true });
      signal.addEventListener('abort', give, { once: true });
      try {
        signal.throwIfAborted();
        const response = await connection.send({
          method: 'GET',
          path: urlOf({ ...address, query }),
          headers: {},
          signal: stop.signal,
        });
        if (response.statusCode >= 300) throw refusal(asked, response, await readCapped(response.body));
        return response.body;
      } catch (error) {
        throw noAnswer(asked, error, signal, opening, READ_TIMEOUT_MS);
      } finally {
        opening.removeEventListener('abort', give);
      }
    },
    close: () => connection.close(),
  };
}

function urlOf({ resource, namespace, name, query = {} }: Address): string {
  const path = pathOf(resource, namespace, name);
  const text = new URLSearchParams(query).toString();
  return text === '' ? path : `${path}?${text}`;
}

function askedOf(verb: Asked['verb'], { resource, namespace, name }: Address): Asked {
  return { verb, on: `${resource}${name === undefined ? '' : `/${name}`} in namespace ${namespace}` };
}

async function withDeadline<T>(
  asked: Asked,
  signal: AbortSignal,
  timeoutMs: number,
  work: (limited: AbortSignal) => Promise<T>,
): Promise<T> {
  const deadline = AbortSignal.timeout(timeoutMs);
  try {
    return await work(AbortSignal.any([signal, deadline]));
  } catch (error) {
    throw noAnswer(asked, error, signal, deadline, timeoutMs);
  }
}

function noAnswer(
  asked: Asked,
  error: unknown,
  signal: AbortSignal,
  deadline: AbortSignal,
  timeoutMs: number,
): unknown {
  if (error instanceof ApiError || error instanceof RunbookError) return error;
  if (signal.aborted) return signal.reason;
  if (deadline.aborted) return new ApiError(asked, { code: 0, message: `no answer within ${timeoutMs} ms` });
  const { message, cause, code } = error as Error & { code?: string };
  const inner = cause instanceof Error ? `: ${cause.message}` : '';
  return new ApiError(asked, { code: 0, message: `${message || code || 'no answer'}${inner}` });
}

function refusal(asked: Asked, response: Dispatcher.ResponseData, body: string): ApiError {
  const retryAfter = response.headers['retry-after'];
  return failedAnswer(
    asked,
    response.statusCode,
    body,
    Array.isArray(retryAfter) ? retryAfter[0] : retryAfter,
  );
}

async function readCapped(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > RESPONSE_LIMIT) {
      body.destroy();
      throw new Error(`the answer is larger than ${RESPONSE_LIMIT} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
