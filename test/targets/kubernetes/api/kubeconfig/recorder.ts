import { createServer } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import { type AddressInfo, connect, type Server, type Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type SelfSigned, selfSigned } from '../../certificate.ts';

/** What a client showed of itself in one request. */
export interface Shown {
  readonly path: string;
  readonly authorization: unknown;
  readonly impersonate: Readonly<Record<string, unknown>>;
  /** Common name of its certificate. */
  readonly certificate: string | undefined;
  readonly serverName: string;
  readonly proxied: boolean;
}

/** A server that keeps what clients show, and a proxy that leads to it whatever name is asked for. */
export interface Recorder {
  readonly port: number;
  readonly proxyPort: number;
  readonly server: SelfSigned;
  /** What was shown since the last call. */
  taken(): readonly Shown[];
  close(): Promise<void>;
}

export async function openRecorder(): Promise<Recorder> {
  const server = selfSigned('recorder');
  const shown: Shown[] = [];
  const sockets = new Set<Socket>();
  const tunnels = new Set<number>();
  const recorder = createSecureServer(
    { ...server, allowHTTP1: true, requestCert: true, rejectUnauthorized: false },
    (request: Http2ServerRequest, response: Http2ServerResponse) => {
      const { socket } = (request.stream?.session ?? request) as unknown as { socket: TLSSocket };
      shown.push({
        path: request.url.split('?')[0] ?? '',
        authorization: normalised(request.headers.authorization),
        impersonate: Object.fromEntries(
          Object.entries(request.headers)
            .filter(([name]) => name.startsWith('impersonate-'))
            .map(([name, value]) => [name, String(value)]),
        ),
        certificate: socket.getPeerCertificate?.().subject?.CN?.toString(),
        serverName: (socket as { servername?: string | false }).servername || '',
        proxied: tunnels.has(socket.remotePort ?? 0),
      });
      response.setHeader('content-type', 'application/json');
      response.end('{"metadata":{"name":"any"}}');
    },
  );
  const port = await listening(recorder, sockets);
  const proxy = createServer().on('connect', (_request, socket: Socket) => {
    const upstream = connect(port, '127.0.0.1', () => {
      tunnels.add(upstream.localPort ?? 0);
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      socket.pipe(upstream).pipe(socket);
    });
    for (const one of [socket, upstream]) one.on('error', () => {});
    upstream.on('close', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
  });
  const proxyPort = await listening(proxy, sockets);
  return {
    port,
    proxyPort,
    server,
    taken: () => shown.splice(0),
    async close() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([recorder, proxy].map((one) => new Promise((resolve) => one.close(resolve))));
    },
  };
}

async function listening(server: Server, sockets: Set<Socket>): Promise<number> {
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** A plugin gives what it was told as its token: JSON, whose order does not matter. */
function normalised(authorization: string | undefined): unknown {
  const token = /^Bearer ([A-Za-z0-9+/]{20,}=*)$/.exec(authorization ?? '')?.[1];
  try {
    return JSON.parse(Buffer.from(token ?? '', 'base64').toString());
  } catch {
    return authorization;
  }
}
