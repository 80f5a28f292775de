import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Orchestrator, startOrchestrator } from '../../sandbox/orchestrator/index.ts';
import { prometheusProblem } from '../../sandbox/prometheus/index.ts';
import { parseConfig } from '../../src/config/load.ts';
import type { ReadSignal } from '../../src/domain/need/signals.ts';
import { createSecretResolver } from '../../src/secrets/index.ts';
import { createSignals } from '../../src/signals/create-signals.ts';
import { ORCHESTRATOR_SIGNAL_IDS } from '../../src/signals/orchestrator/signals.ts';
import { until } from '../../tools/until.ts';
import { instance, orchestrator } from '../checks/surroundings.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';

/** The signals of a profile as a file has it, of a stand-in. */
function signalsOf(service: Orchestrator, section: string, prometheus?: string) {
  const text = `services:
  orch:
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: ${service.url}
    checks: { metrics: { port: ${new URL(service.metricsUrl).port} } }
    signals: ${section}
${prometheus ? `    prometheus: { addresses: ["${prometheus}"] }\n` : ''}`;
  const { orch } = parseConfig(text, { file: 'runbook.yaml' }).services;
  if (!orch?.signals) return expect.fail('no signals');
  return createSignals({ ...orch, signals: orch.signals }, createSecretResolver({ env: {} }), {});
}

const question = () => ({
  ...{ from: Date.now() - 600_000, to: Date.now(), signal: new AbortController().signal },
  instances: [instance(1, { startedAt: new Date(Date.now() - 60_000).toISOString() })],
});

const byId = (all: readonly ReadSignal[]) =>
  Object.fromEntries(all.map(({ definition, reading }) => [definition.id, reading]));

