import { describe, expect, it } from 'vitest';
import type { BehaviourWish } from '../../sandbox/orchestrator/index.ts';
import { createMetricsCheck } from '../../src/checks/metrics/probe.ts';
import type { MetricsSettings } from '../../src/checks/metrics/settings.ts';
import { runCheck } from '../../src/checks/run/run-check.ts';
import type { OwnPlans } from '../../src/domain/proof/checks.ts';
import { readCounters } from '../../src/signals/scrape/scrape.ts';
import { instance, orchestrator, probeContext, said, server } from './surroundings.ts';

const NAMES = {
  planStarted: 'orchestrator_plan_started_total',
  planFailed: 'orchestrator_plan_failed_total',
  agentFailures: 'agent_call_failures_total',
  taskDuration: 'orchestrator_task_duration_seconds',
};
const settings: MetricsSettings = {
  port: 0,
  path: '/metrics',
  maxPlanFailureRatio: 0.05,
  minPlans: 1,
  maxAgentFailureGrowth: 0,
  names: NAMES,
  needed: 2,
  everyMs: 0,
  withinMs: 400,
  timeoutMs: 1000,
};
const options = { signal: new AbortController().signal, key: 'run/x', report: () => {} };

async function served(behaviour: BehaviourWish, chats = 0) {
  const service = await orchestrator({ behaviour });
  for (let chat = 0; chat < chats; chat += 1) {
    const headers = { 'content-type': 'application/json' };
    await fetch(`${service.url}/api/v1/chat`, { method: 'POST', headers, body: '{"message":"hello"}' });
  }
  return { ...service, port: Number(new URL(service.metricsUrl).port) };
}

async function checked(behaviour: BehaviourWish, chats: number, ownPlans?: OwnPlans) {
  const { port } = await served(behaviour, chats);
  return runCheck(createMetricsCheck({ ...settings, port }), settings, {
    ...options,
    ...(ownPlans ? { ownPlans } : {}),
    instances: async () => [instance(1)],
  });
}

describe('the metrics check', () => {
  it.each<[BehaviourWish, number, string]>([
    ['good', 3, '0 of 3 plans failed'],
    ['good-b', 3, '0 of 3 plans failed'],
    ['metrics-histograms', 3, '0 of 3 plans failed'],
    ['metrics-help', 3, '0 of 45 plans failed'],
    ['metrics-idle', 0, '0 of 42 plans failed'],
    ['metrics-reset', 0, 'plans failed'],
  ])('%s after %i chats passes: %s', async (behaviour, chats, summary) => {
    const result = await checked(behaviour, chats);
    expect(result).toMatchObject({ verdict: 'passed', summary: expect.stringContaining(summary) });
  });

  it.each<[BehaviourWish, number, string, string]>([
    ['good', 0, 'inconclusive', 'insufficient data: 0 plans started'],
    ['metrics-refused', 3, 'inconclusive', 'scrape failed, pod-1: connection refused'],
    ['metrics-html', 3, 'inconclusive', 'scrape failed, pod-1: cut off'],
    ['metrics-failing', 0, 'failed', 'agent failures still growing: 25 more'],
    ['agents-fail', 8, 'failed', '8 of 8 plans failed'],
  ])('%s after %i chats is %s: %s', async (behaviour, chats, verdict, summary) => {
    const result = await checked(behaviour, chats);
    expect(result).toMatchObject({ verdict, summary: expect.stringContaining(summary) });
  });

  it('S3 knows which plans were our own, and takes none of them that failed for a proof', async () => {
    const failed = await checked('chat-planning-failed', 2);
    expect(failed).toMatchObject({ verdict: 'failed', summary: expect.stringContaining('2 of 2 plans') });
    const ours = await checked('chat-planning-failed', 2, { started: 2, failed: 2 });
    expect(ours).toMatchObject({
      verdict: 'inconclusive',
      onlyOurs: true,
      summary: expect.stringContaining('no plans but ours'),
    });
  });

  it('takes the mean from sum and count, not from quantiles that fell back to zero', async () => {
    const result = await checked('metrics-idle', 0);
    expect(result.values).toMatchObject({ meanTaskSeconds: 2.169 });
  });

  it('reads a text that is cut off in the middle of a line as no scrape', async () => {
    const text = '# TYPE orchestrator_plan_started_total counter\norchestrator_plan_started_total 4';
    const result = await checked({ metrics: { reply: { status: 200, body: text } } }, 0);
    expect(result).toMatchObject({
      verdict: 'inconclusive',
      summary: expect.stringContaining('cut off'),
    });
  });

  it('sees failures that grow while users chat', async () => {
    const result = await checked({ base: 'agents-fail', trafficEveryMs: 20 }, 8);
    expect(result.verdict).toBe('failed');
  });

  it('adds up all instances, and trusts no part of them', async () => {
    const { port } = await served('good', 2);
    const check = createMetricsCheck({ ...settings, port });
    const here = instance(1);
    expect(said(await check.probe(probeContext({ instances: [here] })))).toBe(
      'passed: 0 of 2 plans failed; 0 agent failures',
    );
    const gone = instance(2, { address: '127.0.0.9' });
    expect(said(await check.probe(probeContext({ instances: [here, gone] })))).toBe(
      'inconclusive: scrape failed, pod-2: connection refused',
    );
    expect(said(await check.probe(probeContext()))).toBe('inconclusive: no running instance is known');
  });

  it('sends no token to the metrics listener, which knows no authorisation', async () => {
    const { port, requests } = await served('good');
    await createMetricsCheck({ ...settings, port }).probe(probeContext({ instances: [instance(1)] }));
    expect(requests().at(-1)?.headers).not.toHaveProperty('authorization');
  });

  it('names another status', async () => {
    const url = await server((_, response) => void response.writeHead(404).end());
    const check = createMetricsCheck({ ...settings, port: Number(new URL(url).port) });
    expect(said(await check.probe(probeContext({ instances: [instance(1)] })))).toBe(
      'inconclusive: scrape failed, pod-1: HTTP 404',
    );
  });
});

describe('the counters of an exposition', () => {
  it('counts an absent counter as zero in a complete text of the service', () => {
    expect(readCounters('orchestrator_plan_started_total 4\n', NAMES)).toEqual({
      plansStarted: 4,
      plansFailed: 0,
      agentFailures: 0,
      taskSeconds: 0,
      tasks: 0,
    });
  });

  it('reads the empty text of a process that has just begun', () => {
    expect(readCounters('', NAMES)).toMatchObject({ plansStarted: 0 });
  });

  it.each([
    ['node_cpu_seconds_total 1\n', 'metrics of something else: wrong port?'],
    ['orchestrator_plan_started_total NaN\n', 'a counter is no number'],
    ['orchestrator_plan_started_total +Inf\n', 'a counter is no number'],
    ['orchestrator_plan_started_total -1\n', 'a counter is no number'],
  ])('finds no counters in %j: %s', (text, problem) => {
    expect(readCounters(text, NAMES)).toEqual({ problem });
  });

  it('goes by the names that the profile gives', () => {
    const names = { ...NAMES, planStarted: 'plans_total' };
    expect(readCounters('plans_total{kind="a"} 3\nplans_total{kind="b"} 4\n', names)).toMatchObject({
      plansStarted: 7,
    });
  });
});
