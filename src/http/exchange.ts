import { Agent, type Dispatcher, request as send } from 'undici';
import { describeNetworkError, isSizeError, isSpoken, isUndelivered } from './network-errors.ts';
import { readBytes } from './read-bytes.ts';
import { retryAfterMs } from './retry-after.ts';
import { maskSent } from './sent-credential.ts';

/** No answer of the service is anywhere near this; a larger one is not read to its end. In bytes. */
export const RESPONSE_LIMIT = 1024 * 1024;

/** One HTTP request. Redirects are not followed: they are an answer. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** From the start to the last byte of the answer, in milliseconds. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** In bytes; default {@link RESPONSE_LIMIT}. */
  readonly limit?: number;
  /** On a connection of its own, so that requests in a row spread over the instances behind one address. */
  readonly fresh?: boolean;
  /** Connections of its own, as for a client certificate; default: those that all share. */
  readonly dispatcher?: Dispatcher;
  /** Further secrets that are sent: masked in the answer, as the credential is. */
  readonly secrets?: readonly string[];
}

/** An HTTP response, whatever its status. The credential that was sent is masked wherever it stands in it. */
export interface HttpResponse {
  readonly kind: 'answered';
  readonly status: number;
  /** Media type in lower case, without parameters; empty when none was given. */
  readonly contentType: string;
  readonly body: string;
  /** Where a redirect points, without query and credentials. Whoever repeats it masks and cuts it. */
  readonly location?: string;
  /** How long the receiver asked to be left alone. */
  readonly retryAfterMs?: number;
}

/** No HTTP response was had, and why: for people, without addresses and secrets. */
export interface NoResponse {
  readonly kind: 'unanswered';
  readonly problem: string;
  /** Whether the request may have reached somebody who acted on it. */
  readonly delivered: 'no' | 'perhaps';
  /** True when somebody is there all the same: a response that did not end, or something that is no HTTP. */
  readonly heard?: boolean;
}

// One pool for all checks and notifiers. HTTP/1.1, as curl in the runbook; idle sockets hold no process open.
const pool = new Agent({
  allowH2: false,
  keepAliveTimeout: 4000,
  connections: 8,
  connect: { timeout: 10_000 },
});

/** Sends a request. Rejects only when `signal` aborts; everything else is an outcome. */
export async function exchange(request: HttpRequest): Promise<HttpResponse | NoResponse> {
  const { method, url, headers, body, timeoutMs, signal, fresh = false } = request;
  signal.throwIfAborted();
  const timeout = AbortSignal.timeout(timeoutMs);
  let heard = false;
  try {
    const response = await send(url, {
      dispatcher: request.dispatcher ?? pool,
      method,
      headers: { 'user-agent': 'rollback-runbook', accept: '*/*', ...headers },
      ...(body === undefined ? {} : { body }),
      signal: AbortSignal.any([signal, timeout]),
      reset: fresh,
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    heard = true;
    const text = (await readBytes(response.body, request.limit ?? RESPONSE_LIMIT)).toString('utf8');
    return toResponse(
      response.statusCode,
      response.headers,
      text,
      maskSent(headers?.authorization, request.secrets),
    );
  } catch (error) {
    if (isTimeout(signal.reason) || timeout.aborted) {
      return unanswered(`no answer within ${seconds(timeoutMs)}`, { heard });
    }
    signal.throwIfAborted();
    if (isSizeError(error)) return unanswered(error.message, { heard });
    const delivered = isUndelivered(error) ? 'no' : 'perhaps';
    return unanswered(describeNetworkError(error), { delivered, heard: heard || isSpoken(error) });
  }
}

function unanswered(
  problem: string,
  { delivered = 'perhaps', heard }: Partial<Pick<NoResponse, 'delivered'>> & { readonly heard: boolean },
): NoResponse {
  return { kind: 'unanswered', problem, delivered, ...(heard ? { heard } : {}) };
}

function toResponse(
  status: number,
  headers: Record<string, string | string[] | undefined>,
  text: string,
  mask: (text: string) => string,
): HttpResponse {
  const header = (name: string) => {
    const value = headers[name];
    const first = Array.isArray(value) ? value[0] : value;
    return first === undefined ? undefined : mask(first);
  };
  const body = mask(text);
  const location = header('location');
  const wait = retryAfterMs(header('retry-after'), status === 429 ? body : '');
  return {
    kind: 'answered',
    status,
    contentType: (header('content-type') ?? '').split(';')[0]?.trim().toLowerCase() ?? '',
    body,
    ...(location ? { location: withoutSecrets(location) } : {}),
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
}

function withoutSecrets(location: string): string {
  const path = location.split(/[?#]/)[0] ?? '';
  return path.replace(/\/\/[^/@]*@/, '//');
}

function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

function seconds(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${ms / 1000} s`;
}

/** Joins the base address of a service with a path. Path and base may both carry a slash. */
export function addressOf(endpoint: string, path: string): string {
  return `${endpoint.replace(/\/+$/, '')}/${path.replace(/^\/+/, '')}`;
}

/** Base address of one instance's port; an IPv6 address gets its brackets. */
export function instanceAddress(address: string, port: number): string {
  return `http://${address.includes(':') ? `[${address}]` : address}:${port}`;
}
