import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What stands before the service: hands requests on, or repeats the caller's secrets in every way that it can. */
export type Manner =
  | 'forwards'
  | '401 with the header'
  | 'chat error with the header'
  | 'redirect with the header'
  | 'reset';

/** A server on the loopback interface. */
export interface Front {
  readonly url: string;
  manner: Manner;
  /** Authorization headers as they came. */
  readonly authorizations: Set<string>;
  close(): Promise<void>;
}

/** Starts a front before the service at an address. */
export async function startFront(service: string): Promise<Front> {
  const authorizations = new Set<string>();
  const server = createServer(async (request, response) => {
    const header = request.headers.authorization ?? '';
    authorizations.add(header);
    const body = await bodyOf(request);
    if (front.manner === 'forwards') return forward(service, request, body, response);
    answerWith(header, front.manner, { url: request.url ?? '/', body }, response, () =>
      forward(service, request, body, response),
    );
  });
  const front: Front = {
    url: await listen(server),
    manner: 'forwards',
    authorizations,
    close: () => closed(server),
  };
  return front;
}

function answerWith(
  header: string,
  manner: Exclude<Manner, 'forwards'>,
  { url, body }: { readonly url: string; readonly body: Buffer },
  response: ServerResponse,
  otherwise: () => Promise<void>,
): void {
  const token = header.replace('Bearer ', '');
  const said = `the token ${token} is not valid; sent was ${header}, ${encodeURIComponent(header)}`;
  if (manner === 'reset') response.socket?.resetAndDestroy();
  else if (manner === '401 with the header') {
    response.writeHead(401, { 'www-authenticate': `Bearer error="${header}"` }).end(said);
  } else if (manner === 'redirect with the header') {
    response.writeHead(302, { location: `/login/${encodeURIComponent(token)}?token=${token}` }).end(said);
  } else if (url.includes('chat')) {
    const answer = {
      api_version: '1',
      correlation_id: JSON.parse(body.toString()).correlation_id,
      status: 'error',
      plan_id: null,
      output: null,
      error: { code: 'internal', message: said, details: token },
    };
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
  } else void otherwise();
}

async function bodyOf(request: IncomingMessage): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

async function forward(
  service: string,
  { method = 'GET', url = '/', headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  try {
    const answer = await fetch(new URL(url, service), {
      method,
      headers: { 'content-type': headers['content-type'] ?? '', connection: 'close' },
      ...(method === 'GET' ? {} : { body }),
    });
    const bytes = Buffer.from(await answer.arrayBuffer());
    response
      .writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? '' })
      .end(bytes);
  } catch {
    response.destroy();
  }
}

/** A receiver of messages: takes them, or repeats the address in an error. */
export interface CanaryReceiver {
  readonly origin: string;
  /** Headers and bodies as they came, without the address. */
  readonly messages: string[];
  /** Paths as they came. */
  readonly paths: Set<string>;
  close(): Promise<void>;
}

/** Paths that begin with `/broken` are answered with 500 and the address in the body. */
export async function startCanaryReceiver(): Promise<CanaryReceiver> {
  const messages: string[] = [];
  const paths = new Set<string>();
  const server = createServer(async (request, response) => {
    const { url = '' } = request;
    const body = await bodyOf(request);
    paths.add(url);
    messages.push(`${JSON.stringify(request.headers)}\n${body}`);
    if (!url.startsWith('/broken')) response.end('ok');
    else response.writeHead(500, { 'x-address': url }).end(`no such channel: ${url}`);
  });
  return { origin: await listen(server), messages, paths, close: () => closed(server) };
}

type Server = ReturnType<typeof createServer>;

async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
