import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { dockerCredentials } from '../../../src/registry/index.ts';
import { until } from '../../../tools/until.ts';
import { isRunning } from '../../sandbox/programs/running.ts';
import { failure, signal } from '../surroundings.ts';

const HUB = 'registry-1.docker.io';
const HUB_KEY = 'https://index.docker.io/v1/';
const PASSWORD = 'correct horse: battery';
const ADA = { kind: 'password', username: 'ada', password: PASSWORD } as const;
const auth = Buffer.from(`ada:${PASSWORD}`).toString('base64');
const padded = Buffer.from(`ada:${PASSWORD}\0\0`).toString('base64');
const anonymous = (problem: RegExp) => ({ kind: 'anonymous', problem: expect.stringMatching(problem) });

/** A home with a Docker configuration and programs on PATH, gone when the test is over. */
async function home(config?: unknown, programs: Readonly<Record<string, string>> = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'runbook-docker-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const [docker, bin] = [join(folder, '.docker'), join(folder, 'bin')];
  await Promise.all([mkdir(docker), mkdir(bin)]);
  if (config !== undefined) {
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    await writeFile(join(docker, 'config.json'), text);
  }
  for (const [name, script] of Object.entries(programs)) {
    const file = join(bin, `docker-credential-${name}`);
    await writeFile(file, `#!/bin/sh\n${script}\n`);
    await chmod(file, 0o755);
  }
  const env = { HOME: folder, PATH: [bin, '/usr/bin', '/bin'].join(delimiter) };
  return { folder, docker, bin, env };
}

const found = async (registry: string, config?: unknown, programs?: Readonly<Record<string, string>>) => {
  const { env } = await home(config, programs);
  return dockerCredentials({ env }).find(registry, signal);
};
/** A helper that keeps one login and notes for which key it was asked. */
const keeping = (username: string, secret: string) =>
  `[ "$1" = get ] || exit 3\nkey=$(cat)\necho "$key" >> "$HOME/asked"\nprintf '{"ServerURL":"%s","Username":"%s","Secret":"%s"}' "$key" '${username}' '${secret}'`;

describe('credentials of docker login', () => {
  it.each<[string, string, unknown, object]>([
    ['by the name of the registry', 'r.example:5000', { auths: { 'r.example:5000': { auth } } }, ADA],
    ['by an address', 'r.example', { auths: { 'https://r.example/v1/': { auth } } }, ADA],
    ['without padding', 'r.example', { auths: { 'r.example': { auth: padded } } }, ADA],
    ['of Docker Hub', HUB, { auths: { [HUB_KEY]: { auth } } }, ADA],
    ['of Docker Hub by its short name', HUB, { auths: { 'docker.io': { auth } } }, ADA],
    [
      'by the exact name before a similar one',
      'r.example',
      { auths: { 'https://r.example/v2/': { auth: 'eDp5' }, 'r.example': { auth } } },
      ADA,
    ],
    [
      'with an identity token',
      'r.example',
      { auths: { 'r.example': { auth, identitytoken: 'id-1' } } },
      { kind: 'identity-token', token: 'id-1' },
    ],
  ])('are found %s', async (_, registry, config, expected) => {
    expect(await found(registry, config)).toEqual(expected);
  });

  it.each<[string, unknown]>([
    ['there is no file', undefined],
    ['the file is empty', {}],
    ['it names other registries', { auths: { 'other.example': { auth } } }],
    [
      'it names a registry whose name only begins so',
      { auths: { 'r.example.evil': { auth }, 'r.example:5000': { auth } } },
    ],
    ['the entry is empty', { auths: { 'r.example': {} } }],
    ['its parts have other types', { auths: [], credHelpers: 7, credsStore: {} }],
  ])('are none when %s', async (_, config) => {
    expect(await found('r.example', config)).toEqual({ kind: 'anonymous' });
  });

  it('are none of a name that every object has', async () => {
    expect(await found('constructor', { auths: {}, credHelpers: {} })).toEqual({ kind: 'anonymous' });
  });

  it.each<[string, unknown, RegExp]>([
    ['is no JSON', `{"auths": "${auth}`, /config\.json is not a JSON object$/],
    ['is a list', [], /config\.json is not a JSON object$/],
    ['is huge', ' '.repeat(1024 * 1024 + 1), /config\.json is larger than 1 MiB$/],
    ['has a damaged entry', { auths: { 'r.example': { auth: '!!' } } }, /damaged$/],
  ])('are none, and it is said why, when the file %s', async (_, config, problem) => {
    expect(await found('r.example', config)).toEqual(anonymous(problem));
  });

  it('are none, and it is said why, when the file cannot be read', async () => {
    const { docker, env } = await home();
    await mkdir(join(docker, 'config.json'));
    expect(await dockerCredentials({ env }).find('r.example', signal)).toEqual(
      anonymous(/cannot be read \(EISDIR\)/),
    );
  });

  it.each<[string, (world: Awaited<ReturnType<typeof home>>) => Parameters<typeof dockerCredentials>[0]]>([
    ['the given folder', ({ docker }) => ({ configFolder: docker, env: {} })],
    ['the folder of DOCKER_CONFIG', ({ docker }) => ({ env: { DOCKER_CONFIG: docker, HOME: '/nowhere' } })],
    ['the home folder', ({ folder }) => ({ env: { HOME: folder } })],
  ])('are read from %s', async (_, options) => {
    const world = await home({ auths: { 'r.example': { auth } } });
    expect(await dockerCredentials(options(world)).find('r.example', signal)).toEqual(ADA);
  });

  it('are none without any folder', async () => {
    expect(await dockerCredentials({ env: {} }).find('r.example', signal)).toEqual({ kind: 'anonymous' });
  });

  it('are read anew after another login', async () => {
    const { docker, env } = await home({ auths: {} });
    const source = dockerCredentials({ env });
    expect(await source.find('r.example', signal)).toEqual({ kind: 'anonymous' });
    await writeFile(join(docker, 'config.json'), JSON.stringify({ auths: { 'r.example': { auth } } }));
    expect(await source.find('r.example', signal)).toEqual(ADA);
  });
});

