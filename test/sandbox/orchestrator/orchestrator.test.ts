import { createHmac, randomUUID } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import {
  BEHAVIOURS,
  type BehaviourName,
  type BehaviourWish,
  type Orchestrator,
  type OrchestratorAuth,
  parseBehaviour,
  startOrchestrator,
} from '../../../sandbox/orchestrator/index.ts';

const running: Orchestrator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((orchestrator) => orchestrator.close()));
});

async function start(behaviour: BehaviourWish = 'good', auth?: OrchestratorAuth): Promise<Orchestrator> {
  const orchestrator = await startOrchestrator({ behaviour, ...(auth ? { auth } : {}) });
  running.push(orchestrator);
  return orchestrator;
}

function post(orchestrator: Orchestrator, body: unknown, headers: Record<string, string> = {}) {
  return fetch(`${orchestrator.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
}

interface ChatBody {
  readonly status: string;
  readonly correlation_id: string;
  readonly output: string;
  readonly error: { readonly code: string };
}

interface AgentRow {
  readonly health: string;
  readonly consecutive_failures: number;
  readonly last_failure_at: string;
  readonly circuit_open_until: string;
}

async function chat(
  orchestrator: Orchestrator,
  message = 'rollback smoke test',
  id: string = randomUUID(),
): Promise<ChatBody> {
  return (await post(orchestrator, { message, correlation_id: id })).json() as Promise<ChatBody>;
}

async function agents(orchestrator: Orchestrator): Promise<AgentRow[]> {
  return (await fetch(`${orchestrator.url}/api/v1/agents`)).json() as Promise<AgentRow[]>;
}

async function firstAgent(orchestrator: Orchestrator): Promise<AgentRow> {
  const [row] = await agents(orchestrator);
  if (!row) throw new Error('no agent row');
  return row;
}

describe('chat', () => {
  test('a good answer has the six keys, our correlation id and an output that parses', async () => {
    const id = randomUUID();
    const orchestrator = await start();
    const body = await chat(orchestrator, 'ping', id.toUpperCase());
    expect(Object.keys(body)).toEqual([
      'api_version',
      'correlation_id',
      'status',
      'plan_id',
      'output',
      'error',
    ]);
    expect(body).toMatchObject({ status: 'success', correlation_id: id, error: null });
    expect(JSON.parse(body.output)).toEqual({ output_type: 'text', data: 'pong', metadata: null });
  });

  test.each<[BehaviourName, unknown]>([
    ['chat-output-null', null],
    ['chat-empty-data', { output_type: 'text', data: '' }],
    ['chat-output-error', { output_type: 'error', data: expect.stringContaining('LLM Call Failed') }],
    ['chat-cached', { output_type: 'text', data: 'pong', metadata: { cached: true } }],
  ])('%s is a success by status that only its output gives away', async (behaviour, output) => {
    const body = await chat(await start(behaviour));
    expect(body.status).toBe('success');
    const parsed = JSON.parse(body.output);
    if (output === null) expect(body.output).toBe('null');
    else expect(parsed).toMatchObject(output as object);
  });

  test.each<[BehaviourName, string, boolean]>([
    ['chat-planning-failed', 'planning_failed', true],
    ['chat-execution-failed', 'execution_failed', true],
    ['chat-agent-unavailable', 'agent_unavailable', true],
    ['chat-internal', 'internal', false],
  ])('%s is HTTP 200 with status error and code %s', async (behaviour, code, counted) => {
    const orchestrator = await start(behaviour);
    const response = await post(orchestrator, { message: 'ping' });
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ status: 'error', output: null, error: { code } });
    const text = await (await fetch(orchestrator.metricsUrl)).text();
    expect(text.includes('orchestrator_plan_failed_total 1')).toBe(counted);
  });

  test('another correlation id, and none at all', async () => {
    const id = randomUUID();
    const orchestrator = await start('chat-other-correlation');
    const other = await chat(orchestrator, 'ping', id);
    expect(other.correlation_id).toMatch(/^[0-9a-f-]{36}$/);
    expect(other.correlation_id).not.toBe(id);
    await orchestrator.set('chat-no-correlation');
    expect(await chat(orchestrator)).not.toHaveProperty('correlation_id');
  });

  test.each<[BehaviourName, number, RegExp]>([
    ['chat-html', 200, /^<!doctype html>/],
    ['chat-400-a', 400, /^Json deserialize error/],
    ['chat-400-b', 400, /^{"error":"Invalid JSON payload"/],
    ['chat-401', 401, /^$/],
    ['chat-429', 429, /Try again in 1 seconds/],
    ['chat-503', 503, /html/],
  ])('%s answers %i', async (behaviour, status, body) => {
    const response = await post(await start(behaviour), { message: 'ping' });
    expect(response.status).toBe(status);
    expect(await response.text()).toMatch(body);
  });

  test('chat-huge answers more than a careful client reads', async () => {
    const response = await post(await start('chat-huge'), { message: 'ping' });
    expect((await response.text()).length).toBeGreaterThan(8_000_000);
  });

  test.each([
    ['no JSON', '{'],
    ['no message', {}],
    ['a message that is no string', { message: 1 }],
    ['a correlation id that is no UUID', { message: 'x', correlation_id: 'abc' }],
  ])('refuses %s with 400, in each generation with its own words', async (_, body) => {
    const orchestrator = await start();
    const a = await post(orchestrator, body);
    expect([a.status, await a.text()]).toEqual([400, expect.stringMatching(/^Json deserialize error/)]);
    await orchestrator.set('good-b');
    const b = await post(orchestrator, body);
    expect([b.status, await b.json()]).toEqual([
      400,
      expect.objectContaining({ error: 'Invalid JSON payload' }),
    ]);
  });

  test('a message with git in it never succeeds usefully', async () => {
    const body = await chat(await start(), 'digital');
    expect(JSON.parse(body.output).output_type).toBe('error');
  });

  test('generation A refuses 3 MB, generation B has no legacy path', async () => {
    const orchestrator = await start();
    expect((await post(orchestrator, { message: 'x'.repeat(3 << 20) })).status).toBe(413);
    const legacy = () =>
      fetch(`${orchestrator.url}/api/chat`, {
        method: 'POST',
        body: '{"message":"x"}',
        headers: { 'content-type': 'application/json' },
      });
    expect(await (await legacy()).json()).toMatchObject({ status: 'success' });
    await orchestrator.set('good-b');
    expect((await legacy()).status).toBe(405);
  });
});

describe('agents', () => {
  test('rows come with the first finished task, and the circuit opens at the third failure', async () => {
    const orchestrator = await start();
    expect(await agents(orchestrator)).toEqual([]);
    await chat(orchestrator);
    expect(await agents(orchestrator)).toMatchObject([{ agent_id: 'llm_router_agent', health: 'healthy' }]);
    await orchestrator.set('agents-fail');
    const codes: string[] = [];
    for (let count = 0; count < 4; count += 1) codes.push((await chat(orchestrator)).error.code);
    expect(codes).toEqual(['execution_failed', 'execution_failed', 'execution_failed', 'agent_unavailable']);
    const row = await firstAgent(orchestrator);
    expect(row).toMatchObject({ health: 'unhealthy', consecutive_failures: 3 });
    expect(Date.parse(row.circuit_open_until)).toBeGreaterThan(Date.now());
    expect(row.last_failure_at).toMatch(/\.\d{9}\+00:00$/);
    await orchestrator.set('good');
    await chat(orchestrator);
    expect(await agents(orchestrator)).toMatchObject([{ health: 'healthy', consecutive_failures: 0 }]);
  });

  test('generation B has no row for the LLM agent', async () => {
    const orchestrator = await start('good-b');
    await chat(orchestrator);
    expect(await agents(orchestrator)).toEqual([]);
  });

  test('degraded-rising rises with every request, recovering recovers', async () => {
    const orchestrator = await start('agents-degraded-rising');
    const failures = [];
    for (let request = 0; request < 3; request += 1)
      failures.push((await firstAgent(orchestrator)).consecutive_failures);
    expect(failures).toEqual([1, 2, 3]);
    await orchestrator.set('agents-recovering');
    const rows = [];
    for (let request = 0; request < 4; request += 1) {
      const row = await firstAgent(orchestrator);
      const until = row.circuit_open_until && Date.parse(row.circuit_open_until) > Date.now();
      rows.push([row.health, until]);
    }
    expect(rows).toEqual([
      ['unhealthy', true],
      ['unhealthy', false],
      ['healthy', null],
      ['healthy', null],
    ]);
  });

  test('instances of agents-disagree disagree', async () => {
    const health: string[] = [];
    for (const instance of [0, 1, 2]) {
      const orchestrator = await startOrchestrator({ behaviour: 'agents-disagree', instance });
      running.push(orchestrator);
      health.push((await firstAgent(orchestrator)).health);
    }
    expect(health).toEqual(['healthy', 'unhealthy', 'healthy']);
  });
});

describe('health, page and methods', () => {
  test.each<[BehaviourName, number, RegExp]>([
    ['good', 200, /"status":"ok"/],
    ['health-wrong-provider', 200, /"llm_provider":"ollama"/],
    ['health-unknown-model', 200, /"llm_model":"unknown"/],
    ['health-not-ok', 200, /"status":"degraded"/],
    ['health-401', 401, /^$/],
    ['health-503', 503, /unavailable/],
    ['health-html', 200, /<!doctype/],
    ['health-metrics-text', 200, /^# TYPE/],
    ['never-ready', 503, /^$/],
    ['slow-ready', 503, /^$/],
  ])('%s answers %i', async (behaviour, status, body) => {
    const response = await fetch(`${(await start(behaviour)).url}/health`);
    expect([response.status, await response.text()]).toEqual([status, expect.stringMatching(body)]);
  });

  test.each([
    ['HEAD', '/health', 404],
    ['POST', '/health', 405],
    ['GET', '/api/v1/chat', 404],
    ['DELETE', '/api/v1/agents', 405],
    ['GET', '/nothing', 404],
    ['GET', '/ws', 400],
    ['GET', '/', 200],
  ])('%s %s is %i', async (method, path, status) => {
    const response = await fetch((await start()).url + path, { method });
    expect(response.status).toBe(status);
    expect(response.headers.get('x-frame-options')).toBe('DENY');
  });

  test('a refused port refuses, and opens again under the same number', async () => {
    const orchestrator = await start('port-refused');
    await expect(fetch(`${orchestrator.url}/health`)).rejects.toThrow('fetch failed');
    await orchestrator.set('good');
    expect((await fetch(`${orchestrator.url}/health`)).status).toBe(200);
  });

  test.each<[BehaviourName, number]>([
    ['crash-exit-0', 0],
    ['crash-exit-1', 1],
    ['crash-later', 1],
  ])('%s ends the program with code %i', async (behaviour, code) => {
    const ended = await new Promise<number>((resolve, reject) => {
      startOrchestrator({ behaviour, onExit: resolve }).then(
        (orchestrator) => running.push(orchestrator),
        reject,
      );
    });
    expect(ended).toBe(code);
  });
});

describe('authorisation', () => {
  const secret = 'a-shared-secret';
  const now = Math.floor(Date.now() / 1000);
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const jwt = (claims: object, key = secret, alg = 'HS256') => {
    const text = `${part({ alg, typ: 'JWT' })}.${part(claims)}`;
    return `Bearer ${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
  };
  const good = { sub: 'worker', iat: now, exp: now + 60 };

  test.each<[string, OrchestratorAuth, string | undefined, number]>([
    ['no auth, no header', { mode: 'none' }, undefined, 200],
    ['static, right token', { mode: 'static', token: 't' }, 'Bearer t', 200],
    ['static, wrong token', { mode: 'static', token: 't' }, 'Bearer u', 401],
    ['static, no header', { mode: 'static', token: 't' }, undefined, 401],
    ['static, lower-case scheme', { mode: 'static', token: 't' }, 'bearer t', 401],
    ['jwt', { mode: 'jwt-hs256', secret }, jwt(good), 200],
    ['jwt, expired within the leeway', { mode: 'jwt-hs256', secret }, jwt({ ...good, exp: now - 30 }), 200],
    ['jwt, expired', { mode: 'jwt-hs256', secret }, jwt({ ...good, exp: now - 90 }), 401],
    ['jwt, without iat', { mode: 'jwt-hs256', secret }, jwt({ sub: 'x', exp: now + 60 }), 401],
    ['jwt, with aud', { mode: 'jwt-hs256', secret }, jwt({ ...good, aud: 'x' }), 401],
    ['jwt, other key', { mode: 'jwt-hs256', secret }, jwt(good, 'other'), 401],
    ['jwt, other algorithm', { mode: 'jwt-hs256', secret }, jwt(good, secret, 'none'), 401],
    ['jwt, static token', { mode: 'jwt-hs256', secret }, 'Bearer dev-token', 401],
  ])('%s', async (_, auth, authorization, status) => {
    const orchestrator = await start('good', auth);
    const headers = authorization ? { authorization } : {};
    const response = await fetch(`${orchestrator.url}/health`, { headers });
    expect(response.status).toBe(status);
    if (status === 401) expect(await response.text()).toBe('');
  });

  test('bad JSON is 400 even without a token, the page needs none, a refusal is not counted', async () => {
    const orchestrator = await start('good', { mode: 'static', token: 't' });
    expect((await post(orchestrator, '{')).status).toBe(400);
    expect((await post(orchestrator, { message: 'x' })).status).toBe(401);
    expect((await fetch(orchestrator.url)).status).toBe(200);
    expect(await (await fetch(orchestrator.metricsUrl)).text()).toBe('');
  });
});

test('requests are recorded with headers and body', async () => {
  const orchestrator = await start();
  await post(orchestrator, { message: 'remember me' }, { 'x-probe': '1' });
  const [request] = orchestrator.requests();
  expect(request).toMatchObject({ port: 'api', method: 'POST', path: '/api/v1/chat' });
  expect(request?.headers['x-probe']).toBe('1');
  expect(request?.body).toContain('remember me');
});

test('behaviours are read by name or as JSON differences, and an unknown name is refused', async () => {
  for (const name of Object.keys(BEHAVIOURS)) expect(parseBehaviour(name)).toBe(name);
  const wish = parseBehaviour('{"base":"agents-healthy","health":{"model":"other"}}');
  const orchestrator = await start(wish);
  expect((await firstAgent(orchestrator)).health).toBe('healthy');
  expect(await (await fetch(`${orchestrator.url}/health`)).json()).toMatchObject({ llm_model: 'other' });
  expect(() => parseBehaviour('agents-fial')).toThrow('no behaviour "agents-fial"');
});
