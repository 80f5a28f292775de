import { describe, expect, it } from 'vitest';
import { type Exposition, parseExposition, totalOf } from '../../../src/signals/scrape/exposition.ts';

const TEXT = `# TYPE orchestrator_plan_started_total counter
orchestrator_plan_started_total 42

# TYPE agent_call_duration_seconds summary
agent_call_duration_seconds{quantile="0"} 0.6120843971
agent_call_duration_seconds{quantile="0.5"} 1.2180264115
agent_call_duration_seconds{quantile="1"} 4.0072214408
agent_call_duration_seconds_sum 71.284510366
agent_call_duration_seconds_count 46

# TYPE orchestrator_plan_failed_total counter
orchestrator_plan_failed_total 2

`;

function parsed(text: string): Exposition {
  const exposition = parseExposition(text);
  if ('problem' in exposition) throw new Error(exposition.problem);
  return exposition;
}

describe('the Prometheus text format', () => {
  it('reads counters and summaries', () => {
    const exposition = parsed(TEXT);
    expect(exposition.kinds.get('agent_call_duration_seconds')).toBe('summary');
    expect(exposition.samples).toHaveLength(7);
    expect(exposition.samples[1]).toEqual({
      name: 'agent_call_duration_seconds',
      labels: { quantile: '0' },
      value: 0.6120843971,
    });
    expect(totalOf(exposition, 'orchestrator_plan_started_total')).toBe(42);
    expect(totalOf(exposition, 'absent_total')).toBeUndefined();
  });

  it('takes an empty text for a process that has counted nothing yet', () => {
    expect(parsed('')).toMatchObject({ samples: [] });
    expect(parsed('\n')).toMatchObject({ samples: [] });
  });

  it('never takes a text that is cut off for a whole one, unless it is cut between two families', () => {
    const boundaries = new Set<number>();
    for (const { index } of TEXT.matchAll(/(?:^|\n)(?=\n|# TYPE)|\n(?=\n)/g))
      boundaries.add(index).add(index + 1);
    const accepted: number[] = [];
    for (let length = 1; length < TEXT.length; length += 1) {
      if (!('problem' in parseExposition(TEXT.slice(0, length)))) accepted.push(length);
    }
    expect(accepted.every((length) => boundaries.has(length) || TEXT.slice(length).trim() === '')).toBe(true);
    expect(accepted.length).toBeLessThan(9);
  });

  it('adds up all series of a name, whatever their labels', () => {
    const exposition = parsed(
      'calls_total{agent="a",code="5\\"0\\\\0"} 2\ncalls_total{agent="b, c={}\\n"} 3\n',
    );
    expect(totalOf(exposition, 'calls_total')).toBe(5);
    expect(exposition.samples.map(({ labels }) => labels)).toEqual([
      { agent: 'a', code: '5"0\\0' },
      { agent: 'b, c={}\n' },
    ]);
  });

  it.each([
    ['1', 1],
    ['1.5e-7', 1.5e-7],
    ['+Inf', Infinity],
    ['-Inf', -Infinity],
    ['NaN', Number.NaN],
    ['.5', 0.5],
    ['7 1700000000000', 7],
    ['7 # {trace_id="x"} 1', 7],
  ])('reads the value %s', (text, value) => {
    expect(parsed(`a ${text}\n`).samples[0]?.value).toBe(value);
  });

  it('reads HELP lines, comments, Windows line ends, an empty label set and a comma at its end', () => {
    const text =
      '# HELP a Counts \\ and "quotes".\r\n# TYPE a counter\r\n# a comment\r\na{} 1\r\nb{c="d",} 2\r\n# EOF\r\n';
    expect(parsed(text).samples.map(({ value }) => value)).toEqual([1, 2]);
  });

  it('reads a histogram with its infinite bucket', () => {
    const text = '# TYPE t histogram\nt_bucket{le="1"} 3\nt_bucket{le="+Inf"} 4\nt_sum 5.5\nt_count 4\n';
    expect(totalOf(parsed(text), 't_sum')).toBe(5.5);
  });

  it.each([
    ['a', 'cut off: the last line has no end'],
    ['OK\n', 'line 1 is no metric'],
    ['<!doctype html><p>hello</p>\n', 'line 1 is no metric'],
    ['a 1\na{b=c} 1\n', 'line 2 is no metric'],
    ['a{b="c" 1\n', 'line 1 is no metric'],
    ['a{b="c"d="e"} 1\n', 'line 1 is no metric'],
    ['a one\n', 'line 1 is no metric'],
    ['a 0x10\n', 'line 1 is no metric'],
    ['a 1\na 1\n', 'line 2 repeats a metric'],
    ['a{x="1",y="2"} 1\na{y="2",x="1"} 1\n', 'line 2 repeats a metric'],
    ['# TYPE a counter\n', 'cut off: a is incomplete'],
    ['# TYPE a summary\na{quantile="0"} 1\na_sum 1\n', 'cut off: a is incomplete'],
    ['# TYPE a histogram\na_bucket{le="1"} 1\n', 'cut off: a is incomplete'],
  ])('refuses %j: %s', (text, problem) => {
    expect(parseExposition(text)).toEqual({ problem });
  });

  it('reads a long line of nonsense in no time', () => {
    const begun = performance.now();
    parseExposition(`a{${'b="\\'.repeat(20_000)} 1\n`);
    parseExposition(`a{${'b="c",'.repeat(50_000)} x\n`);
    expect(performance.now() - begun).toBeLessThan(5_000);
  });
});
