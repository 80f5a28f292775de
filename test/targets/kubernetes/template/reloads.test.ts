import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import { fingerprint, versionId } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import { withoutReloads } from '../../../../src/targets/kubernetes/template/reloads.ts';

const plain: RawObject = {
  metadata: { labels: { app: 'a' }, annotations: { 'checksum/config': '1' } },
  spec: { containers: [{ name: 'a', image: 'a:1', env: [{ name: 'RUST_LOG', value: 'warn' }] }] },
};
const container = (env: RawObject[]): RawObject => ({
  name: 'a',
  image: 'a:1',
  ...(env.length ? { env } : {}),
});
const withEnv = (...env: RawObject[]): RawObject => ({ ...plain, spec: { containers: [container(env)] } });
const hash = { name: 'STAKATER_APP_CONFIG_CONFIGMAP', value: 'da39a3ee' };
const log = { name: 'RUST_LOG', value: 'warn' };

describe('what Reloader writes into a template', () => {
  it.each<[string, RawObject]>([
    ['a variable beside others', withEnv(log, hash)],
    ['a variable of a Secret', withEnv(log, { name: 'STAKATER_TLS_SECRET', value: 'x' })],
    [
      'an annotation',
      {
        ...plain,
        metadata: {
          labels: { app: 'a' },
          annotations: { 'checksum/config': '1', 'reloader.stakater.com/last-reloaded-from': '{}' },
        },
      },
    ],
  ])('makes no other version: %s', (_what, template) => {
    expect(fingerprint(template)).not.toBe(fingerprint(plain));
    expect(versionId(template)).toBe(versionId(plain));
  });

  it('makes no other version where there were no variables before', () => {
    expect(fingerprint(withoutReloads(withEnv(hash)))).toBe(fingerprint(withEnv()));
  });

  it.each<[string, RawObject]>([
    ['a variable of the user', withEnv(log, { name: 'STAKATER_MODE', value: 'on' })],
    ['the value of another variable', withEnv({ ...log, value: 'info' }, hash)],
    ['a checksum', { ...plain, metadata: { labels: { app: 'a' }, annotations: { 'checksum/config': '2' } } }],
  ])('is not all that makes versions: %s', (_what, template) => {
    expect(versionId(template)).not.toBe(versionId(plain));
  });
});
