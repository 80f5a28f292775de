import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A receiver of webhooks on the loopback interface: plays the chat channel. */
export interface Receiver extends AsyncDisposable {
  readonly url: string;
  readonly received: readonly {
    readonly headers: Readonly<Record<string, unknown>>;
    readonly body: unknown;
  }[];
  close(): Promise<void>;
}

/** Starts a receiver that accepts everything. */
export async function startReceiver(): Promise<Receiver> {
  const received: { headers: Record<string, unknown>; body: unknown }[] = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    received.push({ headers: { ...request.headers }, body: JSON.parse(body) });
    response.writeHead(200).end('ok');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`,
    received,
    close,
    [Symbol.asyncDispose]: close,
  };
}
