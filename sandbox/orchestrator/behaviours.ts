import { type Behaviour, type BehaviourChange, changed, GOOD } from './behaviour.ts';

const HTML = '<!doctype html><title>Welcome</title><p>It works.</p>';
const ROUTER = 'llm_router_agent';

/** Every behaviour by its name (service contract, 10). */
export const BEHAVIOURS = {
  good: {},
  /** Generation B: `/api/v1/agents` never gets a row for the LLM agent, no agent metrics, no legacy chat. */
  'good-b': { generation: 'B' },
  /** While users chat: what its config breaks shows without any probe of ours. */
  'good-under-traffic': { trafficEveryMs: 250 },

  'agents-fail': { chat: { outcome: 'agent-fails' } },
  /** As above while users go on chatting: counters rise and the circuit opens without any probe of ours. */
  'agents-fail-under-traffic': { chat: { outcome: 'agent-fails' }, trafficEveryMs: 250 },
  /** Agents log into their own answers: no chat succeeds unless RUST_LOG=warn (service contract, 4.7). */
  'chatty-agents': { chat: { outcome: 'execution_failed' } },

  'health-wrong-provider': { health: { provider: 'ollama', model: 'llama3' } },
  'health-unknown-model': { health: { model: 'unknown' } },
  'health-401': { health: { reply: { status: 401, body: '' } } },
  'health-503': { health: { reply: { status: 503, body: 'unavailable', contentType: 'text/plain' } } },
  'health-html': { health: { reply: { status: 200, body: HTML, contentType: 'text/html' } } },
  'health-metrics-text': {
    health: {
      reply: {
        status: 200,
        body: '# TYPE http_requests_total_health counter\nhttp_requests_total_health 3\n\n',
      },
    },
  },
  'health-not-ok': { health: { status: 'degraded' } },
  'health-slow': { health: { delayMs: 5_000 } },

  'crash-exit-0': { start: { exitCode: 0 } },
  'crash-exit-1': { start: { exitCode: 1 } },
  /** Serves for a moment, then ends. */
  'crash-later': { start: { exitCode: 1, exitAfterMs: 400 } },
  'never-ready': { health: { reply: { status: 503, body: '' } } },
  'slow-ready': { start: { readyAfterMs: 3_000 } },
  'port-refused': { start: { api: false } },

  /** A part of the chats fails, and what succeeds takes long. */
  'chat-third-fails': { chat: { failsEvery: 3 } },
  'chat-third-fails-under-traffic': { chat: { failsEvery: 3 }, trafficEveryMs: 250 },
  'tasks-take-long': { chat: { taskSeconds: 6 } },

  'chat-output-null': { chat: { outcome: 'output-null' } },
  'chat-empty-data': { chat: { outcome: 'output-empty' } },
  'chat-output-error': { chat: { outcome: 'output-error' } },
  'chat-cached': { generation: 'B', chat: { outcome: 'cached' } },
  'chat-planning-failed': { chat: { outcome: 'planning_failed' } },
  'chat-execution-failed': { chat: { outcome: 'execution_failed' } },
  'chat-agent-unavailable': { chat: { outcome: 'agent_unavailable' } },
  'chat-internal': { chat: { outcome: 'internal' } },
  'chat-other-correlation': { chat: { correlation: 'other' } },
  'chat-no-correlation': { chat: { correlation: 'missing' } },
  'chat-html': { chat: { reply: { status: 200, body: HTML, contentType: 'text/html' } } },
  'chat-400-a': {
    chat: {
      reply: {
        status: 400,
        body: 'Json deserialize error: missing field `message` at line 1 column 2',
        contentType: 'text/plain; charset=utf-8',
      },
    },
  },
  'chat-400-b': {
    generation: 'B',
    chat: {
      reply: {
        status: 400,
        body: '{"error":"Invalid JSON payload","details":"JSON payload error: missing field `message`"}',
        contentType: 'application/json',
      },
    },
  },
  'chat-401': { chat: { reply: { status: 401, body: '' } } },
  'chat-429': {
    chat: {
      reply: { status: 429, body: 'Rate limit exceeded. Try again in 1 seconds', contentType: 'text/plain' },
    },
  },
  'chat-503': { chat: { reply: { status: 503, body: HTML, contentType: 'text/html' } } },
  'chat-huge': {
    chat: {
      reply: { status: 200, body: `{"output":"${'x'.repeat(8 << 20)}"}`, contentType: 'application/json' },
    },
  },
  'chat-slow': { chat: { delayMs: 32_000 } },

  'agents-empty': { agents: { responses: [[]] } },
  'agents-healthy': { agents: { responses: [[{ id: ROUTER, health: 'healthy' }]] } },
  'agents-degraded-stable': { agents: { responses: [[{ id: ROUTER, health: 'degraded', failures: 1 }]] } },
  'agents-degraded-rising': {
    agents: {
      failureThreshold: 99,
      responses: Array.from({ length: 40 }, (_, index) => [
        { id: ROUTER, health: 'degraded' as const, failures: index + 1 },
      ]),
    },
  },
  /** Open circuit, then its deadline has passed, then one success. */
  'agents-recovering': {
    agents: {
      responses: [
        [{ id: ROUTER, health: 'unhealthy', failures: 5, circuitOpenInMs: 30_000 }],
        [{ id: ROUTER, health: 'unhealthy', failures: 5, circuitOpenInMs: -1_000 }],
        [{ id: ROUTER, health: 'healthy' }],
      ],
    },
  },
  'agents-unhealthy-open': {
    agents: { responses: [[{ id: ROUTER, health: 'unhealthy', failures: 5, circuitOpenInMs: 60_000 }]] },
  },
  /** A row that nothing will ever update: its deadline passed long ago. */
  'agents-unhealthy-stale': {
    agents: { responses: [[{ id: ROUTER, health: 'unhealthy', failures: 5, circuitOpenInMs: -3_600_000 }]] },
  },
  'agents-unknown-extra': {
    agents: {
      responses: [
        [
          { id: ROUTER, health: 'healthy' },
          { id: 'weather_agent', health: 'degraded', failures: 2 },
        ],
      ],
    },
  },
  'agents-500': {
    agents: { reply: { status: 500, body: 'database is locked', contentType: 'text/plain' } },
  },
  'agents-not-an-array': {
    agents: { reply: { status: 200, body: '{"agents":[]}', contentType: 'application/json' } },
  },
  'agents-disagree': { instances: ['agents-healthy', 'agents-unhealthy-open'] },

  'metrics-refused': { start: { metrics: false } },
  'metrics-truncated': { metrics: { form: 'truncated', base: { orchestrator_plan_started_total: 42 } } },
  'metrics-help': { metrics: { form: 'help', base: { orchestrator_plan_started_total: 42 } } },
  'metrics-histograms': { metrics: { form: 'histograms' } },
  'metrics-idle': {
    metrics: {
      base: { orchestrator_plan_started_total: 42, orchestrator_plan_succeeded_total: 42 },
      idle: { orchestrator_task_duration_seconds: { sum: 88.913204417, count: 41 } },
    },
  },
  'metrics-html': { metrics: { reply: { status: 200, body: HTML, contentType: 'text/html' } } },
  /** Half of the plans fail, more at every scrape. */
  'metrics-failing': {
    metrics: {
      base: { orchestrator_plan_started_total: 100, orchestrator_plan_failed_total: 50 },
      growth: {
        orchestrator_plan_started_total: 10,
        orchestrator_plan_failed_total: 5,
        agent_call_failures_total: 25,
      },
    },
  },
  'metrics-reset': {
    metrics: {
      base: { orchestrator_plan_started_total: 5_000, orchestrator_plan_succeeded_total: 5_000 },
      growth: { orchestrator_plan_started_total: 3, orchestrator_plan_succeeded_total: 3 },
      resetAtScrape: 3,
    },
  },
} as const satisfies Record<string, BehaviourChange>;

