import { afterEach, expect, test } from 'vitest';
import {
  type BehaviourName,
  type Orchestrator,
  startOrchestrator,
} from '../../../sandbox/orchestrator/index.ts';
import { until } from '../../../tools/until.ts';

const running: Orchestrator[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((orchestrator) => orchestrator.close()));
});

async function start(behaviour: BehaviourName): Promise<Orchestrator> {
  const orchestrator = await startOrchestrator({ behaviour });
  running.push(orchestrator);
  return orchestrator;
}

async function chat(orchestrator: Orchestrator): Promise<void> {
  await fetch(`${orchestrator.url}/api/v1/chat`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"message":"ping"}',
  });
}

async function scrape(orchestrator: Orchestrator): Promise<string> {
  return (await fetch(orchestrator.metricsUrl)).text();
}

function value(text: string, name: string): number | undefined {
  const match = new RegExp(`^${name} (.+)$`, 'm').exec(text);
  return match ? Number(match[1]) : undefined;
}

test('a counter is absent until its first increment, and there is neither HELP nor content type', async () => {
  const orchestrator = await start('good');
  const response = await fetch(orchestrator.metricsUrl);
  expect([response.status, response.headers.get('content-type'), await response.text()]).toEqual([
    200,
    null,
    '',
  ]);
  await chat(orchestrator);
  const text = await scrape(orchestrator);
  expect(text).not.toContain('# HELP');
  expect(value(text, 'orchestrator_plan_started_total')).toBe(1);
  expect(value(text, 'orchestrator_plan_failed_total')).toBeUndefined();
});

test('every block ends with a blank line, and summaries have seven quantiles, a sum and a count', async () => {
  const orchestrator = await start('good');
  await chat(orchestrator);
  const blocks = (await scrape(orchestrator)).split('\n\n').filter(Boolean);
  const summary = blocks.find((block) => block.startsWith('# TYPE agent_call_duration_seconds summary'));
  expect(summary?.split('\n')).toHaveLength(1 + 7 + 2);
  expect(summary).toMatch(/agent_call_duration_seconds_count 1$/);
  expect(blocks.every((block) => block.startsWith('# TYPE '))).toBe(true);
});

test('any path answers with the exposition, /health with OK', async () => {
  const orchestrator = await start('good');
  await chat(orchestrator);
  const origin = new URL(orchestrator.metricsUrl).origin;
  expect(await (await fetch(`${origin}/anything`)).text()).toContain('orchestrator_plan_started_total 1');
  expect(await (await fetch(`${origin}/health`)).text()).toBe('OK');
});

test('blocks come in random order', async () => {
  const orchestrator = await start('good');
  await chat(orchestrator);
  const seen = new Set<string>();
  for (let scrapes = 0; scrapes < 20; scrapes += 1) seen.add(await scrape(orchestrator));
  expect(seen.size).toBeGreaterThan(1);
});

test('generation B counts plans but no tasks and no agent calls', async () => {
  const orchestrator = await start('good-b');
  await chat(orchestrator);
  const text = await scrape(orchestrator);
  expect(value(text, 'orchestrator_plan_succeeded_total')).toBe(1);
  expect(text).not.toContain('task');
  expect(text).not.toContain('agent_call');
});

test('failing agents add their attempts; under traffic this happens without any request', async () => {
  const quiet = await start('agents-fail');
  await chat(quiet);
  expect(value(await scrape(quiet), 'agent_call_failures_total')).toBe(5);
  const busy = await start('agents-fail-under-traffic');
  const text = await until('the circuit to open', async () => {
    const now = await scrape(busy);
    return (value(now, 'orchestrator_plan_failed_total') ?? 0) >= 4 && now;
  });
  expect(value(text, 'agent_call_failures_total')).toBe(15);
});

test('HELP lines, histograms, truncation, an idle summary and an HTML page', async () => {
  expect(await scrape(await start('metrics-help'))).toMatch(/^# HELP orchestrator_plan_started_total /);
  const histograms = await start('metrics-histograms');
  await chat(histograms);
  expect(await scrape(histograms)).toContain('agent_call_duration_seconds_bucket{le="+Inf"} 1');
  const truncated = await start('metrics-truncated');
  await chat(truncated);
  expect(await scrape(truncated)).not.toMatch(/\n\n$/);
  const idle = await scrape(await start('metrics-idle'));
  expect(idle).toContain('orchestrator_task_duration_seconds{quantile="0.99"} 0\n');
  expect(value(idle, 'orchestrator_task_duration_seconds_count')).toBe(41);
  expect(await scrape(await start('metrics-html'))).toContain('<!doctype html>');
});

test('failing counters grow with every scrape, and a reset starts them again', async () => {
  const failing = await start('metrics-failing');
  const name = 'orchestrator_plan_failed_total';
  expect(value(await scrape(failing), name)).toBe(55);
  expect(value(await scrape(failing), name)).toBe(60);
  const reset = await start('metrics-reset');
  const started = [];
  for (let scrapes = 0; scrapes < 3; scrapes += 1)
    started.push(value(await scrape(reset), 'orchestrator_plan_started_total'));
  expect(started).toEqual([5003, 5006, 0]);
});

test('a refused listener refuses while the API answers', async () => {
  const orchestrator = await start('metrics-refused');
  await expect(fetch(orchestrator.metricsUrl)).rejects.toThrow('fetch failed');
  expect((await fetch(`${orchestrator.url}/health`)).status).toBe(200);
});

test('a part of the chats fails, and tasks are measured to take what is said', async () => {
  const orchestrator = await start('chat-third-fails');
  for (let chats = 0; chats < 6; chats += 1) await chat(orchestrator);
  const failing = await scrape(orchestrator);
  expect(value(failing, 'orchestrator_plan_started_total')).toBe(6);
  expect(value(failing, 'orchestrator_plan_failed_total')).toBe(2);
  const slow = await start('tasks-take-long');
  await chat(slow);
  expect(value(await scrape(slow), 'orchestrator_task_duration_seconds_sum')).toBeCloseTo(6.003);
});
