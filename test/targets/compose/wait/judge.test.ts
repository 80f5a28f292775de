import { expect, it } from 'vitest';
import type { Container } from '../../../../src/targets/compose/engine/objects/containers.ts';
import { judgeStart } from '../../../../src/targets/compose/wait/judge.ts';
import { container } from '../container.ts';

const expected = { imageId: 'sha256:good', containers: 1, crashLoopRestarts: 3 };

const GONE = 'transport is closing: unavailable';
it.each<[string, Partial<Container>, string]>([
  ['runs', {}, 'good'],
  ['runs and is healthy', { health: 'healthy' }, 'good'],
  ['is starting', { health: 'starting' }, 'waiting'],
  ['was only created', { status: 'created', running: false }, 'waiting'],
  ['is being restarted', { status: 'restarting', restarting: true, restarts: 2 }, 'waiting'],
  ['is paused', { status: 'paused' }, 'waiting'],
  ['is being removed', { status: 'removing', running: false }, 'waiting'],
  ['is unhealthy', { health: 'unhealthy' }, 'failed'],
  ['has ended with exit code 1', { status: 'exited', running: false, exitCode: 1 }, 'failed'],
  ['has ended with exit code 0', { status: 'exited', running: false, exitCode: 0 }, 'failed'],
  ['is dead', { status: 'dead', running: false }, 'failed'],
  ['could not be started', { status: 'created', running: false, error: 'no such device' }, 'failed'],
  ['K16 was restarted three times, and runs now', { restarts: 3, exitCode: 0 }, 'good'],
  ['K16 was restarted three times, and is healthy now', { restarts: 3, health: 'healthy' }, 'good'],
  ['was restarted three times, and is starting', { restarts: 3, health: 'starting' }, 'waiting'],
  [
    'is being restarted for the third time',
    { status: 'restarting', restarting: true, restarts: 3 },
    'failed',
  ],
  ['is only half started', { halfStarted: true }, 'not-tried'],
  ['is unhealthy because it is only half started', { halfStarted: true, health: 'unhealthy' }, 'not-tried'],
  [
    'the engine could not start again',
    { status: 'exited', running: false, exitCode: 128, error: GONE },
    'not-tried',
  ],
  ['the engine left behind', { status: 'created', running: false, error: 'id already in use' }, 'not-tried'],
  ['is half started after too many restarts', { halfStarted: true, restarts: 3 }, 'failed'],
  ['is of another image', { imageId: 'sha256:other' }, 'replaced'],
])('a container that %s', (_title, change, kind) => {
  expect(judgeStart([container(change)], expected).kind).toBe(kind);
});

it.each<[string, Partial<Container>, RegExp]>([
  [
    'exit code and memory',
    { status: 'exited', exitCode: 137, oomKilled: true },
    /exit code 137, out of memory$/,
  ],
  [
    'the refusal of the engine',
    { status: 'created', error: 'bad device' },
    /cannot be started \(bad device\)/,
  ],
  [
    'the number of restarts',
    { status: 'restarting', restarting: true, restarts: 5, exitCode: 2 },
    /restarted 5 times, the last time after exit code 2/,
  ],
  ['the healthcheck', { health: 'unhealthy' }, /unhealthy: its healthcheck fails/],
])('says %s', (_title, change, reason) => {
  expect(judgeStart([container({ running: false, ...change })], expected)).toMatchObject({
    kind: 'failed',
    reason: expect.stringMatching(reason),
  });
});

it('K16 counts a container that runs as in a crash loop when it has ended once more', () => {
  const restarted = (restarts: number) => container({ restarts, running: true, exitCode: 0 });
  const seen = (restarts: number) => ({ ...expected, restartsSeen: { a: restarts } });
  expect(judgeStart([restarted(3)], seen(3)).kind).toBe('good');
  expect(judgeStart([restarted(2)], seen(1)).kind).toBe('good');
  // No exit code: the engine says 0 while it runs.
  expect(judgeStart([restarted(4)], seen(3))).toMatchObject({
    kind: 'failed',
    reason: expect.stringMatching(/restarted 4 times$/),
  });
});

it('does not count restarts of before the wait', () => {
  const old = container({ restarts: 7, status: 'restarting', restarting: true });
  expect(judgeStart([old], { ...expected, restartsBefore: { [old.id]: 7 } }).kind).toBe('waiting');
  expect(judgeStart([old], { ...expected, restartsBefore: { [old.id]: 4 } }).kind).toBe('failed');
  expect(judgeStart([old], { ...expected, restartsBefore: { other: 7 } }).kind).toBe('failed');
});

it('waits for as many containers as there have to be', () => {
  const two = { ...expected, containers: 2 };
  expect(judgeStart([], expected)).toEqual({ kind: 'waiting', message: '0 of 1 containers are up' });
  expect(judgeStart([container()], two)).toMatchObject({
    kind: 'waiting',
    message: '1 of 2 containers are up',
  });
  expect(judgeStart([container(), container({ id: 'b' })], two).kind).toBe('good');
});

it('one bad container of several is enough', () => {
  const bad = container({ id: 'b', name: 'app-2', status: 'exited', running: false });
  expect(judgeStart([container(), bad], { ...expected, containers: 2 })).toMatchObject({
    kind: 'failed',
    container: { name: 'app-2' },
  });
});

it('marks change when a container is started anew', () => {
  const marks = (change: Partial<Container>) => judgeStart([container(change)], expected);
  expect(marks({ startedAt: '2026-11-25T18:00:09Z' })).not.toEqual(marks({}));
  expect(marks({ id: 'other' })).not.toEqual(marks({}));
  expect(marks({})).toEqual(marks({}));
});

it('without an expected image any will do', () => {
  const { imageId: _any, ...rest } = expected;
  expect(judgeStart([container({ imageId: 'sha256:other' })], rest).kind).toBe('good');
});
