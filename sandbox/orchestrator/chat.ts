import { randomUUID } from 'node:crypto';
import type { AgentTable } from './agents.ts';
import type { Behaviour } from './behaviour.ts';
import type { MetricsRegistry } from './metrics.ts';
import type { Provider } from './provider.ts';

/** How a chat ends. `agent-fails` runs the real circuit breaker; the codes are answered as they are. */
export type ChatOutcome =
  | 'success'
  | 'output-null'
  | 'output-empty'
  | 'output-error'
  | 'cached'
  | 'agent-fails'
  | ChatErrorCode;

type ChatErrorCode = 'planning_failed' | 'execution_failed' | 'agent_unavailable' | 'internal';

interface Outcome {
  readonly output: string | null;
  readonly error: { readonly code: ChatErrorCode; readonly message: string; readonly details: null } | null;
}

const MESSAGES: Readonly<Record<ChatErrorCode, string>> = {
  planning_failed: 'Agent is not registered',
  execution_failed: 'Invalid agent response: Invalid JSON from agent',
  agent_unavailable: 'llm_router_agent is cooling down',
  internal: 'Failed to record plan state',
};

/** The chat request, checked as the service's deserializer does. */
export interface ChatRequest {
  readonly message: string;
  readonly correlationId?: string;
}

/** @throws Error with the deserializer's words when the body is not a chat request: HTTP 400. */
export function parseChatRequest(text: string): ChatRequest {
  const body: unknown = JSON.parse(text);
  if (typeof body !== 'object' || body === null || Array.isArray(body))
    throw new Error('invalid type: expected struct');
  const { message, correlation_id: id } = body as Record<string, unknown>;
  if (typeof message !== 'string') throw new Error('missing field `message` at line 1 column 2');
  if (id === undefined || id === null) return { message };
  const digits = typeof id === 'string' ? id.replace(/^urn:uuid:|[-{}]/gi, '').toLowerCase() : '';
  if (!/^[0-9a-f]{32}$/.test(digits))
    throw new Error('UUID parsing failed: invalid character at line 1 column 40');
  return { message, correlationId: digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5') };
}

/** Plans and executes chats: one per instance, with the counters of the service (service contract, 4.2 and 6.2). */
export class Planner {
  readonly #agents: AgentTable;
  readonly #metrics: MetricsRegistry;
  readonly #provider: Provider | undefined;
  #chats = 0;

  constructor(agents: AgentTable, metrics: MetricsRegistry, provider?: Provider) {
    this.#agents = agents;
    this.#metrics = metrics;
    this.#provider = provider;
  }

  /** The body of `/api/v1/chat`, counted and recorded. */
  answer(request: ChatRequest, behaviour: Behaviour): string {
    const { output, error } = this.run(request.message, behaviour);
    const known = request.correlationId ?? randomUUID();
    const id = behaviour.chat.correlation === 'other' ? randomUUID() : known;
    return JSON.stringify({
      api_version: 'v1',
      ...(behaviour.chat.correlation === 'missing' ? {} : { correlation_id: id }),
      status: error ? 'error' : 'success',
      plan_id: randomUUID(),
      output,
      error,
    });
  }

  /** One plan from message to outcome. */
  run(message: string, behaviour: Behaviour): Outcome {
    const metrics = this.#metrics;
    const agent = /git|commit/i.test(message) ? 'git_agent' : 'llm_router_agent';
    metrics.count('orchestrator_plan_started_total');
    const outcome = this.#conclude(agent, behaviour);
    const code = typeof outcome === 'string' ? outcome : undefined;
    if (!code) metrics.count('orchestrator_plan_succeeded_total');
    else if (code !== 'internal') metrics.count('orchestrator_plan_failed_total');
    if (code) return { output: null, error: { code, message: MESSAGES[code], details: null } };
    return { output: JSON.stringify(outcome), error: null };
  }

  #conclude(agent: string, behaviour: Behaviour): ChatErrorCode | object | null {
    this.#chats += 1;
    const { failsEvery } = behaviour.chat;
    const isOneThatFails = failsEvery !== undefined && this.#chats % failsEvery === 0;
    const own = isOneThatFails ? 'execution_failed' : behaviour.chat.outcome;
    const outcome = this.#provider?.isUp() === false ? 'agent-fails' : own;
    if (outcome === 'planning_failed' || outcome === 'agent_unavailable' || outcome === 'internal')
      return outcome;
    if (agent === 'git_agent' && outcome === 'success')
      return this.#called(agent, behaviour, text('error', 'LLM Call Failed: no repository'));
    if (outcome === 'agent-fails' && this.#agents.isOpen(agent)) return 'agent_unavailable';
    if (outcome === 'agent-fails' || outcome === 'execution_failed') return this.#failed(agent, behaviour);
    return this.#called(agent, behaviour, result(outcome));
  }

  #failed(agent: string, behaviour: Behaviour): ChatErrorCode {
    this.#metrics.count('orchestrator_task_started_total');
    this.#metrics.count('agent_call_failures_total', behaviour.chat.attempts);
    for (let attempt = 0; attempt < behaviour.chat.attempts; attempt += 1)
      this.#metrics.observe('agent_call_duration_seconds', 0.05);
    this.#metrics.observe('orchestrator_task_duration_seconds', 4.1);
    this.#agents.failed(agent, behaviour.agents);
    return 'execution_failed';
  }

  #called(agent: string, behaviour: Behaviour, output: object | null): object | null {
    // Generation B sends LLM calls past the agent path: no task, no agent metrics, no row.
    if (behaviour.generation === 'A' || agent === 'git_agent') {
      const seconds = behaviour.chat.taskSeconds ?? 0.8 + Math.random() / 10;
      this.#metrics.count('orchestrator_task_started_total');
      this.#metrics.observe('agent_call_duration_seconds', seconds);
      this.#metrics.observe('orchestrator_task_duration_seconds', seconds + 0.003);
      this.#agents.succeeded(agent);
    }
    return output;
  }
}

function text(type: string, data: string, metadata: object | null = null): object {
  return { output_type: type, data, metadata };
}

function result(outcome: ChatOutcome): object | null {
  if (outcome === 'output-null') return null;
  if (outcome === 'output-empty') return text('text', '');
  if (outcome === 'output-error') return text('error', 'LLM Call Failed: provider answered 401 Unauthorized');
  if (outcome !== 'cached') return text('text', 'pong');
  const cached = { provider: 'openrouter', model: 'anthropic/claude-3.5-sonnet', cached: true };
  return text('text', 'pong', { ...cached, cached_at: new Date(Date.now() - 60_000).toISOString() });
}
