import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import { createSecretResolver } from '../../src/secrets/index.ts';

const { signal } = new AbortController();
const reference = { kubernetesSecret: { name: 'hooks', key: 'slack' } };

const refusal = async (work: Promise<string>) => {
  const error = await work.then(
    (value) => new Error(`resolved to ${value}`),
    (reason: Error) => reason,
  );
  expect(error).toMatchObject({ type: 'SecretUnavailable', retryable: true });
  return error.message;
};

describe('a secret by reference', () => {
  it('comes from the environment that is given, and from nowhere else', async () => {
    process.env.RUNBOOK_TEST_SECRET = 'from the process';
    onTestFinished(() => void delete process.env.RUNBOOK_TEST_SECRET);
    const secrets = createSecretResolver({ env: { TOKEN: 'abc' } });
    expect(await secrets.resolve({ env: 'TOKEN' }, signal)).toBe('abc');
    expect(await refusal(secrets.resolve({ env: 'RUNBOOK_TEST_SECRET' }, signal))).toBe(
      'the environment variable RUNBOOK_TEST_SECRET is not set',
    );
    expect(await refusal(secrets.resolve({ env: 'toString' }, signal))).toContain('is not set');
  });

  it('comes from a file, without one newline at its end, and anew each time', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'runbook-secrets-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'token');
    const secrets = createSecretResolver({ env: {} });
    for (const [text, value] of [
      ['abc\n', 'abc'],
      ['abc\r\n', 'abc'],
      ['rotated\n\n', 'rotated\n'],
      [' abc ', ' abc '],
    ] as const) {
      await writeFile(file, text);
      expect(await secrets.resolve({ file }, signal)).toBe(value);
    }
    const missing = join(folder, 'missing');
    expect(await refusal(secrets.resolve({ file: missing }, signal))).toBe(
      `the file ${missing} cannot be read (ENOENT)`,
    );
  });

  it('comes from a Secret of the cluster', async () => {
    const asked: unknown[] = [];
    const secrets = createSecretResolver({
      env: {},
      readKubernetesSecret: async (key) => {
        asked.push(key);
        return 'abc\n';
      },
    });
    expect(await secrets.resolve(reference, signal)).toBe('abc');
    expect(asked).toEqual([{ name: 'hooks', key: 'slack' }]);
  });

  it('names reference and reason when the cluster does not give it, never what was read', async () => {
    const failing = (error: Error) =>
      createSecretResolver({ env: {}, readKubernetesSecret: () => Promise.reject(error) });
    const denied = failing(new RunbookError('AccessDenied', 'may not get secrets'));
    expect(await refusal(denied.resolve(reference, signal))).toBe(
      'the key slack of the Secret hooks cannot be read (may not get secrets)',
    );
    const broken = failing(new Error('unexpected token abc123'));
    expect(await refusal(broken.resolve(reference, signal))).not.toContain('abc123');
    expect(await refusal(createSecretResolver({ env: {} }).resolve(reference, signal))).toBe(
      'the key slack of the Secret hooks cannot be read here',
    );
  });

  it.each([
    ['', 'is empty'],
    [' \n', 'is empty'],
    ['replace_me', 'placeholder'],
    ['REPLACE-ME', 'placeholder'],
    ['replace_with_random_token', 'placeholder'],
    ['changeme', 'placeholder'],
    ['{{{ORCH_API_TOKEN}}}', 'unresolved {{variable}}'],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the placeholder itself
    ['pre${TOKEN}post', 'unresolved ${variable}'],
  ])('counts as missing when it is %j', async (value, problem) => {
    const secrets = createSecretResolver({ env: { TOKEN: value } });
    const message = await refusal(secrets.resolve({ env: 'TOKEN' }, signal));
    expect(message).toContain(problem);
    expect(message).toContain('the environment variable TOKEN');
    if (value.trim() !== '') expect(message).not.toContain(value);
  });

  it('is not read when the caller has given up', async () => {
    const secrets = createSecretResolver({ env: { TOKEN: 'abc' } });
    await expect(
      secrets.resolve({ env: 'TOKEN' }, AbortSignal.abort(new Error('cancelled'))),
    ).rejects.toThrow('cancelled');
  });
});
