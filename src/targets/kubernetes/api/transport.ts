import { RunbookError } from '../../../domain/errors.ts';
import type { Asked } from './api-error.ts';
import type { ApiRequest, Connection, RequestLimits } from './connection.ts';
import { isNamespaced, pathOf, type Resource } from './resources.ts';
import { passedLimit, readCapped, requestError, responseError } from './response.ts';

/** The limits of the response's parts come before that of the whole: only they let undici find a dead connection. */
const TIME_LIMITS = {
  /** Reads are short; an answer later than this is an unknown outcome. */
  read: { headers: 8_000, silence: 8_000, whole: 10_000 },
  /** A write may wait for admission webhooks, which the API server gives at most 30 s. */
  write: { headers: 33_000, silence: 8_000, whole: 35_000 },
  /** A watch without a sign of life for this long is taken for dead; bookmarks come about every minute. */
  watch: { headers: 8_000, silence: 85_000, whole: 10_000 },
} as const satisfies Record<string, RequestLimits>;
/** A watch lasts as long as it brings something. */
const OPEN_END = new AbortController().signal;
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
export interface ApiTransport {
  get<T>(address: Address, signal: AbortSignal, accept?: string): Promise<T>;
  /** Follows `continue` to the end. @param accept another form of the items, as of `get`. */
  list<T>(
    address: Address,
    signal: AbortSignal,
    accept?: string,
  ): Promise<{ readonly items: readonly T[]; readonly resourceVersion: string }>;
  patch<T>(address: Address, contentType: PatchType, body: unknown, signal: AbortSignal): Promise<T>;
  create<T>(address: Address, body: unknown, signal: AbortSignal): Promise<T>;
  /** Deletes this very object, with its own grace period; refused with 409 when it is not as it was seen. */
  remove(address: Address, seen: Preconditions, signal: AbortSignal): Promise<void>;
  /** POSTs one of the self-review objects of authorization.k8s.io/v1. */
  review<T>(kind: ReviewKind, spec: unknown, signal: AbortSignal): Promise<T>;
  /** Opens a watch; the body is the stream of events, which ends with an error when it falls silent. */
  openWatch(address: Address, signal: AbortSignal): Promise<AsyncIterable<Buffer>>;
  close(): Promise<void>;
}

export type PatchType = 'application/json-patch+json' | 'application/merge-patch+json';
/** What a deletion is for, and nothing else (meta/v1, Preconditions). */
export interface Preconditions {
  readonly uid: string;
  readonly resourceVersion: string;
}
export type ReviewKind = 'SelfSubjectRulesReview' | 'SelfSubjectAccessReview';

/** @param timeLimits tests have shorter ones. */
export function createApiTransport(
  connection: Connection,
  timeLimits: Readonly<Record<keyof typeof TIME_LIMITS, RequestLimits>> = TIME_LIMITS,
): ApiTransport {
  /** The error of a request; after one without an answer the next ones take another connection. */
  const failed: typeof requestError = (asked, error, signal, deadline, limits) => {
    if (!signal.aborted && passedLimit(error, deadline, limits) !== undefined) connection.replace();
    return requestError(asked, error, signal, deadline, limits);
  };

  const exchange = async (
    asked: Asked,
    request: Omit<ApiRequest, 'signal' | 'limits'>,
    signal: AbortSignal,
    limits = request.method === 'GET' ? timeLimits.read : timeLimits.write,
  ): Promise<unknown> => {
    await connection.prepare(signal);
    const deadline = AbortSignal.timeout(limits.whole);
    try {
      const limited = AbortSignal.any([signal, deadline]);
      const response = await connection.send({ ...request, limits, signal: limited });
      const text = await readCapped(response.body);
      if (response.statusCode >= 300) throw responseError(asked, response, text);
      return JSON.parse(text) as unknown;
    } catch (error) {
      throw failed(asked, error, signal, deadline, limits);
    }
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
    async list<T>(address: Address, signal: AbortSignal, accept = 'application/json') {
      const items: T[] = [];
      let token = '';
      for (let page = 0; page < PAGE_LIMIT; page++) {
        const query = { ...address.query, limit: String(PAGE_SIZE), ...(token ? { continue: token } : {}) };
        const listed = (await exchange(
          askedOf('list', address),
          { method: 'GET', path: urlOf({ ...address, query }), headers: { accept } },
          signal,
        )) as { items?: T[] | null; metadata?: { continue?: string; resourceVersion?: string } };
        items.push(...(listed.items ?? []));
        token = listed.metadata?.continue ?? '';
        if (!token) return { items, resourceVersion: listed.metadata?.resourceVersion ?? '' };
      }
      throw new RunbookError('Unreachable', `the list of ${address.resource} does not end`);
    },
    patch: (address, contentType, body, signal) => send('patch', address, contentType, body, signal),
    create: (address, body, signal) => send('create', address, 'application/json', body, signal),
    async remove(address, preconditions, signal) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', preconditions };
      await exchange(
        askedOf('delete', address),
        {
          method: 'DELETE',
          path: urlOf(address),
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify(body),
        },
        signal,
      );
    },
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
        // It is sent like a write and is a read: it waits for no webhook.
        timeLimits.read,
      ) as Promise<T>;
    },
    async openWatch(address, signal) {
      const asked = askedOf('watch', address);
      const query = { ...address.query, watch: '1', allowWatchBookmarks: 'true' };
      const limits = timeLimits.watch;
      await connection.prepare(signal);
      const opening = AbortSignal.timeout(limits.whole);
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
          limits,
        });
        if (response.statusCode >= 300) throw responseError(asked, response, await readCapped(response.body));
        const told = (error: unknown) => failed(asked, error, signal, OPEN_END, limits);
        return chunksOf(response.body, told);
      } catch (error) {
        throw failed(asked, error, signal, opening, limits);
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
  const place = isNamespaced(resource) ? ` in namespace ${namespace}` : '';
  return { verb, on: `${resource}${name === undefined ? '' : `/${name}`}${place}` };
}

async function* chunksOf(
  body: AsyncIterable<Buffer>,
  told: (error: unknown) => unknown,
): AsyncGenerator<Buffer> {
  try {
    yield* body;
  } catch (error) {
    throw told(error);
  }
}
