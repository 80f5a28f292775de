import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../../sandbox/orchestrator/index.ts';
import type { SignalDefinition, SignalReading } from '../../../src/domain/need/signals.ts';
import {
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignalId,
} from '../../../src/signals/orchestrator/signals.ts';
import { METRIC_NAMES } from '../../../src/signals/scrape/metric-names.ts';
import { createScrapeSource } from '../../../src/signals/scrape/source.ts';
import { instance, nobody, orchestrator, server } from '../../checks/surroundings.ts';

const BEGAN = Date.parse('2026-01-01T00:00:00Z');
/** Ten minutes after each of the instances began. */
const NOW = BEGAN + 600_000;
const measureOf = (id: string) =>
  (ORCHESTRATOR_SIGNALS as Partial<Record<string, (typeof ORCHESTRATOR_SIGNALS)[OrchestratorSignalId]>>)[
    id
  ]?.measure?.(METRIC_NAMES);
const definition = (id: OrchestratorSignalId): SignalDefinition => ORCHESTRATOR_SIGNALS[id].definition;

/** What one scrape says of a signal, of instances at these metrics addresses, which stand for ports of one host. */
async function read(
  id: OrchestratorSignalId,
  addresses: readonly string[],
  { timeoutMs = 2000, began = '2026-01-01T00:00:00Z', now = NOW } = {},
): Promise<SignalReading> {
  const [first = 'http://127.0.0.1:9'] = addresses;
  const settings = { port: Number(new URL(first).port), path: '/metrics', timeoutMs, names: METRIC_NAMES };
  const source = createScrapeSource(settings, measureOf, () => now);
  const instances = addresses.map((_, index) => instance(index + 1, { startedAt: began }));
  const question = { from: now - 3_600_000, to: now, instances, signal: new AbortController().signal };
  const [reading] = await source.read([definition(id)], question);
  return reading ?? expect.fail('no reading');
}

/** Instances with other expositions, at the same port of other loopback addresses. */
async function ofSeveral(id: OrchestratorSignalId, expositions: readonly (string | number | undefined)[]) {
  let at = 0;
  const url = await server((_, response) => {
    const answer = expositions[at % expositions.length];
    at += 1;
    if (answer === undefined) return void response.destroy();
    if (typeof answer === 'number') response.writeHead(answer);
    response.end(typeof answer === 'string' ? answer : 'no');
  });
  return read(
    id,
    expositions.map(() => url),
  );
}

