import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NativeConnection } from '@temporalio/worker';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { parseConfig } from '../../src/config/parse.ts';
import { startWorker } from '../../src/wiring/start-worker.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';

let sandbox: Awaited<ReturnType<typeof borrow>>;
let connection: NativeConnection;
let folder: string;
const borrow = () => borrowSandbox({ temporal: true });

beforeAll(async () => {
  sandbox = await borrow();
  connection = await NativeConnection.connect({ address: sandbox.temporal.address });
});
afterAll(async () => {
  await connection.close();
  await sandbox.close();
});
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'start-checks-'));
  return () => rm(folder, { recursive: true, force: true });
});

const KUBECONFIG = (user: object) =>
  JSON.stringify({
    clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
    users: [{ name: 'u', user }],
    contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
    'current-context': 'x',
  });

/** Starts a worker for one service; its log, or why it did not start. */
async function start(service: string, env: Readonly<Record<string, string>> = {}) {
  const log: string[] = [];
  const text = `services:\n  orchestrator:\n    endpoint: http://127.0.0.1:1\n    kubernetes:\n      namespace: n\n      deployment: d\n${service}`;
  const started = startWorker({
    config: parseConfig(text, { file: join(folder, 'runbook.yaml') }),
    connection,
    namespace: 'default',
    env: { HOME: folder, ...env },
    log: (line) => log.push(line),
    taskQueue: 'start-checks',
  });
  const error = await started.then(
    async (worker) => {
      await worker.stop();
      return undefined;
    },
    (failure: Error & { type?: string }) => failure,
  );
  return { error, log };
}

describe('U2 a worker that starts', () => {
  it('without a kubeconfig says so, and what to set', async () => {
    const { error } = await start('');
    expect(error).toMatchObject({ type: 'InvalidConfig' });
    expect(error?.message).toContain(
      `services.orchestrator.kubernetes: there is no kubeconfig: ${join(folder, '.kube', 'config')} does not exist`,
    );
    expect(error?.message).toContain('set kubernetes.kubeconfig');
  });

  it('with a kubeconfig in the KUBECONFIG that is gone names the file', async () => {
    const { error } = await start('', { KUBECONFIG: join(folder, 'gone') });
    expect(error?.message).toContain(`there is no kubeconfig: ${join(folder, 'gone')} does not exist`);
    const named = await start('      kubeconfig: ./gone\n');
    expect(named.error?.message).toContain(`kubeconfig ${join(folder, 'gone')}: cannot be read (ENOENT)`);
  });

  it('K20 with what is not supported names the field', async () => {
    const exec = { command: 'x', apiVersion: 'client.authentication.k8s.io/v1', interactiveMode: 'Always' };
    await writeFile(join(folder, 'config'), KUBECONFIG({ exec }));
    const { error } = await start('      kubeconfig: ./config\n');
    expect(error?.message).toContain('user "u": exec.interactiveMode: Always needs a terminal');
    const installHint = 'install it from example.com';
    const cloud = { ...exec, command: 'cloud-plugin', interactiveMode: 'Never', installHint };
    await writeFile(join(folder, 'config'), KUBECONFIG({ exec: cloud }));
    const missing = await start('      kubeconfig: ./config\n', { PATH: '/usr/bin' });
    expect(missing.error?.message).toContain(
      `user "u": exec.command: cloud-plugin is not on the worker's PATH; ${installHint}`,
    );
    await writeFile(join(folder, 'config'), KUBECONFIG({ tokenFile: 'gone' }));
    const gone = await start('      kubeconfig: ./config\n');
    expect(gone.error?.message).toContain('user "u": tokenFile');
  });

  it('names the secrets that are missing, and polls all the same', async () => {
    await writeFile(join(folder, 'config'), KUBECONFIG({ token: 'abc' }));
    const { error, log } = await start(
      '      kubeconfig: ./config\n    auth: {mode: bearer, secret: {env: API_TOKEN}}\n    notify:\n      - slack: {url: {file: ./slack}}\n',
    );
    expect(error).toBeUndefined();
    expect(log).toEqual([
      'services.orchestrator: the environment variable API_TOKEN is not set',
      `services.orchestrator: the file ${join(folder, 'slack')} cannot be read (ENOENT)`,
    ]);
  });

  it('says nothing when everything is there', async () => {
    await writeFile(join(folder, 'config'), KUBECONFIG({ token: 'abc' }));
    const service = '    auth: {mode: bearer, secret: {env: API_TOKEN}}\n';
    const { error, log } = await start(`      kubeconfig: ./config\n${service}`, { API_TOKEN: 'secret' });
    expect({ error, log }).toEqual({ error: undefined, log: [] });
  });
});
