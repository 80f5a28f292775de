import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One port that can be closed and opened again under the same number. */
export interface Listener {
  readonly port: number;
  open(): Promise<void>;
  close(): Promise<void>;
}

type Handler = (request: IncomingMessage, body: Buffer, response: ServerResponse) => void | Promise<void>;

/** More than any client of ours may send: what lies above is read and thrown away. */
const BODY_CAP = 60 * 1024 * 1024;

/** Opens an HTTP listener; port 0 takes a free one and keeps it. */
export async function listen(host: string, port: number, handler: Handler): Promise<Listener> {
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= BODY_CAP) parts.push(part);
    });
    request.on('end', () => {
      Promise.resolve(handler(request, Buffer.concat(parts), response)).catch(() => response.destroy());
    });
    request.on('error', () => response.destroy());
  });
  server.keepAliveTimeout = 60_000;
  const bind = (wanted: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port: wanted, exclusive: true }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await bind(port);
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    open: () => (server.listening ? Promise.resolve() : bind(bound)),
    close: () =>
      new Promise((resolve) => {
        if (!server.listening) return resolve();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