export type BehaviourName = keyof typeof BEHAVIOURS;

/** What callers may write where a behaviour is wanted. */
export type BehaviourWish = BehaviourName | BehaviourChange;

/**
 * The whole behaviour for a wish.
 * @param instance which instance of a Deployment this is, from 0; counts where instances disagree.
 * @throws Error when a name is unknown.
 */
export function resolveBehaviour(wish: BehaviourWish, instance = 0): Behaviour {
  const change: BehaviourChange = typeof wish === 'string' ? named(wish) : wish;
  const base = change.base === undefined ? GOOD : resolveBehaviour(change.base as BehaviourName, instance);
  const name = change.instances?.[instance % change.instances.length];
  const instanceBase = name === undefined ? base : resolveBehaviour(name as BehaviourName, instance);
  return changed(instanceBase, change);
}

/**
 * Reads `ORCH_BEHAVIOUR`: a name or a JSON object of differences.
 * @throws Error when it is neither.
 */
export function parseBehaviour(text: string): BehaviourWish {
  if (text.trimStart().startsWith('{')) return JSON.parse(text) as BehaviourChange;
  named(text.trim());
  return text.trim() as BehaviourName;
}

function named(name: string): BehaviourChange {
  if (Object.hasOwn(BEHAVIOURS, name)) return BEHAVIOURS[name as BehaviourName];
  throw new Error(`no behaviour "${name}"; there are: ${Object.keys(BEHAVIOURS).join(', ')}`);
}
