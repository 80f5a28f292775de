import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createClusterCredentialSource } from '../../../../../src/targets/kubernetes/api/credentials.ts';
import { until } from '../../../../../tools/until.ts';
import { context, errorOf } from '../../support.ts';

let folder: string;
let kubeconfig: string;

/** A plugin that has a program of its own hang, and notes the numbers of both. */
const HANGS = '#!/bin/sh\nsleep 600 &\necho "$$ $!" >"$0.pids.new"\nmv "$0.pids.new" "$0.pids"\nwait\n';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'hanging-plugin-'));
  kubeconfig = join(folder, 'config');
  await writeFile(join(folder, 'plugin'), HANGS, { mode: 0o700 });
  const exec = { command: './plugin', apiVersion: 'client.authentication.k8s.io/v1beta1' };
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'u', user: { exec } }],
      contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
      'current-context': 'x',
    }),
  );
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** The plugin and its program, once they run. */
const started = () =>
  until('the plugin to run', async () => {
    const text = await readFile(join(folder, 'plugin.pids'), 'utf8').catch(() => '');
    return text !== '' && text.trim().split(' ').map(Number);
  });
const gone = (pids: readonly number[]) =>
  until('the plugin to be gone', async () => !(await Promise.all(pids.map(isRunning))).some(Boolean));

/** Whoever has ended and was not waited for yet does not run. */
async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
  return !/\) Z/.test(stat);
}

describe('K20 an exec plugin that hangs', () => {
  it('ends at its time-out, with what it has started', async () => {
    const source = createClusterCredentialSource({ kubeconfig }, { env: process.env, timeoutMs: 500 });
    const asking = errorOf(source.current(context.signal));
    const pids = await started();
    expect(await asking).toMatchObject({ type: 'Unreachable', retryable: true });
    await gone(pids);
  });

  it('does not outlive a worker that is killed', async () => {
    const program = join(import.meta.dirname, 'programs/ask.ts');
    const worker = spawn(process.execPath, [program, kubeconfig], { stdio: 'ignore' });
    const pids = await started();
    worker.kill('SIGKILL');
    await once(worker, 'exit');
    await gone(pids);
  });
});
