import { describe, expect, it } from 'vitest';
import { chooseSnapshot } from '../../../src/domain/versions/choice/after-change.ts';
import {
  type ConfigWrite,
  type KubernetesPin,
  type SnapshotReference,
  type WantedConfig,
  withOverwritten,
} from '../../../src/domain/versions/pins.ts';
import type { ConfigNow } from '../../../src/domain/versions/versions.ts';
import { candidate, observed } from '../observed.ts';

const snapshot: SnapshotReference = {
  fingerprint: 'f',
  version: '0.2.0',
  image: 'r:v0.2.0',
  generation: 3,
  keptIn: 'replicaset/x',
  uid: 'x',
};

const pinOf = (...inPlace: ConfigWrite[]) => ({ target: 'kubernetes', inPlace }) as unknown as KubernetesPin;

describe('what a snapshot has of objects that a run writes', () => {
  const a = { reference: 'configmap/a', hash: 'good', before: 'bad' };

  it.each<
    [string, readonly WantedConfig[] | undefined, readonly ConfigWrite[], readonly WantedConfig[] | undefined]
  >([
    ['nothing where nothing is written', undefined, [], undefined],
    ['what they held', undefined, [a], [{ reference: 'configmap/a', hash: 'bad' }]],
    [
      'that it was not there',
      undefined,
      [{ reference: 'configmap/a', hash: 'good' }],
      [{ reference: 'configmap/a' }],
    ],
    [
      'the first of what an object held, when a run falls back',
      [{ reference: 'configmap/a', hash: 'bad' }],
      [
        { ...a, before: 'good', hash: 'older' },
        { reference: 'configmap/b', hash: 'older', before: 'now' },
      ],
      [
        { reference: 'configmap/a', hash: 'bad' },
        { reference: 'configmap/b', hash: 'now' },
      ],
    ],
  ])('is %s', (_what, config, writes, expected) => {
    const kept = withOverwritten({ ...snapshot, ...(config ? { config } : {}) }, pinOf(...writes));
    expect(kept.config).toEqual(expected);
  });

  it('is nothing of a Compose service', () => {
    expect(withOverwritten(snapshot, { target: 'compose' } as never)).toBe(snapshot);
  });
});

describe('what is written when a snapshot is restored', () => {
  const config = [{ reference: 'configmap/a', hash: 'bad' }, { reference: 'configmap/b' }];

  it.each<[string, Readonly<Record<string, ConfigNow>>, unknown]>([
    ['nothing that is so already', { 'configmap/a': { hash: 'bad' } }, undefined],
    [
      'what holds something else, with what it holds',
      { 'configmap/a': { hash: 'good', immutable: true }, 'configmap/b': { hash: 'made' } },
      [
        { reference: 'configmap/a', hash: 'bad', before: 'good', anew: true },
        { reference: 'configmap/b', before: 'made' },
      ],
    ],
    ['what is gone by now', {}, [{ reference: 'configmap/a', hash: 'bad' }]],
  ])('is %s', (_what, configNow, expected) => {
    const seen = observed(candidate('0.2.0', 2), [candidate('0.1.0', 1)]);
    const { fingerprint } = seen.current;
    const choice = chooseSnapshot({ ...seen, configNow }, { ...snapshot, fingerprint, config });
    expect('candidate' in choice && choice.candidate.inPlace).toEqual(expected);
  });
});
