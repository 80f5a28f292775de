import { createServer as createHttpsServer } from 'node:https';
import { createServer } from 'node:net';
import { Agent } from 'undici';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createAuthority } from '../../sandbox/prometheus/index.ts';
import { addressOf, exchange, instanceAddress } from '../../src/http/exchange.ts';
import { nobody, server } from '../checks/surroundings.ts';

const { signal } = new AbortController();
const ask = (url: string, more: Partial<Parameters<typeof exchange>[0]> = {}) =>
  exchange({ method: 'GET', url, timeoutMs: 5000, signal, ...more });

describe('an HTTP request', () => {
  it('gives status, media type and body, whatever the status', async () => {
    const url = await server((_, response) => {
      response.writeHead(500, { 'content-type': 'Text/HTML; charset=utf-8' }).end('<p>broken</p>');
    });
    expect(await ask(url)).toEqual({
      kind: 'answered',
      status: 500,
      contentType: 'text/html',
      body: '<p>broken</p>',
    });
  });

  it('masks the credential that it has sent, in whatever form it comes back', async () => {
    const token = 'q1w2+/e3r4==';
    const url = await server((request, response) => {
      const said = request.headers.authorization?.slice('Bearer '.length) ?? '';
      const forms = [
        said,
        encodeURIComponent(said),
        JSON.stringify(said),
        said.replaceAll('/', '\\/'),
        btoa(said),
      ];
      const headers = { location: `/login/${encodeURIComponent(said)}`, 'content-type': `text/${said}` };
      response.writeHead(401, headers).end(forms.map((form) => `<${form}>`).join(' '));
    });
    expect(await ask(url, { headers: { authorization: `Bearer ${token}` } })).toEqual({
      kind: 'answered',
      status: 401,
      contentType: 'text/•••',
      body: '<•••> <•••> <"•••"> <•••> <•••>',
      location: '/login/•••',
    });
    expect(await ask(url, { headers: { authorization: 'Bearer abc' } })).toMatchObject({
      contentType: 'text/abc',
    });
  });

  it('does not follow a redirect, and names its place without query and credentials', async () => {
    const paths: string[] = [];
    const url = await server((request, response) => {
      paths.push(request.url ?? '');
      response.writeHead(302, { location: 'https://me:pass@login.example/start?token=abc#x' }).end();
    });
    expect(await ask(url)).toMatchObject({ status: 302, location: 'https://login.example/start' });
    expect(paths).toEqual(['/']);
  });

  it.each([
    ['never answers', 100, () => {}, {}],
    [
      'stops in the middle of the body',
      // Time enough to have heard of it.
      1_000,
      (response: { write(text: string): unknown }) => response.write('half'),
      { heard: true },
    ],
  ])('ends at its time-out when the receiver %s', async (_, timeoutMs, play, heard) => {
    const url = await server((__, response) => void play(response));
    const begun = performance.now();
    expect(await ask(url, { timeoutMs })).toEqual({
      kind: 'unanswered',
      problem: `no answer within ${timeoutMs === 100 ? '100 ms' : '1 s'}`,
      delivered: 'perhaps',
      ...heard,
    });
    expect(performance.now() - begun).toBeLessThan(timeoutMs + 5_000);
  });

  it('ends at its time-out when the body drips', async () => {
    const url = await server((_, response) => {
      const drip = setInterval(() => response.write('.'), 10);
      response.on('close', () => clearInterval(drip));
    });
    expect(await ask(url, { timeoutMs: 150 })).toMatchObject({ problem: 'no answer within 150 ms' });
  });

  it('does not read an endless body to its end', async () => {
    let sent = 0;
    const closed = Promise.withResolvers<void>();
    const url = await server((_, response) => {
      const chunk = Buffer.alloc(64 * 1024, 'x');
      const pour = () => {
        while (!response.destroyed && response.write(chunk)) sent += chunk.length;
      };
      response.on('drain', pour).on('close', () => closed.resolve());
      pour();
    });
    expect(await ask(url, { limit: 256 * 1024 })).toEqual({
      kind: 'unanswered',
      heard: true,
      problem: 'answer larger than 256 KiB',
      delivered: 'perhaps',
    });
    await closed.promise;
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  it('reads a body of exactly its limit', async () => {
    const url = await server((_, response) => response.end('12345'));
    expect(await ask(url, { limit: 5 })).toMatchObject({ body: '12345' });
    expect(await ask(url, { limit: 4 })).toMatchObject({ problem: 'answer larger than 4 bytes' });
  });

  it('says that nothing listens', async () => {
    expect(await ask(await nobody())).toEqual({
      kind: 'unanswered',
      problem: 'connection refused',
      delivered: 'no',
    });
  });

  it('says that the answer broke off', async () => {
    const url = await server((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
      setImmediate(() => response.destroy());
    });
    expect(await ask(url)).toEqual({
      kind: 'unanswered',
      heard: true,
      problem: expect.stringMatching(/^connection (closed|reset)/),
      delivered: 'perhaps',
    });
  });

  it('knows that nothing arrived where no TLS connection came about', async () => {
    const url = await server((_, response) => response.end('ok'));
    expect(await ask(url.replace('http:', 'https:'))).toEqual({
      kind: 'unanswered',
      heard: true,
      problem: 'not TLS on that port',
      delivered: 'no',
    });
  });

  it('knows that nothing arrived at a certificate of an authority that nobody knows', async () => {
    const authority = createAuthority('an authority of the test');
    const listening = createHttpsServer(authority.issue('localhost'), (_, response) => response.end('ok'));
    await new Promise<void>((resolve) => void listening.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      listening.closeAllConnections();
      listening.close();
    });
    const { port } = listening.address() as { port: number };
    const url = `https://127.0.0.1:${port}`;
    expect(await ask(url)).toEqual({
      kind: 'unanswered',
      heard: true,
      problem: 'certificate not accepted (UNABLE_TO_VERIFY_LEAF_SIGNATURE)',
      delivered: 'no',
    });
    const dispatcher = new Agent({ connect: { ca: authority.ca } });
    onTestFinished(() => dispatcher.close());
    expect(await ask(url, { dispatcher })).toMatchObject({ status: 200, body: 'ok' });
  });

  it('masks what else was sent and is secret', async () => {
    const url = await server((request, response) => response.end(`no tenant ${request.headers['x-tenant']}`));
    const headers = { 'x-tenant': 'tenant-of-ours', authorization: 'Bearer abc' };
    expect(await ask(url, { headers, secrets: ['tenant-of-ours', 'abc'] })).toMatchObject({
      body: 'no tenant •••',
    });
  });

  it('cannot know what became of a request when the connection breaks behind it', async () => {
    const url = await server((request) => void request.socket.destroy());
    expect(await ask(url, { method: 'POST', body: '{}' })).toMatchObject({ delivered: 'perhaps' });
  });

  it('says that the answer is not HTTP', async () => {
    const raw = createServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.9\r\n'));
    await new Promise<void>((resolve) => void raw.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void raw.close());
    const { port } = raw.address() as { port: number };
    expect(await ask(`http://127.0.0.1:${port}`)).toEqual({
      kind: 'unanswered',
      heard: true,
      problem: 'answer is not HTTP',
      delivered: 'perhaps',
    });
  });

  it('says that the name is unknown, without repeating it', async () => {
    const outcome = await ask('http://no-such-host.invalid/secret-path');
    expect(outcome).toMatchObject({ problem: expect.stringMatching(/^host name/), delivered: 'no' });
    expect(JSON.stringify(outcome)).not.toContain('secret-path');
  });

  it('rejects with the reason of its signal, at once', async () => {
    const url = await server(() => {});
    const stop = new AbortController();
    const asked = ask(url, { signal: stop.signal });
    const begun = performance.now();
    stop.abort(new Error('cancelled by the caller'));
    await expect(asked).rejects.toThrow('cancelled by the caller');
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  it.each([
    [{ 'retry-after': '7' }, 'come later', 7000],
    [{}, 'Rate limit exceeded. Try again in 12 seconds', 12_000],
  ])('reads how long a rate limit asks to wait: %j %s', async (headers, body, wait) => {
    const url = await server((_, response) => void response.writeHead(429, headers).end(body));
    expect(await ask(url)).toMatchObject({ status: 429, retryAfterMs: wait });
  });

  it('spreads fresh requests over connections, and keeps one otherwise', async () => {
    const ports = { fresh: new Set<unknown>(), kept: new Set<unknown>() };
    const url = await server((request, response) => {
      ports[request.url === '/fresh' ? 'fresh' : 'kept'].add(request.socket.remotePort);
      response.end('ok');
    });
    for (let round = 0; round < 3; round += 1) {
      await ask(`${url}/fresh`, { fresh: true });
      await ask(`${url}/kept`);
    }
    expect(ports.fresh.size).toBe(3);
    expect(ports.kept.size).toBe(1);
  });

  it('sends no Origin header: a generation refuses origins that it does not list', async () => {
    const names: string[][] = [];
    const url = await server((request, response) => {
      names.push(Object.keys(request.headers));
      response.end();
    });
    await ask(url, { method: 'POST', body: '{}', headers: { 'content-type': 'application/json' } });
    expect(names[0]).not.toContain('origin');
  });
});

describe('addresses', () => {
  it.each([
    ['http://h:1', '/health', 'http://h:1/health'],
    ['http://h:1/', 'health', 'http://h:1/health'],
    ['http://h:1/base/', '/health', 'http://h:1/base/health'],
  ])('%s and %s are joined', (endpoint, path, joined) => {
    expect(addressOf(endpoint, path)).toBe(joined);
  });

  it('puts an IPv6 address into brackets', () => {
    expect(instanceAddress('fd00::1', 9000)).toBe('http://[fd00::1]:9000');
    expect(instanceAddress('10.0.0.1', 9000)).toBe('http://10.0.0.1:9000');
  });
});
