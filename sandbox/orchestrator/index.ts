import type { IncomingMessage } from 'node:http';
import { AgentTable } from './agents.ts';
import { type ApiState, answerApi } from './api.ts';
import type { OrchestratorAuth } from './auth.ts';
import { type BehaviourWish, resolveBehaviour } from './behaviours.ts';
import { Planner } from './chat.ts';
import { type Listener, listen } from './listener.ts';
import { MetricsRegistry } from './metrics.ts';
import type { Provider } from './provider.ts';

export type { OrchestratorAuth } from './auth.ts';
export type { Behaviour, BehaviourChange } from './behaviour.ts';
export {
  BEHAVIOURS,
  type BehaviourName,
  type BehaviourWish,
  parseBehaviour,
  resolveBehaviour,
} from './behaviours.ts';

/** A request that the stand-in received, on either port. */
export interface RecordedRequest {
  readonly at: number;
  readonly port: 'api' | 'metrics';
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** First 64 KB of the body. */
  readonly body: string;
}

export interface OrchestratorOptions {
  readonly behaviour?: BehaviourWish;
  readonly apiPort?: number;
  readonly metricsPort?: number;
  /** Address to listen on; 127.0.0.1 without it. */
  readonly host?: string;
  readonly auth?: OrchestratorAuth;
  /** Which instance of a Deployment this is, from 0: for behaviours in which instances disagree. */
  readonly instance?: number;
  /** The language model behind it: while it is down every agent call fails, whatever the release. */
  readonly provider?: Provider;
  /** Called when the behaviour ends the program; both ports are closed by then. */
  readonly onExit?: (code: number) => void;
}

/** A running stand-in. */
export interface Orchestrator {
  readonly url: string;
  readonly metricsUrl: string;
  /** Switches the behaviour at once; counters and agent rows stay, as in a process that goes on. */
  set(behaviour: BehaviourWish): Promise<void>;
  requests(): readonly RecordedRequest[];
  close(): Promise<void>;
}

/** Older requests are forgotten beyond this many. */
const RECORDED = 2_000;

/**
 * Starts the stand-in master orchestrator in this process: API and metrics ports as in the service contract.
 * @throws Error when a port is taken or the behaviour unknown.
 */
export async function startOrchestrator(options: OrchestratorOptions = {}): Promise<Orchestrator> {
  const host = options.host ?? '127.0.0.1';
  const instance = options.instance ?? 0;
  const agents = new AgentTable();
  const metrics = new MetricsRegistry();
  const state: ApiState = {
    behaviour: resolveBehaviour(options.behaviour ?? 'good', instance),
    startedAt: Date.now(),
    auth: options.auth ?? { mode: 'none' },
    agents,
    metrics,
    planner: new Planner(agents, metrics, options.provider),
  };
  const seen: RecordedRequest[] = [];
  const record = (
    port: 'api' | 'metrics',
    { method = '', url = '', headers }: IncomingMessage,
    body: Buffer,
  ) => {
    const text = body.toString('utf8', 0, 65_536);
    seen.push({ at: Date.now(), port, method, path: url, headers, body: text });
    if (seen.length > RECORDED) seen.shift();
  };

  const api = await listen(host, options.apiPort ?? 0, (request, body, response) => {
    record('api', request, body);
    return answerApi(state, request, body, response);
  });
  let exposition: Listener;
  try {
    exposition = await listen(host, options.metricsPort ?? 0, (request, body, response) => {
      record('metrics', request, body);
      if (request.url === '/health') return void response.end('OK');
      const { reply } = state.behaviour.metrics;
      if (reply) {
        response.writeHead(reply.status, reply.contentType ? { 'content-type': reply.contentType } : {});
        return void response.end(reply.body);
      }
      response.end(metrics.render(state.behaviour.metrics));
    });
  } catch (error) {
    await api.close();
    throw error;
  }

  let traffic: NodeJS.Timeout | undefined;
  let exit: NodeJS.Timeout | undefined;
  const close = async () => {
    clearInterval(traffic);
    clearTimeout(exit);
    await Promise.all([api.close(), exposition.close()]);
  };
  const play = async () => {
    const { start, trafficEveryMs } = state.behaviour;
    const endsAtOnce = start.exitCode !== undefined && start.exitAfterMs === 0;
    clearInterval(traffic);
    clearTimeout(exit);
    await Promise.all([
      start.api && !endsAtOnce ? api.open() : api.close(),
      start.metrics && !endsAtOnce ? exposition.open() : exposition.close(),
    ]);
    if (trafficEveryMs > 0)
      traffic = setInterval(() => {
        state.metrics.count('http_requests_total_chat_v1');
        state.planner.run('a user asks', state.behaviour);
      }, trafficEveryMs).unref();
    const { exitCode } = start;
    if (exitCode !== undefined)
      exit = setTimeout(() => void close().then(() => options.onExit?.(exitCode)), start.exitAfterMs);
  };
  await play();

  return {
    url: `http://${host}:${api.port}`,
    metricsUrl: `http://${host}:${exposition.port}/metrics`,
    set: async (wish) => {
      state.behaviour = resolveBehaviour(wish, instance);
      state.startedAt = Date.now();
      agents.rewind();
      metrics.rewind();
      await play();
    },
    requests: () => [...seen],
    close,
  };
}
