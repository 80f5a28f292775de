import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A registry that can hang: then whoever pulls waits for the contents of an image for ever. */
export interface SlowRegistry {
  /** `127.0.0.1:<port>` */
  readonly address: string;
  /** Resolves when somebody waits. */
  readonly asked: Promise<void>;
  hang(): void;
  /** It is as quick as the one behind it again. */
  mend(): void;
}

/** Stands in front of a real registry until the test is over. */
export async function slowRegistry(behind: string): Promise<SlowRegistry> {
  let slow = false;
  let tell = () => {};
  const asked = new Promise<void>((resolve) => {
    tell = resolve;
  });
  const server = createServer((incoming, answer) => {
    const { method, url = '', headers } = incoming;
    if (slow && /\/blobs\/sha256:/.test(url)) return tell();
    const outgoing = request(new URL(url, behind), { method, headers }, (response) => {
      answer.writeHead(response.statusCode ?? 500, response.headers);
      response.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    asked,
    hang() {
      slow = true;
    },
    mend() {
      slow = false;
    },
  };
}
