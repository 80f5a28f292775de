import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { freePorts } from '../../tools/ports.ts';
import type { Fault, Intercepted, Match, SeenRequest, WholeResponse } from './fault.ts';
import { openUpstream, passedOn, wholeAnswer } from './upstream.ts';

/** A rule that was given to a proxy. */
export interface ActiveRule {
  /** Requests that its fault was done to, oldest first. */
  readonly hits: readonly SeenRequest[];
  remove(): void;
}

/** A server on the loopback interface that stands in front of a real one and hurts chosen requests. */
export interface FaultProxy extends AsyncDisposable {
  readonly url: string;
  /** Everything that was received, oldest first. */
  readonly requests: readonly SeenRequest[];
  /** Errors of faults themselves, as of what was called before a request: a test that has one has proved nothing. */
  readonly problems: readonly unknown[];
  /** From now on the fault is done to the requests that match; of several rules the one given first counts. */
  rule(match: Match, fault: Fault): ActiveRule;
  /** Ends all rules and refuses nobody any more. */
  heal(): Promise<void>;
  close(): Promise<void>;
}

export interface FaultProxyOptions {
  /** Base address of the real server, http or https. */
  readonly upstream: string;
  /** Certificate that an https server is trusted by. */
  readonly ca?: string;
  /** Where it listens. Default: a free port of 127.0.0.1. */
  readonly host?: string;
  readonly port?: number;
}

interface Rule {
  readonly match: Match;
  readonly fault: Fault;
  readonly hits: SeenRequest[];
  matched: number;
}

/** Starts the proxy, which speaks plain HTTP/1.1. Without rules it passes everything on, streams included. */
export async function startFaultProxy(options: FaultProxyOptions): Promise<FaultProxy> {
  const { host = '127.0.0.1' } = options;
  const [freePort = 0] = options.port === undefined ? await freePorts(1) : [];
  const port = options.port ?? freePort;
  const upstream = openUpstream(options.upstream, options.ca);
  const requests: SeenRequest[] = [];
  const problems: unknown[] = [];
  const rules: Rule[] = [];
  const sockets = new Set<Socket>();
  let back: NodeJS.Timeout | undefined;

  const server = createServer(async (incoming, response) => {
    const request = await read(incoming).catch(() => undefined);
    if (!request) return;
    requests.push(request);
    const fault = faultFor(rules, request);
    const intercepted = intercept(request, incoming.socket, response);
    try {
      await (fault ? fault(intercepted) : intercepted.pass());
    } catch (error) {
      // The real server is gone, or the client is (errors with a code): the other side sees a broken connection.
      if (!(error instanceof Error && 'code' in error)) problems.push(error);
      if (!response.writableEnded) incoming.socket.destroy();
    }
  });
  server.requestTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  const listen = () =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  const stop = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };

  const goDown = (ms: number) => {
    stop();
    clearTimeout(back);
    back = setTimeout(() => void listen(), ms);
  };

  function intercept(request: SeenRequest, socket: Socket, response: ServerResponse): Intercepted {
    return {
      request,
      socket,
      response,
      ask: async () => wholeAnswer(await upstream.send(request)),
      async pass(change = (piece) => piece) {
        const gone = new AbortController();
        response.once('close', () => gone.abort());
        const answer = await upstream.send(request, gone.signal);
        response.writeHead(answer.statusCode ?? 502, passedOn(answer.headers));
        response.flushHeaders();
        for await (const piece of answer) {
          if (response.writableEnded) return;
          response.write(change(piece as Buffer));
        }
        response.end();
      },
      reply({ status, headers, body }: WholeResponse) {
        response.writeHead(status, { ...headers, 'content-length': body.length } as never).end(body);
      },
      goDown,
    };
  }

  await listen();
  const close = async () => {
    clearTimeout(back);
    stop();
    upstream.close();
  };
  return {
    url: `http://${host}:${port}`,
    requests,
    problems,
    rule(match, fault) {
      const rule: Rule = { match, fault, hits: [], matched: 0 };
      rules.push(rule);
      return {
        hits: rule.hits,
        remove: () => void (rules.includes(rule) && rules.splice(rules.indexOf(rule), 1)),
      };
    },
    async heal() {
      rules.splice(0);
      clearTimeout(back);
      if (!server.listening) await listen();
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function read(incoming: IncomingMessage): Promise<SeenRequest> {
  const pieces: Buffer[] = [];
  for await (const piece of incoming) pieces.push(piece as Buffer);
  const { method = 'GET', url = '/', headers } = incoming;
  return { at: Date.now(), method, path: url, headers, body: Buffer.concat(pieces) };
}

/** Counts the request with every rule that it matches; the first rule whose turn it is has it. */
function faultFor(rules: readonly Rule[], request: SeenRequest): Fault | undefined {
  let found: Fault | undefined;
  for (const rule of rules) {
    const { method, path, skip = 0, times = Infinity } = rule.match;
    if (method !== undefined && method !== request.method) continue;
    if (path !== undefined && !path.test(request.path)) continue;
    rule.matched += 1;
    if (found || rule.matched <= skip || rule.matched > skip + times) continue;
    rule.hits.push(request);
    found = rule.fault;
  }
  return found;
}
