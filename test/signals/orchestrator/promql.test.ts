import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSandbox } from '../../../sandbox/index.ts';
import { type PastSeries, prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import {
  ORCHESTRATOR_SIGNAL_IDS,
  ORCHESTRATOR_SIGNALS,
  type OrchestratorSignalId,
} from '../../../src/signals/orchestrator/signals.ts';
import type { PrometheusQueries } from '../../../src/signals/prometheus/index.ts';
import type { Selector } from '../../../src/signals/promql/selector.ts';
import { METRIC_NAMES } from '../../../src/signals/scrape/metric-names.ts';

/** The moment that everything is asked for, on a scrape of every series. */
const AT = Math.floor(Date.now() / 60_000) * 60_000;
const EVERY = 15;
const [STARTED, FAILED, AGENTS, TASKS] = [
  METRIC_NAMES.planStarted,
  METRIC_NAMES.planFailed,
  METRIC_NAMES.agentFailures,
  METRIC_NAMES.taskDuration,
];

type Labels = Readonly<Record<string, string>>;
interface Span {
  /** Seconds before `AT`; default: 20 minutes. */
  readonly from?: number;
  readonly to?: number;
  readonly every?: number;
}

/** A series whose value is a function of the seconds before `AT`. */
function series(
  metric: string,
  labels: Labels,
  value: (ago: number) => number,
  { from = 1200, to = 0, every = EVERY }: Span = {},
): PastSeries {
  const points: [number, number][] = [];
  for (let ago = from; ago >= to; ago -= every) points.push([AT - ago * 1000, value(ago)]);
  return { metric, labels: { instance: 'a', ...labels }, points };
}

/** A counter that grows by so much a scrape, and was `start` 20 minutes ago. */
const growing = (metric: string, labels: Labels, step: number, start = 100, span: Span = {}) =>
  series(metric, labels, (ago) => start + (step * (1200 - ago)) / EVERY, span);
const constant = (metric: string, labels: Labels, value: number, span: Span = {}) =>
  series(metric, labels, () => value, span);
const up = (labels: Labels, span: Span = {}) => constant('up', labels, 1, span);
/** Old for long, young for long: before and since the fifth part of the window. */
const restarted = (metric: string, labels: Labels, step: number) =>
  series(metric, labels, (ago) =>
    ago > 150 ? 500 + (step * (1200 - ago)) / EVERY : step * (1 + (150 - ago) / EVERY),
  );

const PLAIN = 4;
/** What Prometheus has seen of each job. 20 scrapes lie in the window of 5 minutes. */
const JOBS: Readonly<Record<string, readonly PastSeries[]>> = {
  steady: [up({}), growing(STARTED, {}, PLAIN), growing(FAILED, {}, 1), growing(AGENTS, {}, 3)],
  reset: [up({}), restarted(STARTED, {}, PLAIN), restarted(FAILED, {}, 1)],
  'no-failure-yet': [up({}), growing(STARTED, {}, PLAIN)],
  'nothing-counted': [up({})],
  'no-traffic': [up({}), constant(STARTED, {}, 90), constant(FAILED, {}, 9)],
  'first-failure': [up({}), growing(STARTED, {}, 2), constant(FAILED, {}, 3, { from: 60 })],
  'new-pod': [
    up({}, { from: 240 }),
    constant(STARTED, {}, 10, { from: 180 }),
    constant(FAILED, {}, 7, { from: 180 }),
    constant(AGENTS, {}, 30, { from: 180 }),
  ],
  'short-lived-pod': [
    up({}),
    growing(STARTED, {}, PLAIN),
    up({ instance: 'b' }, { from: 240, to: 195 }),
    series(STARTED, { instance: 'b' }, (ago) => (ago > 210 ? 5 : 8), { from: 225, to: 195 }),
    constant(FAILED, { instance: 'b' }, 8, { from: 210, to: 195 }),
  ],
  // Prometheus has begun to scrape it, or its labels are new: its age is not known.
  'first-seen': [
    up({}, { from: 120 }),
    growing(STARTED, {}, PLAIN, 5000, { from: 120 }),
    growing(FAILED, {}, 1, 5000, { from: 120 }),
  ],
  relabelled: [
    up({}),
    growing(STARTED, { team: 'x' }, PLAIN, 5000, { to: 165 }),
    growing(STARTED, { team: 'y' }, PLAIN, 5000, { from: 150 }),
    growing(FAILED, { team: 'x' }, 0, 5000, { to: 165 }),
    growing(FAILED, { team: 'y' }, 0, 5000, { from: 150 }),
  ],
  unreachable: [
    series('up', {}, (ago) => (ago <= 405 && ago >= 150 ? 0 : 1)),
    growing(STARTED, {}, PLAIN, 5000, { to: 420 }),
    growing(STARTED, { instance: 'a' }, PLAIN, 5000, { from: 135 }),
  ],
  // A rollback a minute and a half ago: the bad pod is gone, the good one has begun.
  replaced: [
    up({}, { to: 105 }),
    growing(STARTED, {}, PLAIN, 100, { to: 105 }),
    growing(FAILED, {}, PLAIN, 100, { to: 105 }),
    up({ instance: 'b' }, { from: 90 }),
    series(STARTED, { instance: 'b' }, (ago) => (PLAIN * (90 - ago)) / EVERY, { from: 75 }),
  ],
  'two-pods': [
    up({}),
    up({ instance: 'b' }),
    growing(STARTED, {}, 3),
    growing(STARTED, { instance: 'b' }, 1),
    growing(FAILED, { instance: 'b' }, 1),
    growing(AGENTS, { instance: 'b' }, 6),
  ],
  canary: [
    up({}),
    up({ instance: 'c', version: 'canary' }),
    growing(STARTED, {}, PLAIN),
    growing(STARTED, { instance: 'c', version: 'canary' }, PLAIN),
    growing(FAILED, { instance: 'c', version: 'canary' }, PLAIN),
  ],
  summary: [
    up({}),
    ...summary({}, { quantile: 3.2, step: 4 }),
    ...summary({ instance: 'b' }, { quantile: 2.1, step: 2 }),
    // Stands still: what it says is of long ago, or 0.
    ...summary({ instance: 'c' }, { quantile: 9.9, step: 0 }),
    ...summary({ instance: 'd' }, { quantile: 0, step: 0 }),
  ],
  'summary-idle': [up({}), ...summary({}, { quantile: 0, step: 0 })],
  'summary-new': [
    up({}, { from: 90 }),
    ...summary({}, { quantile: 2.5, step: 0, count: 3, span: { from: 30 } }),
  ],
  'summary-restarted': [
    up({}),
    constant(TASKS, { quantile: '0.95' }, 1.5),
    series(`${TASKS}_sum`, {}, (ago) => (ago > 30 ? 200 : 10)),
    series(`${TASKS}_count`, {}, (ago) => (ago > 30 ? 100 : 5)),
  ],
  'summary-each-minute': [
    up({}, { every: 60 }),
    ...summary({}, { quantile: 3.2, step: 4, span: { every: 60 } }),
  ],
  histogram: [up({}), ...histogram({}, 4)],
  'histogram-two-pods': [
    up({}),
    ...histogram({}, 2),
    up({ instance: 'b' }),
    ...histogram({ instance: 'b' }, 2),
  ],
  'histogram-idle': [up({}), ...histogram({}, 0)],
  'histogram-after-summary': [
    up({}),
    ...histogram({}, 0),
    up({ instance: 'b' }),
    ...summary({ instance: 'b' }, { quantile: 3.2, step: 4 }),
  ],
};

function summary(
  labels: Labels,
  { quantile, step, count = 50, span = {} }: { quantile: number; step: number; count?: number; span?: Span },
) {
  return [
    constant(TASKS, { ...labels, quantile: '0.5' }, quantile / 2, span),
    constant(TASKS, { ...labels, quantile: '0.95' }, quantile, span),
    growing(`${TASKS}_sum`, labels, 2 * step, 2 * count, span),
    growing(`${TASKS}_count`, labels, step, count, span),
  ];
}

/** Half of the tasks within 1 s, the others within 5. */
function histogram(labels: Labels, step: number) {
  return [
    growing(`${TASKS}_bucket`, { ...labels, le: '1' }, step / 2, 50),
    growing(`${TASKS}_bucket`, { ...labels, le: '5' }, step, 100),
    growing(`${TASKS}_bucket`, { ...labels, le: '+Inf' }, step, 100),
    growing(`${TASKS}_sum`, labels, 2 * step, 200),
    growing(`${TASKS}_count`, labels, step, 100),
  ];
}

const problem = await prometheusProblem();

describe.skipIf(problem)(`the PromQL of the signals${problem ? ` (skipped: ${problem})` : ''}`, () => {
  let sandbox: Awaited<ReturnType<typeof openSandbox>>;
  beforeAll(async () => {
    const past = Object.entries(JOBS).flatMap(([job, all]) =>
      all.map((one) => ({ ...one, labels: { job, ...one.labels } })),
    );
    sandbox = await openSandbox({ prometheus: { past } });
  });
  afterAll(async () => sandbox?.close());

  /** What an instant query says at the moment; undefined for nothing. More than one series is a fault. */
  async function ask(query: string, at = AT): Promise<number | undefined> {
    const parameters = new URLSearchParams({ query, time: String(at / 1000) });
    const response = await fetch(`${sandbox.prometheus?.url}/api/v1/query`, {
      method: 'POST',
      body: parameters,
    });
    const { data, error } = (await response.json()) as {
      error?: string;
      data: { result: { value: [number, string] }[] };
    };
    if (error) throw new Error(`${error} in ${query}`);
    expect(data.result.length, query).toBeLessThanOrEqual(1);
    const [one] = data.result;
    return one && Number(one.value[1]);
  }

  const queriesOf = (
    id: OrchestratorSignalId,
    selector: Selector,
    windowMs = 300_000,
  ): PrometheusQueries | undefined =>
    ORCHESTRATOR_SIGNALS[id].queries?.(METRIC_NAMES, { selector, windowMs });

  async function read(id: OrchestratorSignalId, job: string, more: Selector = {}) {
    const queries = queriesOf(id, { job, ...more }) ?? expect.fail('no queries');
    const [value, samples] = await Promise.all([ask(queries.value), ask(queries.samples ?? 'vector(-1)')]);
    return [value, samples];
  }

  const about = (value: number | undefined) => (value === undefined ? undefined : expect.closeTo(value, 6));

  it.each<[OrchestratorSignalId, string, number | undefined, number | undefined]>([
    ['plan-failure-ratio', 'steady', 0.25, 80],
    ['plan-failure-rate', 'steady', 20 / 300, 80],
    ['agent-failure-rate', 'steady', 60 / 300, 80],
    ['agent-failures-per-plan', 'steady', 60 / 80, 80],
    ['agent-failures-per-plan', 'no-failure-yet', 0, 80],
    ['agent-failures-per-plan', 'nothing-counted', undefined, undefined],
    ['agent-failures-per-plan', 'no-traffic', undefined, 0],
    ['agent-failures-per-plan', 'two-pods', 120 / 80, 80],
    ['plan-failure-ratio', 'reset', 0.25, 80],
    ['plan-failure-rate', 'reset', 20 / 300, 80],
    ['plan-failure-ratio', 'no-failure-yet', 0, 80],
    ['agent-failure-rate', 'no-failure-yet', 0, 80],
    ['plan-failure-ratio', 'nothing-counted', undefined, undefined],
    ['agent-failure-rate', 'nothing-counted', undefined, undefined],
    ['task-duration-mean', 'nothing-counted', undefined, undefined],
    ['task-duration-p95', 'nothing-counted', undefined, undefined],
    ['plan-failure-ratio', 'no-traffic', undefined, 0],
    ['plan-failure-rate', 'no-traffic', 0, 0],
    ['plan-failure-ratio', 'first-failure', 3 / 40, 40],
    ['plan-failure-ratio', 'new-pod', 0.7, 10],
    ['plan-failure-rate', 'new-pod', 7 / 300, 10],
    ['agent-failure-rate', 'new-pod', 30 / 300, 10],
    ['plan-failure-ratio', 'short-lived-pod', 8 / 88, 88],
    // 8 scrapes, and half of one before the first: that is `increase`.
    ['plan-failure-ratio', 'first-seen', 0.25, 34],
    ['plan-failure-ratio', 'relabelled', 0, 80],
    ['plan-failure-ratio', 'two-pods', 0.25, 80],
    ['agent-failure-rate', 'two-pods', 120 / 300, 80],
    ['task-duration-mean', 'summary', 2, 120],
    ['task-duration-p95', 'summary', 3.2, 24],
    ['task-duration-mean', 'summary-idle', undefined, 0],
    ['task-duration-p95', 'summary-idle', undefined, undefined],
    ['task-duration-p95', 'summary-new', 2.5, 3],
    ['task-duration-p95', 'summary-restarted', 1.5, 5],
    ['task-duration-p95', 'summary-each-minute', 3.2, 16],
    ['task-duration-mean', 'histogram', 2, 80],
    ['task-duration-p95', 'histogram', 4.6, 80],
    ['task-duration-p95', 'histogram-two-pods', 4.6, 80],
    ['task-duration-p95', 'histogram-idle', undefined, undefined],
    ['task-duration-p95', 'histogram-after-summary', 3.2, 16],
  ])('%s of %s is %s, of %s events', async (id, job, value, samples) => {
    expect(await read(id, job)).toEqual([about(value), about(samples)]);
  });

  it('an instance that could not be scraped for a while does not count anew what it had counted before', async () => {
    const [, samples] = await read('plan-failure-ratio', 'unreachable');
    expect(samples).toBeLessThan(80);
  });

  it('counts a canary, unless the selector leaves it out', async () => {
    expect(await read('plan-failure-ratio', 'canary')).toEqual([about(0.5), about(160)]);
    const stable = await read('plan-failure-ratio', 'canary', { version: { not: 'canary' } });
    expect(stable).toEqual([about(0), about(80)]);
    const both = await read('plan-failure-ratio', 'canary', { instance: { matches: 'a|c' } });
    expect(both).toEqual([about(0.5), about(160)]);
    const none = await read('plan-failure-ratio', 'canary', { instance: { notMatches: 'a|c' } });
    expect(none).toEqual([undefined, undefined]);
  });

  it('over a window that is no longer than the change is ago, nothing is left of what was before it', async () => {
    const [long, short] = [300_000, 60_000].map((windowMs) =>
      queriesOf('plan-failure-ratio', { job: 'replaced' }, windowMs),
    );
    expect(await ask(long?.value ?? '')).toBeGreaterThan(0.5);
    expect([await ask(short?.value ?? ''), await ask(short?.samples ?? '')]).toEqual([0, about(16)]);
  });

  it('a label that is not harmless selects nothing else', async () => {
    for (const job of ['x"} or up{job="steady', 'a\\', 'a\nb', '\u00e9{}']) {
      expect(await read('plan-failure-ratio', job)).toEqual([undefined, undefined]);
    }
  });

  it('gives one finite number or none, of every job together and at every moment of the past', async () => {
    const moments = [0, 7_000, 100_000, 400_000, 1_190_000, 1_300_000].map((ago) => AT - ago);
    for (const id of ORCHESTRATOR_SIGNAL_IDS) {
      const queries = queriesOf(id, {});
      const found = await Promise.all(
        Object.values(queries ?? {}).flatMap((query) => moments.map((at) => ask(query, at))),
      );
      for (const value of found) expect(value ?? 0, id).toSatisfy(Number.isFinite);
    }
  });

  it('says when a counter was last scraped', async () => {
    const { seen = '' } = queriesOf('plan-failure-ratio', { job: 'steady' }) ?? {};
    expect(await ask(seen)).toBe(AT / 1000);
    expect(await ask(seen, AT + 100_000)).toBe(AT / 1000);
    expect(await ask(seen, AT + 301_000)).toBeUndefined();
  });
});
