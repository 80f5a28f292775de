import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  defaultsOf,
  type LimitRange,
  refusedByRanges,
} from '../../../../src/targets/kubernetes/preconditions/quota/limit-range.ts';
import { sizeOf } from '../../../../src/targets/kubernetes/preconditions/quota/pod-size.ts';
import { replacementOf } from '../../../../src/targets/kubernetes/preconditions/quota/replacement.ts';
import { quantityInNano, quantityText } from '../../../../src/targets/kubernetes/template/quantity.ts';
import { DAEMON_SET } from '../../../../src/targets/kubernetes/workload/daemon-set.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { STATEFUL_SET } from '../../../../src/targets/kubernetes/workload/stateful-set.ts';
import { deployment } from '../objects.ts';

const shown = (amounts: ReadonlyMap<string, bigint>) =>
  Object.fromEntries([...amounts].map(([resource, amount]) => [resource, quantityText(amount)]));
const asks = (requests: RawObject, limits: RawObject = {}, more: RawObject = {}): RawObject => ({
  name: 'app',
  resources: { requests, limits },
  ...more,
});

describe('sizeOf', () => {
  it.each<[string, RawObject, Record<string, string>]>([
    ['nothing', { containers: [{ name: 'app' }] }, {}],
    [
      'containers together',
      { containers: [asks({ cpu: '100m' }), asks({ cpu: 1, memory: '1Gi' })] },
      { cpu: '1100m', memory: '1Gi' },
    ],
    ['a limit where there is no request', { containers: [asks({}, { memory: '1Gi' })] }, { memory: '1Gi' }],
    [
      'the largest init container where that is more',
      { containers: [asks({ cpu: '1' })], initContainers: [asks({ cpu: '3' }), asks({ cpu: '2' })] },
      { cpu: '3' },
    ],
    [
      'the containers where that is more',
      { containers: [asks({ cpu: '4' })], initContainers: [asks({ cpu: '3' })] },
      { cpu: '4' },
    ],
    [
      'sidecars with the containers',
      {
        containers: [asks({ cpu: '1' })],
        initContainers: [asks({ cpu: '1' }, {}, { restartPolicy: 'Always' })],
      },
      { cpu: '2' },
    ],
    [
      'sidecars with the init containers behind them',
      {
        containers: [asks({ cpu: '1' })],
        initContainers: [asks({ cpu: '1' }, {}, { restartPolicy: 'Always' }), asks({ cpu: '5' })],
      },
      { cpu: '6' },
    ],
    [
      'not with those before them',
      {
        containers: [asks({ cpu: '1' })],
        initContainers: [asks({ cpu: '5' }), asks({ cpu: '1' }, {}, { restartPolicy: 'Always' })],
      },
      { cpu: '5' },
    ],
    [
      'the overhead of its runtime',
      { containers: [asks({ cpu: '1' })], overhead: { cpu: '250m' } },
      { cpu: '1250m' },
    ],
    [
      'the pod as a whole before its containers',
      { containers: [asks({ cpu: '1', memory: '1Gi' })], resources: { requests: { cpu: '3' } } },
      { cpu: '3', memory: '1Gi' },
    ],
    ['no more than can be read', { containers: [asks({ cpu: 'much', memory: '64Mi' })] }, { memory: '64Mi' }],
  ])('counts %s', (_what, spec, requests) => {
    expect(shown(sizeOf(spec).requests)).toEqual(requests);
  });

  it('a limit of the runtime alone is none', () => {
    const { limits } = sizeOf({
      containers: [asks({}, { cpu: '1' })],
      overhead: { cpu: '1', memory: '1Gi' },
    });
    expect(shown(limits)).toEqual({ cpu: '2' });
  });

  it('fills in what the namespace gives, and nothing that is said', () => {
    const range: LimitRange = {
      metadata: { name: 'l', uid: 'u' },
      spec: {
        limits: [
          { type: 'Pod', default: { cpu: '9' } },
          {
            type: 'Container',
            default: { memory: '512Mi', cpu: '1' },
            defaultRequest: { memory: '256Mi', cpu: '200m' },
          },
        ],
      },
    };
    const { requests, limits } = sizeOf({ containers: [asks({ cpu: '50m' })] }, defaultsOf([range]));
    expect([shown(requests), shown(limits)]).toEqual([
      { cpu: '50m', memory: '256Mi' },
      { cpu: '1', memory: '512Mi' },
    ]);
  });
});

