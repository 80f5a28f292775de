import { describe, expect, it } from 'vitest';
import { type BehaviourWish, startOrchestrator } from '../../sandbox/orchestrator/index.ts';
import { createAgentsCheck } from '../../src/checks/agents/probe.ts';
import type { AgentsSettings } from '../../src/checks/agents/settings.ts';
import { createChatCheck } from '../../src/checks/chat/probe.ts';
import type { CheckPolicy } from '../../src/checks/check-policy.ts';
import { runCheck } from '../../src/checks/run/run-check.ts';
import type { OwnPlans } from '../../src/domain/proof/checks.ts';
import { instance, nobody, orchestrator, probeContext, said, server } from './surroundings.ts';

const settings: AgentsSettings = {
  path: '/api/v1/agents',
  expected: [],
  onMissing: 'inconclusive',
  needed: 2,
  everyMs: 0,
  withinMs: 1500,
  timeoutMs: 1000,
};
const nothing = async () => ({});
const options = {
  signal: new AbortController().signal,
  key: 'run/x',
  instances: async () => [],
  report: () => {},
};

async function checked(behaviour: BehaviourWish, changes: Partial<AgentsSettings> = {}, ownPlans?: OwnPlans) {
  const { url } = await orchestrator({ behaviour });
  const all = { ...settings, ...changes };
  return runCheck(createAgentsCheck(all, url, nothing), all, {
    ...options,
    ...(ownPlans ? { ownPlans } : {}),
  });
}

