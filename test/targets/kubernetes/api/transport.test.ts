import { afterEach, describe, expect, it } from 'vitest';
import { type ApiError, asRunbookError } from '../../../../src/targets/kubernetes/api/api-error.ts';
import { createConnection } from '../../../../src/targets/kubernetes/api/connection.ts';
import { createClusterCredentialSource } from '../../../../src/targets/kubernetes/api/credentials.ts';
import { createApiTransport } from '../../../../src/targets/kubernetes/api/transport.ts';
import { until } from '../../../../tools/until.ts';
import { type Answer, StubApi, silence } from '../stub-api.ts';
import { context } from '../support.ts';

const { signal } = context;
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

const pods = { resource: 'pods', namespace: 'phoenix' } as const;
const one = { ...pods, name: 'one' } as const;
const limit = (ms: number) => ({ headers: ms, silence: ms, whole: 5_000 });
const LIMITS = { read: limit(50), write: limit(150), watch: limit(50) };

async function opened(limits?: typeof LIMITS) {
  const stub = await StubApi.open();
  const { kubeconfig = '' } = stub.profile;
  const transport = createApiTransport(
    createConnection(createClusterCredentialSource({ kubeconfig })),
    limits,
  );
  closers.push(
    () => stub.close(),
    () => transport.close(),
  );
  return { stub, transport };
}

const failure = (promise: Promise<unknown>) =>
  promise.then(
    () => expect.fail('expected an error'),
    (error: ApiError) => error,
  );

describe('a request', () => {
  it.each<[string, Answer]>([
    ['does not begin its answer', silence],
    ['does not end its answer', ({ begin }) => begin('{"items":')],
  ])('fails when the API server %s', async (_what, answer) => {
    const { stub, transport } = await opened(LIMITS);
    stub.on(/^GET/, answer);
    const error = await failure(transport.list(pods, signal));
    expect(error).toMatchObject({ code: 0, outcomeUnknown: true, message: 'no answer within 0.05 s' });
    expect(asRunbookError(error)).toMatchObject({ type: 'Unreachable' });
  });

  it('has a time limit as a whole, however the API server drips', async () => {
    const { stub, transport } = await opened({ ...LIMITS, read: { headers: 400, silence: 400, whole: 80 } });
    stub.on(/^GET/, silence);
    expect(await failure(transport.list(pods, signal))).toMatchObject({
      code: 0,
      message: 'no answer within 0.08 s',
    });
  });

  it('that writes has more time than one that reads', async () => {
    const { stub, transport } = await opened(LIMITS);
    stub.put('pods', { metadata: { name: 'one' } });
    stub.on(/^PATCH/, ({ serve }) => void setTimeout(serve, 100));
    const patch = transport.patch(one, 'application/merge-patch+json', { spec: {} }, signal);
    await expect(patch).resolves.toBeDefined();
  });

  it('that reviews permissions has no more time than one that reads', async () => {
    const { stub, transport } = await opened({ ...LIMITS, write: limit(5_000) });
    stub.on(/^POST selfsubjectrulesreviews/, silence);
    const review = transport.review('SelfSubjectRulesReview', { namespace: 'phoenix' }, signal);
    expect(await failure(review)).toMatchObject({ code: 0, message: 'no answer within 0.05 s' });
  });

  it('ends at once when it is cancelled, with the reason of the caller', async () => {
    const { stub, transport } = await opened();
    const stop = new AbortController();
    stub.on(/^GET/, () => stop.abort(new Error('cancelled by the caller')));
    expect(await failure(transport.list(pods, stop.signal))).toMatchObject({
      message: 'cancelled by the caller',
    });
  });

  it('fails when its answer is larger than what is read', async () => {
    const long = { ...limit(60_000), whole: 60_000 };
    const { stub, transport } = await opened({ read: long, write: long, watch: long });
    stub.on(/^GET/, ({ json }) => json(200, { items: ['x'.repeat(33 * 1024 * 1024)] }));
    const error = await failure(transport.list(pods, signal));
    expect(error).toMatchObject({ code: 0 });
    expect(error.message).toContain('larger than');
  });

  it('fails when its answer is no JSON', async () => {
    const { stub, transport } = await opened();
    stub.on(/^GET/, ({ begin, drop }) => {
      begin('<html>');
      drop();
    });
    expect(await failure(transport.get(one, signal))).toMatchObject({ code: 0 });
  });
});

