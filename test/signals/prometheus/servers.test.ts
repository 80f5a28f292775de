import { describe, test } from 'vitest';
import { answer, huge, startFaultProxy } from '../../../sandbox/faults/index.ts';
import { nobody } from '../../checks/surroundings.ts';
import { error, json } from '../../faults/prometheus/cases.ts';
import { LOAD, loadedPrometheus, measured, readOne, settingsOf, whyOf } from './surroundings.ts';

const { problem, url } = await loadedPrometheus();
const queries = LOAD;
const settings = (addresses: readonly string[]) => settingsOf({ addresses, timeout: '20s', maxResponse: 64 });

describe.skipIf(problem)(
  `servers of Prometheus${problem ? ` (skipped: ${problem})` : ''}`,
  { concurrent: true },
  () => {
    test('what it says of the query itself is not asked of the next one', async ({ expect }) => {
      await using other = await startFaultProxy({ upstream: url() });
      const both = settings([url(), other.url]);
      expect(whyOf(await readOne({ settings: both, queries: { value: 'sum(' } }))).toMatch(/parse error/);
      expect(other.requests).toEqual([]);
    });

    test('nobody listens: the next one is asked, and of several each is named by its place', async ({
      expect,
    }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      proxy.rule({}, answer(500, 'oops'));
      const [first, second] = await Promise.all([nobody(), nobody()]);
      const three = settings([first, `${second}/prefix`, proxy.url]);
      expect(whyOf(await readOne({ settings: three, queries }))).toBe(
        'Prometheus: address 1: connection refused; address 2: connection refused; address 3: answered 500 (no media type)',
      );
      const healed = settings([first, second, url()]);
      expect(measured(await readOne({ settings: healed, queries })).now.value).toBe(2);
    });

    test('what many servers say at length is cut', async ({ expect }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      proxy.rule({}, answer(500, error('internal', 'words '.repeat(100)), json));
      const said = whyOf(await readOne({ settings: settings(Array(5).fill(proxy.url)), queries }));
      expect(said).toMatch(/^Prometheus: address 1: answered 500 \(internal: words .*…$/);
      expect(said.length).toBeLessThan(420);
      expect(proxy.requests).toHaveLength(5);
    });

    test('a path in front of the API is kept', async ({ expect }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      proxy.rule({ path: /^\/team\/api\/v1\/query(_range)?$/ }, async ({ request, ask, reply }) => {
        Object.assign(request, { path: request.path.slice('/team'.length) });
        reply(await ask());
      });
      const reading = await readOne({ settings: settings([`${proxy.url}/team/`]), queries });
      expect(measured(reading).now.value).toBe(2);
      expect(proxy.requests.map(({ method }) => method)).toEqual(['POST', 'POST', 'POST']);
    });

    test('a query that is longer than a URL may be is asked all the same', async ({ expect }) => {
      const value = `max(load) + 0 * scalar(max(load{job!~"${'x'.repeat(100_000)}"}))`;
      expect(measured(await readOne({ settings: settings([url()]), queries: { value } })).now.value).toBe(2);
    });

    test('no more than so much of an answer without end is read', async ({ expect }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      let taken = 0;
      proxy.rule(
        {},
        huge(256 * 2 ** 20, (bytes) => {
          taken = bytes;
        }),
      );
      whyOf(await readOne({ settings: settings([proxy.url]), queries }));
      expect(taken).toBeLessThan(16 * 2 ** 20);
    });

    test('warnings and a part that did not answer are kept beside the value, capped and without addresses', async ({
      expect,
    }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      const warnings = [
        'No StoreAPIs matched for this query',
        'receive series from Addr: thanos-store-0.monitoring:10901 LabelSets: {}: connection refused',
        'password: hunter2-and-more',
        ...Array.from({ length: 9 }, (_, index) => `warning ${index}`),
      ];
      proxy.rule({ path: /query$/, skip: 1 }, async ({ ask, reply }) => {
        const real = await ask();
        const body = JSON.stringify({
          ...JSON.parse(real.body.toString()),
          warnings,
          infos: ['metric might not be a counter'],
        });
        reply({ ...real, headers: json, body: Buffer.from(body) });
      });
      const { notes, now } = measured(await readOne({ settings: settings([proxy.url]), queries }));
      expect(now.value).toBe(2);
      expect(notes).toEqual([
        'Prometheus: No StoreAPIs matched for this query',
        'Prometheus: receive series from Addr: (address) LabelSets: {}: connection refused',
        'Prometheus: password: •••',
        'Prometheus: warning 0',
        'Prometheus: warning 1',
        'Prometheus: 8 more warnings',
      ]);
    });

    test('a read ends when it is aborted', async ({ expect }) => {
      await using proxy = await startFaultProxy({ upstream: url() });
      const over = new AbortController();
      proxy.rule({ skip: 1 }, () => over.abort(new Error('cancelled')));
      const reading = readOne({
        settings: settings([proxy.url, url()]),
        queries,
        signal: over.signal,
      });
      await expect(reading).rejects.toThrow('cancelled');
      expect(proxy.requests.length).toBeGreaterThan(1);
    });
  },
);
