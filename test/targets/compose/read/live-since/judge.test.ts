import { describe, expect, it } from 'vitest';
import { type LiveFacts, liveSince } from '../../../../../src/targets/compose/read/live-since/judge.ts';
import type { ProjectChange } from '../../../../../src/targets/compose/state/project-change.ts';
import { container } from '../../container.ts';

const minute = (at: number) => at * 60_000;
const iso = (at: number) => new Date(minute(at)).toISOString();
const made = (id: string, at: number, more: Parameters<typeof container>[0] = {}) =>
  container({ id, name: id, createdAt: iso(at), startedAt: iso(at), ...more });
const file = (at: number, isHeld = false) => ({ writtenAt: minute(at), isHeld });
const change = (ids: readonly string[], startedAt: number, endedAt: number): ProjectChange => ({
  id: 'change',
  phase: 'started',
  startedAt: iso(startedAt),
  endedAt: iso(endedAt),
  by: 'run-1/roll-back',
  from: { version: '0.2.0', image: 'app:v0.2.0', fingerprint: 'b' },
  to: { version: '0.1.0', image: 'app:v0.1.0', fingerprint: 'a' },
  files: [],
  imageInFiles: 'app:v0.2.0',
  containers: 1,
  containerIds: ['old'],
  made: ids,
});
const hash = (of: string) => ({ labels: { 'com.docker.compose.config-hash': of } });

describe('since when a Compose service is live, by what a host knows', () => {
  const facts = (more: Partial<LiveFacts>): LiveFacts => ({ containers: [], files: [], seen: [], ...more });

  it.each<[string, Partial<LiveFacts>, readonly [number, string, boolean] | undefined]>([
    [
      'a container made for files of a moment ago',
      { containers: [made('a', 20)], files: [file(18)] },
      [20, 'container', true],
    ],
    [
      'one made of files of long ago: a start of the host, or by hand, may have made it anew',
      { containers: [made('a', 20)], files: [file(1)] },
      [20, 'container', false],
    ],
    [
      'one that was seen before',
      { containers: [made('a', 20)], files: [file(18)], seen: [{ at: minute(15), isCurrent: true }] },
      [20, 'container', false],
    ],
    [
      'one that came back after another one was seen',
      {
        containers: [made('a', 20)],
        files: [file(18)],
        seen: [
          { at: minute(5), isCurrent: true },
          { at: minute(15), isCurrent: false },
          { at: minute(25), isCurrent: true },
        ],
      },
      [20, 'container', true],
    ],
    [
      'one that was started again: by its policy, by hand, with its host',
      { containers: [made('a', 20, { startedAt: iso(90), restarts: 3 })], files: [file(19)] },
      [20, 'container', true],
    ],
    [
      'one that ends again and again',
      {
        containers: [made('a', 20, { running: false, restarting: true, status: 'restarting', exitCode: 1 })],
        files: [file(19)],
      },
      [20, 'container', true],
    ],
    [
      'several, one scaled up later',
      { containers: [made('a', 20, hash('1')), made('b', 70, hash('1'))], files: [file(19)] },
      [20, 'container', true],
    ],
    [
      'one of two is still of before',
      { containers: [made('a', 20, hash('1')), made('b', 70, hash('2'))], files: [file(69)] },
      [70, 'container', true],
    ],
    [
      'of two the older has another image',
      { containers: [made('a', 20, { imageId: 'sha256:old' }), made('b', 70)], files: [file(69)] },
      [70, 'container', true],
    ],
    [
      'our change',
      { containers: [made('a', 31)], files: [file(30)], change: change(['a'], 30, 32) },
      [31, 'mark', true],
    ],
    [
      'our change, which has kept the container',
      { containers: [made('a', 10)], files: [file(30)], change: change(['a'], 30, 32) },
      [30, 'mark', true],
    ],
    [
      'our change, whose container somebody has made anew',
      { containers: [made('b', 60)], files: [file(30)], change: change(['a'], 30, 32) },
      [60, 'container', false],
    ],
    [
      'a file that it holds was written since',
      { containers: [made('a', 20)], files: [file(19), file(50, true)] },
      [50, 'write', false],
    ],
    [
      'a file of our own change',
      { containers: [made('a', 31)], files: [file(31.5, true)], change: change(['a'], 30, 32) },
      [31, 'mark', true],
    ],
    [
      'a compose file that nobody has brought up yet',
      { containers: [made('a', 20)], files: [file(19), file(50)] },
      [20, 'container', true],
    ],
    ['no container', {}, undefined],
    [
      'one that was never started',
      {
        containers: [made('a', 20, { startedAt: '0001-01-01T00:00:00Z', running: false, status: 'created' })],
      },
      undefined,
    ],
  ])('%s', (_what, known, expected) => {
    const [at, from, exact] = expected ?? [];
    expect(liveSince(facts(known))).toEqual(at === undefined ? undefined : { at: iso(at), from, exact });
  });
});
