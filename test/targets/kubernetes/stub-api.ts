import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import {
  type AddressInfo,
  connect,
  createServer as createTcpServer,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubernetesProfile } from '../../../src/domain/request/profile.ts';
import type { ClusterCredentialSource } from '../../../src/targets/kubernetes/api/credentials.ts';
import type { TlsOptions } from '../../../src/targets/kubernetes/api/kubeconfig/credentials-of.ts';
import type { ObjectMeta, RawObject } from '../../../src/targets/kubernetes/api/resources.ts';

/** An object of the stub: whatever a test puts there. */
export interface StubObject {
  readonly metadata: ObjectMeta;
  readonly [member: string]: unknown;
}

/** One request under way, for a test that answers it itself. */
export interface Exchange {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: string;
  /** Answers as the API server would. */
  serve(): void;
  /** Does what was asked, without an answer. */
  apply(): void;
  json(code: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** A `Status` object. */
  status(code: number, message: string, headers?: Readonly<Record<string, string>>): void;
  /** Begins the answer and leaves it open. */
  begin(text?: string): void;
  /** Ends the connection without an answer; what was served before has happened. */
  drop(): void;
}

/** Called in place of the stub's own answer. */
export type Answer = (exchange: Exchange) => void;

/** No answer ever: what a time-out is for. */
export const silence: Answer = () => {};

const KINDS = ['deployments', 'replicasets', 'pods', 'events', 'configmaps', 'secrets', 'serviceaccounts'];
const PATH = /^\/apis?\/(?:apps\/)?v1\/namespaces\/[^/]+\/([a-z]+)(?:\/([^/]+))?$/;
/** A pre-shared key spares a certificate. */
const PSK = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const TLS = { ciphers: 'PSK', minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2' } as const;

/**
 * An API server for tests of what a real one does only now and then: one namespace in memory, with versions, watches,
 * JSON and merge patches. It has no controllers and grants everything.
 */
export class StubApi {
  readonly #objects = new Map<string, StubObject>();
  readonly #watches = new Set<{
    readonly kind: string;
    write(line: string): void;
    end(): void;
    drop(): void;
  }>();
  readonly #planned: { readonly match: RegExp; readonly answer: Answer; left: number }[] = [];
  readonly #sockets = new Set<Socket>();
  #version = 100;
  #server: Server | undefined;
  #folder = '';
  /** Requests in order: `PATCH deployments/orchestrator`; a watch is `WATCH deployments`. */
  readonly asked: string[] = [];
  /** Connections that were ever made. */
  connections = 0;

  /** @param http2 over TLS, for `credentials`; otherwise HTTP/1.1, for `profile`. */
  static async open({ http2 = false }: { readonly http2?: boolean } = {}): Promise<StubApi> {
    const stub = new StubApi();
    const handle = (request: IncomingMessage | Http2ServerRequest, response: AnyResponse) =>
      stub.#receive(request, response);
    const server = http2
      ? createSecureServer({ ...TLS, pskCallback: () => PSK }, handle)
      : createServer(handle as (request: IncomingMessage, response: ServerResponse) => void);
    server.on('connection', (socket: Socket) => {
      stub.connections += 1;
      stub.#sockets.add(socket);
      socket.on('close', () => stub.#sockets.delete(socket));
    });
    stub.#server = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    stub.#folder = await mkdtemp(join(tmpdir(), 'stub-api-'));
    await stub.writeKubeconfig('first');
    return stub;
  }

  get port(): number {
    return (this.#server!.address() as AddressInfo).port;
  }

  get profile(): KubernetesProfile {
    return {
      kubeconfig: join(this.#folder, 'config'),
      namespace: 'phoenix',
      deployment: 'orchestrator',
      container: 'orchestrator',
      pin: 'digest',
      rollout: { deadlineMs: 60_000, crashLoopRestarts: 3 },
    };
  }

  /** What a connection needs to reach the stub over HTTP/2, at another port when something stands between. */
  credentials(port = this.port): ClusterCredentialSource {
    const identity = { psk: PSK, identity: 'test' };
    const options = { ...TLS, pskCallback: () => identity, checkServerIdentity: () => undefined };
    const value = {
      server: `https://127.0.0.1:${port}`,
      headers: {},
      tls: options as TlsOptions,
    };
    return { current: async () => value, renewed: async () => value, reread: async () => undefined };
  }

  /** Credentials in a file, as a worker has them. */
  async writeKubeconfig(token: string): Promise<void> {
    const config = {
      'current-context': 'stub',
      clusters: [
        {
          name: 'stub',
          cluster: { server: `http://127.0.0.1:${this.port}`, 'insecure-skip-tls-verify': true },
        },
      ],
      users: [{ name: 'stub', user: { token } }],
      contexts: [{ name: 'stub', context: { cluster: 'stub', user: 'stub' } }],
    };
    await writeFile(join(this.#folder, 'config'), JSON.stringify(config));
  }

  /**
   * Answers requests that match, `GET pods` for example, by this instead; as a rule the next one only. The plan that
   * was made last comes first.
   */
  on(match: RegExp, answer: Answer, times = 1): void {
    this.#planned.unshift({ match, answer, left: times });
  }

  get(kind: string, name: string): StubObject | undefined {
    return this.#objects.get(`${kind}/${name}`);
  }

  /**
   * Creates or replaces an object, under the next version.
   * @param tell false: the watches do not hear of it, as when the API server lags.
   */
  put(kind: string, object: object, tell = true): StubObject {
    const { metadata } = object as StubObject;
    const key = `${kind}/${metadata.name}`;
    const type = this.#objects.has(key) ? 'MODIFIED' : 'ADDED';
    const stored = { ...object, metadata: { ...metadata, resourceVersion: `${++this.#version}` } };
    this.#objects.set(key, stored);
    if (tell) this.tell(kind, type, stored);
    return stored;
  }

  remove(kind: string, name: string, tell = true): void {
    const object = this.get(kind, name);
    this.#objects.delete(`${kind}/${name}`);
    if (!object || !tell) return;
    const metadata = { ...object.metadata, resourceVersion: `${++this.#version}` };
    this.tell(kind, 'DELETED', { ...object, metadata });
  }

  /** Sends an event to the open watches of a kind. */
  tell(kind: string, type: string, object: unknown): void {
    for (const watch of this.#watches) {
      if (watch.kind === kind) watch.write(`${JSON.stringify({ type, object })}\n`);
    }
  }

  watches(kind = 'deployments'): number {
    return [...this.#watches].filter((watch) => watch.kind === kind).length;
  }

  /** Ends the open watches as the server does when their time is up. */
  endWatches(): void {
    for (const watch of this.#watches) watch.end();
  }

  /** Ends the connections of the open watches without a word. */
  dropWatches(): void {
    for (const watch of this.#watches) watch.drop();
  }

  /** Connections that are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server?.close(resolve));
    await rm(this.#folder, { recursive: true, force: true });
  }

  async #receive(request: IncomingMessage | Http2ServerRequest, response: AnyResponse): Promise<void> {
    response.on('error', () => {});
    const chunks: Buffer[] = [];
    try {
      for await (const chunk of request) chunks.push(chunk as Buffer);
    } catch {
      return;
    }
    const url = new URL(request.url ?? '/', 'http://stub');
    const [, kind = url.pathname.split('/').at(-1) ?? '', name] = PATH.exec(url.pathname) ?? [];
    const isWatch = url.searchParams.has('watch');
    const what = `${isWatch ? 'WATCH' : request.method} ${kind}${name ? `/${name}` : ''}`;
    this.asked.push(what);
    const exchange = this.#exchange(request, response, url, Buffer.concat(chunks).toString(), kind, name);
    const planned = this.#planned.find(({ match, left }) => left > 0 && match.test(what));
    if (planned) {
      planned.left -= 1;
      planned.answer(exchange);
    } else exchange.serve();
  }

  #exchange(
    request: IncomingMessage | Http2ServerRequest,
    response: AnyResponse,
    url: URL,
    body: string,
    kind: string,
    name: string | undefined,
  ): Exchange {
    const { method = 'GET', headers } = request;
    // The two kinds of response differ in types alone.
    const answer = response as ServerResponse;
    const json: Exchange['json'] = (code, value, more = {}) => {
      if (answer.destroyed) return;
      answer.writeHead(code, { 'content-type': 'application/json', ...more });
      answer.end(JSON.stringify(value));
    };
    const exchange: Exchange = {
      method,
      url,
      headers,
      body,
      json,
      status: (code, message, more) => json(code, statusOf(code, message), more),
      serve: () => {
        if (url.searchParams.has('watch')) this.#watch(exchange, answer, kind);
        else json(...this.#answer(exchange, kind, name));
      },
      apply: () => void this.#answer(exchange, kind, name),
      begin(text = '') {
        answer.writeHead(200, { 'content-type': 'application/json' });
        answer.write(text || ' ');
      },
      drop: () => (request as IncomingMessage).socket.destroy(),
    };
    return exchange;
  }

  #watch({ url }: Exchange, answer: ServerResponse, kind: string): void {
    answer.writeHead(200, { 'content-type': 'application/json' });
    answer.flushHeaders?.();
    const watch = {
      kind,
      write: (line: string) => void answer.write(line),
      end: () => void answer.end(),
      drop: () => void answer.socket?.destroy(),
    };
    this.#watches.add(watch);
    answer.on('close', () => this.#watches.delete(watch));
    if (url.searchParams.has('resourceVersion')) return;
    for (const object of this.#all(kind)) watch.write(`${JSON.stringify({ type: 'ADDED', object })}\n`);
  }

  /** Carries out the request. */
  #answer({ method, body }: Exchange, kind: string, name: string | undefined): readonly [number, object] {
    const failure = (code: number, message: string) => [code, statusOf(code, message)] as const;
    if (!KINDS.includes(kind)) {
      const resourceRules = [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }];
      return [201, { status: { resourceRules } }];
    }
    if (method === 'POST') {
      const created = JSON.parse(body) as StubObject;
      if (this.get(kind, created.metadata.name)) return failure(409, 'it exists already');
      const metadata = { ...created.metadata, uid: `uid-of-${created.metadata.name}` };
      return [201, this.put(kind, { ...created, metadata })];
    }
    if (name === undefined) {
      return [200, { metadata: { resourceVersion: `${this.#version}` }, items: this.#all(kind) }];
    }
    const object = this.get(kind, name);
    if (!object) return failure(404, `${kind} "${name}" not found`);
    if (method === 'GET') return [200, object];
    const patched = patch(object, JSON.parse(body));
    return patched ? [200, this.put(kind, patched)] : failure(422, 'the server rejected our request');
  }

  #all(kind: string): StubObject[] {
    return [...this.#objects].filter(([key]) => key.startsWith(`${kind}/`)).map(([, object]) => object);
  }
}

function statusOf(code: number, message: string): object {
  return { kind: 'Status', status: 'Failure', code, message };
}

type AnyResponse = ServerResponse | Http2ServerResponse;
type Operation = { readonly op: string; readonly path: string; readonly value: unknown };

/** The object as a JSON Patch or a merge patch leaves it; undefined when a test of it fails. */
function patch(object: StubObject, change: readonly Operation[] | RawObject): StubObject | undefined {
  if (!Array.isArray(change)) return merged(object as never, change as RawObject) as never;
  const result = structuredClone(object);
  for (const { op, path, value } of change as readonly Operation[]) {
    const keys = path
      .split('/')
      .slice(1)
      .map((key) => key.replaceAll('~1', '/'));
    const last = keys.pop() ?? '';
    const parent = keys.reduce<unknown>((at, key) => (at as Record<string, unknown>)?.[key], result);
    if (!parent) return undefined;
    const member = parent as Record<string, unknown>;
    if (op !== 'test') member[last] = value;
    else if ((member[last] ?? null) !== value) return undefined;
  }
  const generation = (object.metadata.generation ?? 0) + 1;
  return { ...result, metadata: { ...result.metadata, generation } };
}

/** RFC 7396. */
function merged(into: RawObject, change: RawObject): RawObject {
  const result = { ...into };
  for (const [key, value] of Object.entries(change)) {
    if (value === null) delete result[key];
    else if (typeof value === 'object' && !Array.isArray(value)) {
      result[key] = merged((result[key] ?? {}) as RawObject, value);
    } else result[key] = value;
  }
  return result;
}

/** A TCP proxy whose connections can die without a sign, as behind a NAT that forgot them. */
export async function openProxy(to: number) {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createTcpServer((socket) => {
    const upstream = connect(to, '127.0.0.1');
    const pair = [socket, upstream] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, pair.toReversed() as unknown as typeof pair]) {
      one.on('data', (data) => void other.write(data));
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    /** What is sent on the connections of now gets nowhere; new ones work. */
    swallow() {
      for (const socket of [...pairs].flat()) {
        socket.removeAllListeners('data');
        socket.on('data', () => {});
      }
    },
    async close() {
      for (const socket of [...pairs].flat()) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
