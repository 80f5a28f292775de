import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
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
} from '../../sandbox/faults/index.ts';
import { nobody, server } from '../checks/surroundings.ts';
import { type Published, publishImage } from '../registry/publish.ts';
import { isMissing, orSkipped, type RealRegistry, startRegistry } from '../registry/real-registry.ts';
import { selfSigned } from '../targets/kubernetes/certificate.ts';
import { planOf, said } from './surroundings.ts';

/** A server in front of a real one, with a fault in each request, or in the first so many. */
async function faulty(
  upstream: string,
  fault: Fault,
  {
    times,
    finished = onTestFinished,
  }: { times?: number; finished?: (close: () => Promise<void>) => void } = {},
) {
  const proxy = await startFaultProxy({ upstream });
  finished(() => proxy.close());
  proxy.rule(times === undefined ? {} : { times }, fault);
  return proxy;
}

/** A server with a certificate that nobody vouches for. */
async function untrusted(): Promise<string> {
  const listening = createSecureServer(selfSigned('untrusted'), (_, response) => response.end('{}'));
  await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    listening.closeAllConnections();
    return new Promise<void>((resolve) => void listening.close(() => resolve()));
  });
  return `https://127.0.0.1:${(listening.address() as AddressInfo).port}`;
}

/** An answer to HEAD has no body: what is wrong with one shows in the GET that follows where the HEAD says nothing. */
const inBody =
  (fault: Fault): Fault =>
  (intercepted) =>
    intercepted.request.method === 'HEAD' ? answer(200)(intercepted) : fault(intercepted);

const codes = (code: string) => JSON.stringify({ errors: [{ code }] });
const ofRegistry = { 'docker-distribution-api-version': 'registry/2.0', 'content-type': 'application/json' };

describe.skipIf(isMissing)(`a registry that misbehaves${orSkipped}`, () => {
  let real: RealRegistry;
  let image: Published;

  beforeAll(async () => {
    real = await startRegistry();
    image = await publishImage({ registry: real.registry, repository: 'phoenix/orchestrator' }, '0.1.0');
  });
  afterAll(() => real?.close());

  const at = (url: string) => planOf(`${new URL(url).host}/phoenix/orchestrator:0.1.0`, image.digest);

  it.concurrent.for<[string, Fault, RegExp, timeout?: string]>([
    ['hangs', hang, /^unknown: .*no answer within 0\.45 s/, '1s'],
    ['hangs up', hangUp, /^unknown: .*connection closed/],
    ['resets', reset, /^unknown: .*connection (reset|closed)/],
    ['answers 500', answer(500), /^unknown: .*answered 500/],
    [
      'answers 502 with a page',
      answer(502, '<html>', { 'content-type': 'text/html' }),
      /^unknown: .*answered 502/,
    ],
    [
      'answers 503 and wants to be left alone',
      answer(503, '', { 'retry-after': '60' }),
      /^unknown: .*answered 503/,
    ],
    ['answers 429', answer(429, codes('TOOMANYREQUESTS')), /^unknown: .*answered 429/],
    ['answers 403', answer(403, codes('DENIED'), ofRegistry), /^unknown: .*403/],
    ['answers 401 and offers no login', answer(401, codes('UNAUTHORIZED')), /^unknown: .*401/],
    ['is another server, which knows no such page', answer(404, 'not found'), /^unknown: .*answered 404/],
    ['is another server, which shows a page for people', html, /^unknown: .*no manifest/],
    ['sends elsewhere', redirect('/login'), /^unknown: /],
    [
      'answers what is no manifest',
      answer(200, '[]', { 'content-type': 'application/json' }),
      /^unknown: .*no manifest/,
    ],
    ['never comes to an end', inBody(drip(400)), /^unknown: .*(no answer within|closed)/, '1s'],
    [
      'answers another digest',
      answer(200, '', {
        'docker-content-digest': `sha256:${'1'.repeat(64)}`,
        'content-type': 'application/vnd.oci.image.manifest.v1+json',
      }),
      /^unknown: .*it offers sha256:1111/,
    ],
    ['floods', inBody(huge(16 * 1024 * 1024)), /^unknown: .*(larger than|no answer within|no manifest)/],
    [
      'has no such image',
      answer(404, codes('MANIFEST_UNKNOWN'), ofRegistry),
      /^not-met: .*is not in its registry/,
    ],
  ])(
    '%s: that is told, and is never a yes',
    async ([, fault, says, timeout = '10s'], { onTestFinished: finished }) => {
      const proxy = await faulty(`http://${real.registry}`, fault, { finished });
      expect(await said('image', { timeout }, at(proxy.url))).toMatch(says);
    },
  );

  it('that is not there', async () => {
    const url = await nobody();
    expect(await said('image', {}, at(url))).toBe(
      `unknown: ${new URL(url).host}/phoenix/orchestrator:0.1.0: its registry: connection refused`,
    );
  });

  it('that has a certificate which nobody vouches for', async () => {
    // By this name of this machine a registry is asked over https.
    const { port } = new URL(await untrusted());
    const plan = planOf(`[::ffff:7f00:1]:${port}/phoenix/orchestrator:0.1.0`);
    expect(await said('image', {}, plan)).toMatch(/^unknown: .*its registry: certificate not accepted/);
  });

  it.each<[string, Fault, number]>([
    ['answers 503 once', answer(503), 1],
    ['resets twice', reset, 2],
    ['answers 429 with a short Retry-After', answer(429, '', { 'retry-after': '0' }), 1],
  ])('is asked again where that may help: %s', async (_, fault, times) => {
    const proxy = await faulty(`http://${real.registry}`, fault, { times });
    expect(await said('image', { timeout: '5s' }, at(proxy.url))).toMatch(/^met: /);
  });
});

