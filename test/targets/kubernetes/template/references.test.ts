import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import { referencesOf } from '../../../../src/targets/kubernetes/template/references.ts';
import { template } from '../template.ts';

const inContainer = (fields: RawObject): RawObject => ({
  containers: [{ name: 'c', image: 'x:1', ...fields }],
});

describe('referencesOf', () => {
  it.each<[string, RawObject, readonly string[]]>([
    [
      'envFrom',
      inContainer({ envFrom: [{ configMapRef: { name: 'a' } }, { secretRef: { name: 'b' } }] }),
      ['configmap/a', 'secret/b'],
    ],
    [
      'env',
      inContainer({
        env: [
          { name: 'A', valueFrom: { configMapKeyRef: { name: 'a', key: 'k' } } },
          { name: 'B', valueFrom: { secretKeyRef: { name: 'b', key: 'k' } } },
          { name: 'C', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
        ],
      }),
      ['configmap/a', 'key k of configmap/a', 'key k of secret/b', 'secret/b'],
    ],
    [
      'init containers',
      { initContainers: [{ name: 'i', envFrom: [{ secretRef: { name: 'b' } }] }] },
      ['secret/b'],
    ],
    [
      'volumes',
      {
        volumes: [
          { name: '1', configMap: { name: 'a' } },
          { name: '2', secret: { secretName: 'b' } },
          { name: '3', emptyDir: {} },
        ],
      },
      ['configmap/a', 'secret/b'],
    ],
    [
      'projected volumes',
      {
        volumes: [
          {
            name: '1',
            projected: {
              sources: [
                { configMap: { name: 'a' } },
                { secret: { name: 'b' } },
                { serviceAccountToken: { path: 't' } },
              ],
            },
          },
        ],
      },
      ['configmap/a', 'secret/b'],
    ],
    [
      'CSI volumes',
      { volumes: [{ name: '1', csi: { driver: 'd', nodePublishSecretRef: { name: 'b' } } }] },
      ['secret/b'],
    ],
    [
      'volumes of which single keys are shown',
      {
        volumes: [
          { name: '1', configMap: { name: 'a', items: [{ key: 'k', path: 'p' }] } },
          {
            name: '2',
            projected: { sources: [{ secret: { name: 'b', items: [{ key: 'l', path: 'p' }] } }] },
          },
        ],
      },
      ['configmap/a', 'key k of configmap/a', 'key l of secret/b', 'secret/b'],
    ],
    [
      'claims',
      {
        volumes: [
          { name: '1', persistentVolumeClaim: { claimName: 'data' } },
          { name: '2', ephemeral: { volumeClaimTemplate: { spec: { storageClassName: 'fast' } } } },
        ],
        resourceClaims: [
          { name: 'a', resourceClaimName: 'gpu' },
          { name: 'b', resourceClaimTemplateName: 'gpus' },
        ],
      },
      ['persistentvolumeclaim/data', 'resourceclaim/gpu', 'resourceclaimtemplate/gpus', 'storageclass/fast'],
    ],
    [
      'the classes of its pods',
      { priorityClassName: 'high', runtimeClassName: 'gvisor' },
      ['priorityclass/high', 'runtimeclass/gvisor'],
    ],
    ['pull secrets', { imagePullSecrets: [{ name: 'b' }] }, ['secret/b']],
    ['the service account', { serviceAccountName: 'runner' }, ['serviceaccount/runner']],
  ])('finds what %s needs', (_where, spec, expected) => {
    expect(referencesOf(template({ spec }))).toEqual(expected);
  });

  it.each<[string, RawObject]>([
    [
      'optional keys',
      inContainer({
        env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'a', key: 'k', optional: true } } }],
      }),
    ],
    ['optional envFrom', inContainer({ envFrom: [{ configMapRef: { name: 'a', optional: true } }] })],
    ['optional volumes', { volumes: [{ name: '1', secret: { secretName: 'a', optional: true } }] }],
    ['the default service account', { serviceAccountName: 'default' }],
    ['nothing at all', {}],
  ])('leaves out %s', (_what, spec) => {
    expect(referencesOf(template({ spec }))).toEqual([]);
  });

  it('names each object once, in order', () => {
    const spec = inContainer({
      envFrom: [{ secretRef: { name: 'z' } }, { secretRef: { name: 'a' } }, { secretRef: { name: 'z' } }],
    });
    expect(referencesOf(template({ spec }))).toEqual(['secret/a', 'secret/z']);
  });
});
