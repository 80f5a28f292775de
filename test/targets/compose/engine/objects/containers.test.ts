import { expect, it } from 'vitest';
import { familiar } from '../../../../../src/domain/versions/versions.ts';
import { parseContainers } from '../../../../../src/targets/compose/engine/objects/containers.ts';
import { digestIn, parseImages } from '../../../../../src/targets/compose/engine/objects/images.ts';

it('reads what docker inspect says of a container', () => {
  const [container] = parseContainers([
    {
      Id: 'abc',
      Name: '/phoenix-app-1',
      Image: 'sha256:1',
      Created: '2026-11-25T18:00:00Z',
      RestartCount: 2,
      Config: { Image: 'repo:v1', Labels: { a: 'b' }, Env: ['A=1', 'B=x=y', 'C'] },
      State: {
        Status: 'running',
        Running: true,
        Restarting: false,
        ExitCode: 0,
        OOMKilled: false,
        Error: '',
        StartedAt: '2026-11-25T18:00:01Z',
        FinishedAt: '0001-01-01T00:00:00Z',
        Health: { Status: 'starting' },
      },
      HostConfig: { NetworkMode: 'phoenix_default', RestartPolicy: { Name: 'always' } },
      NetworkSettings: { Networks: { a: { IPAddress: '' }, b: { IPAddress: '172.18.0.2' } } },
    },
  ]);
  expect(container).toMatchObject({
    name: 'phoenix-app-1',
    image: 'repo:v1',
    imageId: 'sha256:1',
    running: true,
    restarts: 2,
    health: 'starting',
    address: '172.18.0.2',
    labels: { a: 'b' },
    environment: { A: '1', B: 'x=y' },
  });
});

it.each([
  ['nothing', [], 0],
  ['what is no object', [null, 'a'], 0],
  ['an entry without an ID', [{}], 0],
  ['an entry with nothing but an ID', [{ Id: 'a' }], 1],
])('does not stumble over %s', (_title, inspected, count) => {
  expect(parseContainers(inspected)).toHaveLength(count);
  expect(parseImages(inspected)).toHaveLength(count);
});

it('has no health where there is no healthcheck', () => {
  const [container] = parseContainers([{ Id: 'a', State: { Health: { Status: 'none' } } }]);
  expect(container).not.toHaveProperty('health');
});

const NEVER = '0001-01-01T00:00:00Z';
const [BEFORE, AFTER] = ['2026-11-25T18:00:01Z', '2026-11-25T18:00:02Z'];
it.each<[string, boolean, Record<string, string>]>([
  ['was started', false, { StartedAt: BEFORE, FinishedAt: NEVER }],
  ['was started again', false, { StartedAt: AFTER, FinishedAt: BEFORE }],
  ['was never started, and runs', true, { StartedAt: NEVER, FinishedAt: NEVER }],
  ['was not started since it ended, and runs', true, { StartedAt: BEFORE, FinishedAt: AFTER }],
  ['is to be started again', false, { Status: 'restarting', StartedAt: BEFORE, FinishedAt: AFTER }],
  ['was never started, and does not run', false, { Status: 'created', StartedAt: NEVER, FinishedAt: NEVER }],
  ['bears no times', false, {}],
])('a container that %s: half started by the engine: %s', (_title, expected, state) => {
  const [container] = parseContainers([{ Id: 'a', State: { Status: 'running', ...state } }]);
  expect(container?.halfStarted).toBe(expected);
});

it.each([
  ['docker.io/library/redis', 'redis'],
  ['index.docker.io/library/redis', 'redis'],
  ['docker.io/ada/app', 'ada/app'],
  ['127.0.0.1:5000/library/app', '127.0.0.1:5000/library/app'],
  ['ghcr.io/ada/app', 'ghcr.io/ada/app'],
])('%s is called %s', (repository, short) => {
  expect(familiar(repository)).toBe(short);
});

it('finds the digest of the repository that is meant, whichever way it is written', () => {
  const [image] = parseImages([
    { Id: 'sha256:1', RepoDigests: ['other:5000/app@sha256:aa', 'redis@sha256:bb'], RepoTags: null },
  ]);
  expect(image && digestIn(image, 'docker.io/library/redis')).toBe('sha256:bb');
  expect(image && digestIn(image, 'other:5000/app')).toBe('sha256:aa');
  expect(image && digestIn(image, 'elsewhere/app')).toBeUndefined();
});

