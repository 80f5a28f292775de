import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  after,
  afterwards,
  answer,
  apiStatus,
  before,
  brokenJson,
  drip,
  type FaultProxy,
  goneInWatch,
  hang,
  hangUp,
  html,
  huge,
  redirect,
  refuse,
  reset,
  startFaultProxy,
  wrongTypes,
} from '../../../sandbox/faults/index.ts';
import { until } from '../../../tools/until.ts';

let real: Server;
let proxy: FaultProxy;
let received: string[];

beforeEach(async () => {
  received = [];
  real = createServer((request, response) => {
    received.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'content-type': 'application/json' });
    if (request.url !== '/stream') return void response.end('{"name":"a","count":3,"parts":["x",true]}');
    response.write('first\n');
    request.once('close', () => received.push('stream closed'));
  });
  await new Promise<void>((resolve) => real.listen(0, '127.0.0.1', resolve));
  proxy = await startFaultProxy({ upstream: `http://127.0.0.1:${(real.address() as AddressInfo).port}` });
});

afterEach(async () => {
  await proxy.close();
  real.closeAllConnections();
  await new Promise((resolve) => real.close(resolve));
});

const get = (path = '/', options: RequestInit = {}) =>
  fetch(proxy.url + path, { redirect: 'manual', ...options });
const codeOf = (error: unknown) => ((error as Error).cause as { code?: string }).code;

describe('without a rule', () => {
  it('passes requests and answers on, and remembers them', async () => {
    const response = await get('/some?a=1', { method: 'POST', body: 'hello' });
    expect(await response.json()).toEqual({ name: 'a', count: 3, parts: ['x', true] });
    expect(received).toEqual(['POST /some?a=1']);
    expect(proxy.requests[0]).toMatchObject({
      method: 'POST',
      path: '/some?a=1',
      body: Buffer.from('hello'),
    });
  });

  it('streams, and ends the stream at the real server when the client leaves', async () => {
    const leave = new AbortController();
    const { body } = await get('/stream', { signal: leave.signal });
    const { value } = await body!.getReader().read();
    expect(Buffer.from(value!).toString()).toBe('first\n');
    leave.abort();
    await until('the stream to be closed', async () => received.includes('stream closed'));
  });
});

it('a rule hurts the requests that match, from the chosen one on and no more than were asked for', async () => {
  const rule = proxy.rule({ method: 'GET', path: /^\/hurt/, skip: 1, times: 2 }, answer(500));
  const statuses = [];
  for (const path of ['/hurt', '/other', '/hurt', '/hurt', '/hurt']) statuses.push((await get(path)).status);
  expect(statuses).toEqual([200, 200, 500, 500, 200]);
  expect((await get('/hurt', { method: 'POST' })).status).toBe(200);
  expect(rule.hits.map(({ path }) => path)).toEqual(['/hurt', '/hurt']);
});

it.each([
  ['closes the connection', hangUp, 'UND_ERR_SOCKET'],
  ['resets the connection', reset, 'ECONNRESET'],
])('%s before the real server hears of the request', async (_t, fault, code) => {
  proxy.rule({}, fault);
  await expect(get().catch((error) => Promise.reject(codeOf(error)))).rejects.toBe(code);
  expect(received).toEqual([]);
});

it('never answers, however long the client waits', async () => {
  proxy.rule({}, hang);
  await expect(get('/', { signal: AbortSignal.timeout(300) })).rejects.toMatchObject({
    name: 'TimeoutError',
  });
});

it('refuses connections, and takes them again on the same port', async () => {
  proxy.rule({ times: 1 }, refuse(300));
  await expect(get()).rejects.toThrow();
  await expect(get().catch((error) => Promise.reject(codeOf(error)))).rejects.toBe('ECONNREFUSED');
  await until('the proxy to be back', () =>
    get().then(
      ({ ok }) => ok,
      () => false,
    ),
  );
});

it('answers as the API server refuses', async () => {
  proxy.rule({}, apiStatus(429, 'too many', 2));
  const response = await get();
  expect([response.status, response.headers.get('retry-after')]).toEqual([429, '2']);
  expect(await response.json()).toMatchObject({ kind: 'Status', reason: 'TooManyRequests', code: 429 });
});

it('says 410 in a watch that is open', async () => {
  proxy.rule({}, goneInWatch(50));
  const lines = (await (await get('/stream')).text()).trim().split('\n');
  expect(lines[0]).toBe('first');
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ type: 'ERROR', object: { code: 410 } });
});

it.each([
  ['cuts the JSON', brokenJson, '{"name":"a","count":3'],
  ['changes every type', wrongTypes, '{"name":7,"count":{"was":"3"},"parts":[7,{"was":"true"}]}'],
  ['sends it byte by byte', drip(1), '{"name":"a","count":3,"parts":["x",true]}'],
  ['sends a page', html, '<!doctype html><title>Sign in</title><form></form>'],
])('%s', async (_t, fault, body) => {
  proxy.rule({}, fault);
  expect(await (await get()).text()).toBe(body);
});

it('redirects', async () => {
  proxy.rule({}, redirect('/again'));
  const { status, headers } = await get();
  expect([status, headers.get('location')]).toEqual([302, '/again']);
});

it('sends as much as was asked for, and stops when the client has enough', async () => {
  const size = 8 * 2 ** 20;
  proxy.rule({ times: 1 }, huge(size));
  expect((await (await get()).arrayBuffer()).byteLength).toBe(size + 2);
});

it('lets the real server do its work before it hurts the answer', async () => {
  proxy.rule({}, afterwards(reset));
  await expect(get('/', { method: 'POST' })).rejects.toThrow();
  expect(received).toEqual(['POST /']);
});

it('remembers errors of what is called, which a test must not take for a fault of the server', async () => {
  const wrong = new Error('the test itself is wrong');
  proxy.rule(
    { times: 1 },
    before(() => Promise.reject(wrong)),
  );
  proxy.rule({ skip: 1, times: 1 }, reset);
  await expect(get()).rejects.toThrow();
  await expect(get()).rejects.toThrow();
  expect(proxy.problems).toEqual([wrong]);
});

it('calls before the real server hears of a request, and after it has answered', async () => {
  const heard: number[] = [];
  proxy.rule(
    { times: 1 },
    before(() => void heard.push(received.length)),
  );
  proxy.rule(
    { skip: 1 },
    after(() => void heard.push(received.length)),
  );
  expect((await get()).status).toBe(200);
  expect((await get()).status).toBe(200);
  expect(heard).toEqual([0, 2]);
});
