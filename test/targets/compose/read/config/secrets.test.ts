import { describe, expect, it } from 'vitest';
import type { LoadedProject } from '../../../../../src/targets/compose/load/load-project.ts';
import {
  changedSecrets,
  type SecretNow,
  secretTimes,
  unrecordedSecrets,
} from '../../../../../src/targets/compose/read/config/secrets.ts';

const START = Date.parse('2026-11-01T12:00:00Z');
const BEFORE = { writtenAt: START - 1_000, touchedAt: START - 1_000 };
const [THEN, NOW] = ['a'.repeat(64), 'b'.repeat(64)];
const file = (more: Partial<SecretNow>): SecretNow => ({ name: 'secret/key', from: 'file', ...more });

describe('what a proof records of a secret', () => {
  it.each<[string, SecretNow, readonly unknown[]]>([
    ['all, from a file with a key', file({ ...BEFORE, hash: THEN }), []],
    ['when its file was changed, without a key', file(BEFORE), []],
    ['all, from a variable with a key', { name: 'secret/key', from: 'text', hash: THEN }, []],
    [
      'nothing, from a variable without a key',
      { name: 'secret/key', from: 'text' },
      [
        'secret/key is not recorded as proved: its content cannot be hashed without a key (evidence.signingKey)',
      ],
    ],
    [
      'nothing, of one that is external',
      { name: 'secret/key', from: 'elsewhere' },
      ['secret/key is not recorded as proved: it is external, and no file of the project'],
    ],
    [
      'nothing, of a file that cannot be read',
      file({}),
      ['secret/key may not be read: what it holds is not recorded'],
    ],
    [
      'nothing, of a file that was changed after the start',
      file({ writtenAt: START + 1_000, touchedAt: START + 1_000 }),
      [
        'secret/key is not recorded as proved: it was changed at 2026-11-01T12:00:01.000Z, and the container started at 2026-11-01T12:00:00.000Z; make it anew (docker compose up -d --force-recreate), and verify again',
      ],
    ],
    [
      'nothing, where it cannot be told',
      file({ writtenAt: START - 1_000, touchedAt: START + 600_000 }),
      [
        'secret/key is not recorded as proved: it cannot be told whether it was changed since the container started',
      ],
    ],
  ])('is %s', (_what, secret, warnings) => {
    expect(unrecordedSecrets([secret], START)).toEqual(warnings);
  });

  it('is its time only where no hash is known, and it was there before the start', () => {
    const times = (secret: SecretNow) => secretTimes([secret], START);
    expect(times(file(BEFORE))).toEqual([{ name: 'secret/key', writtenAt: '2026-11-01T11:59:59.000Z' }]);
    expect(times(file({ ...BEFORE, hash: THEN }))).toEqual([]);
    expect(times(file({ writtenAt: START + 1, touchedAt: START + 1 }))).toEqual([]);
  });
});

describe('a secret that was changed since a proof', () => {
  const project = {
    service: { secrets: [{ name: 'secret/key', from: 'file', path: 'key.txt' }] },
  } as unknown as LoadedProject;
  const pinned = [{ path: 'key.txt', kind: 'secret', sha256: THEN } as const];
  const none = new Set<string>();

  it.each<[string, SecretNow, ReadonlySet<string>, readonly string[]]>([
    ['holds the same', file({ hash: THEN }), none, []],
    ['holds something else', file({ hash: NOW }), none, ['secret/key']],
    ['holds something else, and is kept', file({ hash: NOW }), new Set([THEN]), []],
    ['cannot be read any more', file({}), none, ['secret/key']],
    ['is there, and no key to tell', file(BEFORE), none, []],
  ])('is named unless it can come back: it %s', (_what, now, kept, names) => {
    expect(changedSecrets({ files: pinned }, [now], project, kept)).toEqual(names);
  });

  it('is known by its time where no hash is', () => {
    const secrets = [{ name: 'secret/key', writtenAt: new Date(START).toISOString() }];
    const at = (writtenAt: number) =>
      changedSecrets({ files: [], secrets }, [file({ writtenAt, touchedAt: writtenAt })], project, none);
    expect(at(START)).toEqual([]);
    expect(at(START + 1)).toEqual(['secret/key']);
  });
});
