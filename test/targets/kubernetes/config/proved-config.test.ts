import { describe, expect, it } from 'vitest';
import type { ConfigObject } from '../../../../src/targets/kubernetes/config/content.ts';
import { type ConfigNow, provedConfig } from '../../../../src/targets/kubernetes/config/proved-config.ts';

const STARTED = Date.parse('2026-01-02T03:04:05.500Z');
const changedAt = (time: string, more: Partial<ConfigObject> = {}): ConfigNow => {
  const metadata = {
    name: 'app-config',
    uid: 'uid-1',
    resourceVersion: '7',
    creationTimestamp: '2026-01-02T03:04:00Z',
    managedFields: [{ time, fieldsV1: { 'f:data': {} } }],
  };
  return {
    objects: new Map([['configmap/app-config', { metadata, data: { a: 'b' }, ...more }]]),
    missing: [],
    unread: [],
  };
};

describe('config that is recorded with a proof', () => {
  it.each<[string, ConfigNow, string | undefined]>([
    ['was there a second before the pods', changedAt('2026-01-02T03:04:04Z'), undefined],
    [
      'was changed in the second of their start',
      changedAt('2026-01-02T03:04:05Z'),
      'within a second it cannot be told which came first; restart them, and verify again',
    ],
    [
      'was changed after their start',
      changedAt('2026-01-02T03:04:06Z'),
      'it was changed at 2026-01-02T03:04:06.000Z, last by an unknown manager, and the pods started at 2026-01-02T03:04:05.000Z; restart',
    ],
    [
      'cannot be changed, and came in the second of their start',
      changedAt('', { immutable: true }),
      undefined,
    ],
    ['does not say when it was changed', changedAt(''), 'it cannot be told whether it was changed'],
  ])('%s', (_what, now, problem) => {
    const { config, warnings } = provedConfig(now, undefined, STARTED);
    if (problem === undefined) {
      expect({ config, warnings }).toMatchObject({ config: [{ name: 'app-config' }], warnings: [] });
    } else {
      expect(config).toEqual([]);
      expect(warnings).toEqual([expect.stringContaining(problem)]);
    }
  });
});
