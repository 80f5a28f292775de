import { Agent, type Dispatcher, request as send } from 'undici';
import { RunbookError } from '../../domain/errors.ts';
import { describeNetworkError, isSizeError } from '../../http/network-errors.ts';
import { readBytes } from '../../http/read-bytes.ts';
import { retryAfterMs } from '../../http/retry-after.ts';

/** One request to a registry or its token server. */
export interface RegistryRequest {
  readonly method: 'GET' | 'HEAD' | 'POST';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Longest answer, in bytes. */
  readonly limit: number;
  /** Who is asked, for messages: `registry r.example:5000 (phoenix/orchestrator)`. */
  readonly whom: string;
}

/** What was answered, whatever its status. Redirects are responses too. */
export interface RegistryResponse {
  readonly status: number;
  /** By name in lower case; a header that came several times is one line with commas. */
  readonly header: (name: string) => string | undefined;
  readonly body: Buffer;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number;
}

/**
 * Sends one request.
 * @throws RunbookError `Unreachable` when there is no whole answer in time, and the signal's reason when it aborts.
 */
export type RegistryTransport = (request: RegistryRequest, signal: AbortSignal) => Promise<RegistryResponse>;

export interface RegistryTransportOptions {
  /** From the start of a request to the last byte of its answer, in milliseconds. */
  readonly timeoutMs: number;
  /** How connections are made, where that is special: a proxy, a certificate authority of one's own. */
  readonly dispatcher?: Dispatcher;
}

// Idle sockets hold no process open.
let pool: Agent | undefined;
const ownPool = () => {
  pool ??= new Agent({
    allowH2: false,
    keepAliveTimeout: 4000,
    connections: 4,
    connect: { timeout: 10_000 },
  });
  return pool;
};

export function createRegistryTransport({
  timeoutMs,
  dispatcher,
}: RegistryTransportOptions): RegistryTransport {
  return async ({ method, url, headers, body, limit, whom }, signal) => {
    signal.throwIfAborted();
    const timeout = AbortSignal.timeout(timeoutMs);
    try {
      const response = await send(url, {
        dispatcher: dispatcher ?? ownPool(),
        method,
        headers: { 'user-agent': 'rollback-runbook', ...headers },
        ...(body === undefined ? {} : { body }),
        signal: AbortSignal.any([signal, timeout]),
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return toResponse(response.statusCode, response.headers, await readBytes(response.body, limit));
    } catch (error) {
      signal.throwIfAborted();
      const problem = timeout.aborted ? `no answer within ${timeoutMs / 1000} s` : problemOf(error);
      throw new RunbookError('Unreachable', `${whom}: ${problem}`);
    }
  };
}

function problemOf(error: unknown): string {
  return isSizeError(error) ? error.message : describeNetworkError(error);
}

function toResponse(
  status: number,
  headers: Readonly<Record<string, string | string[] | undefined>>,
  body: Buffer,
): RegistryResponse {
  const header = (name: string) => {
    const value = headers[name];
    return Array.isArray(value) ? value.join(', ') : value;
  };
  const wait = retryAfterMs(header('retry-after'));
  return { status, header, body, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
}
