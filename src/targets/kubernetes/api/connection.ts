import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { RunbookError } from '../../../domain/errors.ts';
import type { ClusterCredentialSource } from './credentials.ts';
import type { Credentials } from './kubeconfig/credentials-of.ts';
import { userAgent } from './user-agent.ts';

/** What is sent; the body is JSON already. */
export interface ApiRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
  readonly limits: RequestLimits;
}

/** How long a request may take, in milliseconds. */
export interface RequestLimits {
  /** Until the answer begins. */
  readonly headers: number;
  /** Longest silence within the answer. */
  readonly silence: number;
  /** The whole request, credentials renewed included; of a watch the beginning of its answer. */
  readonly whole: number;
}

/** Connections to one cluster: one when it speaks HTTP/2, a few when it does not. */
export interface Connection {
  /** Gets credentials when there are none, which may take longer than a request. */
  prepare(signal: AbortSignal): Promise<void>;
  send(request: ApiRequest): Promise<Dispatcher.ResponseData>;
  /** Opens another connection for the next request: one on this got no answer in time. */
  replace(): void;
  close(): Promise<void>;
}

/** HTTP/1.1 needs one connection for each open watch and request. */
const HTTP1_CONNECTIONS = 16;
const CONNECT_TIMEOUT_MS = 5_000;
/** After this long nothing is left on a connection that takes no new requests: a watch lasts at most 280 s. */
const RETIRED_MS = 300_000;

/**
 * One undici pool for a cluster, kept until certificates change. undici is loaded at first use.
 *
 * An HTTP/2 connection can die without a sign (a NAT or load balancer that forgot it). After a request without an
 * answer the next ones take another connection. Whether the old one is dead undici finds out by a ping, which it sends
 * when a time-out that a request carries has passed (an aborted signal does not do that); without an answer it drops
 * the connection with all its watches.
 *
 * A 401 renews the credentials once and sends the request again: nothing was done by the first one.
 */
export function createConnection(source: ClusterCredentialSource): Connection {
  let pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;
  const retired = new Map<Dispatcher, NodeJS.Timeout>();
  let closed = false;

  const end = (dispatcher: Dispatcher) => {
    clearTimeout(retired.get(dispatcher));
    retired.delete(dispatcher);
    return dispatcher.destroy();
  };
  /** Requests under way and open watches end on the old pool; new ones go through the next one. */
  const retire = () => {
    const dispatcher = pool?.dispatcher;
    pool = undefined;
    // Not `close()`: a pool that was closed cannot be destroyed any more (undici 8.12), and holds its sockets.
    if (dispatcher) retired.set(dispatcher, setTimeout(() => void end(dispatcher), RETIRED_MS).unref());
  };

  const dispatcherFor = async (credentials: Credentials): Promise<Dispatcher> => {
    const undici = await import('undici');
    const key = poolKey(credentials);
    if (pool?.key === key) return pool.dispatcher;
    retire();
    pool = { key, dispatcher: createPool(undici, credentials) };
    return pool.dispatcher;
  };

  const sendWith = async (credentials: Credentials, request: ApiRequest) => {
    const dispatcher = await dispatcherFor(credentials);
    if (closed) throw new RunbookError('Unreachable', 'the connection to the cluster was closed');
    const { origin, pathname } = new URL(credentials.server);
    return dispatcher.request({
      origin,
      path: `${pathname === '/' ? '' : pathname}${request.path}`,
      method: request.method,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent(),
        ...(credentials.headers as Record<string, string | string[]>),
        ...request.headers,
      },
      body: request.body ?? null,
      signal: request.signal,
      headersTimeout: request.limits.headers,
      bodyTimeout: request.limits.silence,
    });
  };

  /** Nothing was sent where there was no connection: a kubeconfig that says something else by now is tried at once. */
  const connected = async (request: ApiRequest) => {
    const used = await source.current(request.signal);
    try {
      return await sendWith(used, request);
    } catch (error) {
      if (!isUnconnected(error) || request.signal.aborted) throw error;
      await source.reread(request.signal);
      const now = await source.current(request.signal);
      if (poolKey(now) === poolKey(used)) throw error;
      return sendWith(now, request);
    }
  };

  return {
    async prepare(signal) {
      await source.current(signal);
    },
    async send(request) {
      const response = await connected(request);
      if (response.statusCode !== 401) return response;
      await response.body.dump();
      return sendWith(await source.renewed(request.signal), request);
    },
    replace: retire,
    async close() {
      closed = true;
      retire();
      await Promise.all([...retired.keys()].map(end));
    },
  };
}

function createPool(undici: typeof import('undici'), { tls, proxy }: Credentials): Dispatcher {
  const options = {
    allowH2: true,
    connections: HTTP1_CONNECTIONS,
    keepAliveTimeout: 60_000,
  };
  // Before the idle time-outs of load balancers, as client-go does it.
  const connect = { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: 30_000 };
  return proxy === undefined
    ? new undici.Agent({ ...options, connect: connect as never })
    : new undici.ProxyAgent({ ...options, uri: proxy, requestTls: connect as never });
}

/** The server that answers is not the one that is trusted: found before anything is sent. */
const UNTRUSTED =
  /^(CERT_\w+|ERR_TLS_CERT_\w+|ERR_SSL_WRONG_VERSION_NUMBER|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_\w+)$/;

/** Whether a connection was never made, so that nothing was sent: nobody is there, or not who should be. */
function isUnconnected(error: unknown): boolean {
  const { code, syscall, message, cause, errors } = error as NodeJS.ErrnoException & {
    readonly errors?: readonly unknown[];
  };
  return (
    syscall === 'connect' ||
    syscall === 'getaddrinfo' ||
    code === 'UND_ERR_CONNECT_TIMEOUT' ||
    UNTRUSTED.test(code ?? '') ||
    /^Proxy response \(\d+\) !== 200/.test(message) ||
    (cause instanceof Error && isUnconnected(cause)) ||
    errors?.some(isUnconnected) === true
  );
}

/** Certificates and proxies belong to the connection; tokens do not, they are sent with each request. */
function poolKey({ server, tls, proxy }: Credentials): string {
  const material = JSON.stringify([server, tls, proxy], (_key, value: unknown) =>
    Buffer.isBuffer(value) ? value.toString('base64') : value,
  );
  return createHash('sha256').update(material).digest('hex');
}