describe('a credential helper', () => {
  it.each<[string, string, unknown, string]>([
    ['of one registry', 'r.example', { credHelpers: { 'r.example': 'one' }, credsStore: 'all' }, 'r.example'],
    [
      'of all registries',
      'r.example',
      { credHelpers: { 'other.example': 'all' }, credsStore: 'one' },
      'r.example',
    ],
    ['of Docker Hub', HUB, { credsStore: 'one' }, HUB_KEY],
    ['of Docker Hub by its short name', HUB, { credHelpers: { 'docker.io': 'one' } }, 'docker.io'],
  ])('%s is asked by its key', async (_, registry, config, key) => {
    const programs = { one: keeping('ada', PASSWORD), all: keeping('eve', 'x') };
    const { folder, env } = await home(config, programs);
    expect(await dockerCredentials({ env }).find(registry, signal)).toEqual(ADA);
    expect(await readFile(join(folder, 'asked'), 'utf8')).toBe(`${key}\n`);
  });

  it('may keep an identity token', async () => {
    expect(await found('r.example', { credsStore: 'one' }, { one: keeping('<token>', 'id-1') })).toEqual({
      kind: 'identity-token',
      token: 'id-1',
    });
  });

  it('gets the given environment and nothing of the process', async () => {
    process.env.RUNBOOK_TEST_LEAK = 'leaked';
    onTestFinished(() => {
      delete process.env.RUNBOOK_TEST_LEAK;
    });
    const script = `printf '{"Username":"%s","Secret":"%s"}' "$GIVEN" "x$RUNBOOK_TEST_LEAK"`;
    const { env } = await home({ credsStore: 'one' }, { one: script });
    const source = dockerCredentials({ env: { ...env, GIVEN: 'given' } });
    expect(await source.find('r.example', signal)).toEqual({
      kind: 'password',
      username: 'given',
      password: 'x',
    });
  });

  const NOT_FOUND = 'echo "credentials not found in native keychain"; exit 1';
  it('that keeps nothing is no problem', async () => {
    expect(await found('r.example', { credsStore: 'one' }, { one: NOT_FOUND })).toEqual({
      kind: 'anonymous',
    });
  });

  it('that keeps nothing leaves it to the file', async () => {
    const config = { credsStore: 'one', auths: { 'r.example': { auth } } };
    expect(await found('r.example', config, { one: NOT_FOUND })).toEqual(ADA);
  });

  it.each<[string, string, string, RegExp]>([
    ['is missing', 'none', '', /there is no docker-credential-none on PATH/],
    ['fails', 'one', 'echo "secret-1"; echo "secret-2" >&2; exit 1', /docker-credential-one failed/],
    ['is killed', 'one', 'kill -9 $$', /docker-credential-one failed/],
    ['prints no JSON', 'one', 'echo secret-1', /docker-credential-one gave no credentials/],
    [
      'prints half of it',
      'one',
      `echo '{"Username":"secret-1"}'`,
      /docker-credential-one gave no credentials/,
    ],
    ['prints without end', 'one', 'yes secret-1', /docker-credential-one printed too much/],
    ['has a path for a name', '../one', 'exit 0', /name that is not allowed/],
    ['has a command for a name', 'one; touch x', 'exit 0', /name that is not allowed/],
  ])('that %s is a problem, told without what it printed', async (_, credsStore, one, problem) => {
    const told = await found('r.example', { credsStore }, { one });
    expect(told).toEqual(anonymous(problem));
    expect(JSON.stringify(told)).not.toContain('secret-');
  });

  const HANGS = 'sleep 600 & echo $! > "$HOME/child"; wait';
  it('that hangs is ended with its children at its time-out', async () => {
    const { folder, env } = await home({ credsStore: 'one' }, { one: HANGS });
    const told = await dockerCredentials({ env, helperTimeoutMs: 500 }).find('r.example', signal);
    expect(told).toEqual(anonymous(/docker-credential-one did not answer within 0\.5 s/));
    await gone(join(folder, 'child'));
  });

  it('that hangs is ended when the caller cancels, with the reason of the caller', async () => {
    const { folder, env } = await home({ credsStore: 'one' }, { one: HANGS });
    const stop = new AbortController();
    const asked = failure(dockerCredentials({ env }).find('r.example', stop.signal));
    await until('the helper to run', () =>
      readFile(join(folder, 'child'), 'utf8').catch(() => false as const),
    );
    stop.abort(new Error('cancelled by the caller'));
    expect((await asked).message).toBe('cancelled by the caller');
    await gone(join(folder, 'child'));
  });

  async function gone(file: string): Promise<void> {
    const pid = Number(await readFile(file, 'utf8'));
    expect(pid).toBeGreaterThan(0);
    await until('the child to end', async () => !isRunning(pid));
  }
});