async function played(id: OrchestratorSignalId, behaviour: BehaviourWish, chats = 0) {
  const service = await orchestrator({ behaviour });
  for (let chat = 0; chat < chats; chat += 1) {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${service.url}/api/v1/chat`, { method: 'POST', headers, body: '{"message":"hello"}' });
  }
  return read(id, [service.metricsUrl]);
}

const counted = (counters: Readonly<Record<string, number>>) =>
  Object.entries(counters)
    .map(([name, value]) => `# TYPE ${name} counter\n${name} ${value}\n`)
    .join('');
const HISTOGRAMS: BehaviourWish = { base: 'metrics-histograms', chat: { taskSeconds: 3 } };
const LIFE = 'over the life of the instance, 10 min at most';
const RECENT = 'the highest of the instances, over the last minute';
const STARTED = 'orchestrator_plan_started_total';
const FAILED = 'orchestrator_plan_failed_total';

describe('a scrape of the stand-in orchestrator', () => {
  it.each<[OrchestratorSignalId, BehaviourWish, number, object]>([
    ['plan-failure-ratio', 'good', 4, { value: 0, samples: 4 }],
    ['plan-failure-ratio', 'good-b', 4, { value: 0, samples: 4 }],
    ['plan-failure-ratio', 'chat-planning-failed', 4, { value: 1, samples: 4 }],
    [
      'plan-failure-ratio',
      { metrics: { base: { [STARTED]: 200, [FAILED]: 76 } } },
      0,
      { value: 0.38, samples: 200 },
    ],
    ['plan-failure-ratio', 'metrics-idle', 0, { value: 0, samples: 42 }],
    ['plan-failure-ratio', 'metrics-help', 3, { value: 0, samples: 45 }],
    [
      'plan-failure-rate',
      { metrics: { base: { [STARTED]: 600, [FAILED]: 60 } } },
      0,
      { value: 0.1, samples: 600 },
    ],
    [
      'agent-failure-rate',
      { metrics: { base: { [STARTED]: 600, agent_call_failures_total: 120 } } },
      0,
      { value: 0.2, samples: 600 },
    ],
    ['agent-failure-rate', 'metrics-idle', 0, { value: 0, samples: 42 }],
    [
      'agent-failures-per-plan',
      { metrics: { base: { [STARTED]: 600, agent_call_failures_total: 1200 } } },
      0,
      { value: 2, samples: 600 },
    ],
    ['plan-failure-ratio', 'chat-third-fails', 6, { value: 1 / 3, samples: 6 }],
    ['agent-failure-rate', 'chat-third-fails', 6, { value: 10 / 600, samples: 6 }],
    ['task-duration-mean', 'tasks-take-long', 3, { value: expect.closeTo(6.003, 9), samples: 3 }],
    ['task-duration-p95', 'tasks-take-long', 3, { value: 6.003 }],
    ['agent-call-duration-p95', 'tasks-take-long', 3, { value: 6 }],
    ['task-duration-p95', HISTOGRAMS, 20, { value: expect.closeTo(4.8, 9), samples: 20 }],
    ['agent-call-duration-mean', HISTOGRAMS, 3, { value: 3, samples: 3 }],
    ['task-duration-mean', 'metrics-idle', 0, { value: expect.closeTo(88.913204417 / 41, 9), samples: 41 }],
  ])('reads %s of %j after %i chats', async (id, behaviour, chats, now) => {
    expect(await played(id, behaviour, chats)).toEqual({
      kind: 'measured',
      source: 'scrape',
      now: { at: NOW, ...now },
      past: [],
      notes: [behaviour === 'tasks-take-long' && id.endsWith('p95') ? RECENT : LIFE],
    });
  });

  it.each<[OrchestratorSignalId, BehaviourWish, number, string]>([
    ['plan-failure-ratio', 'good', 0, `nothing has been counted yet (${STARTED})`],
    ['plan-failure-ratio', 'metrics-refused', 3, '1 of 1 instances not scraped: pod-1: connection refused'],
    [
      'plan-failure-ratio',
      'metrics-html',
      3,
      '1 of 1 instances not scraped: pod-1: cut off: the last line has no end',
    ],
    ['plan-failure-ratio', 'metrics-truncated', 3, '1 of 1 instances not scraped: pod-1: cut off'],
    ['task-duration-mean', 'good', 0, 'nothing has been counted yet'],
    ['task-duration-p95', 'good', 0, 'nothing has been counted yet'],
    ['task-duration-p95', 'metrics-idle', 0, 'nothing was counted in the last minute'],
    ['agent-call-duration-mean', 'good-b', 3, 'nothing has been counted yet'],
    ['chat-failure-ratio', 'good', 3, 'a scrape of the instances does not have it'],
  ])('%s of %j after %i chats is no data: %s', async (id, behaviour, chats, why) => {
    expect(await played(id, behaviour, chats)).toEqual({
      kind: 'no-data',
      source: 'scrape',
      why: expect.stringContaining(why),
    });
  });
});

describe('what answers instead of the service is no data', () => {
  it.each<[string, string]>([
    ['HTTP 500', '500'],
    ['metrics of something else: wrong port?', 'node_cpu_seconds_total 12\n'],
    ['larger than 1024 KiB', `${STARTED} 1\n${'# x\n'.repeat(400_000)}`],
    ['a metric', `${STARTED} much\n`],
  ])('%s', async (why, text) => {
    const reading = await ofSeveral('plan-failure-ratio', [text === '500' ? 500 : text]);
    expect(reading).toMatchObject({
      kind: 'no-data',
      why: expect.stringContaining(why.replace('a metric', 'no metric')),
    });
  });

  it('a listener that never answers', async () => {
    const url = await server(() => {});
    const reading = await read('plan-failure-ratio', [url], { timeoutMs: 60 });
    expect(reading).toMatchObject({
      kind: 'no-data',
      why: expect.stringContaining('no answer within 60 ms'),
    });
  });

  it('nobody at all', async () => {
    expect(await read('plan-failure-ratio', [await nobody()])).toMatchObject({ kind: 'no-data' });
    expect(await read('plan-failure-ratio', [])).toEqual({
      kind: 'no-data',
      source: 'scrape',
      why: 'no running instance is known',
    });
  });

  it('a counter that is no number', async () => {
    const reading = await ofSeveral('plan-failure-ratio', [`${STARTED} NaN\n`]);
    expect(reading).toMatchObject({ kind: 'no-data', why: 'what the instances have counted is no number' });
  });
});

describe('several instances', () => {
  const good = counted({ [STARTED]: 90, [FAILED]: 0 });
  const bad = counted({ [STARTED]: 10, [FAILED]: 10 });

  it('are one service: what they have counted is added', async () => {
    expect(await ofSeveral('plan-failure-ratio', [good, bad])).toMatchObject({
      now: { value: 0.1, samples: 100 },
    });
    expect(await ofSeveral('plan-failure-rate', [good, bad])).toMatchObject({ now: { value: 10 / 600 } });
  });

  it('of which one is silent are told all the same, with a note; of which half are silent are not', async () => {
    const most = await ofSeveral('plan-failure-ratio', [good, undefined, good]);
    expect(most).toMatchObject({
      now: { value: 0, samples: 180 },
      notes: [expect.any(String), expect.stringContaining('1 of 3 instances not scraped: pod-')],
    });
    const half = await ofSeveral('plan-failure-ratio', [good, undefined]);
    expect(half).toMatchObject({
      kind: 'no-data',
      why: expect.stringContaining('1 of 2 instances not scraped'),
    });
  });

  it('that are too many to be named are counted', async () => {
    const none = Array.from({ length: 6 }, () => undefined);
    expect(await ofSeveral('plan-failure-ratio', none)).toMatchObject({
      why: expect.stringContaining('; 3 more'),
    });
  });
});

describe('a life that is longer than the window', () => {
  const HOUR = 3_600_000;
  const base = { [STARTED]: 10_000, [FAILED]: 40, agent_call_failures_total: 40 };

  it.each<[string, OrchestratorSignalId, Readonly<Record<string, number>>, number, object]>([
    [
      'may hide what is bad now',
      'plan-failure-ratio',
      base,
      3 * HOUR,
      { kind: 'no-data', why: '0.004 over a life of 3 h does not show what the last 5 min were' },
    ],
    ['hides nothing while it is short', 'plan-failure-ratio', base, HOUR / 2, { now: { value: 0.004 } }],
    [
      'hides nothing of what is bad',
      'plan-failure-ratio',
      { ...base, [FAILED]: 4000 },
      99 * HOUR,
      { now: { value: 0.4 } },
    ],
    [
      'hides no failure where there was none',
      'plan-failure-ratio',
      { [STARTED]: 10_000 },
      99 * HOUR,
      { now: { value: 0 } },
    ],
    [
      'hides a rate as well',
      'agent-failure-rate',
      { ...base, agent_call_failures_total: 400 },
      3 * HOUR,
      { kind: 'no-data' },
    ],
    [
      'hides no rate that could never have been bad',
      'agent-failure-rate',
      { [STARTED]: 10_000, agent_call_failures_total: 4 },
      3 * HOUR,
      { now: { value: 4 / 10_800 } },
    ],
    ['is of no matter without a limit', 'plan-failure-rate', base, 3 * HOUR, { now: { value: 40 / 10_800 } }],
  ])('%s: %s', async (_, id, counters, life, expected) => {
    const { metricsUrl } = await orchestrator({ behaviour: { metrics: { base: counters } } });
    expect(await read(id, [metricsUrl], { now: BEGAN + life })).toMatchObject(expected);
  });

  it('of which the begin is not known may hide anything but that nothing has failed', async () => {
    const { metricsUrl } = await orchestrator({ behaviour: { metrics: { base } } });
    expect(await read('plan-failure-ratio', [metricsUrl], { began: 'no time' })).toMatchObject({
      ...{
        kind: 'no-data',
        why: '0.004 over a life of which the begin is not known does not show what the last 5 min were',
      },
    });
  });
});

describe('a rate over the life of the instances', () => {
  const behaviour = { metrics: { base: { [STARTED]: 60, [FAILED]: 6 } } };

  it.each([
    ['is not known', 'no time'],
    ['lies ahead by another clock', '2026-01-01T00:20:00Z'],
  ])('is none where their start %s', async (_, began) => {
    const { metricsUrl } = await orchestrator({ behaviour });
    expect(await read('plan-failure-rate', [metricsUrl], { began })).toMatchObject({
      kind: 'no-data',
      why: 'when pod-1 began is not known',
    });
    expect(await read('plan-failure-ratio', [metricsUrl], { began })).toMatchObject({
      now: { value: 0.1 },
      notes: ['over the life of the instance'],
    });
  });

  it('of less than a second counts as one second', async () => {
    const { metricsUrl } = await orchestrator({ behaviour });
    const reading = await read('plan-failure-rate', [metricsUrl], { now: BEGAN + 10 });
    expect(reading).toMatchObject({ now: { value: 6 } });
  });
});
