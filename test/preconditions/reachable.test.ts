import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, it, onTestFinished } from 'vitest';
import { RunbookError } from '../../src/domain/errors.ts';
import { createSecretResolver } from '../../src/secrets/index.ts';
import { reachPrometheus } from '../../src/signals/prometheus/index.ts';
import { prometheusSettings } from '../../src/signals/prometheus/settings.ts';
import { nobody, server } from '../checks/surroundings.ts';
import { planOf, said } from './surroundings.ts';

const run = promisify(execFile);
const withoutRegistry = planOf('names no registry');

async function repository(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'reachable-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  await run('git', ['init', '-q', folder]);
  return folder;
}

describe('what is to be reached', () => {
  it.each<[string, number, RegExp]>([
    ['answers', 200, /^met: the registry 127\.0\.0\.1:\d+ answers$/],
    ['wants a login, which is an answer', 401, /^met: /],
    ['is broken', 503, /^not-met: the registry 127\.0\.0\.1:\d+ does not answer: it answered 503$/],
    ['wants to be left alone', 429, /^not-met: .*429$/],
    ['is no registry', 404, /^not-met: .*404$/],
  ])('a registry that %s', async (_, status, says) => {
    const url = await server((_request, response) => response.writeHead(status).end());
    expect(await said('reachable', {}, planOf(`${new URL(url).host}/app:1`))).toMatch(says);
  });

  it('a registry that is not there', async () => {
    const plan = planOf(`${new URL(await nobody()).host}/app:1`);
    expect(await said('reachable', {}, plan)).toMatch(/^not-met: .*connection refused$/);
    expect(await said('reachable', { registry: false }, plan)).toBe('');
  });

  it.each<[string, () => Promise<unknown>, string]>([
    ['answers', async () => 'ready', 'met: Prometheus answers'],
    [
      'does not answer',
      () => Promise.reject(new RunbookError('Unreachable', 'connection refused')),
      'not-met: Prometheus does not answer: connection refused',
    ],
    [
      'cannot be asked',
      () => Promise.reject(new Error('http://user:pass@prometheus')),
      'not-met: Prometheus does not answer: it could not be asked',
    ],
  ])('a Prometheus that %s', async (_, reachPrometheus, expected) => {
    expect(await said('reachable', {}, withoutRegistry, { reachPrometheus })).toBe(expected);
    expect(await said('reachable', { prometheus: false }, withoutRegistry, { reachPrometheus })).toBe('');
  });

  it('a Prometheus that is not there, as it is asked in fact', async () => {
    const settings = prometheusSettings.parse({ addresses: [await nobody()] });
    const secrets = createSecretResolver({ env: {} });
    const reach = (signal: AbortSignal) => reachPrometheus(settings, secrets, signal);
    expect(await said('reachable', {}, withoutRegistry, { reachPrometheus: reach })).toMatch(
      /^not-met: Prometheus does not answer: (?!it could not be asked).*connection refused/,
    );
  });

  it('a Prometheus that hangs', async () => {
    const reachPrometheus = (signal: AbortSignal) =>
      new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
    expect(await said('reachable', { timeout: '500ms' }, withoutRegistry, { reachPrometheus })).toBe(
      'not-met: Prometheus does not answer: no answer within 0.5 s',
    );
  });

  it('a repository of Git, one without a commit too', async () => {
    const folder = await repository();
    const name = folder.split('/').at(-1);
    expect(await said('reachable', { git: [folder] }, withoutRegistry)).toBe(`met: Git (${name}) answers`);
  });

  it.each<[string, () => Promise<string>, RegExp]>([
    [
      'does not exist',
      async () => '/nonexistent/team.git',
      /^not-met: Git \(team\.git\) does not answer: no such repository$/,
    ],
    [
      'is on no server',
      async () => `${await nobody()}/team.git`,
      /: (connection refused|git ended with 128)$/,
    ],
    [
      'wants a login',
      async () =>
        `${await server((_, response) => response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end())}/team.git`,
      /: not without a login$/,
    ],
    ['hangs', async () => `${await server(() => undefined)}/team.git`, /: no answer within 1 s$/],
  ])('a repository of Git that %s', async (_, address, says) => {
    expect(await said('reachable', { git: [await address()], timeout: '1s' }, withoutRegistry)).toMatch(says);
  });
});
