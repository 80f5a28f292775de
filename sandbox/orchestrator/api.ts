import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { AgentTable } from './agents.ts';
import { isAuthorised, type OrchestratorAuth } from './auth.ts';
import type { Behaviour, Reply } from './behaviour.ts';
import { type ChatRequest, type Planner, parseChatRequest } from './chat.ts';
import type { MetricsRegistry } from './metrics.ts';
import { PAGE } from './page.ts';

/** Sent with every answer of the API port (service contract, 2.4). */
const SECURITY_HEADERS = {
  'x-frame-options': 'DENY',
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};
/** Body limits in bytes: generation A refuses with 413, B is generous. */
const BODY_LIMIT = { A: 2 * 1024 * 1024, B: 50 * 1024 * 1024 };

/** What the routes work with. `behaviour` and `startedAt` change while the instance runs. */
export interface ApiState {
  behaviour: Behaviour;
  startedAt: number;
  readonly auth: OrchestratorAuth;
  readonly agents: AgentTable;
  readonly metrics: MetricsRegistry;
  readonly planner: Planner;
}

/** Answers one request of the API port; `body` has been read already. */
export async function answerApi(
  state: ApiState,
  request: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): Promise<void> {
  const path = (request.url ?? '/').split('?')[0] ?? '/';
  const { behaviour } = state;
  const allowed = isAuthorised(state.auth, request.headers.authorization);
  const unauthorised: Reply = { status: 401, body: '' };
  switch (path) {
    case '/health':
      if (request.method === 'HEAD') return send(response, { status: 404, body: '' });
      if (request.method !== 'GET') return send(response, wrongMethod());
      return send(response, allowed ? await health(state) : unauthorised);
    case '/api/v1/agents':
      if (request.method !== 'GET') return send(response, wrongMethod());
      return send(response, allowed ? agents(state) : unauthorised);
    case '/api/v1/chat':
    case '/api/chat': {
      if (path === '/api/chat' && behaviour.generation === 'B')
        return send(response, request.method === 'GET' ? { status: 404, body: '' } : wrongMethod());
      if (request.method === 'GET' || request.method === 'HEAD')
        return send(response, { status: 404, body: '' });
      if (request.method !== 'POST') return send(response, wrongMethod());
      // The body is extracted before the token is looked at: bad JSON is 400 even without one.
      const chat = readChat(request, body, behaviour);
      if ('status' in chat) return send(response, chat);
      if (!allowed) return send(response, unauthorised);
      return send(response, await (path === '/api/chat' ? legacyChat(state, chat) : v1Chat(state, chat)));
    }
    case '/':
    case '/index.html':
      return send(response, { status: 200, body: PAGE, contentType: 'text/html; charset=utf-8' });
    case '/ws':
      return send(response, allowed ? { status: 400, body: '' } : { ...json('"Unauthorized"'), status: 401 });
    default:
      return send(response, { status: 404, body: '' });
  }
}

async function health(state: ApiState): Promise<Reply> {
  const { health: play, start } = state.behaviour;
  state.metrics.count('http_requests_total_health');
  if (play.delayMs > 0) await delay(play.delayMs, undefined, { ref: false });
  if (Date.now() - state.startedAt < start.readyAfterMs) return { status: 503, body: '' };
  return (
    play.reply ??
    json(JSON.stringify({ status: play.status, llm_provider: play.provider, llm_model: play.model }))
  );
}

function agents(state: ApiState): Reply {
  state.metrics.count('http_requests_total_agents_v1');
  return state.behaviour.agents.reply ?? json(state.agents.answer(state.behaviour.agents));
}

async function v1Chat(state: ApiState, request: ChatRequest): Promise<Reply> {
  state.metrics.count('http_requests_total_chat_v1');
  const { behaviour } = state;
  if (behaviour.chat.delayMs > 0) await delay(behaviour.chat.delayMs, undefined, { ref: false });
  return behaviour.chat.reply ?? json(state.planner.answer(request, behaviour));
}

async function legacyChat(state: ApiState, request: ChatRequest): Promise<Reply> {
  state.metrics.count('http_requests_total_chat_legacy');
  const { output, error } = state.planner.run(request.message, state.behaviour);
  return json(
    JSON.stringify({ status: error ? 'error' : 'success', output: error ? error.message : output }),
  );
}

function readChat(request: IncomingMessage, body: Buffer, behaviour: Behaviour): ChatRequest | Reply {
  if (body.length > BODY_LIMIT[behaviour.generation])
    return { status: 413, body: 'JSON payload is too large', contentType: 'text/plain; charset=utf-8' };
  try {
    if (!request.headers['content-type']?.startsWith('application/json'))
      throw new Error('Content type error');
    return parseChatRequest(body.toString('utf8'));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (behaviour.generation === 'A')
      return {
        status: 400,
        body: `Json deserialize error: ${reason}`,
        contentType: 'text/plain; charset=utf-8',
      };
    const details = `JSON payload error: ${reason}`;
    return { ...json(JSON.stringify({ error: 'Invalid JSON payload', details })), status: 400 };
  }
}

function json(body: string): Reply {
  return { status: 200, body, contentType: 'application/json' };
}

function wrongMethod(): Reply {
  return {
    status: 405,
    body: 'Request did not meet this resource',
    contentType: 'text/plain; charset=utf-8',
  };
}

function send(response: ServerResponse, reply: Reply): void {
  response.writeHead(reply.status, {
    ...SECURITY_HEADERS,
    ...(reply.contentType ? { 'content-type': reply.contentType } : {}),
    ...reply.headers,
  });
  response.end(reply.body);
}
