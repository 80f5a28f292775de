import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  type ConfigName,
  configName,
  configReferencesOf,
  withConfig,
} from '../../../../src/targets/kubernetes/template/config-references.ts';

const container = (more: RawObject): RawObject => ({ name: 'orch', image: 'orch:v1', ...more });
const template = (spec: RawObject): RawObject => ({
  metadata: { labels: { app: 'orch' } },
  spec: { containers: [container({})], ...spec },
});

/** Each place of a pod template that refers to config (core/v1), with the object that it names. */
const PLACES: readonly (readonly [string, (reference: RawObject, name: string) => RawObject, ConfigName])[] =
  [
    [
      'env of a container',
      (r, name) => ({
        containers: [
          container({ env: [{ name: 'A', valueFrom: { configMapKeyRef: { ...r, name, key: 'a' } } }] }),
        ],
      }),
      'configmap/it',
    ],
    [
      'a secret in env',
      (r, name) => ({
        containers: [
          container({ env: [{ name: 'A', valueFrom: { secretKeyRef: { ...r, name, key: 'a' } } }] }),
        ],
      }),
      'secret/it',
    ],
    [
      'envFrom',
      (r, name) => ({
        containers: [container({ envFrom: [{ prefix: 'P_', configMapRef: { ...r, name } }] })],
      }),
      'configmap/it',
    ],
    [
      'a secret in envFrom',
      (r, name) => ({ containers: [container({ envFrom: [{ secretRef: { ...r, name } }] })] }),
      'secret/it',
    ],
    [
      'an init container',
      (r, name) => ({ initContainers: [container({ envFrom: [{ configMapRef: { ...r, name } }] })] }),
      'configmap/it',
    ],
    [
      'a volume',
      (r, name) => ({
        volumes: [{ name: 'v', configMap: { ...r, name, items: [{ key: 'a', path: 'a' }] } }],
      }),
      'configmap/it',
    ],
    [
      'a secret as a volume',
      (r, secretName) => ({ volumes: [{ name: 'v', secret: { ...r, secretName } }] }),
      'secret/it',
    ],
    [
      'a projected volume',
      (r, name) => ({
        volumes: [
          {
            name: 'v',
            projected: { defaultMode: 420, sources: [{ downwardAPI: {} }, { configMap: { ...r, name } }] },
          },
        ],
      }),
      'configmap/it',
    ],
    [
      'a secret in a projected volume',
      (r, name) => ({ volumes: [{ name: 'v', projected: { sources: [{ secret: { ...r, name } }] } }] }),
      'secret/it',
    ],
  ];

describe('configReferencesOf', () => {
  it.each(PLACES)('finds what %s refers to', (_place, made, expected) => {
    const found = configReferencesOf(template(made({}, 'it')));
    expect(found.map(configName)).toEqual([expected]);
    expect(found[0]?.optional).toBe(false);
    expect(configReferencesOf(template(made({ optional: true }, 'it')))[0]?.optional).toBe(true);
  });

  it('names an object once, needed where one reference needs it', () => {
    const env = [
      { name: 'A', valueFrom: { configMapKeyRef: { name: 'b', key: 'a', optional: true } } },
      { name: 'B', valueFrom: { configMapKeyRef: { name: 'b', key: 'b' } } },
      { name: 'C', valueFrom: { configMapKeyRef: { name: 'b', key: 'c', optional: true } } },
      { name: 'D', valueFrom: { secretKeyRef: { name: 'a', key: 'c' } } },
    ];
    expect(configReferencesOf(template({ containers: [container({ env })] }))).toEqual([
      { kind: 'configmap', name: 'b', optional: false },
      { kind: 'secret', name: 'a', optional: false },
    ]);
  });

  it.each<[string, RawObject]>([
    ['a plain value', { containers: [container({ env: [{ name: 'A', value: 'a' }] })] }],
    [
      'the downward API',
      {
        containers: [
          container({ env: [{ name: 'A', valueFrom: { fieldRef: { fieldPath: 'spec.nodeName' } } }] }),
        ],
      },
    ],
    ['pull secrets', { imagePullSecrets: [{ name: 'it' }] }],
    ['a claim', { volumes: [{ name: 'v', persistentVolumeClaim: { claimName: 'it' } }] }],
    ['a reference without a name', { containers: [container({ envFrom: [{ configMapRef: {} }] })] }],
    ['what is no list', { containers: 'none', volumes: null }],
  ])('takes %s for no config', (_what, spec) => {
    expect(configReferencesOf(template(spec))).toEqual([]);
  });
});

describe('withConfig', () => {
  it.each(PLACES)('lets %s point elsewhere, and changes nothing else', (_place, made, named) => {
    const before = template(made({ optional: true }, 'it'));
    expect(withConfig(before, { [named]: 'copy-3' })).toEqual(template(made({ optional: true }, 'copy-3')));
    expect(withConfig(before, { 'configmap/other': 'copy-3' })).toEqual(before);
    expect(before).toEqual(template(made({ optional: true }, 'it')));
  });

  it('keeps a ConfigMap and a Secret of one name apart', () => {
    const before = template({
      containers: [container({ envFrom: [{ configMapRef: { name: 'it' } }, { secretRef: { name: 'it' } }] })],
    });
    expect(configReferencesOf(withConfig(before, { 'secret/it': 'copy' })).map(configName)).toEqual([
      'configmap/it',
      'secret/copy',
    ]);
  });

  it.each<[string, RawObject]>([
    [
      'what is no list or object',
      { containers: 'none', volumes: [null, 'v', { name: 'v', projected: { sources: 'x' } }] },
    ],
    ['a template without config', {}],
  ])('leaves %s as it is', (_what, spec) => {
    expect(withConfig(template(spec), { 'configmap/it': 'copy' })).toEqual(template(spec));
  });
});
