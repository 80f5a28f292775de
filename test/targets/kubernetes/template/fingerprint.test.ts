import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  contentFingerprint,
  fingerprint,
  withoutHash,
} from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import { template } from '../template.ts';

const container = (extra: RawObject): RawObject =>
  template({ spec: { containers: [{ name: 'orchestrator', image: 'x:1', ...extra }] } });

describe('fingerprint', () => {
  it('is 64 hexadecimal digits', () => {
    expect(fingerprint(template())).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each<[string, RawObject, RawObject]>([
    ['the order of keys', { spec: { a: 1, b: 2 }, metadata: {} }, { metadata: {}, spec: { b: 2, a: 1 } }],
    [
      'pod-template-hash',
      template(),
      template({ metadata: { labels: { app: 'orchestrator', 'pod-template-hash': '6b649686c4' } } }),
    ],
    [
      'a null creationTimestamp, written by API servers before 1.34',
      template(),
      template({ metadata: { labels: { app: 'orchestrator' }, creationTimestamp: null } }),
    ],
    ['absent and null', container({}), container({ lifecycle: null })],
    ['absent and an empty list', container({}), container({ env: [] })],
    ['absent and an empty map', container({}), container({ resources: { limits: {}, requests: {} } })],
    [
      'quantities written in other units',
      container({ resources: { limits: { memory: '1Gi', cpu: '0.5' } } }),
      container({ resources: { limits: { memory: '1024Mi', cpu: '500m' } } }),
    ],
    [
      'the size of a volume written in other units',
      template({ spec: { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1Gi' } }] } }),
      template({ spec: { volumes: [{ name: 'v', emptyDir: { sizeLimit: '1024Mi' } }] } }),
    ],
  ])('is blind to %s', (_what, one, other) => {
    expect(fingerprint(one)).toBe(fingerprint(other));
  });

  it.each<[string, RawObject, RawObject]>([
    [
      'another image',
      container({}),
      template({ spec: { containers: [{ name: 'orchestrator', image: 'x:2' }] } }),
    ],
    ['a field it does not know', container({}), container({ fieldOfTheFuture: 137 })],
    ['an unknown field of the whole template', template(), { ...template(), futureField: true }],
    ['an environment variable set to nothing', container({}), container({ env: [{ name: 'A' }] })],
    ['the order of a list', container({ args: ['a', 'b'] }), container({ args: ['b', 'a'] })],
    [
      'an empty selector, which selects everything, from none',
      template({ spec: { topologySpreadConstraints: [{ topologyKey: 'zone' }] } }),
      template({ spec: { topologySpreadConstraints: [{ topologyKey: 'zone', labelSelector: {} }] } }),
    ],
    [
      'an empty volume from none',
      template({ spec: { volumes: [{ name: 'v' }] } }),
      template({ spec: { volumes: [{ name: 'v', emptyDir: {} }] } }),
    ],
    [
      'a label that only resembles a quantity',
      template({ metadata: { labels: { divisor: '1k', limits: '1000' } } }),
      template({ metadata: { labels: { divisor: '1000', limits: '1000' } } }),
    ],
    [
      'a restart',
      template(),
      template({ metadata: { labels: { app: 'orchestrator' }, annotations: { at: '1' } } }),
    ],
  ])('tells %s apart', (_what, one, other) => {
    expect(fingerprint(one)).not.toBe(fingerprint(other));
  });
});

describe('contentFingerprint', () => {
  it('is blind to the annotations of the template', () => {
    const restarted = template({
      metadata: {
        labels: { app: 'orchestrator' },
        annotations: { 'kubectl.kubernetes.io/restartedAt': '2026-11-23T03:00:00Z' },
      },
    });
    expect(contentFingerprint(restarted)).toBe(contentFingerprint(template()));
  });

  it('sees every other change', () => {
    expect(contentFingerprint(container({ image: 'x:2' }))).not.toBe(contentFingerprint(container({})));
  });
});

describe('withoutHash', () => {
  it('drops pod-template-hash and nothing else, unknown fields included', () => {
    const raw = {
      ...template({
        metadata: { labels: { app: 'a', 'pod-template-hash': 'h' }, annotations: { b: 'c' }, new: 1 },
      }),
      futureField: { x: [] },
    };
    expect(withoutHash(raw)).toEqual({
      ...raw,
      metadata: { labels: { app: 'a' }, annotations: { b: 'c' }, new: 1 },
    });
  });

  it('leaves the given template as it was', () => {
    const raw = template({ metadata: { labels: { 'pod-template-hash': 'h' } } });
    withoutHash(raw);
    expect(raw.metadata).toEqual({ labels: { 'pod-template-hash': 'h' } });
  });
});
