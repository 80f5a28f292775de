import { createServer, type Server } from 'node:net';
import { ProcessEnded } from './processes/while-running.ts';

/** Below the range from which systems take the ports of outgoing connections: none of those comes in between. */
const [FIRST, LAST] = [20_000, 32_000];
const ATTEMPTS = 50;
/**
 * Given out by this process, the oldest first. Who asked may not listen there yet: a container starts seconds later, and
 * a service that is down for a moment wants its port back.
 */
const given = new Set<number>();
/** So many that the first is long done with, so few that enough are left. */
const REMEMBERED = 4_000;

/** Free ports on 127.0.0.1, none of which this process was given before. */
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
    const port = FIRST + Math.floor(Math.random() * (LAST - FIRST));
    if (given.has(port)) continue;
    remember(port);
    const server = createServer();
    const held = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (held) return server;
  }
  throw new Error(`no free port among ${ATTEMPTS} tried between ${FIRST} and ${LAST}`);
}

function remember(port: number): void {
  given.add(port);
  const [oldest] = given;
  if (given.size > REMEMBERED && oldest !== undefined) given.delete(oldest);
}
