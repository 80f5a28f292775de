import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A language model that every release asks. */
export interface DemoProvider extends AsyncDisposable {
  readonly url: string;
  /** From now on it answers 503: a fault of no release. */
  fail(): void;
}

/** Starts the provider on a loopback port. */
export async function startProvider(): Promise<DemoProvider> {
  let status = 200;
  const server = createServer((_, response) => void response.writeHead(status).end());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    fail() {
      status = 503;
    },
    [Symbol.asyncDispose]: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
