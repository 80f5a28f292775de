import { describe, expect, it } from 'vitest';
import { findingLines } from '../../src/domain/versions/findings.ts';
import { criticalFindings, type LiveConfig, type UnknownFile } from '../../src/settings/critical.ts';
import { criticalSchema } from '../../src/settings/rules/schema.ts';
import type { SourceFile } from '../../src/settings/setting.ts';
import { environmentOf } from './environment.ts';

const file = (key: string, content: string, more: Partial<SourceFile> = {}): SourceFile => ({
  object: 'configmap/app-config',
  key,
  content,
  secret: false,
  ...more,
});
const hidden = (object: string, key?: string): UnknownFile => ({
  object,
  ...(key === undefined ? {} : { key }),
  says: 'not for us',
});

const told = (config: Partial<LiveConfig>, rule: object, defaults: object = { 'config-readable': 'off' }) => {
  const live = { files: [], unknown: [], environment: environmentOf(), ...config };
  const findings = criticalFindings(
    live,
    criticalSchema.parse({ defaults, rules: [{ name: 'own', ...rule }] }),
  );
  return findings.map((finding) => `${finding.on}: ${findingLines([finding]).join('')}`);
};

describe('what is not known', () => {
  const PASSWORD = { object: 'secret/*', key: 'password', filled: 'as-written' };
  it.each<[string, Partial<LiveConfig>, object, readonly string[]]>([
    [
      'an object whose keys are not known',
      { unknown: [hidden('secret/a')] },
      PASSWORD,
      ['warn: secret/a cannot be judged: not for us (own)'],
    ],
    [
      'the very key',
      { unknown: [hidden('secret/a', 'password')] },
      PASSWORD,
      ['warn: secret/a password cannot be judged: not for us (own)'],
    ],
    [
      'another key: the one that is meant is missing',
      { unknown: [hidden('secret/a', 'other')] },
      PASSWORD,
      ['block: secret/* password is missing (own)'],
    ],
    ['of what may be missing', { unknown: [hidden('secret/a')] }, { ...PASSWORD, optional: true }, []],
    [
      'beside what is known',
      {
        unknown: [hidden('secret/a')],
        files: [file('password', 'x', { object: 'secret/b', secret: true })],
      },
      PASSWORD,
      [],
    ],
    [
      'beside what is known and wrong',
      {
        unknown: [hidden('secret/a')],
        files: [file('password', 'replace_me', { object: 'secret/b', secret: true })],
      },
      PASSWORD,
      ['block: secret/b password is a placeholder (own)'],
    ],
  ])('neither blocks nor asks: %s', (_what, config, rule, expected) => {
    expect(told(config, rule)).toEqual(expected);
  });

  it('is told of once for an object, however many keys of it are used', () => {
    const unknown = ['A', 'B', 'C'].map((key) => hidden('secret/a', key));
    expect(told({ unknown }, { setting: 'x', optional: true }, {})).toEqual([
      'warn: secret/a cannot be read: not for us (config-readable)',
    ]);
  });

  it('is what comes after a whole of some megabytes', () => {
    const files = Array.from({ length: 30 }, (_, index) =>
      file(`${index}.txt`, 'x'.repeat(100 * 1024), { object: `configmap/${index}` }),
    );
    const last = file('app.yaml', 'timeout: 90');
    const rule = { setting: 'timeout', number: { most: 30 } };
    expect(told({ files: [...files, last] }, rule)[0]).toMatch(/^warn: .*more than 2 MiB of config in all/);
    expect(told({ files: [last, ...files] }, rule)).toEqual([
      'block: configmap/app-config app.yaml timeout is out of bounds, expected at most 30 (it is 90) (own)',
    ]);
  });
});

describe('a file that the container finds under another name', () => {
  it.each<[string, object]>([
    ['its key', { key: 'production' }],
    ['its name', { key: '*app.yaml' }],
  ])('is read by its name, and meant by a rule about %s', (_what, rule) => {
    const files = [file('production', 'timeout: 90', { as: 'conf/app.yaml' })];
    expect(told({ files }, { ...rule, setting: 'timeout', number: { most: 30 } })).toEqual([
      'block: configmap/app-config production timeout is out of bounds, expected at most 30 (it is 90) (own)',
    ]);
  });

  it('hangs on variables that are not known, where another container finds it', () => {
    const files = [file('app.yaml', 'token: "{{TOKEN}}"', { elsewhere: true })];
    const rule = { setting: 'token', filled: 'from-environment' };
    expect(told({ files }, rule)[0]).toMatch(/^warn: .*needs the variable TOKEN/);
    expect(told({ files }, { setting: 'token', filled: 'as-written' })[0]).toMatch(/^block: /);
  });
});
