import { describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/load.ts';
import { queriesOf } from '../../src/signals/create-signals.ts';
import { ORCHESTRATOR_SIGNAL_IDS, ORCHESTRATOR_SIGNALS } from '../../src/signals/orchestrator/signals.ts';
import { METRIC_NAMES } from '../../src/signals/scrape/metric-names.ts';

const file = 'runbook.yaml';
const PROMETHEUS = 'prometheus: { addresses: ["http://prometheus:9090"] }';
const service = (...lines: readonly string[]) => `services:
  orch:
    kubernetes: { namespace: phoenix-orch, deployment: master-orchestrator }
    endpoint: http://127.0.0.1:8181
${lines.map((line) => `    ${line}\n`).join('')}`;
const signals = (...lines: readonly string[]) =>
  parseConfig(service(...lines), { file }).services.orch?.signals;
const faults = (...lines: readonly string[]): readonly string[] => {
  try {
    parseConfig(service(...lines), { file });
  } catch (error) {
    return (error as Error).message
      .split('\n')
      .map((line) => line.replace(/^runbook\.yaml:\d+:\d+ services\.orch\./, ''));
  }
  return [];
};

describe('the section signals', () => {
  it('is not there unless it is written', () => {
    expect(signals()).toBeUndefined();
  });

  it('has every default, of the checks where they ask the same', () => {
    expect(signals('signals: {}')).toEqual({
      definitions: ORCHESTRATOR_SIGNAL_IDS.map((id) => ORCHESTRATOR_SIGNALS[id].definition),
      prefer: 'prometheus',
      deadlineMs: 20_000,
      baselineMs: 3_600_000,
      clockMs: 10_000,
      git: [],
      selector: {},
      names: METRIC_NAMES,
      scrape: { port: 9000, path: '/metrics', timeoutMs: 3000, names: METRIC_NAMES },
      chat: { messages: 3, timeoutMs: 10_000 },
      custom: {},
    });
    const check = 'checks: { metrics: { port: 9100, path: /m, names: { planFailed: plans_failed } } }';
    const names = { ...METRIC_NAMES, planFailed: 'plans_failed', taskDuration: 'tasks' };
    expect(signals(check, 'signals: { names: { taskDuration: tasks } }')).toMatchObject({
      names,
      scrape: { port: 9100, path: '/m', names },
    });
    expect(signals(check, 'signals: { scrape: { port: 9200 } }')).toMatchObject({
      scrape: { port: 9200, path: '/m' },
    });
  });

  it('scrapes no instance where the check metrics is off, unless it says so', () => {
    expect(signals('checks: { metrics: false }', 'signals: {}')).not.toHaveProperty('scrape');
    expect(signals('signals: { scrape: false }')).not.toHaveProperty('scrape');
    expect(signals('checks: { metrics: false }', 'signals: { scrape: {} }')).toMatchObject({
      scrape: { port: 9000, path: '/metrics', timeoutMs: 3000 },
    });
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['of the chats without messages', ['signals: { chat: { messages: 0 } }'], ['chat-failure-ratio']],
    ['of the chats without their check', ['checks: { chat: false }', 'signals: {}'], ['chat-failure-ratio']],
    ['of the agents without their check', ['checks: { agents: false }', 'signals: {}'], ['agent-health']],
    [
      'that are off',
      ['signals: { orchestrator: { task-duration-p95: false, agent-health: false } }'],
      ['task-duration-p95', 'agent-health'],
    ],
  ])('has no signals %s', (_, lines, missing) => {
    const ids = signals(...lines)?.definitions.map(({ id }) => id);
    expect(ids).toEqual(ORCHESTRATOR_SIGNAL_IDS.filter((id) => !missing.includes(id)));
  });

  it('changes what of a signal is said, and leaves the rest', () => {
    const section =
      'signals: { orchestrator: { plan-failure-ratio: { limit: 0.1, window: 10m, decides: false }, agent-health: { growth: 2 } } }';
    const { definitions = [] } = signals(section) ?? {};
    const [ratio] = definitions;
    expect(ratio).toEqual({
      ...ORCHESTRATOR_SIGNALS['plan-failure-ratio'].definition,
      ...{ limit: 0.1, windowMs: 600_000, decides: false },
    });
    expect(definitions.at(-1)).toEqual({ ...ORCHESTRATOR_SIGNALS['agent-health'].definition, growth: 2 });
  });

  it('takes any PromQL, with its window in it', () => {
    const own =
      "custom: [{ id: logins, title: failed logins, unit: per-second, window: 90s, growth: 3, query: 'sum(rate(a[$window]))', samples: 'sum(increase(b[$window]))' }]";
    const found = signals(PROMETHEUS, `signals: { selector: { job: orch }, ${own} }`);
    expect(found?.custom).toEqual({
      logins: { value: 'sum(rate(a[$window]))', samples: 'sum(increase(b[$window]))' },
    });
    const queries = found && queriesOf(found);
    const [logins = expect.fail('no signal')] = found?.definitions.slice(-1) ?? [];
    expect(queries?.(logins)).toEqual({ value: 'sum(rate(a[90s]))', samples: 'sum(increase(b[90s]))' });
    expect(queries?.({ ...logins, windowMs: 60_500 })).toMatchObject({ value: 'sum(rate(a[60500ms]))' });
    expect(logins).toEqual({
      ...{ id: 'logins', title: 'failed logins', unit: 'per-second', windowMs: 90_000, minSamples: 1 },
      ...{ worse: 'higher', growth: 3, decides: false },
    });
  });

  it('knows the labels of its series', () => {
    const selector =
      '{ job: orch, version: { not: canary }, pod: { matches: "orch-.*" }, namespace: { notMatches: test } }';
    expect(signals(`signals: { selector: ${selector} }`)?.selector).toEqual({
      job: 'orch',
      version: { not: 'canary' },
      pod: { matches: 'orch-.*' },
      namespace: { notMatches: 'test' },
    });
  });
});

describe('a fault in the section signals', () => {
  const custom = (changes: string) => [
    PROMETHEUS,
    `signals: { selector: { job: a }, custom: [{ id: own, title: own, unit: ratio, query: up, limit: 1 }, { title: x, unit: ratio, query: up, ${changes} }] }`,
  ];

  it.each<[string, readonly string[]]>([
    ['signals: expected', ['signals: yes']],
    ['signals.window: unknown key (known: prefer', ['signals: { window: 5m }']],
    ['signals.prefer: ', ['signals: { prefer: loki }']],
    ['signals.deadline: expected between 100ms and 25s', ['signals: { deadline: 3m }']],
    ['signals.chat.messages: ', ['signals: { chat: { messages: 11 } }']],
    [
      'signals.orchestrator.plan-failures: unknown key (known: plan-failure-ratio, ',
      ['signals: { orchestrator: { plan-failures: {} } }'],
    ],
    [
      'signals.orchestrator.plan-failure-ratio: expected what of the signal is to differ, or false',
      ['signals: { orchestrator: { plan-failure-ratio: 3 } }'],
    ],
    [
      'signals.orchestrator.plan-failure-ratio.growth: ',
      ['signals: { orchestrator: { plan-failure-ratio: { growth: 1 } } }'],
    ],
    [
      'signals.orchestrator.plan-failure-ratio.window: expected between 1s and 6h',
      ['signals: { orchestrator: { plan-failure-ratio: { window: 100ms } } }'],
    ],
    [
      'signals.names.planFailed: expected the name of a metric',
      ['signals: { names: { planFailed: "a b" } }'],
    ],
    ['signals.selector.my-label: expected the name of a label', ['signals: { selector: { my-label: x } }']],
    ['signals.selector.job: expected a value, or one of', ['signals: { selector: { job: 3 } }']],
    [
      'signals.selector.job.matches: expected a regular expression',
      ['signals: { selector: { job: { matches: "(" } } }'],
    ],
    [
      'signals.selector: le and quantile belong to the series of one metric',
      ['signals: { selector: { quantile: "0.5" } }'],
    ],
    ['signals.selector: expected the labels of this service in Prometheus', [PROMETHEUS, 'signals: {}']],
    [
      'signals.deadline: expected more than 5s, the time-out of prometheus',
      [PROMETHEUS, 'signals: { selector: { job: a }, deadline: 5s }'],
    ],
    ['signals.selector.__name__: expected the name of a label', ['signals: { selector: { __name__: x } }']],
    [
      'signals.custom: needs prometheus',
      ['signals: { custom: [{ id: own, title: own, unit: ratio, query: up, limit: 1 }] }'],
    ],
    [
      'signals.custom[1].id: there is a signal plan-failure-ratio already',
      custom('id: plan-failure-ratio, limit: 1'),
    ],
    ['signals.custom[1].id: there is a signal own already', custom('id: own, limit: 1')],
    ['signals.custom[1].id: expected lower case letters', custom('id: Own, limit: 1')],
    ['signals.custom[1]: limit or growth: missing', custom('id: other')],
    ['signals.custom[1].worse: ', custom('id: other, limit: 1, worse: sideways')],
  ])('%s', (expected, lines) => {
    const found = faults(...lines);
    expect(found).toHaveLength(1);
    expect(found[0]).toContain(expected);
  });

  it('is none for a Prometheus that nobody reads signals from', () => {
    expect(faults(PROMETHEUS)).toEqual([]);
  });
});
