import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createClusterCredentialSource } from '../../../../src/targets/kubernetes/api/credentials.ts';
import { context, errorOf } from '../support.ts';

const { signal } = context;
let folder: string;
let kubeconfig: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'token-files-'));
  kubeconfig = join(folder, 'config');
  const user = (name: string, held: object) => ({ name, user: held });
  const contextOf = (name: string) => ({ name, context: { cluster: 'c', user: name } });
  await writeFile(
    kubeconfig,
    JSON.stringify({
      clusters: [{ name: 'c', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [user('file', { tokenFile: 'token' }), user('both', { token: 'inline', tokenFile: 'token' })],
      contexts: [contextOf('file'), contextOf('both')],
      'current-context': 'file',
    }),
  );
  await writeFile(join(folder, 'token'), 'one\n');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const sent = async (
  credentials: Promise<{ headers: Readonly<Record<string, string | readonly string[]>> }>,
) => (await credentials).headers.authorization;

it('a token in a file beside the kubeconfig is sent, without the newline at its end', async () => {
  expect(await sent(createClusterCredentialSource({ kubeconfig }).current(signal))).toBe('Bearer one');
});

it('a token that was rotated is read anew when credentials are renewed', async () => {
  const source = createClusterCredentialSource({ kubeconfig });
  await source.current(signal);
  await writeFile(join(folder, 'token'), 'two');
  expect(await sent(source.renewed(signal))).toBe('Bearer two');
});

it('a token in a file comes before one in the kubeconfig itself, as kubectl takes it', async () => {
  const source = createClusterCredentialSource({ kubeconfig, context: 'both' });
  expect(await sent(source.current(signal))).toBe('Bearer one');
  await rm(join(folder, 'token'));
  expect(await sent(source.renewed(signal))).toBe('Bearer inline');
});

it('a token file that is gone for a moment ends nothing that has worked before', async () => {
  const source = createClusterCredentialSource({ kubeconfig });
  await source.current(signal);
  await rm(join(folder, 'token'));
  const error = await errorOf(source.renewed(signal));
  expect(error).toMatchObject({ type: 'Unreachable', retryable: true });
  expect(error.message).toContain('user "file": tokenFile');
  await writeFile(join(folder, 'token'), 'two');
  expect(await sent(source.current(signal))).toBe('Bearer two');
});

it("a pod has its service account's token and CA, and no kubeconfig", async () => {
  await writeFile(join(folder, 'ca.crt'), 'the CA');
  const env = { HOME: folder, KUBERNETES_SERVICE_HOST: '2001:db8::1', KUBERNETES_SERVICE_PORT: '443' };
  const source = createClusterCredentialSource({}, { env, serviceAccount: folder });
  expect(await source.cluster()).toEqual({ context: 'in-cluster', server: 'https://[2001:db8::1]' });
  const { tls, headers } = await source.current(signal);
  expect(headers).toEqual({ authorization: 'Bearer one' });
  expect(String(tls.ca)).toBe('the CA');
  const named = createClusterCredentialSource({ context: 'file' }, { env, serviceAccount: folder });
  expect(await errorOf(named.cluster())).toMatchObject({ type: 'InvalidConfig' });
});

it('the file is found through KUBECONFIG too', async () => {
  vi.stubEnv('KUBECONFIG', kubeconfig);
  expect(await sent(createClusterCredentialSource({}).current(signal))).toBe('Bearer one');
});
