import type { IncomingMessage } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../../sandbox/orchestrator/index.ts';
import { agentsSettings } from '../../../src/checks/agents/settings.ts';
import { chatSettings } from '../../../src/checks/chat/settings.ts';
import { type ApiQuestions, createApiSource } from '../../../src/signals/http/source.ts';
import {
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignalId,
} from '../../../src/signals/orchestrator/signals.ts';
import { instance, nobody, orchestrator, server } from '../../checks/surroundings.ts';

const agents = agentsSettings.parse({ timeout: '2s' });
const settings = chatSettings.parse({ timeout: '2s' });
const askedOf = (id: string) =>
  id === 'chat-failure-ratio' || id === 'agent-health' ? ORCHESTRATOR_SIGNALS[id].asked : undefined;

function source(endpoint: string, changes: Partial<ApiQuestions> = {}) {
  const questions = {
    name: 'orch',
    endpoint,
    authorise: async () => ({}),
    agents,
    chat: { settings, messages: 3 },
  };
  return createApiSource({ ...questions, ...changes }, askedOf);
}

const question = (changes: object = {}) => ({
  ...{ from: 0, to: 1_700_000_000_000, instances: [instance(1)], signal: new AbortController().signal },
  ...changes,
});

async function read(id: OrchestratorSignalId, behaviour: BehaviourWish, changes: Partial<ApiQuestions> = {}) {
  const { url } = await orchestrator({ behaviour });
  const [reading] = await source(url, changes).read([ORCHESTRATOR_SIGNALS[id].definition], question());
  return reading;
}

describe('the share of failed chat answers', () => {
  it.each<[BehaviourWish, number, readonly string[]]>([
    ['good', 0, []],
    ['good-b', 0, []],
    [
      'chat-execution-failed',
      1,
      ['HTTP 200, but status error: execution_failed Invalid agent response: Invalid JSON from agent'],
    ],
    ['chat-output-error', 1, [expect.stringContaining('status success, but output_type error')]],
    ['chat-output-null', 1, ['status success, but output null']],
    ['chat-third-fails', 1 / 3, [expect.stringContaining('status error: execution_failed')]],
    [{ chat: { reply: { status: 500, body: 'no' } } }, 1, ['HTTP 500: no']],
  ])('of %j is %s', async (behaviour, value, notes) => {
    expect(await read('chat-failure-ratio', behaviour)).toEqual({
      kind: 'measured',
      source: 'http',
      now: { at: expect.any(Number), value, samples: 3 },
      past: [],
      ...(notes.length > 0 ? { notes } : {}),
    });
  });

  it.each<[BehaviourWish, string]>([
    ['chat-429', '3 of 3 chats not answered: 429: rate limited'],
    ['chat-503', '3 of 3 chats not answered: 503: not available now'],
    ['chat-401', '3 of 3 chats not answered: auth: 401'],
    ['chat-cached', '3 of 3 chats not answered: answered from the cache'],
    ['chat-html', '3 of 3 chats not answered: HTTP 200, but no JSON: this looks like a web page'],
    ['chat-400-a', '3 of 3 chats not answered: HTTP 400'],
    ['chat-huge', '3 of 3 chats not answered: answer larger than 1024 KiB'],
  ])('of %j is no data: %s', async (behaviour, why) => {
    expect(await read('chat-failure-ratio', behaviour)).toEqual({
      kind: 'no-data',
      source: 'http',
      why: expect.stringContaining(why),
    });
  });

  it('is of those that were answered, where most were', async () => {
    const good = await orchestrator({ behaviour: 'chat-execution-failed' });
    let asked = 0;
    const url = await server((request, response) => {
      asked += 1;
      if (asked === 2) return void response.writeHead(429).end();
      void bodyOf(request)
        .then((body) => forward(good.url, body))
        .then((answer) => response.end(answer));
    });
    const [reading] = await source(url).read(
      [ORCHESTRATOR_SIGNALS['chat-failure-ratio'].definition],
      question(),
    );
    expect(reading).toMatchObject({
      now: { value: 1, samples: 2 },
      notes: [expect.stringContaining('execution_failed'), '1 of 3 chats not answered: 429: rate limited'],
    });
  });

  it('is asked with as many messages as is set, each with a nonce and an id of its own', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const chat = { settings, messages: 5 };
    await source(service.url, { chat }).read(
      [ORCHESTRATOR_SIGNALS['chat-failure-ratio'].definition],
      question(),
    );
    const sent = service.requests().map(({ body }) => JSON.parse(body));
    expect(sent).toHaveLength(5);
    expect(new Set(sent.map(({ message }) => message)).size).toBe(5);
    for (const { message } of sent) expect(message).toMatch(/^rollback smoke test [0-9a-f]{12}$/);
    expect(new Set(sent.map(({ correlation_id: id }) => id)).size).toBe(5);
  });

  it('asks nothing for other signals, and once for two of the same', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const health = ORCHESTRATOR_SIGNALS['agent-health'].definition;
    await source(service.url).read([health, health], question());
    expect(service.requests().map(({ path }) => path)).toEqual(['/api/v1/agents']);
  });

  it('of a service that hangs, or is not there, is no data', async () => {
    const hanging = await server(() => {});
    const chat = { settings: chatSettings.parse({ timeout: '60ms' }), messages: 2 };
    const all = [ORCHESTRATOR_SIGNALS['chat-failure-ratio'].definition];
    expect(await source(hanging, { chat }).read(all, question())).toMatchObject([
      { kind: 'no-data', why: '2 of 2 chats not answered: no answer within 60 ms' },
    ]);
    expect(await source(await nobody()).read(all, question())).toMatchObject([
      { kind: 'no-data', why: '3 of 3 chats not answered: connection refused' },
    ]);
  });
});

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

