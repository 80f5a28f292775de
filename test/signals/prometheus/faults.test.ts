import { afterAll, beforeAll, describe, test } from 'vitest';
import {
  answer,
  brokenJson,
  drip,
  type Fault,
  hang,
  hangUp,
  html,
  huge,
  redirect,
  reset,
  startFaultProxy,
  wrongTypes,
} from '../../../sandbox/faults/index.ts';
import { openSandbox, type Sandbox, type SandboxPrometheus } from '../../../sandbox/index.ts';
import { prometheusProblem } from '../../../sandbox/prometheus/index.ts';
import { nobody } from '../../checks/surroundings.ts';
import { measured, past, readOne, settingsOf, whyOf } from './surroundings.ts';

const problem = await prometheusProblem();

/** One that is whole and cut off in the middle: its length is announced. */
const cutOff: Fault = async ({ ask, response, socket }) => {
  const { status, headers, body } = await ask();
  response.writeHead(status, { ...headers, 'content-length': body.length } as never);
  response.write(body.subarray(0, 10), () => socket.destroy());
};
const json = { 'content-type': 'application/json' };
const error = (errorType: string, words: string) =>
  JSON.stringify({ status: 'error', errorType, error: words });

interface Row {
  readonly fault: string;
  readonly done: Fault;
  readonly why: RegExp;
  /** What it says is of the query: no other server is asked. */
  readonly final?: true;
  readonly hangs?: true;
}

const ROWS: readonly Row[] = [
  { fault: 'never answers', done: hang, why: /^no answer within/, hangs: true },
  { fault: 'answers a byte at a time', done: drip(100), why: /^no answer within/, hangs: true },
  { fault: 'closes the connection', done: hangUp, why: /^connection (closed|reset)/ },
  { fault: 'resets the connection', done: reset, why: /^connection (closed|reset)/ },
  { fault: 'is cut off in the middle', done: cutOff, why: /^connection (closed|reset)/ },
  { fault: 'speaks no HTTP', done: ({ socket }) => void socket.end('SSH-2.0-OpenSSH\r\n'), why: /not HTTP/ },
  { fault: 'sends without end', done: huge(256 * 2 ** 20), why: /^answer larger than 64 KiB/ },
  {
    fault: 'redirects',
    done: redirect('/api/v1/query'),
    why: /^answered 302, and redirects are not followed/,
  },
  {
    fault: 'shows a login page',
    done: html,
    why: /^answered 200 .*not JSON \(text\/html\): is there a login/,
  },
  {
    fault: 'answers text',
    done: answer(200, 'ok', { 'content-type': 'text/plain' }),
    why: /not JSON \(text\/plain\)/,
  },
  { fault: 'answers nothing', done: answer(200), why: /not JSON \(no media type\)/ },
  { fault: 'cuts its JSON', done: brokenJson, why: /not JSON \(application\/json\)/ },
  { fault: 'has other types in its JSON', done: wrongTypes, why: /not one of the query API/ },
  {
    fault: 'answers JSON of something else',
    done: answer(200, '{"status":"success"}', json),
    why: /not one of the/,
  },
  {
    fault: 'has numbers that are none',
    done: answer(200, '{"status":"success","data":{"resultType":"scalar","result":[1,"many"]}}', json),
    why: /not one of the query API/,
  },
  {
    fault: 'wants another login',
    done: answer(401, 'who?'),
    why: /^answered 401: the login was not accepted$/,
  },
  { fault: 'forbids it', done: answer(403, error('forbidden', 'no'), json), why: /^answered 403: the login/ },
  {
    fault: 'is not at this path',
    done: answer(404, '404 page not found'),
    why: /^answered 404: is the path/,
  },
  {
    fault: 'is asked too often',
    done: answer(429, '', { 'retry-after': '7' }),
    why: /^answered 429 .* alone for 7 s$/,
  },
  { fault: 'is broken', done: answer(500, 'oops'), why: /^answered 500 \(no media type\)$/ },
  {
    fault: 'has nobody behind it',
    done: answer(502, '<h1>Bad Gateway</h1>', { 'content-type': 'text/html' }),
    why: /^answered 502/,
  },
  {
    fault: 'is starting, and asks to wait',
    done: answer(503, 'Service Unavailable', { 'retry-after': '30' }),
    why: /^answered 503 .*asks to be left alone for 30 s$/,
  },
  {
    fault: 'gives the query up',
    done: answer(503, error('timeout', 'query timed out in expression evaluation'), json),
    why: /^answered 503 \(timeout: query timed out in expression evaluation\)$/,
  },
  {
    fault: 'refuses the query',
    done: answer(
      400,
      error('bad_data', 'ask http://10.1.2.3:9090/x, thanos-0.thanos:10901 or [fd00::1]:90'),
      json,
    ),
    why: /^refuses the query \(bad_data: ask \(address\) \(address\) or \(address\)\)$/,
    final: true,
  },
  {
    fault: 'cannot carry the query out',
    done: answer(422, error('execution', `too many samples ${'x'.repeat(5000)}`), json),
    why: /^refuses the query \(execution: too many samples x{100,200}…\)$/,
    final: true,
  },
];

