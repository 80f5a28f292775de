import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusterCredentialSource } from '../../../../src/targets/kubernetes/api/credentials.ts';
import { context, errorOf } from '../support.ts';

const { signal } = context;
let folder: string;
let kubeconfig: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'credentials-'));
  kubeconfig = join(folder, 'config');
  const exec = {
    command: './plugin',
    apiVersion: 'client.authentication.k8s.io/v1',
    interactiveMode: 'Never',
  };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://stub.example/' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A source whose plugin answers by what the test gives it, one answer a call. */
function sourceOf(...answers: (() => Promise<string>)[]) {
  let calls = 0;
  const askPlugin = async () => ({ token: (await answers[Math.min(calls++, answers.length - 1)]?.()) ?? '' });
  const timeoutMs = answers.includes(hangs) ? 1_000 : 20_000;
  const source = createClusterCredentialSource({ kubeconfig }, { env: {}, askPlugin, timeoutMs });
  return { source, calls: () => calls };
}

const hangs = () => new Promise<string>(() => {});
const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe('credentials', () => {
  it('are asked for once and used for a while', async () => {
    const { source, calls } = sourceOf(async () => 'one');
    const both = await Promise.all([source.current(signal), source.current(signal)]);
    expect(both).toMatchObject([bearer('one'), bearer('one')]);
    await source.current(signal);
    expect(calls()).toBe(1);
  });

  it('of a plugin that hangs are given up, and asked for anew by the next request', async () => {
    const { source, calls } = sourceOf(hangs, async () => 'two');
    const error = await errorOf(source.current(signal));
    expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
    expect(error.message).toContain('the exec plugin or identity provider hangs');
    expect(await source.current(signal)).toMatchObject(bearer('two'));
    expect(calls()).toBe(2);
  });

  it('do not hold up a step that is cancelled', async () => {
    const { source } = sourceOf(hangs);
    const stop = new AbortController();
    const asking = errorOf(source.current(stop.signal));
    stop.abort(new Error('cancelled by the caller'));
    expect(await asking).toMatchObject({ message: 'cancelled by the caller' });
  });

  it('still come for the others when one step is cancelled', async () => {
    const asked = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<string>();
    const { source, calls } = sourceOf(() => {
      asked.resolve();
      return answer.promise;
    });
    const stop = new AbortController();
    const cancelled = errorOf(source.current(stop.signal));
    const other = source.current(signal);
    stop.abort(new Error('cancelled by the caller'));
    await cancelled;
    await asked.promise;
    answer.resolve('one');
    expect(await other).toMatchObject(bearer('one'));
    expect(calls()).toBe(1);
  });

  it('that fail are asked for anew by the next request', async () => {
    const { source } = sourceOf(
      () => Promise.reject(new Error('token expired')),
      async () => 'two',
    );
    expect(await errorOf(source.current(signal))).toMatchObject({ message: 'token expired' });
    expect(await source.current(signal)).toMatchObject(bearer('two'));
  });

  it('are renewed once for all who are refused at the same time', async () => {
    const { source, calls } = sourceOf(
      async () => 'one',
      async () => 'two',
    );
    await source.current(signal);
    const both = await Promise.all([source.renewed(signal), source.renewed(signal)]);
    expect(both).toMatchObject([bearer('two'), bearer('two')]);
    expect(calls()).toBe(2);
  });

  it('are read from the very beginning when they are renewed', async () => {
    const { source, calls } = sourceOf(
      async () => 'one',
      async () => 'two',
    );
    await source.current(signal);
    expect(await source.renewed(signal)).toMatchObject(bearer('two'));
    expect(await source.current(signal)).toMatchObject(bearer('two'));
    expect(calls()).toBe(2);
  });
});
