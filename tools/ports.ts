import { createServer, type Server } from 'node:net';

/** Below the range from which systems take the ports of outgoing connections: none of those comes in between. */
const [FIRST, LAST] = [20_000, 32_000];
const ATTEMPTS = 50;

/** Free ports on 127.0.0.1. All are held until the last is known, so that they differ. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => hold()));
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

async function hold(): Promise<Server> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const server = createServer();
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    const held = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (held) return server;
  }
  throw new Error(`no free port among ${ATTEMPTS} tried between ${FIRST} and ${LAST}`);
}
