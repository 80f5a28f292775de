import { describe, expect, it } from 'vitest';
import { machineOf } from '../../../../src/targets/compose/engine/objects/machine.ts';
import { judgeControllers } from '../../../../src/targets/compose/preconditions/conflicting-controller.ts';
import { judgePlatform } from '../../../../src/targets/compose/preconditions/platform.ts';
import { freeOf, judgeRoom } from '../../../../src/targets/compose/preconditions/room.ts';

const machine = { platform: 'linux/amd64', rootFolder: '/', host: 'here', isDesktop: false };

describe('judgePlatform', () => {
  it.each<[string, Partial<Parameters<typeof judgePlatform>[0]>, string, Partial<typeof machine>?]>([
    ['32 bits of the same processor', { platforms: ['linux/386'] }, 'met'],
    ['32 bits of another processor', { platforms: ['linux/arm/v7'] }, 'not-met'],
    ['32 bits on arm64', { platforms: ['linux/arm/v7'] }, 'met', { platform: 'linux/arm64' }],
    ['64 bits on arm', { platforms: ['linux/arm64'] }, 'not-met', { platform: 'linux/arm' }],
    [
      'another on Docker Desktop, which emulates',
      { platforms: ['linux/arm64'] },
      'unknown',
      { isDesktop: true },
    ],
    ['another, as what runs', { platforms: ['linux/arm64'], running: 'linux/arm64' }, 'unknown'],
    ['another, unlike what runs', { platforms: ['linux/arm64'], running: 'linux/amd64' }, 'not-met'],
    ['one of several', { platforms: ['linux/arm64/v8', 'linux/amd64'] }, 'met'],
    ['another', { platforms: ['linux/arm64'] }, 'not-met'],
    ['another, of the image on the engine', { local: 'windows/amd64' }, 'not-met'],
    [
      'the registry before the engine, whose image may be one of several',
      { platforms: ['linux/amd64'], local: 'linux/arm64' },
      'met',
    ],
    ['an empty list, which says nothing', { platforms: [], local: 'linux/amd64' }, 'met'],
    ['nothing known', {}, 'unknown'],
    ['what the service asks for, emulated', { platforms: ['linux/arm64'], wanted: 'linux/arm64/v8' }, 'met'],
    ['not what the service asks for', { platforms: ['linux/amd64'], wanted: 'linux/arm64' }, 'not-met'],
  ])('%s', (_what, question, state, of = {}) => {
    expect(judgePlatform({ version: '0.1.0', ...question }, { is: { ...machine, ...of } }).state).toBe(state);
  });

  it('is unknown, with the reason, where the engine does not answer', () => {
    expect(judgePlatform({ version: '1', platforms: ['linux/amd64'] }, { unread: 'no answer' })).toEqual({
      id: 'platform',
      state: 'unknown',
      says: 'no answer',
    });
  });

  it('an engine that does not say what it is has no platform', () => {
    expect(machineOf({ Os: 'linux' }, {})).toBeUndefined();
    expect(machineOf(null, null)).toBeUndefined();
    expect(machineOf({ Os: 'linux', Arch: 'arm64' }, { OperatingSystem: 'Docker Desktop' })).toMatchObject({
      platform: 'linux/arm64',
      isDesktop: true,
    });
  });
});

