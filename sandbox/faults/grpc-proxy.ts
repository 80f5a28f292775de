import { once } from 'node:events';
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';

/** A call on its way through the proxy. */
export interface GrpcCall {
  /** Last part of the path: `RespondWorkflowTaskCompleted`. */
  readonly method: string;
  /** Counted from 1 for each method, over all connections. */
  readonly nth: number;
}

/** A call that the upstream has answered. */
export interface GrpcAnswer extends GrpcCall {
  /** gRPC status; 0 is success. */
  readonly status: number;
  /** Length of the answer, frame header included. A poll that found nothing has next to none. */
  readonly bytes: number;
}

/** What is done at a call while it is held. `'drop'` ends it there: it goes no further. */
export interface GrpcHooks {
  /** The request has come and was not forwarded. */
  readonly before?: (call: GrpcCall) => Passing;
  /** The upstream has answered and the caller does not know it. */
  readonly after?: (answer: GrpcAnswer) => Passing;
}
type Passing = undefined | 'drop' | Promise<undefined | 'drop'>;

/** A proxy for unary gRPC calls without TLS. */
export interface GrpcProxy extends AsyncDisposable {
  readonly address: string;
  /** Calls so far by method. */
  readonly counts: ReadonlyMap<string, number>;
  /** Replaces the hooks. */
  hook(hooks: GrpcHooks): void;
  /** Takes back every poll that waits at the upstream; the callers are not told. */
  withdrawPolls(): void;
  close(): Promise<void>;
}

const { HTTP2_HEADER_AUTHORITY, NGHTTP2_CANCEL, NGHTTP2_INTERNAL_ERROR } = constants;

/**
 * Starts a proxy on a free port of the loopback interface. Every connection has one of its own to the upstream, and
 * each ends with the other, so that either side sees the other die as it would without the proxy.
 * @param upstream `host:port`
 */
export async function startGrpcProxy(upstream: string, hooks: GrpcHooks = {}): Promise<GrpcProxy> {
  let current = hooks;
  const counts = new Map<string, number>();
  const polls = new Set<ClientHttp2Stream>();
  const links = new Map<ServerHttp2Session, ClientHttp2Session>();
  const server = createServer();

  server.on('session', (session) => {
    const link = connect(`http://${upstream}`);
    links.set(session, link);
    session.on('error', () => undefined);
    link.on('error', () => undefined);
    session.once('close', () => {
      links.delete(session);
      link.destroy();
    });
    link.once('close', () => session.destroy());
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    pass(stream, headers).catch(() => stream.destroy());
  });

  async function pass(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): Promise<void> {
    const method = headers[':path']?.split('/').at(-1) ?? '';
    const nth = (counts.get(method) ?? 0) + 1;
    counts.set(method, nth);
    if ((await current.before?.({ method, nth })) === 'drop') return;
    const link = stream.session && links.get(stream.session as ServerHttp2Session);
    if (!link || link.destroyed || stream.destroyed) return stream.close(NGHTTP2_CANCEL);
    const { [HTTP2_HEADER_AUTHORITY]: _, ...rest } = headers;
    const request = link.request({ ...rest, [HTTP2_HEADER_AUTHORITY]: upstream } as OutgoingHttpHeaders);
    stream.once('close', () => request.close(NGHTTP2_CANCEL));
    if (method.startsWith('Poll')) {
      polls.add(request);
      request.once('close', () => polls.delete(request));
    }
    stream.pipe(request);
    const answer = await answerOf(request);
    // Withdrawn, or the upstream is gone: the first is not told, the second is seen by the connection's end.
    if (!answer) return;
    const status = Number(answer.trailers['grpc-status'] ?? answer.headers['grpc-status'] ?? 0);
    const bytes = answer.body.length;
    if ((await current.after?.({ method, nth, status, bytes })) === 'drop') return;
    if (!stream.destroyed) respond(stream, answer);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    current = {};
    for (const [session, link] of links) {
      session.destroy();
      link.destroy();
    }
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    counts,
    hook(hooks) {
      current = hooks;
    },
    withdrawPolls() {
      for (const poll of polls) poll.close(NGHTTP2_CANCEL);
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

interface CallResponse {
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders;
}

/** The whole answer, or nothing when the call ended without one. */
function answerOf(request: ClientHttp2Stream): Promise<CallResponse | undefined> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders | undefined;
    let trailers: IncomingHttpHeaders = {};
    const chunks: Buffer[] = [];
    request.on('response', (received) => {
      headers = received;
    });
    request.on('trailers', (received) => {
      trailers = received;
    });
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => undefined);
    request.on('close', () => {
      const isWhole = headers !== undefined && request.rstCode === 0;
      resolve(isWhole && headers ? { headers, trailers, body: Buffer.concat(chunks) } : undefined);
    });
  });
}

function respond(stream: ServerHttp2Stream, { headers, body, trailers }: CallResponse): void {
  const own = withoutSymbols(headers);
  if (body.length === 0 && Object.keys(trailers).length === 0) {
    stream.respond(own, { endStream: true });
    return;
  }
  stream.respond(own, { waitForTrailers: true });
  stream.once('wantTrailers', () => {
    if (stream.destroyed) return;
    if (Object.keys(trailers).length > 0) stream.sendTrailers(withoutSymbols(trailers));
    else stream.close(NGHTTP2_INTERNAL_ERROR);
  });
  stream.end(body);
}

/** Node marks the headers that it has read; marked ones cannot be sent. */
function withoutSymbols(headers: IncomingHttpHeaders): OutgoingHttpHeaders {
  return Object.fromEntries(Object.entries(headers));
}
