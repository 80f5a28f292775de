import { createServer, type Server } from 'node:net';
import { ProcessEnded } from './processes/while-running.ts';

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

/**
 * Starts something on free ports. Another program may take one before ours listens there, and ours ends: it is then
 * started once more, on others.
 */
export async function onFreePorts<T>(
  count: number,
  start: (ports: readonly number[]) => Promise<T>,
): Promise<T> {
  try {
    return await start(await freePorts(count));
  } catch (error) {
    if (!(error instanceof ProcessEnded)) throw error;
    return start(await freePorts(count));
  }
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
