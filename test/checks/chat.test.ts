import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../sandbox/orchestrator/index.ts';
import { createChatCheck } from '../../src/checks/chat/probe.ts';
import type { ChatSettings } from '../../src/checks/chat/settings.ts';
import type { CheckProgress } from '../../src/checks/run/check-progress.ts';
import { runCheck } from '../../src/checks/run/run-check.ts';
import { RunbookError } from '../../src/domain/errors.ts';
import { nobody, orchestrator, probeContext, said, server } from './surroundings.ts';

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

async function probe(behaviour: BehaviourWish, changes: Partial<ChatSettings> = {}) {
  const { url } = await orchestrator({ behaviour });
  return createChatCheck({ ...settings, ...changes }, url, nothing).probe(probeContext());
}

describe('the chat check', () => {
  it('sends a message with a nonce and a UUID, and nothing else', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const found = await createChatCheck(settings, service.url, nothing).probe(probeContext());
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
    expect(said(await probe(behaviour))).toContain(expected);
  });

  it('passes on the generation that lists no agents', async () => {
    expect(await probe('good-b')).toMatchObject({ verdict: 'passed' });
  });

  it('proves nothing when the answer is too slow or nobody listens, and keeps the id to search for', async () => {
    const slow = await probe('chat-slow', { timeoutMs: 100 });
    expect(slow).toMatchObject({
      verdict: 'inconclusive',
      observed: 'no answer within 100 ms',
      values: { correlationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
    });
    const refused = createChatCheck(settings, await nobody(), nothing);
    expect(said(await refused.probe(probeContext()))).toBe('inconclusive: connection refused');
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
    const brief = { ...settings, maxMessages: 3, withinMs: 900 };
    const result = await runCheck(createChatCheck(brief, service.url, nothing), brief, options);
    expect(result).toMatchObject({ verdict: 'failed', samples: 3, ownPlans: { started: 3, failed: 0 } });
    expect(service.requests()).toHaveLength(3);
    expect(new Set(service.requests().map(({ body }) => body)).size).toBe(3);
  });

  it('leaves the service alone for a share of its budget after a message without a good answer', async () => {
    const service = await orchestrator({ behaviour: 'agents-fail' });
    const brief = { ...settings, maxMessages: 3, withinMs: 1500 };
    const begun = performance.now();
    const result = await runCheck(createChatCheck(brief, service.url, nothing), brief, options);
    expect(result.ownPlans).toEqual({ started: 3, failed: 3, answered: 0 });
    // Counted from before the first one: a request may reach a busy machine late, and never early.
    const [, second, third] = service.requests().map((request) => request.at - begun);
    expect(second).toBeGreaterThanOrEqual(490);
    expect(third).toBeGreaterThanOrEqual(980);
  });

  it('outlasts a circuit that the bad release has opened', async () => {
    let closes = 0;
    const url = await server(async (request, response) => {
      closes ||= performance.now() + 600;
      const { correlation_id } = JSON.parse(await text(request));
      const answer = { api_version: 'v1', correlation_id, plan_id: null };
      const error = { code: 'agent_unavailable', message: 'cooling down', details: null };
      const output = JSON.stringify({ output_type: 'text', data: 'pong', metadata: null });
      const isOpen = performance.now() < closes;
      const end = isOpen
        ? { status: 'error', output: null, error }
        : { status: 'success', output, error: null };
      response.end(JSON.stringify({ ...answer, ...end }));
    });
    const brief = { ...settings, maxMessages: 3, withinMs: 1500 };
    const result = await runCheck(createChatCheck(brief, url, nothing), brief, options);
    expect(result).toMatchObject({ verdict: 'passed', samples: 3, ownPlans: { started: 3, failed: 2 } });
  });

  it('sends good messages in a row at its usual pace', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const begun = performance.now();
    const slow = { ...settings, needed: 3, withinMs: 60_000 };
    const result = await runCheck(createChatCheck(slow, service.url, nothing), slow, options);
    expect(result).toMatchObject({ verdict: 'passed', ownPlans: { started: 3, failed: 0 } });
    expect(performance.now() - begun).toBeLessThan(2000);
  });

  it.each<[string, () => Promise<string>]>([
    ['is refused', nobody],
    ['finds no host', async () => 'http://no-such-host.invalid'],
    ['is rate limited', () => server((_, response) => void response.writeHead(429).end())],
    ['is not available', () => server((_, response) => void response.writeHead(503).end())],
    ['is redirected', () => server((_, response) => void response.writeHead(302, { location: '/' }).end())],
  ])('counts no message that reached nobody, and repeats it at its usual pace: it %s', async (_, open) => {
    const brief = { ...settings, maxMessages: 1, withinMs: 600 };
    const result = await runCheck(createChatCheck(brief, await open(), nothing), brief, options);
    expect(result).toMatchObject({ verdict: 'inconclusive' });
    expect(result.samples).toBeGreaterThan(2);
    expect(result).not.toHaveProperty('ownPlans');
  });

  it.each<[string, BehaviourWish, object]>([
    ['was refused as a bad request', 'chat-400-a', { started: 0, failed: 0 }],
    ['broke the service', { chat: { reply: { status: 500, body: '' } } }, { started: 1, failed: 1 }],
    ['got no answer in time', 'chat-slow', { started: 1, failed: 1 }],
    ['was accepted although it failed', 'chat-agent-unavailable', { started: 1, failed: 1 }],
  ])('says which plans are its own, of a message that %s', async (_, behaviour, ownPlans) => {
    const { url } = await orchestrator({ behaviour });
    const acceptErrors = ['agent_unavailable'] as const;
    const brief = { ...settings, acceptErrors, maxMessages: 1, timeoutMs: 200 };
    const result = await runCheck(createChatCheck(brief, url, nothing), brief, options);
    expect(result).toMatchObject({ samples: 1, ownPlans });
  });

  it('counts no message while its token cannot be had', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    let asked = 0;
    const authorise = async () => {
      asked += 1;
      if (asked < 4) throw new RunbookError('SecretUnavailable', 'the environment variable T is not set');
      return {};
    };
    const brief = { ...settings, maxMessages: 1 };
    const result = await runCheck(createChatCheck(brief, service.url, authorise), brief, options);
    expect(result).toMatchObject({ verdict: 'passed', samples: 4, ownPlans: { started: 1, failed: 0 } });
    expect(result.evidence[0]).toMatchObject({
      verdict: 'inconclusive',
      observed: 'the environment variable T is not set',
    });
  });

  describe('after a restart', () => {
    const brief = { ...settings, maxMessages: 3, withinMs: 600 };
    const sent = async (progress: Partial<CheckProgress>) => {
      const service = await orchestrator({ behaviour: 'chat-execution-failed' });
      const resume = { startedAt: new Date().toISOString(), probes: 9, inARow: 0, last: '', ...progress };
      const result = await runCheck(createChatCheck(brief, service.url, nothing), brief, {
        ...options,
        resume,
      });
      return { requests: service.requests().length, ownPlans: result.ownPlans, verdict: result.verdict };
    };

    it('counts the messages of the attempt before, and may send one more', async () => {
      const before = { messages: 2, ownPlans: { started: 2, failed: 1 } };
      expect(await sent(before)).toMatchObject({ requests: 2, ownPlans: { started: 4, failed: 3 } });
      expect(await sent({ ...before, messages: 3 })).toMatchObject({ requests: 1 });
    });

    it('counts the message that was under way: nobody knows what became of it', async () => {
      const before = { messages: 2, ownPlans: { started: 2, failed: 0 }, underWay: true };
      expect(await sent(before)).toMatchObject({ requests: 1, ownPlans: { started: 4, failed: 2 } });
    });

    it('sends nothing once all of them are spent', async () => {
      const spent = { messages: 4, ownPlans: { started: 4, failed: 4 } };
      expect(await sent(spent)).toEqual({ requests: 0, ownPlans: spent.ownPlans, verdict: 'inconclusive' });
    });
  });

  it('waits as long as a rate limit asks before it sends again', async () => {
    const at: number[] = [];
    const url = await server((request, response) => {
      at.push(performance.now());
      if (at.length === 1) return void response.writeHead(429, { 'retry-after': '1' }).end();
      void text(request).then((body) => {
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
    expect(said(await probe('chat-agent-unavailable', { acceptErrors: ['agent_unavailable'] }))).toBe(
      'passed: well-formed error agent_unavailable, accepted by the profile',
    );
  });
});
