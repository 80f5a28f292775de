import { describe, expect, test } from 'vitest';
import { openSandbox } from '../../../sandbox/index.ts';
import { prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import { toOpenMetrics } from '../../../sandbox/prometheus/past.ts';
import { until } from '../../../tools/until.ts';
import { target } from '../../signals/prometheus/surroundings.ts';
import { borrowSandbox } from '../../worlds/borrowed.ts';

const problem = await prometheusProblem();

describe.skipIf(problem)(`a Prometheus of the sandbox${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test('scrapes the targets of the moment, and a removed one is stale', async () => {
    await using sandbox = await borrowSandbox({ prometheus: true });
    const { prometheus } = sandbox;
    const { address: one } = await target(() => 'which 1\n');
    const { address: other } = await target(() => 'which 2\n');
    const scraped = await prometheus.scrape([one], { job: 'changing' });
    await scraped.up();
    expect(await prometheus.ask('which{job="changing"}')).toMatchObject([
      { value: 1, labels: { instance: one } },
    ]);
    await scraped.change([other]);
    await scraped.up();
    await until('the removed target to be stale', async () => {
      const answers = await prometheus.ask('which{job="changing"}');
      return answers.length === 1 && answers[0]?.value === 2;
    });
  });

  test('has a past that nobody has waited for, survives a kill, and leaves nothing running', async () => {
    const now = Date.now();
    const hoursAgo = (hours: number) => now - hours * 3_600_000;
    const points = [3, 2, 1, 0].map((hours, value) => [hoursAgo(hours), value * 10] as const);
    const past = [{ metric: 'plans_total', labels: { job: 'past' }, points }];
    const sandbox = await openSandbox({ prometheus: { past } });
    const { prometheus } = sandbox;
    const pid = prometheus.process.pid();
    try {
      expect(await prometheus.ask('max_over_time(plans_total[4h])')).toMatchObject([{ value: 30 }]);
      await prometheus.process.restart();
      expect(await prometheus.ask('min_over_time(plans_total[4h])')).toMatchObject([{ value: 0 }]);
      await expect(prometheus.ask('rate(')).rejects.toThrow(/bad_data/);
    } finally {
      await sandbox.close();
    }
    for (const gone of [pid, prometheus.process.pid()]) expect(() => process.kill(gone, 0)).toThrow('ESRCH');
  });
});

test('a past is written as OpenMetrics', () => {
  const points = [
    [1_000, Number.NaN],
    [2_500, Number.POSITIVE_INFINITY],
    [3_000, -1e21],
  ] as const;
  expect(
    toOpenMetrics([
      { metric: 'm', labels: { a: 'say "hi"\n' }, points },
      { metric: 'n', points: [[1, 2]] },
    ]),
  ).toBe(
    'm{a="say \\"hi\\"\\n"} NaN 1\nm{a="say \\"hi\\"\\n"} +Inf 2.5\nm{a="say \\"hi\\"\\n"} -1e+21 3\nn 2 0.001\n# EOF\n',
  );
});