describe('a list', () => {
  it('follows `continue` to the end', async () => {
    const { stub, transport } = await opened();
    stub.on(/^GET/, ({ json }) =>
      json(200, { metadata: { continue: 'more', resourceVersion: '7' }, items: [{ page: 1 }] }),
    );
    stub.put('pods', { metadata: { name: 'one' } });
    const { items } = await transport.list<{ page?: number }>(pods, signal);
    expect(items).toMatchObject([{ page: 1 }, { metadata: { name: 'one' } }]);
    expect(stub.asked).toHaveLength(2);
  });

  it('gives up on one that does not end', async () => {
    const { stub, transport } = await opened();
    stub.on(/^GET/, ({ json }) => json(200, { metadata: { continue: 'more' }, items: [] }), 1_000);
    expect(await failure(transport.list(pods, signal))).toMatchObject({ type: 'Unreachable' });
    expect(stub.asked).toHaveLength(40);
  });
});

describe('a refusal', () => {
  const denied =
    'pods is forbidden: User "system:serviceaccount:a:b" cannot create resource "pods" in API group ""';
  it.each<[string, 'get' | 'create' | 'patch', number, string, string]>([
    ['a read that is not granted', 'get', 403, 'forbidden', 'AccessDenied'],
    ['a write that is not granted', 'create', 403, denied, 'AccessDenied'],
    ['a quota', 'create', 403, 'configmaps "x" is forbidden: exceeded quota: tight', 'WriteRejected'],
    [
      'a webhook',
      'create',
      403,
      'admission webhook "policy.example" denied the request: no',
      'WriteRejected',
    ],
    ['a policy', 'patch', 403, 'deployments "x" is forbidden: ValidatingAdmissionPolicy', 'WriteRejected'],
    ['a wrong object', 'create', 422, 'invalid', 'WriteRejected'],
    ['credentials', 'get', 401, 'Unauthorized', 'AccessDenied'],
    ['a missing object', 'get', 404, 'not found', 'WorkloadMissing'],
    ['a busy server', 'get', 429, 'too many requests', 'Unreachable'],
    ['a broken server', 'create', 500, 'etcd', 'Unreachable'],
  ])('by %s is an error of the catalogue', async (_what, verb, code, message, type) => {
    const { stub, transport } = await opened();
    stub.on(/./, ({ status }) => status(code, message), 2);
    const asked = {
      get: () => transport.get(one, signal),
      create: () => transport.create(pods, {}, signal),
      patch: () => transport.patch(one, 'application/merge-patch+json', {}, signal),
    }[verb]();
    expect(asRunbookError(await failure(asked))).toMatchObject({ type });
  });

  it.each<[string, Answer]>([
    ['the header', ({ status }) => status(429, 'too many requests', { 'retry-after': '7' })],
    ['the body', ({ json }) => json(429, { message: 'busy', details: { retryAfterSeconds: 7 } })],
  ])('says when to try again: by %s', async (_where, answer) => {
    const { stub, transport } = await opened();
    stub.on(/./, answer);
    const error = asRunbookError(await failure(transport.get(one, signal)));
    expect(error).toMatchObject({ type: 'Unreachable', retryAfterMs: 7_000 });
  });

  it('never makes the step wait longer than a minute', async () => {
    const { stub, transport } = await opened();
    stub.on(/./, ({ status }) => status(429, 'too many requests', { 'retry-after': '86400' }));
    expect(await failure(transport.get(one, signal))).toMatchObject({ retryAfterMs: 60_000 });
  });
});

describe('credentials that are not accepted any more', () => {
  it('are read anew once, and the request is sent again', async () => {
    const { stub, transport } = await opened();
    const tokens: unknown[] = [];
    const guard: Answer = ({ headers, serve, status }) => {
      tokens.push(headers.authorization);
      if (headers.authorization === 'Bearer second') serve();
      else status(401, 'Unauthorized');
    };
    stub.on(/./, guard, 10);
    const first = failure(transport.list(pods, signal));
    expect(await first).toMatchObject({ code: 401 });
    await stub.writeKubeconfig('second');
    await expect(transport.list(pods, signal)).resolves.toBeDefined();
    expect(tokens).toEqual(['Bearer first', 'Bearer first', 'Bearer first', 'Bearer second']);
  });
});

describe('a transport that is closed', () => {
  it('leaves no connection open, and makes no new one', async () => {
    const { stub, transport } = await opened();
    await transport.openWatch(pods, signal);
    await transport.list(pods, signal);
    await transport.close();
    await until('the end of the connections', async () => stub.open === 0, { everyMs: 5 });
    expect(await failure(transport.list(pods, signal))).toMatchObject({ type: 'Unreachable' });
    expect(stub.open).toBe(0);
  });

  it('leaves none of those open that it did not trust any more', async () => {
    const { stub, transport } = await opened(LIMITS);
    const watch = await transport.openWatch(pods, signal);
    const ended = failure(
      (async () => {
        for await (const _ of watch);
      })(),
    );
    stub.on(/^GET/, silence);
    await failure(transport.list(pods, signal));
    await transport.list(pods, signal);
    await transport.close();
    await until('the end of the connections', async () => stub.open === 0, { everyMs: 5 });
    await ended;
  });
});