describe('judgeRoom', () => {
  const GB = 1e9;
  it.each<[string, Parameters<typeof judgeRoom>[0], Parameters<typeof judgeRoom>[1], string]>([
    ['an image that is there needs none', { version: '1', isThere: true }, { is: 0 }, 'met'],
    [
      'more than the one that runs takes',
      { version: '1', isThere: false, running: GB },
      { is: 2 * GB },
      'met',
    ],
    ['less than it takes', { version: '1', isThere: false, running: GB }, { is: GB - 1 }, 'not-met'],
    ['nothing runs to compare with', { version: '1', isThere: false }, { is: GB }, 'unknown'],
    ['another host', { version: '1', isThere: false, running: GB }, { is: undefined }, 'unknown'],
    ['no answer', { version: '1', isThere: false, running: GB }, { unread: 'no answer' }, 'unknown'],
  ])('%s', (_what, question, free, state) => {
    expect(judgeRoom(question, free).state).toBe(state);
  });

  it.each([
    ['an engine over the network', machine, 'tcp://127.0.0.1:2375'],
    ['an engine in a virtual machine', { ...machine, isDesktop: true }, 'unix:///var/run/docker.sock'],
    ['an engine of another host, by a forwarded socket', machine, 'unix:///tmp/forwarded.sock'],
  ])('the disk of %s is not looked at', async (_what, of, endpoint) => {
    expect(await freeOf(of, endpoint)).toBeUndefined();
  });
});

describe('judgeControllers', () => {
  const watched = { project: 'p', service: 's', labels: {}, isByDigest: false };
  const watchtower = {
    name: 'w',
    image: 'containrrr/watchtower:latest',
    labels: {},
    environment: {},
    arguments: ['--cleanup'],
  };
  const label = (key: string, value: string) => ({ [`com.centurylinklabs.watchtower.${key}`]: value });

  it.each<[string, Partial<typeof watchtower>, Partial<Parameters<typeof judgeControllers>[0]>, string]>([
    ['one that runs', {}, {}, 'not-met'],
    [
      'by another registry and digest',
      { image: `ghcr.io:443/x/watchtower@sha256:${'a'.repeat(64)}` },
      {},
      'not-met',
    ],
    ['an image pinned by digest', {}, { isByDigest: true }, 'met'],
    ['told to leave it alone', {}, { labels: label('enable', 'false') }, 'met'],
    ['labelled containers alone', { environment: { WATCHTOWER_LABEL_ENABLE: 'true' } }, {}, 'met'],
    [
      'labelled containers alone, and this is one',
      { arguments: ['--label-enable'] },
      { labels: label('enable', 'true') },
      'not-met',
    ],
    ['one that only tells', { arguments: ['--monitor-only=true'] }, {}, 'met'],
    ['one that only tells of this', {}, { labels: label('monitor-only', 'true') }, 'met'],
    ['another scope', { arguments: ['--scope', 'other'] }, {}, 'met'],
    [
      'the scope of this',
      { environment: { WATCHTOWER_SCOPE: 'a' } },
      { labels: label('scope', 'a') },
      'not-met',
    ],
    ['the scope of those without one', { arguments: ['--scope=none'] }, {}, 'not-met'],
    ['a program that only tells', { image: 'crazymax/diun' }, {}, 'met'],
    [
      'another that replaces, whose labels say nothing',
      { image: 'pyouroboros/ouroboros' },
      { labels: label('enable', 'false') },
      'not-met',
    ],
    ['something that has the word in its name', { image: 'example/watchtower-exporter' }, {}, 'met'],
    [
      'a service of Swarm of the same name',
      { image: 'x', labels: { 'com.docker.swarm.service.name': 'p_s' } },
      {},
      'not-met',
    ],
    [
      'another service of Swarm',
      { image: 'x', labels: { 'com.docker.swarm.service.name': 'p_t' } },
      {},
      'met',
    ],
  ])('Watchtower and its like: %s', (_what, one, of, state) => {
    const { id, state: found } = judgeControllers({ ...watched, ...of }, { is: [{ ...watchtower, ...one }] });
    expect([id, found]).toEqual(['conflicting-controller', state]);
  });

  it('shows nothing of a program’s variables, which hold secrets', () => {
    const environment = { WATCHTOWER_NOTIFICATION_URL: 'slack://hunter2' };
    expect(JSON.stringify(judgeControllers(watched, { is: [{ ...watchtower, environment }] }))).not.toContain(
      'hunter2',
    );
  });
});
