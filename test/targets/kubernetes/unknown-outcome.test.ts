import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../src/targets/kubernetes/template/fingerprint.ts';
import type { Answer } from './stub-api.ts';
import { closeAfterEach, stubbedService, v1, v2, v3 } from './stubbed.ts';
import { context, errorOf } from './support.ts';

closeAfterEach();

const PATCH = /^PATCH deployments/;
const GET = /^GET deployments/;

describe('a write whose outcome is unknown', () => {
  it('is a success when the answer was lost after the change was made', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ apply, drop }) => {
      apply();
      drop();
    });
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: true,
      generation: pin.generation + 1,
      fingerprint: pin.fingerprint,
    });
    expect(of.live().spec.template).toEqual(v1);
  });

  it.each<[string, Answer]>([
    ['the connection broke before it', ({ drop }) => drop()],
    ['the API server had an error', ({ status }) => status(500, 'etcdserver: request timed out')],
    ['no API server was there', ({ status }) => status(503, 'no endpoints available')],
  ])('is not made when %s, and the step may try again', async (_why, answer) => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, answer);
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({ type: 'Unreachable' });
    expect(of.live().spec.template).toEqual(v2);
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
  });

  it('is a success when the API server had an error after the change was made', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ apply, status }) => {
      apply();
      status(504, 'context deadline exceeded');
    });
    expect(await of.target.rollBack(pin, context)).toMatchObject({ changed: true });
    expect(of.live().metadata.generation).toBe(pin.generation + 1);
  });

  it('is told as such when the read after it fails too, and found done by the next attempt', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ apply, drop }) => {
      apply();
      drop();
    });
    of.stub.on(GET, ({ status }) => status(503, 'no endpoints available'));
    const error = await errorOf(of.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'Unreachable' });
    expect(error.message).toContain('could not patch');
    expect(await of.target.rollBack(pin, context)).toMatchObject({ fingerprint: pin.fingerprint });
    expect(of.stub.asked.filter((what) => PATCH.test(what))).toHaveLength(1);
  });

  it('is waited for when the step is cancelled meanwhile: what is seen then is what stays', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    const stop = new AbortController();
    of.stub.on(PATCH, ({ serve }) => {
      stop.abort(new Error('cancelled by the caller'));
      setTimeout(serve, 300);
    });
    expect(await of.target.rollBack(pin, { signal: stop.signal })).toMatchObject({ changed: true });
    expect((await of.target.observe(context)).current.fingerprint).toBe(pin.fingerprint);
  });

  it('is not waited for much longer than the step that was cancelled', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    const stop = new AbortController();
    of.stub.on(PATCH, () => stop.abort(new Error('cancelled by the caller')));
    const begun = performance.now();
    expect(await errorOf(of.target.rollBack(pin, { signal: stop.signal }))).toMatchObject({
      message: 'cancelled by the caller',
    });
    expect(performance.now() - begun).toBeLessThan(6_000);
  });
});

describe('a write that the API server refuses', () => {
  it('is made on the new generation when only the replicas changed', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ serve }) => {
      of.change({ spec: { replicas: 5 }, tell: false });
      serve();
    });
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: true,
      generation: pin.generation + 2,
    });
    expect(of.live().spec).toMatchObject({ replicas: 5, template: v1 });
  });

  it('is given up when somebody else changed the template', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ serve }) => {
      of.change({ template: v3, tell: false });
      serve();
    });
    expect(await errorOf(of.target.rollBack(pin, context))).toMatchObject({ type: 'WorkloadChanged' });
    expect(of.live().spec.template).toEqual(v3);
  });

  it('is no failure when somebody else made the same change', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ serve }) => {
      of.change({ template: v1, tell: false });
      serve();
    });
    expect(await of.target.rollBack(pin, context)).toMatchObject({
      changed: false,
      fingerprint: fingerprint(v1),
    });
  });

  it('is rejected when nothing has changed', async () => {
    const of = await stubbedService();
    const pin = await of.pin();
    of.stub.on(PATCH, ({ status }) => status(422, 'spec.template: Invalid value'));
    const error = await errorOf(of.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'WriteRejected' });
    expect(error.message).toContain('Invalid value');
  });
});
