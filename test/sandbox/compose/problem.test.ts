import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { findUsersEngine } from '../../../sandbox/compose/borrowed-engine.ts';
import { composeHostProblem } from '../../../sandbox/compose/index.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'compose-problem-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));
beforeEach(() => void vi.stubEnv('CI', undefined));

async function program(name: string, script: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, `#!/bin/sh\n${script}\n`);
  await chmod(file, 0o755);
  return file;
}

test('a machine without Docker and registry is told what to install', async () => {
  expect(await composeHostProblem({ env: { PATH: join(folder, 'none') } })).toBe(
    'The Compose sandbox needs docker and docker-registry: install the Debian packages docker.io and docker-registry (as .ci/run does).',
  );
});

test('in CI it is an error: nothing may be skipped there', async () => {
  vi.stubEnv('CI', 'true');
  await expect(composeHostProblem({ env: { PATH: join(folder, 'none') } })).rejects.toMatchObject({
    name: 'SandboxUnavailable',
  });
});

test('a variable that names the wrong program is told as that', async () => {
  const env = { PATH: join(folder, 'none'), RUNBOOK_DOCKER: await program('wrong', 'echo hello') };
  expect(await composeHostProblem({ env })).toMatch(
    /^docker cannot be had \(environment: RUNBOOK_DOCKER=.* tells no/,
  );
});

test.each([
  ['DOCKER_HOST', { DOCKER_HOST: 'unix:///run/mine.sock' }, '', { host: 'unix:///run/mine.sock' }],
  ['the current context', {}, 'unix:///run/context.sock', { host: 'unix:///run/context.sock' }],
  [
    'an engine elsewhere is not used',
    { DOCKER_HOST: 'ssh://other' },
    '',
    { problem: 'the engine of the Docker command is not on this machine (ssh://other)' },
  ],
])('the engine of the user: %s', async (_, env, context, expected) => {
  const docker = await program('docker', `case $1 in context) echo ${context};; version) echo 28.0.0;; esac`);
  expect(await findUsersEngine(docker, { PATH: '/usr/bin:/bin', ...env })).toEqual(expected);
});

test('the engine of the user: one that does not answer is none', async () => {
  const docker = await program('silent', 'echo "Cannot connect" >&2; exit 1');
  const env = { PATH: '/usr/bin:/bin', DOCKER_HOST: 'unix:///run/mine.sock' };
  expect(await findUsersEngine(docker, env)).toEqual({ problem: 'no engine answers the Docker command' });
});