describe('the agents check', () => {
  it.each<[BehaviourWish, string, string]>([
    ['agents-healthy', 'passed', 'llm_router_agent healthy'],
    ['agents-degraded-stable', 'passed', 'degraded with 1 failures, not rising'],
    ['agents-recovering', 'passed', 'llm_router_agent healthy'],
    ['agents-unhealthy-stale', 'passed', 'waits for traffic'],
    ['agents-unknown-extra', 'passed', 'weather_agent is unknown, ignored'],
  ])('%s: %s, %s', async (behaviour, verdict, summary) => {
    const result = await checked(behaviour);
    expect(result).toMatchObject({ verdict, summary: expect.stringContaining(summary) });
  });

  it.each<BehaviourWish>(['agents-unhealthy-stale', 'agents-degraded-stable'])(
    'S3 %s proves nothing where our own messages have all failed, and it does not wait its budget for others',
    async (behaviour) => {
      const result = await checked(behaviour, { withinMs: 60_000 }, { started: 5, failed: 5, answered: 0 });
      expect(result).toMatchObject({ verdict: 'inconclusive', onlyOurs: true, samples: 3 });
      expect(result.summary).toContain('our own 5 messages have failed, and what they moved proves nothing');
    },
  );

  it.each<[BehaviourWish, string, string]>([
    ['agents-degraded-rising', 'failed', 'rising'],
    ['agents-unhealthy-open', 'failed', 'circuit open'],
    ['agents-500', 'failed', 'HTTP 500: database is locked'],
    ['agents-not-an-array', 'failed', 'not a list of agents'],
  ])('%s at the end of its budget: %s, %s', async (behaviour, verdict, summary) => {
    const result = await checked(behaviour, { withinMs: 300 });
    expect(result).toMatchObject({ verdict, summary: expect.stringContaining(summary) });
  });

  it.each<BehaviourWish>(['agents-empty', 'good-b'])(
    'S1 %s lists no agent, and none is expected: it is not applicable, and says which key changes that',
    async (behaviour) => {
      const begun = performance.now();
      const result = await checked(behaviour, { withinMs: 60_000 });
      expect(result).toMatchObject({
        verdict: 'not-applicable',
        summary: expect.stringMatching(
          /^not applicable: the list of agents is empty.*checks\.agents\.expected/,
        ),
      });
      expect(performance.now() - begun).toBeLessThan(10_000);
    },
  );

  it('S1 an empty list where agents were listed on the known-good version is a failure', async () => {
    const { url } = await orchestrator({ behaviour: 'agents-empty' });
    const policy: CheckPolicy = { needed: 2, everyMs: 0, withinMs: 200, timeoutMs: 1000 };
    const baseline = { verdict: 'passed', summary: '', values: { llm_router_agent: 'healthy 0' } } as const;
    const check = createAgentsCheck(settings, url, nothing);
    expect(await runCheck(check, policy, { ...options, baseline })).toMatchObject({
      verdict: 'failed',
      summary: expect.stringContaining('llm_router_agent stood in it on the known-good version'),
    });
  });

  it('waits for the cooldown of an open circuit', async () => {
    const responses = [300, 150, -10].map((circuitOpenInMs) => [
      { id: 'llm_router_agent', health: 'unhealthy' as const, failures: 5, circuitOpenInMs },
    ]);
    const result = await checked({ agents: { responses } });
    expect(result).toMatchObject({ verdict: 'passed', samples: 4 });
    expect(result.evidence[0]).toMatchObject({ verdict: 'failed' });
  });

  it('sees healthy rows after a chat was answered, and none before', async () => {
    const { url } = await orchestrator({ behaviour: 'good' });
    const policy: CheckPolicy = { needed: 2, everyMs: 0, withinMs: 200, timeoutMs: 1000 };
    const before = await runCheck(createAgentsCheck(settings, url, nothing), policy, options);
    expect(before.verdict).toBe('inconclusive');
    const chat = {
      path: '/api/v1/chat',
      message: 'hello',
      acceptErrors: [],
      maxMessages: 1,
      ...policy,
      needed: 1,
    };
    await runCheck(createChatCheck(chat, url, nothing), chat, options);
    const after = await runCheck(createAgentsCheck(settings, url, nothing), policy, options);
    expect(after).toMatchObject({ verdict: 'passed', values: { llm_router_agent: 'healthy 0' } });
  });

  it('asks every instance on its own port, and lets the worst count', async () => {
    const hosts = ['127.0.0.1', '127.0.0.2'];
    const first = await orchestrator({ behaviour: 'agents-disagree', instance: 0, host: hosts[0] as string });
    const port = Number(new URL(first.url).port);
    const second = await startOrchestrator({
      behaviour: 'agents-disagree',
      instance: 1,
      host: hosts[1] as string,
      apiPort: port,
    });
    try {
      const check = createAgentsCheck({ ...settings, instancePort: port }, await nobody(), nothing);
      const instances = hosts.map((address, index) => instance(index, { address }));
      expect(said(await check.probe(probeContext({ instances })))).toMatch(/^failed: .*circuit open/);
      expect([first, second].map((service) => service.requests().length)).toEqual([1, 1]);
      const healthy = await check.probe(probeContext({ instances: instances.slice(0, 1) }));
      expect(healthy.verdict).toBe('passed');
    } finally {
      await second.close();
    }
  });

  it('leaves the question open while an instance does not answer', async () => {
    const service = await orchestrator({ behaviour: 'agents-healthy' });
    const port = Number(new URL(service.url).port);
    const check = createAgentsCheck({ ...settings, instancePort: port }, '', nothing);
    const instances = [instance(1), instance(2, { address: '127.0.0.9' })];
    expect(said(await check.probe(probeContext({ instances })))).toBe(
      'inconclusive: pod-2: connection refused',
    );
    expect(said(await check.probe(probeContext()))).toBe('inconclusive: no running instance is known');
  });

  it('does not take an instance that does not answer for a missing agent', async () => {
    const service = await orchestrator({ behaviour: 'agents-healthy' });
    const port = Number(new URL(service.url).port);
    const strict = { ...settings, expected: ['git_agent'], onMissing: 'fail' as const };
    const check = createAgentsCheck({ ...strict, instancePort: port }, '', nothing);
    const instances = [instance(1), instance(2, { address: '127.0.0.9' })];
    expect(said(await check.probe(probeContext({ instances })))).toBe(
      'inconclusive: pod-2: connection refused',
    );
    expect(said(await check.probe(probeContext({ instances: instances.slice(0, 1) })))).toMatch(
      /^failed: git_agent missing/,
    );
    const gone = createAgentsCheck(strict, await nobody(), nothing);
    expect(said(await gone.probe(probeContext()))).toBe('inconclusive: connection refused');
  });

  it('ends with a refused token although agents that are missing count as a failure', async () => {
    const guarded = await orchestrator({ auth: { mode: 'static', token: 'abc' } });
    const all = { ...settings, onMissing: 'fail' as const };
    const result = await runCheck(createAgentsCheck(all, guarded.url, nothing), all, options);
    expect(result).toMatchObject({ verdict: 'inconclusive', samples: 1 });
    expect(result.summary).toContain('401');
  });

  it('ends at once with a refused token, whatever else an instance has proved', async () => {
    const open = await orchestrator({ behaviour: 'agents-unhealthy-open' });
    const port = Number(new URL(open.url).port);
    const guarded = await startOrchestrator({
      auth: { mode: 'static', token: 'abc' },
      host: '127.0.0.2',
      apiPort: port,
    });
    try {
      const check = createAgentsCheck({ ...settings, instancePort: port }, '', nothing);
      const instances = [instance(1), instance(2, { address: '127.0.0.2' })];
      expect(said(await check.probe(probeContext({ instances })))).toMatch(/^failed, final: .*circuit open/);
      const gone = [instance(1, { address: '127.0.0.9' }), ...instances.slice(1)];
      expect(said(await check.probe(probeContext({ instances: gone })))).toMatch(
        /^inconclusive, final: .*401/,
      );
    } finally {
      await guarded.close();
    }
  });

  it('takes a refused token and a 503 for what they are', async () => {
    const guarded = await orchestrator({ auth: { mode: 'static', token: 'abc' } });
    const check = createAgentsCheck(settings, guarded.url, nothing);
    expect(said(await check.probe(probeContext()))).toMatch(/^inconclusive, final: auth: 401/);
    const url = await server((_, response) => void response.writeHead(503).end());
    expect(said(await createAgentsCheck(settings, url, nothing).probe(probeContext()))).toBe(
      'inconclusive: 503: not available now',
    );
  });
});
