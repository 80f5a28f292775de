import { describe, expect, test } from 'vitest';
import type { Container, Mount } from '../../../../src/targets/compose/engine/objects/containers.ts';
import { differencesOf } from '../../../../src/targets/compose/load/differences.ts';
import { container } from '../container.ts';

const bind = (from: string, to: string): Mount => ({ kind: 'bind', from, to });
const volume = (from: string, to: string): Mount => ({ kind: 'volume', from, to });
const ANONYMOUS = volume('f'.repeat(64), '/anon');
const SAME = 'a';

interface Case {
  readonly name: string;
  readonly runs?: Partial<Container>;
  readonly files?: Readonly<Record<string, unknown>>;
  readonly hash?: string;
  readonly told: readonly (string | RegExp)[];
}

const host = { network_mode: 'host' };
const CASES: readonly Case[] = [
  { name: 'nothing', files: host, told: [] },
  {
    name: 'the same mounts',
    runs: { mounts: [bind('/srv/data', '/data'), volume('shop_db', '/db'), ANONYMOUS] },
    files: {
      ...host,
      volumes: [
        { type: 'bind', source: '/srv/data', target: '/data' },
        { type: 'volume', source: 'db', target: '/db' },
        { type: 'volume', target: '/anon' },
        { type: 'tmpfs', target: '/tmp' },
      ],
    },
    told: [],
  },
  {
    name: 'another folder, another volume, one that is new, and one that is gone',
    runs: { mounts: [bind('/srv/old', '/data'), volume('shop_old', '/db'), bind('/etc/gone', '/gone')] },
    files: {
      ...host,
      volumes: [
        { type: 'bind', source: '/srv/data', target: '/data' },
        { type: 'volume', source: 'db', target: '/db' },
        { type: 'bind', source: '/srv/new', target: '/new' },
      ],
    },
    told: ['the container was started with other mounts at /data, /db, /gone, /new'],
  },
  {
    name: 'configs and secrets that are files',
    runs: { mounts: [bind('/srv/c', '/c'), bind('/srv/d', '/etc/d'), bind('/srv/s', '/run/secrets/s')] },
    files: {
      ...host,
      configs: [{ source: 'c' }, { source: 'd', target: '/etc/d' }],
      secrets: [{ source: 's' }],
    },
    told: [],
  },
  {
    name: 'volumes of another container',
    runs: { mounts: [volume('shop_db', '/db')] },
    files: { ...host, volumes_from: ['db'] },
    told: [],
  },
  {
    name: 'another network mode',
    files: { network_mode: 'none' },
    told: ['the container was started in other networks: host instead of none'],
  },
  {
    name: 'the network of a container, which is looked after elsewhere',
    runs: { networkMode: 'container:abc', networks: [] },
    files: { network_mode: 'service:db' },
    told: [],
  },
  {
    name: 'one network more and one less',
    runs: { networkMode: 'shop_default', networks: ['shop_default', 'shop_old'] },
    files: { networks: { default: null, front: null } },
    told: ['the container was started in other networks: not in edge, in shop_old'],
  },
  {
    name: 'something else that the hash sees',
    files: { ...host, command: ['b'] },
    hash: 'b',
    told: [/says? something else of the service than app-1 was started with .*config --hash/],
  },
  {
    name: 'what has a name already',
    files: { network_mode: 'none' },
    hash: 'b',
    told: ['the container was started in other networks: host instead of none'],
  },
];

describe('what the files say and the container was not started with', () => {
  test.each(CASES)('$name', ({ runs, files = {}, hash = SAME, told }) => {
    const names = {
      networkNames: { default: 'shop_default', front: 'edge' },
      volumeNames: { db: 'shop_db' },
    };
    const found = differencesOf(
      container(runs),
      { definition: files, ...names },
      { files: hash, container: SAME },
    );
    expect(found).toEqual(told.map((one) => (typeof one === 'string' ? one : expect.stringMatching(one))));
  });

  test('is not told by hashes that cannot be compared', () => {
    const nothing = { definition: host, networkNames: {}, volumeNames: {} };
    expect(differencesOf(container(), nothing)).toEqual([]);
  });
});