let sandbox: Sandbox;
let prometheus: SandboxPrometheus;
beforeAll(async () => {
  if (problem) return;
  const opened = await openSandbox({ prometheus: { past: [past('load', () => 2, { minutes: 30 })] } });
  sandbox = opened;
  prometheus = opened.prometheus;
});
afterAll(() => sandbox?.close());

const queries = { value: 'max(load)' };
/** For an answer of the real server on a busy machine. */
const ENOUGH = '6s';
const settings = (addresses: readonly string[], timeout = '20s') =>
  settingsOf({ addresses, timeout, maxResponse: 64 });

describe.skipIf(problem)(`Prometheus${problem ? ` (skipped: ${problem})` : ''}`, { concurrent: true }, () => {
  test.for(ROWS)('$fault: no data, and why', async ({ done, why, hangs }, { expect }) => {
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
    proxy.rule({}, done);
    const said = whyOf(await readOne({ settings: settings([proxy.url], hangs && '1s'), queries }));
    expect(said).toMatch(/^Prometheus: /);
    expect(said.replace('Prometheus: ', '')).toMatch(why);
    expect(said).not.toMatch(/127\.0\.0\.1|10\.1\.2\.3|:\d{4,5}\b/);
    // One question finds it out, not one for each signal.
    expect(proxy.requests).toHaveLength(1);

    // It has told its time, and only then is hurt.
    await proxy.heal();
    proxy.rule({ skip: 1 }, done);
    const one = settings([proxy.url], hangs && ENOUGH);
    expect(whyOf(await readOne({ settings: one, queries })).replace('Prometheus: ', '')).toMatch(why);
    expect(proxy.problems).toEqual([]);
  });

  test.for(ROWS.filter(({ final }) => !final))(
    '$fault: the next address is asked',
    async ({ done, hangs }, { expect }) => {
      await using proxy = await startFaultProxy({ upstream: prometheus.url });
      proxy.rule({}, done);
      const both = settings([proxy.url, prometheus.url], hangs && ENOUGH);
      const reading = await readOne({ settings: both, queries });
      expect(measured(reading).now.value).toBe(2);
      expect(measured(reading).past.length).toBeGreaterThan(10);
      // The one that has answered is asked first from then on.
      expect(proxy.requests).toHaveLength(1);
    },
  );

  test('what it says of the query itself is not asked of the next one', async ({ expect }) => {
    await using other = await startFaultProxy({ upstream: prometheus.url });
    const both = settings([prometheus.url, other.url]);
    expect(whyOf(await readOne({ settings: both, queries: { value: 'sum(' } }))).toMatch(/parse error/);
    expect(other.requests).toEqual([]);
  });

  test('nobody listens: the next one is asked, and of several each is named by its place', async ({
    expect,
  }) => {
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
    proxy.rule({}, answer(500, 'oops'));
    const [first, second] = await Promise.all([nobody(), nobody()]);
    const three = settings([first, `${second}/prefix`, proxy.url]);
    expect(whyOf(await readOne({ settings: three, queries }))).toBe(
      'Prometheus: address 1: connection refused; address 2: connection refused; address 3: answered 500 (no media type)',
    );
    const healed = settings([first, second, prometheus.url]);
    expect(measured(await readOne({ settings: healed, queries })).now.value).toBe(2);
  });

  test('what many servers say at length is cut', async ({ expect }) => {
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
    proxy.rule({}, answer(500, error('internal', 'words '.repeat(100)), json));
    const said = whyOf(await readOne({ settings: settings(Array(5).fill(proxy.url)), queries }));
    expect(said).toMatch(/^Prometheus: address 1: answered 500 \(internal: words .*…$/);
    expect(said.length).toBeLessThan(420);
    expect(proxy.requests).toHaveLength(5);
  });

  test('a path in front of the API is kept', async ({ expect }) => {
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
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
    expect(
      measured(await readOne({ settings: settings([prometheus.url]), queries: { value } })).now.value,
    ).toBe(2);
  });

  test('no more than so much of an answer without end is read', async ({ expect }) => {
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
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
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
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
    await using proxy = await startFaultProxy({ upstream: prometheus.url });
    const over = new AbortController();
    proxy.rule({ skip: 1 }, () => over.abort(new Error('cancelled')));
    const reading = readOne({
      settings: settings([proxy.url, prometheus.url]),
      queries,
      signal: over.signal,
    });
    await expect(reading).rejects.toThrow('cancelled');
    expect(proxy.requests.length).toBeGreaterThan(1);
  });
});