describe('refusedByRanges', () => {
  const range = (...limits: RawObject[]): LimitRange => ({
    metadata: { name: 'l', uid: 'u' },
    spec: { limits },
  });
  const app = { containers: [asks({ memory: '1Gi' }, { memory: '2Gi' })] };
  it.each<[string, RawObject, string | undefined]>([
    ['at its most', { type: 'Container', max: { memory: '2Gi' } }, undefined],
    [
      'above its most',
      { type: 'Container', max: { memory: '2047Mi' } },
      'at most 2047Mi memory a container, and container app has 2Gi',
    ],
    [
      'without a limit where there is a most',
      { type: 'Container', max: { cpu: '1' } },
      'at most 1 cpu a container, and container app has no limit',
    ],
    [
      'below its least',
      { type: 'Container', min: { memory: '1025Mi' } },
      'at least 1025Mi memory a container, and container app has 1Gi',
    ],
    [
      'asking for none where there is a least',
      { type: 'Container', min: { cpu: '1m' } },
      'at least 1m cpu a container, and container app asks for none',
    ],
    ['at its ratio', { type: 'Container', maxLimitRequestRatio: { memory: '2' } }, undefined],
    [
      'above its ratio',
      { type: 'Container', maxLimitRequestRatio: { memory: '1500m' } },
      'a limit of 1500m times the request of memory, and container app has 2 times',
    ],
    ['as a pod', { type: 'Pod', max: { memory: '1Gi' } }, 'at most 1Gi memory a pod, and the pod has 2Gi'],
    ['of claims', { type: 'PersistentVolumeClaim', max: { storage: '1' } }, undefined],
  ])('%s', (_what, item, says) => {
    const [note] = refusedByRanges(sizeOf(app), [range(item)], '0.1.0', 'ns');
    expect(note?.says).toBe(says && `limitrange/l refuses every pod of 0.1.0: ${says}`);
  });

  it('the remedy lets all containers through, and there is none where a value alone does not help', () => {
    const two = { containers: [asks({}, { memory: '2Gi' }), asks({}, { memory: '3Gi' }, { name: 'b' })] };
    const [note] = refusedByRanges(
      sizeOf(two),
      [range({ type: 'Pod' }, { type: 'Container', max: { memory: '1Gi' } })],
      '1',
      'ns',
    );
    expect(note?.remedy).toBe(
      `kubectl patch limitrange l -n ns --type json -p '- {op: replace, path: /spec/limits/1/max/memory, value: 3Gi}'`,
    );
    const [none] = refusedByRanges(sizeOf(two), [range({ type: 'Container', max: { cpu: '1' } })], '1', 'ns');
    expect(none).not.toHaveProperty('remedy');
  });
});

describe('quantityText', () => {
  it('is read again as the same value, or what is a thousandth more', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 27n }), (nano) => {
        const again = quantityInNano(quantityText(nano)) ?? -1n;
        expect(again >= nano && again - nano < 1_000_000n).toBe(true);
      }),
    );
  });
  it.each([
    [0n, '0'],
    [1n, '1m'],
    [1_500_000_000n, '1500m'],
    [1024n * 1024n * 10n ** 9n, '1Mi'],
    [1025n * 1024n * 10n ** 9n, '1049600'],
    [3n * 1024n ** 3n * 10n ** 9n, '3Gi'],
  ])('%s billionths are %s', (nano, text) => {
    expect(quantityText(nano)).toBe(text);
  });
});

describe('replacementOf', () => {
  const rolling = (maxSurge: number | string, maxUnavailable: number | string, replicas: number) =>
    deployment({
      spec: { replicas, strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge, maxUnavailable } } },
    });
  it.each<[string, ReturnType<typeof rolling>, [surge: number, unavailable: number]]>([
    ['rounds the surge up and what may be missing down', rolling('25%', '25%', 3), [1, 0]],
    ['of four one each', rolling('25%', '25%', 4), [1, 1]],
    ['never both nothing', rolling(0, '10%', 3), [0, 1]],
    ['numbers as they are', rolling(2, 1, 3), [2, 1]],
    ['no more missing than there are', rolling(0, 5, 3), [0, 3]],
    [
      'Recreate: all end first',
      deployment({ spec: { replicas: 3, strategy: { type: 'Recreate' } } }),
      [0, 3],
    ],
  ])('of a Deployment: %s', (_what, live, [surge, unavailable]) => {
    expect(replacementOf(DEPLOYMENT, live)).toMatchObject({ surge, unavailable });
  });

  it('of a StatefulSet one at a time', () => {
    expect(replacementOf(STATEFUL_SET, deployment())).toEqual({ wanted: 3, surge: 0, unavailable: 1 });
  });

  it.each<[RawObject, [number, number]]>([
    [{}, [0, 1]],
    [{ maxUnavailable: '34%' }, [0, 2]],
    [{ maxSurge: '10%' }, [1, 0]],
    [{ maxSurge: 2, maxUnavailable: 0 }, [2, 0]],
  ])('of a DaemonSet with %j', (rollingUpdate, [surge, unavailable]) => {
    const live = deployment({
      spec: { updateStrategy: { rollingUpdate } },
      status: { desiredNumberScheduled: 4 },
    });
    expect(replacementOf(DAEMON_SET, live)).toEqual({ wanted: 4, surge, unavailable });
  });
});
