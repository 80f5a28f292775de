import { createServer, request } from 'node:http';
import { until } from '../../tools/until.ts';
import type { BehaviourWish, Orchestrator, RecordedRequest } from './index.ts';

/** What a sandbox may do with a stand-in that runs elsewhere. */
export interface OrchestratorControl {
  set(behaviour: BehaviourWish): Promise<void>;
  requests(): Promise<readonly RecordedRequest[]>;
}

/** A test waits no longer than this for its own process. */
const TIMEOUT_MS = 5_000;

/** Lets whoever may open the socket (its folder belongs to the sandbox alone) control this stand-in. */
export async function serveControl(socketPath: string, orchestrator: Orchestrator): Promise<void> {
  const server = createServer(async (incoming, response) => {
    let body = '';
    for await (const part of incoming) body += part;
    try {
      if (incoming.method === 'PUT') await orchestrator.set(JSON.parse(body) as BehaviourWish);
      response.end(JSON.stringify(incoming.method === 'GET' ? orchestrator.requests() : null));
    } catch (error) {
      response.writeHead(400).end(error instanceof Error ? error.message : String(error));
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(socketPath, resolve);
  });
}

/** The other end of `serveControl`. */
export function controlThrough(socketPath: string): OrchestratorControl {
  return {
    set: async (behaviour) => void (await askOnceUp(socketPath, 'PUT', JSON.stringify(behaviour))),
    requests: async () => JSON.parse(await askOnceUp(socketPath, 'GET')) as RecordedRequest[],
  };
}

/** A process that was just started opens its socket a moment later. */
function askOnceUp(socketPath: string, method: string, body?: string): Promise<string> {
  const notYet = (error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT' && error.code !== 'ECONNREFUSED') throw error;
    return undefined;
  };
  return until(`the stand-in behind ${socketPath}`, () => ask(socketPath, method, body).catch(notYet), {
    withinMs: TIMEOUT_MS,
    everyMs: 10,
  });
}

function ask(socketPath: string, method: string, body?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method, path: '/', timeout: TIMEOUT_MS }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => {
        text += part;
      });
      response.on('error', reject);
      response.on('end', () => {
        if (response.statusCode === 200) resolve(text);
        else reject(new Error(`the stand-in refused: ${text}`));
      });
    });
    call.on('timeout', () => call.destroy(new Error(`the stand-in did not answer within ${TIMEOUT_MS} ms`)));
    call.on('error', reject);
    call.end(body);
  });
}
