import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../sandbox/orchestrator/index.ts';
import { createChatCheck } from '../../src/checks/chat.ts';
import { runCheck } from '../../src/checks/run-check.ts';
import type { ChatSettings } from '../../src/domain/profile.ts';
import { lookContext, nobody, orchestrator, said, server } from './surroundings.ts';

const settings: ChatSettings = {
  path: '/api/v1/chat',
  message: 'rollback smoke test',
  acceptErrors: [],
  maxMessages: 5,
  needed: 1,
  everyMs: 0,
  withinMs: 10_000,
  timeoutMs: 1000,
};
const nothing = async () => ({});
const options = {
  signal: new AbortController().signal,
  key: 'run/verify-chat',
  instances: async () => [],
  report: () => {},
};

async function look(behaviour: BehaviourWish, changes: Partial<ChatSettings> = {}) {
  const { url } = await orchestrator({ behaviour });
  return createChatCheck({ ...settings, ...changes }, url, nothing).look(lookContext());
}

describe('the chat check', () => {
  it('sends a message with a nonce and a UUID, and nothing else', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const found = await createChatCheck(settings, service.url, nothing).look(lookContext());
    const sent = JSON.parse(service.requests()[0]?.body ?? '');
    expect(Object.keys(sent)).toEqual(['message', 'correlation_id']);
    expect(sent.message).toMatch(/^rollback smoke test [0-9a-f]{12}$/);
    expect(found).toMatchObject({ verdict: 'passed', values: { correlationId: sent.correlation_id } });
  });

  it.each<[BehaviourWish, string]>([
    ['chat-planning-failed', 'failed: HTTP 200, but status error: planning_failed'],
    ['chat-execution-failed', 'failed: HTTP 200, but status error: execution_failed'],
    ['chat-agent-unavailable', 'failed: HTTP 200, but status error: agent_unavailable'],
    ['chat-internal', 'failed: HTTP 200, but status error: internal'],
    ['chatty-agents', 'failed: HTTP 200, but status error: execution_failed'],
    ['chat-output-null', 'failed: status success, but output null'],
    ['chat-empty-data', 'failed: status success, but data is empty'],
    ['chat-output-error', 'failed: status success, but output_type error'],
    ['chat-other-correlation', 'failed: status success, but with the correlation id of another request'],
    ['chat-no-correlation', 'failed: status success, but no correlation id'],
    ['chat-html', 'failed: HTTP 200, but no JSON: this looks like a web page'],
    ['chat-400-a', 'failed: HTTP 400: Json deserialize error'],
    ['chat-400-b', 'failed: HTTP 400: {"error":"Invalid JSON payload"'],
    ['chat-cached', 'inconclusive: answered from the cache'],
    ['chat-huge', 'inconclusive: answer larger than 1024 KiB'],
    ['chat-429', 'inconclusive: 429: rate limited'],
    ['chat-503', 'inconclusive: 503: not available now'],
    ['chat-401', 'inconclusive, final: auth: 401'],
  ])('%s: %s', async (behaviour, expected) => {
    expect(said(await look(behaviour))).toContain(expected);
  });

  it('passes on the generation that lists no agents', async () => {
    expect(await look('good-b')).toMatchObject({ verdict: 'passed' });
  });

  it('proves nothing when the answer is too slow or nobody listens, and keeps the id to search for', async () => {
    const slow = await look('chat-slow', { timeoutMs: 100 });
    expect(slow).toMatchObject({
      verdict: 'inconclusive',
      saw: 'no answer within 100 ms',
      values: { correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    const refused = createChatCheck(settings, await nobody(), nothing);
    expect(said(await refused.look(lookContext()))).toBe('inconclusive: connection refused');
  });

  it.each(['please commit', 'a digital smoke test', 'is it leGITimate?'])(
    'refuses the message %j: it would drive git_agent',
    (message) => {
      expect(() => createChatCheck({ ...settings, message }, 'http://127.0.0.1', nothing)).toThrow(
        /git_agent/,
      );
    },
  );

  it('sends no more messages than allowed, and then decides', async () => {
    const service = await orchestrator({ behaviour: 'chat-output-null' });
    const check = createChatCheck({ ...settings, maxMessages: 3 }, service.url, nothing);
    const result = await runCheck(check, settings, options);
    expect(result).toMatchObject({ verdict: 'failed', samples: 3 });
    expect(service.requests()).toHaveLength(3);
    expect(new Set(service.requests().map(({ body }) => body)).size).toBe(3);
  });

  it('counts the messages of an attempt before a restart', async () => {
    const service = await orchestrator({ behaviour: 'chat-output-null' });
    const check = createChatCheck({ ...settings, maxMessages: 3 }, service.url, nothing);
    const resume = { startedAt: new Date().toISOString(), looks: 2, inARow: 0, last: '' };
    await runCheck(check, settings, { ...options, resume });
    expect(service.requests()).toHaveLength(1);
    const spent = await runCheck(check, settings, { ...options, resume: { ...resume, looks: 3 } });
    expect(spent).toMatchObject({ verdict: 'inconclusive' });
    expect(service.requests()).toHaveLength(1);
  });

  it('waits as long as a rate limit asks before it sends again', async () => {
    const at: number[] = [];
    const url = await server((request, response) => {
      at.push(performance.now());
      if (at.length === 1) return void response.writeHead(429, { 'retry-after': '1' }).end();
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        const { correlation_id } = JSON.parse(body);
        const output = JSON.stringify({ output_type: 'text', data: 'pong', metadata: null });
        response.end(JSON.stringify({ status: 'success', correlation_id, output, error: null }));
      });
    });
    const result = await runCheck(createChatCheck(settings, url, nothing), settings, options);
    expect(result).toMatchObject({ verdict: 'passed', samples: 2 });
    expect((at[1] ?? 0) - (at[0] ?? 0)).toBeGreaterThan(950);
  });

  it('sends another message in another run of the same workflow', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    for (const startedAt of [1_000_000, 2_000_000]) {
      await runCheck(createChatCheck(settings, service.url, nothing), settings, {
        ...options,
        now: () => startedAt,
      });
    }
    const [first, second] = service.requests().map(({ body }) => body);
    expect(first).not.toBe(second);
  });

  it('accepts a well-formed error where the profile says so', async () => {
    expect(said(await look('chat-agent-unavailable', { acceptErrors: ['agent_unavailable'] }))).toBe(
      'passed: well-formed error agent_unavailable, accepted by the profile',
    );
  });
});
