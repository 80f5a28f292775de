import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startFaultProxy } from '../../../sandbox/faults/index.ts';
import { openSandbox, type Sandbox, type SandboxPrometheus } from '../../../sandbox/index.ts';
import { prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import { createSecretResolver } from '../../../src/secrets/index.ts';
import { createPrometheusSource, type PrometheusQueries } from '../../../src/signals/prometheus/index.ts';
import { measured, past, readOne, settingsOf, signalOf } from './surroundings.ts';

const problem = await prometheusProblem();

let sandbox: Sandbox;
let prometheus: SandboxPrometheus;
beforeAll(async () => {
  if (problem) return;
  const opened = await openSandbox({
    prometheus: { past: [past('plans_total', (ago) => (200 - ago) * 60)] },
  });
  sandbox = opened;
  prometheus = opened.prometheus;
});
afterAll(() => sandbox?.close());

const samples = 'sum(increase(plans_total[5m]))';
const QUERIES: Readonly<Record<string, PrometheusQueries>> = {
  ratio: { value: 'sum(rate(plans_total[5m])) / sum(rate(plans_total[5m]))', samples },
  rate: { value: 'sum(rate(plans_total[5m]))', samples },
  plans: { value: samples, samples },
  empty: { value: 'sum(never_heard_of)', samples },
  broken: { value: 'sum(' },
};

describe.skipIf(problem)(`several signals from Prometheus${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test('each has a reading in its place, all of one moment, and what they ask alike is asked once', async () => {
    const proxy = await startFaultProxy({ upstream: prometheus.url });
    onTestFinished(() => proxy.close());
    const settings = settingsOf({ addresses: [proxy.url], timeout: '20s' });
    const source = createPrometheusSource(
      settings,
      createSecretResolver({ env: {} }),
      ({ id }) => QUERIES[id],
    );
    const ids = ['ratio', 'empty', 'rate', 'unknown', 'broken', 'plans'];
    const to = Date.now();
    const readings = await source.read(
      ids.map((id) => signalOf({ id })),
      { from: to - 3_600_000, to, instances: [], signal: new AbortController().signal },
    );
    expect(
      readings.map((reading) => (reading.kind === 'measured' ? Math.round(reading.now.value) : reading.why)),
    ).toEqual([
      1,
      expect.stringMatching(/^no series/),
      1,
      'no query is set for it',
      expect.stringMatching(/parse error/),
      300,
    ]);
    const moments = readings.flatMap((reading) => (reading.kind === 'measured' ? [reading.now.at] : []));
    expect(new Set(moments).size).toBe(1);
    const asked = proxy.requests.map(({ path, body }) => {
      const form = new URLSearchParams(body.toString());
      return `${path} ${form.get('query')}`;
    });
    expect(asked[0]).toBe('/api/v1/query time()');
    expect(new Set(asked).size).toBe(asked.length);
    // The time; a value of now and a past for each of five; how many plans there were is one of the pasts.
    expect(asked).toHaveLength(11);
  });

  test('where no signal has a query nobody is asked', async () => {
    const proxy = await startFaultProxy({ upstream: prometheus.url });
    onTestFinished(() => proxy.close());
    const settings = settingsOf({
      addresses: [proxy.url],
      auth: { mode: 'bearer', secret: { env: 'NONE' } },
    });
    const source = createPrometheusSource(settings, createSecretResolver({ env: {} }), () => undefined);
    const question = { from: 0, to: 1, instances: [], signal: new AbortController().signal };
    expect(await source.read([], question)).toEqual([]);
    expect(await source.read([signalOf()], question)).toEqual([
      { kind: 'no-data', source: 'prometheus', why: 'no query is set for it' },
    ]);
    expect(proxy.requests).toEqual([]);
  });

  test('times that a query front end puts on multiples of the step are those of now and of the past', async () => {
    const proxy = await startFaultProxy({ upstream: prometheus.url });
    onTestFinished(() => proxy.close());
    proxy.rule({ path: /query_range$/ }, async ({ request, pass }) => {
      const form = new URLSearchParams(request.body.toString());
      const step = Number(form.get('step'));
      for (const name of ['start', 'end'])
        form.set(name, String(Math.floor(Number(form.get(name)) / step) * step));
      const body = Buffer.from(form.toString());
      const headers = { ...request.headers, 'content-length': String(body.length) };
      Object.assign(request, { body, headers });
      await pass();
    });
    const { value } = QUERIES.rate!;
    const reading = await readOne({
      settings: settingsOf({ addresses: [proxy.url] }),
      queries: { value, samples },
    });
    const { now, past: points } = measured(reading);
    expect(now).toMatchObject({ value: expect.closeTo(1), samples: 300 });
    expect(points.length).toBeGreaterThanOrEqual(95);
    expect(points.every((point) => point.samples === 300 && point.at < now.at)).toBe(true);
  });
});