async function chat(service: Orchestrator, times: number) {
  for (let chats = 0; chats < times; chats += 1) {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${service.url}/api/v1/chat`, { method: 'POST', headers, body: '{"message":"hello"}' });
  }
}

describe('without Prometheus', () => {
  it('the instances and the API are asked, and none of them has a past', async () => {
    const service = await orchestrator({ behaviour: 'chat-third-fails' });
    await chat(service, 6);
    const found = await signalsOf(service, '{ chat: { messages: 0 } }').read(question());
    expect(found.map(({ definition }) => definition.id)).toEqual(
      ORCHESTRATOR_SIGNAL_IDS.filter((id) => id !== 'chat-failure-ratio'),
    );
    for (const { reading } of found) expect(reading).toMatchObject({ kind: 'measured', past: [] });
    expect(byId(found)).toMatchObject({
      'plan-failure-ratio': { source: 'scrape', now: { value: 1 / 3, samples: 6 } },
      'agent-health': { source: 'http', now: { value: 0, samples: 1 } },
    });
    expect(service.requests().filter(({ path }) => path === '/api/v1/chat')).toHaveLength(6);
  });

  it('a few chats are sent, unless they are switched off, and nothing that is off is read', async () => {
    const service = await orchestrator({ behaviour: 'chat-execution-failed' });
    const off = ORCHESTRATOR_SIGNAL_IDS.filter((id) => id !== 'chat-failure-ratio').map(
      (id) => `${id}: false`,
    );
    const found = await signalsOf(service, `{ orchestrator: { ${off.join(', ')} } }`).read(question());
    expect(found).toMatchObject([
      {
        definition: { id: 'chat-failure-ratio' },
        reading: { source: 'http', now: { value: 1, samples: 3 } },
      },
    ]);
    expect(service.requests().map(({ path }) => path)).toEqual([
      '/api/v1/chat',
      '/api/v1/chat',
      '/api/v1/chat',
    ]);
  });

  it('a token that cannot be had is no data of what needs one, and of nothing else', async () => {
    const service = await orchestrator({ behaviour: 'chat-third-fails' });
    await chat(service, 6);
    const auth = '{}\n    auth: { mode: bearer, secret: { env: NO_SUCH_TOKEN } }';
    expect(byId(await signalsOf(service, auth).read(question()))).toMatchObject({
      'plan-failure-ratio': { source: 'scrape', now: { samples: 6 } },
      'agent-health': { kind: 'no-data', source: 'http', why: expect.stringContaining('NO_SUCH_TOKEN') },
      'chat-failure-ratio': { kind: 'no-data', source: 'http' },
    });
    expect(service.requests().filter(({ port }) => port === 'api')).toHaveLength(6);
  });

  it('a signal that nothing is left to read from is no data', async () => {
    const service = await orchestrator({ behaviour: 'good' });
    const found = await signalsOf(service, '{ scrape: false, chat: { messages: 0 } }').read(question());
    expect(byId(found)).toMatchObject({
      'plan-failure-ratio': { kind: 'no-data', why: expect.stringContaining('no source has it') },
    });
    expect(service.requests().map(({ path }) => path)).toEqual(['/api/v1/agents']);
  });
});

const problem = await prometheusProblem();

describe.skipIf(problem)(`with Prometheus${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let sandbox: Awaited<ReturnType<typeof borrowSandbox<{ prometheus: true }>>>;
  let service: Orchestrator;
  beforeAll(async () => {
    sandbox = await borrowSandbox({ prometheus: true });
    service = await startOrchestrator({
      behaviour: { base: 'metrics-histograms', chat: { failsEvery: 3, taskSeconds: 3 } },
    });
    const target = new URL(service.metricsUrl).host;
    const scraped = await sandbox.prometheus.scrape([target], { job: 'signals', version: '0.2.0' });
    await scraped.up();
    // Scraped well before anything was counted: what follows is known to have begun since.
    await chat(service, 30);
    await until('the plans to be scraped', async () => {
      const [answer] = await sandbox.prometheus.ask('orchestrator_plan_started_total{job="signals"}');
      return answer?.value === 30;
    });
  });
  afterAll(async () => {
    await service?.close();
    await sandbox?.[Symbol.asyncDispose]();
  });
  const selector = 'selector: { job: signals, version: { not: canary } }';
  const read = (section: string) => signalsOf(service, section, sandbox.prometheus.url).read(question());

  it('every signal that has PromQL is read from it, first increments included', async () => {
    const found = byId(await read(`{ ${selector}, chat: { messages: 0 } }`));
    expect(found).toMatchObject({
      'plan-failure-ratio': { kind: 'measured', source: 'prometheus', now: { value: 1 / 3, samples: 30 } },
      'plan-failure-rate': { source: 'prometheus', now: { value: 10 / 300, samples: 30 } },
      'agent-failures-per-plan': { source: 'prometheus', now: { value: 50 / 30, samples: 30 } },
      'agent-failure-rate': { source: 'prometheus', now: { value: 50 / 300, samples: 30 } },
      'task-duration-mean': { source: 'prometheus', now: { samples: 30 } },
      'task-duration-p95': { source: 'prometheus', now: { samples: 30 } },
      'agent-call-duration-mean': { source: 'prometheus', now: { samples: 70 } },
      'agent-call-duration-p95': { source: 'prometheus', now: { samples: 70 } },
      'agent-health': { source: 'http' },
    });
  });

  it('any PromQL beside them, and where both are asked what differs is said', async () => {
    const custom = `[{ id: health-requests, title: health requests, unit: count, window: 1m, limit: 5,
      query: 'sum(max_over_time(orchestrator_plan_started_total{job="signals"}[$window]))' }]`;
    const found = byId(await read(`{ ${selector}, prefer: both, chat: { messages: 0 }, custom: ${custom} }`));
    expect(found).toMatchObject({
      'health-requests': { source: 'prometheus', now: { value: 30 } },
      // 10 in 5 minutes here, 10 in the minute of its life there.
      'plan-failure-rate': {
        source: 'prometheus',
        notes: [expect.stringMatching(/^scrape says 0\.1\d* of 30: over the life/)],
      },
    });
    expect(found['plan-failure-ratio']).not.toHaveProperty('notes');
  });

  it('another selector finds nothing, and the instances are asked instead', async () => {
    const found = byId(await read('{ selector: { job: another }, chat: { messages: 0 } }'));
    expect(found).toMatchObject({
      'plan-failure-ratio': {
        ...{ source: 'scrape', now: { value: 1 / 3, samples: 30 } },
        notes: [expect.stringContaining('over the life'), expect.stringContaining('prometheus: no series')],
      },
    });
  });
});