it('an image that was pushed twice is known by the digest that is recorded', () => {
  const image = { id: 'a', tags: [], digests: ['app@sha256:bb', 'app@sha256:aa'], createdAt: '' };
  expect(digestIn(image, 'app')).toBe('sha256:aa');
  expect(digestIn(image, 'app', ['sha256:cc', 'sha256:bb'])).toBe('sha256:bb');
});

it.each([
  ['of a program', { Test: ['CMD', 'node', 'a b'] }, ['node', 'a b']],
  [
    'of a line of shell',
    { Test: ['CMD-SHELL', 'curl -f x || exit 1'] },
    ['/bin/sh', '-c', 'curl -f x || exit 1'],
  ],
])(
  'reads a healthcheck %s, with the times that the engine takes where none are given',
  (_title, check, command) => {
    const [container] = parseContainers([{ Id: 'a', Config: { Healthcheck: check } }]);
    expect(container?.healthcheck).toEqual({ command, intervalMs: 30_000, timeoutMs: 30_000 });
  },
);

it('reads how a healthcheck is run, and when that was last', () => {
  const Healthcheck = { Test: ['CMD-SHELL', 'true'], Interval: 1_000_000_000, Timeout: 500_000_000 };
  const Log = ['2026-11-25T18:00:01Z', '2026-11-25T18:00:02Z'].map((End) => ({ End, ExitCode: 1 }));
  const raw = { Id: 'a', Config: { Healthcheck, Shell: ['bash', '-ec'] }, State: { Health: { Log } } };
  const [container] = parseContainers([raw]);
  expect(container?.healthcheck).toEqual({
    command: ['bash', '-ec', 'true'],
    intervalMs: 1000,
    timeoutMs: 500,
    lastRunAt: '2026-11-25T18:00:02Z',
  });
});

const LOST = 'connection error: desc = "transport: Error while dialing dial unix /run/c.sock": unavailable';
it.each<[string, number | undefined, readonly (readonly [number, string])[], string]>([
  [
    'fails',
    undefined,
    [
      [1, ''],
      [1, ''],
      [1, ''],
    ],
    'unhealthy',
  ],
  [
    'fails with such words of its own',
    undefined,
    [
      [1, LOST],
      [1, LOST],
      [1, LOST],
    ],
    'unhealthy',
  ],
  ['takes too long', undefined, [[-1, 'Health check exceeded timeout (3s)']], 'unhealthy'],
  ['is no program', undefined, [[-1, 'OCI runtime exec failed: exec: "nope": not found']], 'unhealthy'],
  [
    'cannot be run by the engine',
    undefined,
    [
      [-1, LOST],
      [-1, LOST],
      [-1, LOST],
    ],
    'unknown',
  ],
  [
    'could be run only sometimes',
    undefined,
    [
      [1, ''],
      [-1, LOST],
      [1, ''],
    ],
    'unknown',
  ],
  [
    'has failed often enough since it could be run',
    undefined,
    [
      [-1, LOST],
      [1, ''],
      [1, ''],
      [1, ''],
    ],
    'unhealthy',
  ],
  [
    'has failed as often as it may',
    1,
    [
      [-1, LOST],
      [1, ''],
    ],
    'unhealthy',
  ],
])('health of a container whose healthcheck %s', (_title, Retries, runs, health) => {
  const Log = runs.map(([ExitCode, Output]) => ({ ExitCode, Output }));
  const Healthcheck = { Test: ['CMD', 'check'], ...(Retries ? { Retries } : {}) };
  const raw = { Id: 'a', Config: { Healthcheck }, State: { Health: { Status: 'unhealthy', Log } } };
  const [container] = parseContainers([raw]);
  expect(container?.health?.split(':')[0]).toBe(health);
});

it.each([['NONE'], []])('a healthcheck that is switched off is none', (...test) => {
  const [container] = parseContainers([{ Id: 'a', Config: { Healthcheck: { Test: test } } }]);
  expect(container).not.toHaveProperty('healthcheck');
});