async function forward(url: string, body: string): Promise<string> {
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${url}/api/v1/chat`, { method: 'POST', headers, body })).text();
}

describe('the share of healthy agents', () => {
  const rows = (...all: readonly (readonly [string, 'healthy' | 'degraded' | 'unhealthy', number?])[]) => ({
    agents: {
      responses: [
        all.map(([id, health, circuitOpenInMs]) => ({
          ...{ id, health, failures: health === 'healthy' ? 0 : 3 },
          ...(circuitOpenInMs === undefined ? {} : { circuitOpenInMs }),
        })),
      ],
    },
  });

  it.each<[string, BehaviourWish, number, number]>([
    ['one healthy', 'agents-healthy', 1, 1],
    ['one degraded', 'agents-degraded-stable', 0, 1],
    ['one with an open circuit', 'agents-unhealthy-open', 0, 1],
    ['healthy and degraded', rows(['git_agent', 'healthy'], ['llm_router_agent', 'degraded']), 0.5, 2],
    ['one that is not of the service', 'agents-unknown-extra', 1, 1],
    [
      'one that waits for traffic',
      rows(['git_agent', 'healthy'], ['llm_router_agent', 'unhealthy', -1000]),
      1,
      1,
    ],
  ])('%s', async (_, behaviour, value, samples) => {
    expect(await read('agent-health', behaviour)).toMatchObject({
      kind: 'measured',
      now: { value, samples },
      past: [],
    });
  });

  it.each<[BehaviourWish, string]>([
    ['agents-empty', 'no agent has worked yet: the list is empty'],
    ['agents-unhealthy-stale', '1 unhealthy since before with a closed circuit, not counted'],
    ['agents-500', 'HTTP 500: database is locked'],
    ['agents-not-an-array', 'not a list of agents'],
    [{ agents: { reply: { status: 401, body: '' } } }, 'auth: 401'],
  ])('of %j is no data: %s', async (behaviour, why) => {
    expect(await read('agent-health', behaviour)).toEqual({
      kind: 'no-data',
      source: 'http',
      why: expect.stringContaining(why),
    });
  });

  it('of instances that are asked by themselves is over all of them, with a note of one that is silent', async () => {
    const { url } = await orchestrator({ behaviour: 'agents-healthy' });
    const own = { ...agents, instancePort: Number(new URL(url).port) };
    const all = [ORCHESTRATOR_SIGNALS['agent-health'].definition];
    const instances = [instance(1), instance(2), instance(3, { address: '127.0.0.9' })];
    expect(await source(url, { agents: own }).read(all, question({ instances }))).toMatchObject([
      {
        now: { value: 1, samples: 2 },
        notes: ['1 of 3 did not list their agents: pod-3: connection refused'],
      },
    ]);
    expect(
      await source(url, { agents: own }).read(all, question({ instances: instances.slice(1) })),
    ).toMatchObject([
      { kind: 'no-data', why: '1 of 2 did not list their agents: pod-3: connection refused' },
    ]);
    expect(await source(url, { agents: own }).read(all, question({ instances: [] }))).toMatchObject([
      { kind: 'no-data', why: 'no running instance is known' },
    ]);
  });
});