describe('a gate that is called and misbehaves', () => {
  const plan = planOf('registry.example/phoenix-orch:0.1.0');
  const answerTo = (written: object, change = {}) =>
    said('command', { timeout: '10s', ...written }, plan, change);
  const yes = '{"allowed":true}';
  const json = { 'content-type': 'application/json' };
  const well = createServer((_, response) => void response.writeHead(200, json).end(yes));

  beforeAll(() => new Promise<void>((resolve) => void well.listen(0, '127.0.0.1', resolve)));
  afterAll(() => {
    well.closeAllConnections();
    return new Promise<void>((resolve) => void well.close(() => resolve()));
  });

  it.concurrent.for<[string, Fault, RegExp, timeout?: string]>([
    ['hangs', hang, /^unknown: the gate did not answer: no answer within 1 s/, '1s'],
    ['hangs up', hangUp, /^unknown: the gate did not answer: connection closed/],
    ['resets', reset, /^unknown: the gate did not answer: connection/],
    ['answers 500 with a yes', answer(500, yes, json), /^unknown: the gate answered 500/],
    ['answers 404', answer(404), /^unknown: the gate answered 404/],
    ['answers 401', answer(401), /^unknown: the gate refuses the worker \(401\)/],
    ['answers 429', answer(429), /^unknown: the gate answered 429/],
    ['sends elsewhere', redirect('yes'), /^unknown: the gate answered 302/],
    ['shows a page for people', html, /^unknown: the gate answered what is no/],
    ['answers nothing', answer(204), /^unknown: the gate answered what is no/],
    ['answers a list', answer(200, '[true]', json), /^unknown: the gate answered what is no/],
    ['answers null', answer(200, 'null', json), /^unknown: the gate answered what is no/],
    [
      'answers a word for a yes',
      answer(200, '{"allowed":"true"}', json),
      /^unknown: the gate answered what is no/,
    ],
    ['answers half', brokenJson, /^unknown: the gate answered what is no/],
    ['answers a byte at a time', drip(300), /^unknown: the gate did not answer: no answer within 1 s/, '1s'],
    ['floods', huge(16 * 1024 * 1024), /^unknown: the gate did not answer: answer larger than 64 KiB/],
    ['says yes', answer(200, yes, json), /^met: the gate says that it may go back$/],
    ['says yes with 202', answer(202, yes, json), /^met: /],
    ['says no', answer(200, '{"allowed":false}', json), /^not-met: the gate says that it may not go back$/],
    [
      'says why',
      answer(200, '{"allowed":false,"reason":"migration 42\\nis \\u001b[31mahead"}', json),
      /^not-met: .*go back: migration 42 is \[31mahead$/,
    ],
    [
      'says why with what is no text',
      answer(200, '{"allowed":false,"reason":7}', json),
      /^not-met: .*go back$/,
    ],
  ])('%s', async ([, fault, says, timeout = '10s'], { onTestFinished: finished }) => {
    const proxy = await faulty(`http://127.0.0.1:${(well.address() as AddressInfo).port}`, fault, {
      finished,
    });
    expect(await answerTo({ url: `${proxy.url}/gate`, timeout })).toMatch(says);
  });

  it('is not there', async () => {
    expect(await answerTo({ url: await nobody() })).toMatch(/^unknown: .*connection refused/);
  });

  it('has a certificate that nobody vouches for', async () => {
    expect(await answerTo({ url: await untrusted() })).toMatch(/^unknown: .*certificate not accepted/);
  });

  it('is asked once where it may have been asked: what it does is its own', async () => {
    let asked = 0;
    const url = await server((_request, response) => {
      asked += 1;
      response.writeHead(503).end();
    });
    expect(await answerTo({ url })).toBe('unknown: the gate answered 503');
    expect(asked).toBe(1);
  });

  it('is told from and to, and the credential that it was sent is nowhere in what it says', async () => {
    const seen: { authorization: string | undefined; body: unknown }[] = [];
    const url = await server((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => void chunks.push(chunk));
      request.on('end', () => {
        const { authorization } = request.headers;
        seen.push({ authorization, body: JSON.parse(Buffer.concat(chunks).toString()) });
        const basic = Buffer.from(authorization?.replace('Basic ', '') ?? '', 'base64').toString();
        const reason = `no entry for ${authorization} ${basic.slice('ada:'.length)}`;
        response.writeHead(200, json).end(JSON.stringify({ allowed: false, reason }));
      });
    });
    const auth = { mode: 'bearer', secret: { env: 'GATE' } };
    const says = await answerTo({ url, auth }, { resolve: async () => 'gate-token-77' });
    expect(says).not.toContain('gate-token-77');
    expect(says).toMatch(/^not-met: .*no entry for/);
    const named = { mode: 'basic', username: 'ada', secret: { env: 'GATE' } };
    const told = await answerTo({ url, auth: named }, { resolve: async () => 'gate-password-77' });
    expect(told).toMatch(/^not-met: .*no entry for (?!.*gate-password)/);
    expect(seen.splice(1)).toHaveLength(1);
    expect(seen).toEqual([
      {
        authorization: 'Bearer gate-token-77',
        body: {
          service: 'orchestrator',
          environment: 'production',
          from: { version: '0.2.0', image: 'registry.example/phoenix-orch:0.1.0' },
          to: { version: '0.1.0', image: 'registry.example/phoenix-orch:0.1.0' },
        },
      },
    ]);
  });
});
