import { createHash } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { RunbookError } from '../../domain/errors.ts';
import type { CredentialSource, Credentials } from './credentials.ts';
import { userAgent } from './user-agent.ts';

/** What is sent; the body is JSON already. */
export interface Outgoing {
  readonly method: 'GET' | 'POST' | 'PATCH';
  /** Path with query. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly signal: AbortSignal;
}

/** Connections to one cluster: one when it speaks HTTP/2, a few when it does not. */
export interface Connection {
  send(outgoing: Outgoing): Promise<Dispatcher.ResponseData>;
  close(): Promise<void>;
}

/** HTTP/1.1 needs one connection for each open watch and request. */
const HTTP1_CONNECTIONS = 16;
const CONNECT_TIMEOUT_MS = 5_000;
/** A dead peer on a quiet HTTP/2 connection is noticed within two of these. */
const PING_MS = 15_000;

/**
 * One undici pool for a cluster, kept until certificates change. undici is loaded at first use.
 * A 401 renews the credentials once and sends the request again: nothing was done by the first one.
 */
export function createConnection(source: CredentialSource): Connection {
  let pool: { readonly key: string; readonly dispatcher: Dispatcher } | undefined;
  let closed = false;

  const dispatcherFor = async (credentials: Credentials): Promise<Dispatcher> => {
    const undici = await import('undici');
    const key = poolKey(credentials);
    if (pool?.key === key) return pool.dispatcher;
    const outdated = pool;
    pool = { key, dispatcher: createPool(undici, credentials) };
    // Requests under way and open watches end on the old pool; new ones go through the new one.
    outdated?.dispatcher.close().catch(() => {});
    return pool.dispatcher;
  };

  const sendWith = async (credentials: Credentials, outgoing: Outgoing) => {
    const dispatcher = await dispatcherFor(credentials);
    if (closed) throw new RunbookError('Unreachable', 'the connection to the cluster was closed');
    const { origin, pathname } = new URL(credentials.server);
    return dispatcher.request({
      origin,
      path: `${pathname === '/' ? '' : pathname}${outgoing.path}`,
      method: outgoing.method,
      headers: {
        accept: 'application/json',
        'user-agent': userAgent(),
        ...credentials.headers,
        ...outgoing.headers,
      },
      body: outgoing.body ?? null,
      signal: outgoing.signal,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
  };

  return {
    async send(outgoing) {
      const response = await sendWith(await source.current(), outgoing);
      if (response.statusCode !== 401) return response;
      await response.body.dump();
      return sendWith(await source.renewed(), outgoing);
    },
    async close() {
      closed = true;
      const last = pool;
      pool = undefined;
      await last?.dispatcher.destroy();
    },
  };
}

function createPool(undici: typeof import('undici'), { connect }: Credentials): Dispatcher {
  const options = {
    allowH2: true,
    connections: HTTP1_CONNECTIONS,
    keepAliveTimeout: 60_000,
    h2Options: { pingInterval: PING_MS },
  };
  const timeout = CONNECT_TIMEOUT_MS;
  switch (connect.type) {
    case 'agent':
      return new undici.Agent({ ...options, connect: { ...connect.connect, timeout } as never });
    case 'proxy':
      return new undici.ProxyAgent({
        ...options,
        uri: connect.uri,
        requestTls: { ...connect.requestTls, timeout } as never,
      });
    case 'socks':
      throw new RunbookError(
        'InvalidConfig',
        'a SOCKS proxy in the kubeconfig is not supported; use an HTTP proxy',
      );
    case 'none':
      return new undici.Agent({ ...options, connect: { timeout } });
  }
}

/** Certificates and proxies belong to the connection; tokens do not, they are sent with each request. */
function poolKey({ server, connect }: Credentials): string {
  const material = JSON.stringify([server, connect], (_key, value: unknown) =>
    Buffer.isBuffer(value) ? value.toString('base64') : value,
  );
  return createHash('sha256').update(material).digest('hex');
}
