/** What the tests of this room need around them: servers that answer as told, and ways to check what was asked. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Agent, type Dispatcher } from 'undici';
import { expect, onTestFinished } from 'vitest';
import type { RunbookError } from '../../src/domain/errors.ts';
import {
  createRegistryClient,
  noCredentials,
  type RegistryClientOptions,
  type RegistryCredentialSource,
  type RegistryCredentials,
} from '../../src/registry/index.ts';
import { server } from '../checks/surroundings.ts';

export { nobody } from '../checks/surroundings.ts';

export const { signal } = new AbortController();

/** A request as a server got it. */
export interface Seen {
  readonly method: string;
  /** Path with query. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly accept: string | undefined;
  readonly body: string;
}

export type Play = (seen: Seen, response: ServerResponse) => unknown;

/** A server that answers as told and keeps what it was asked. */
export async function played(play: Play) {
  const seen: Seen[] = [];
  const url = await server(async (request, response) => {
    const one = await toSeen(request);
    seen.push(one);
    await play(one, response);
  });
  const registry = new URL(url).host;
  return { url, registry, repository: { registry, repository: 'phoenix/orchestrator' }, seen };
}

async function toSeen(request: IncomingMessage): Promise<Seen> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  const { authorization, accept } = request.headers;
  const body = Buffer.concat(chunks).toString();
  return { method: request.method ?? '', path: request.url ?? '', authorization, accept, body };
}

/** Answers with JSON. */
export function json(response: ServerResponse, status: number, value: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
}

export function client(options: Partial<RegistryClientOptions> = {}) {
  return createRegistryClient({ credentials: noCredentials, timeoutMs: 5000, ...options });
}

/** A source that has these credentials for every registry. */
export function withLogin(found: RegistryCredentials): RegistryCredentialSource {
  return { find: async () => found };
}

/** The error that a promise ends with. */
export const failure = (promise: Promise<unknown>): Promise<RunbookError> =>
  promise.then(
    (value) => expect.fail(`expected an error, got ${JSON.stringify(value)}`),
    (error: RunbookError) => error,
  );

/** Connections by origin to servers of the test, in place of a name service and certificates. */
export function routed(routes: Readonly<Record<string, string>>): Dispatcher {
  const agent = new Agent();
  onTestFinished(() => agent.destroy());
  return agent.compose((dispatch) => (options, handler) => {
    const to = routes[String(options.origin)];
    if (to === undefined) throw new Error(`nobody should ask ${options.origin}`);
    return dispatch({ ...options, origin: to }, handler);
  });
}
