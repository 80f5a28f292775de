import { describe, expect, test } from 'vitest';
import { prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import { until } from '../../../tools/until.ts';
import { borrowSandbox } from '../../worlds/borrowed.ts';
import { measured, readOne, settingsOf, target, whyOf } from './surroundings.ts';

const problem = await prometheusProblem();

describe.skipIf(problem)(`a target that Prometheus scrapes${problem ? ` (skipped: ${problem})` : ''}`, () => {
  test('its counter begins anew, it is idle, and it goes: never a fall, never a zero', async () => {
    await using sandbox = await borrowSandbox({ prometheus: true });
    const { prometheus } = sandbox;
    let plans = 1000;
    let load = '1.5';
    const service = await target(() => {
      plans += 2;
      return `# TYPE plans_total counter\nplans_total ${plans}\n# TYPE load gauge\nload ${load}\n`;
    });
    const scraped = await prometheus.scrape([service.address], { job: 'begins-anew' });
    const settings = settingsOf({ addresses: [prometheus.url], timeout: '20s' });
    const read = (value: string, more: object = {}) =>
      readOne({ settings, queries: { value, ...more }, definition: { windowMs: 60_000 }, spanMs: 30_000 });
    const is = (query: string) => async () => (await prometheus.ask(query)).length === 1;
    await scraped.up();
    const [counter, gauge] = ['plans_total{job="begins-anew"}', 'load{job="begins-anew"}'];
    await until('a few scrapes', is(`count_over_time(${counter}[10m]) > 4`));

    // A new process counts from the start.
    plans = 0;
    await until('a reset', is(`resets(${counter}[10m]) == 1 and ${counter} > 3`));
    const grown = measured(
      await read(`sum(increase(${counter}[10m]))`, { samples: `sum(increase(${counter}[10m]))` }),
    );
    expect(grown.now.value).toBeGreaterThan(8);
    // A scrape that began before now may be written between the two queries.
    expect(Math.abs((grown.now.samples ?? 0) - grown.now.value)).toBeLessThan(6);
    expect(grown.past.every(({ value }) => value >= 0)).toBe(true);
    // What a difference of two values would have said.
    expect((await prometheus.ask(`delta(${counter}[10m])`))[0]?.value).toBeLessThan(0);

    // A quantile of a summary that has had no samples lately.
    load = 'NaN';
    await until('NaN', is(`${gauge} != ${gauge}`));
    expect(whyOf(await read(`max(${gauge})`))).toMatch(/^not a number \(NaN\)/);

    // It cannot be reached any more: an instant selector is empty at once, what looks back over a window is not.
    service.close();
    await until('a failed scrape', is('up{job="begins-anew"} == 0'));
    expect(whyOf(await read(`sum(${gauge})`))).toMatch(/^no series: is the job scraped/);
    const seen = `max(timestamp(${counter}))`;
    expect(measured(await read(`sum(increase(${counter}[10m]))`)).now.value).toBeGreaterThan(8);
    expect(whyOf(await read(`sum(increase(${counter}[10m]))`, { seen }))).toMatch(
      /^it is not scraped any more/,
    );
  });
});
