import { afterEach, describe, expect, it } from 'vitest';
import type { ApiError } from '../../../../src/targets/kubernetes/api/api-error.ts';
import { createConnection } from '../../../../src/targets/kubernetes/api/connection.ts';
import { type ApiTransport, createApiTransport } from '../../../../src/targets/kubernetes/api/transport.ts';
import { openProxy, StubApi, silence } from '../stub-api.ts';

const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});
const kept = <T extends { close(): Promise<unknown> }>(closed: T): T => {
  closers.push(() => closed.close());
  return closed;
};

const signal = new AbortController().signal;
const pods = { resource: 'pods', namespace: 'phoenix' } as const;
const limit = (headers: number, whole = 5_000, quiet = headers) => ({ headers, silence: quiet, whole });
const short = { read: limit(500), write: limit(500), watch: limit(500, 5_000, 60_000) };
/** Where nothing is to end in time. */
const long = limit(60_000, 60_000);
const LONG = { read: long, write: long, watch: long };
const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('expected an error'),
    (error: ApiError) => error,
  );

/** What a watch brought when it ended well. */
async function allOf(body: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

/** A stub behind a proxy, and a transport with short time limits. */
async function behindProxy(limits = short) {
  const stub = kept(await StubApi.open({ http2: true }));
  const proxy = kept(await openProxy(stub.port));
  const transport: ApiTransport = kept(
    createApiTransport(createConnection(stub.credentials(proxy.port)), limits),
  );
  return { stub, proxy, transport };
}

describe('an HTTP/2 connection', () => {
  it('is one for all requests and watches', async () => {
    const { stub, transport } = await behindProxy(LONG);
    await transport.openWatch(pods, signal);
    await Promise.all([transport.list(pods, signal), transport.list(pods, signal)]);
    expect(stub.connections).toBe(1);
  });

  it('that died without a sign is replaced after the first request without an answer', async () => {
    const { stub, proxy, transport } = await behindProxy();
    await transport.list(pods, signal);
    proxy.swallow();
    expect(await failure(transport.list(pods, signal))).toMatchObject({ code: 0 });
    const begun = performance.now();
    await expect(transport.list(pods, signal)).resolves.toMatchObject({ items: [] });
    // It does not wait until the old connection is known to be dead.
    expect(performance.now() - begun).toBeLessThan(4_500);
    expect(stub.connections).toBe(2);
  });

  it('that died takes its watches along, so that they are opened anew', async () => {
    const { proxy, transport } = await behindProxy();
    const body = await transport.openWatch(pods, signal);
    const ended = failure(allOf(body));
    proxy.swallow();
    await failure(transport.list(pods, signal));
    expect(await ended).toMatchObject({ code: 0, message: 'HTTP/2: connection unresponsive' });
  });

  it('keeps its watches when only one request is slow', async () => {
    const { stub, transport } = await behindProxy();
    const body = await transport.openWatch(pods, signal);
    const ended = allOf(body);
    stub.on(/^GET pods/, silence);
    await failure(transport.list(pods, signal));
    await transport.list(pods, signal);
    stub.endWatches();
    await expect(ended).resolves.toBe('');
  });
});

describe('a watch', () => {
  it.each([true, false])('that falls silent ends with an error (HTTP/2: %s)', async (http2) => {
    const stub = kept(await StubApi.open({ http2 }));
    const value = {
      server: `http://127.0.0.1:${stub.port}`,
      headers: {},
      tls: {},
    };
    const source = http2
      ? stub.credentials()
      : { current: async () => value, renewed: async () => value, reread: async () => undefined };
    const limits = { ...short, watch: limit(1_000, 1_000, 100) };
    const transport = kept(createApiTransport(createConnection(source), limits));
    const body = await transport.openWatch(pods, signal);
    expect(await failure(allOf(body))).toMatchObject({ code: 0, message: 'no answer within 0.1 s' });
  });
});
