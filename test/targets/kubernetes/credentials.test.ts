import { describe, expect, it } from 'vitest';
import { createClusterCredentialSource } from '../../../src/targets/kubernetes/credentials.ts';
import { context, errorOf } from './support.ts';

const { signal } = context;

/** A source whose plugin answers by what the test gives it, one answer a call. */
function sourceOf(...answers: (() => Promise<string>)[]) {
  let calls = 0;
  let loads = 0;
  const load = async () => {
    loads += 1;
    return {
      getCurrentCluster: () => ({ name: 'stub', server: 'https://stub.example/', skipTLSVerify: false }),
      applyToHTTPSOptions: async (options: { headers?: unknown }) => {
        const answer = answers[calls++] ?? answers.at(-1);
        options.headers = { Authorization: `Bearer ${await answer?.()}` };
      },
      createDispatcherOptions: () => ({ type: 'none' }) as const,
    };
  };
  const source = createClusterCredentialSource({}, { load, timeoutMs: 50 });
  return { source, calls: () => calls, loads: () => loads };
}

const hangs = () => new Promise<string>(() => {});
const bearer = (token: string) => ({ headers: { Authorization: `Bearer ${token}` } });

describe('credentials', () => {
  it('are asked for once and used for a while', async () => {
    const { source, calls } = sourceOf(async () => 'one');
    const both = await Promise.all([source.current(signal), source.current(signal)]);
    expect(both).toMatchObject([bearer('one'), bearer('one')]);
    await source.current(signal);
    expect(calls()).toBe(1);
  });

  it('of a plugin that hangs are given up, and asked for anew by the next request', async () => {
    const { source, loads } = sourceOf(hangs, async () => 'two');
    const error = await errorOf(source.current(signal));
    expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
    expect(error.message).toContain('the exec plugin or identity provider hangs');
    expect(await source.current(signal)).toMatchObject(bearer('two'));
    expect(loads()).toBe(2);
  });

  it('do not hold up a step that is cancelled', async () => {
    const { source } = sourceOf(hangs);
    const stop = new AbortController();
    const asking = errorOf(source.current(stop.signal));
    stop.abort(new Error('cancelled by the caller'));
    expect(await asking).toMatchObject({ message: 'cancelled by the caller' });
  });

  it('still come for the others when one step is cancelled', async () => {
    let answer = (_token: string) => {};
    const { source, calls } = sourceOf(
      () =>
        new Promise((resolve) => {
          answer = resolve;
        }),
    );
    const stop = new AbortController();
    const cancelled = errorOf(source.current(stop.signal));
    const other = source.current(signal);
    stop.abort(new Error('cancelled by the caller'));
    await cancelled;
    answer('one');
    expect(await other).toMatchObject(bearer('one'));
    expect(calls()).toBe(1);
  });

  it('that fail are asked for anew by the next request', async () => {
    const fails = () => Promise.reject(new Error('token expired'));
    const { source } = sourceOf(fails, async () => 'two');
    expect(await errorOf(source.current(signal))).toMatchObject({
      type: 'Unreachable',
      message: 'cannot get credentials for the cluster: token expired',
    });
    expect(await source.current(signal)).toMatchObject(bearer('two'));
  });

  it('are read from the very beginning when they are renewed', async () => {
    const { source, loads } = sourceOf(
      async () => 'one',
      async () => 'two',
    );
    await source.current(signal);
    expect(await source.renewed(signal)).toMatchObject(bearer('two'));
    expect(await source.current(signal)).toMatchObject(bearer('two'));
    expect(loads()).toBe(2);
  });
});
