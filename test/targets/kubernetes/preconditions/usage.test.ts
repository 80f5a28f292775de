import { describe, expect, it } from 'vitest';
import type { KubernetesObject } from '../../../../sandbox/control-plane/api.ts';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  defaultsOf,
  refusedByRanges,
} from '../../../../src/targets/kubernetes/preconditions/quota/limit-range.ts';
import { sizeOf } from '../../../../src/targets/kubernetes/preconditions/quota/pod-size.ts';
import { usageOf } from '../../../../src/targets/kubernetes/preconditions/quota/usage.ts';
import { quantityInNano } from '../../../../src/targets/kubernetes/template/quantity.ts';
import { until } from '../../../../tools/until.ts';
import { openWorld } from '../world.ts';

const { cluster } = openWorld({ instantReady: true });

const COUNTED = [
  'pods',
  'count/pods',
  'cpu',
  'memory',
  'requests.cpu',
  'requests.memory',
  'limits.cpu',
  'limits.memory',
  'ephemeral-storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'hugepages-2Mi',
  'requests.example.com/device',
];
const says = (cpu: string, memory: string, more: RawObject = {}): RawObject => ({
  image: 'i',
  resources: { requests: { cpu, memory }, limits: { cpu: '9', memory: '9Gi', ...more } },
});
const app = { name: 'app', ...says('100m', '64Mi') };
const sidecar = { name: 'sidecar', restartPolicy: 'Always', ...says('300m', '1Mi') };
const init = { name: 'init', ...says('2', '32Mi') };

/** Shapes of pods whose every container says what a quota wants it to say. */
const SHAPES: readonly (readonly [string, RawObject])[] = [
  ['one container', { containers: [app] }],
  [
    'limits alone',
    { containers: [{ name: 'app', image: 'i', resources: { limits: { cpu: '1500m', memory: '1e9' } } }] },
  ],
  ['several containers', { containers: [app, { name: 'b', ...says('0.25', '1G') }] }],
  ['an init container that asks for more', { containers: [app], initContainers: [init] }],
  ['a sidecar before an init container', { containers: [app], initContainers: [sidecar, init] }],
  ['a sidecar behind it', { containers: [app], initContainers: [init, sidecar] }],
  [
    'disk, devices and huge pages',
    {
      containers: [
        {
          name: 'app',
          ...says('1', '1Gi', {
            'ephemeral-storage': '1Gi',
            'example.com/device': '2',
            'hugepages-2Mi': '4Mi',
          }),
        },
      ],
    },
  ],
  ['the pod as a whole', { containers: [app], resources: { requests: { cpu: '3' }, limits: { cpu: '9' } } }],
  [
    'limits of the pod as a whole',
    { containers: [app], resources: { limits: { cpu: '9', memory: '10Gi' } } },
  ],
  [
    'these alone',
    { containers: [{ name: 'app', image: 'i' }], resources: { limits: { cpu: '2', memory: '1Gi' } } },
  ],
  [
    'these beside one container that says nothing',
    { containers: [app, { name: 'b', image: 'i' }], resources: { limits: { cpu: '9', memory: '10Gi' } } },
  ],
];

describe('what one pod uses of a quota', () => {
  it('is what the quota then counts', async () => {
    const namespace = 'instant-usage-of-pods';
    const { api } = cluster();
    await cluster().createNamespace(namespace);
    const path = `/api/v1/namespaces/${namespace}`;
    const hard = Object.fromEntries(COUNTED.map((resource) => [resource, '1Pi']));
    await api.must('POST', `${path}/resourcequotas`, { metadata: { name: 'q' }, spec: { hard } });
    const used = async (): Promise<ReadonlyMap<string, bigint>> => {
      const { status } = await api.must('GET', `${path}/resourcequotas/q`);
      const entries = Object.entries(status?.used ?? {}) as [string, string][];
      return new Map(entries.map(([resource, amount]) => [resource, quantityInNano(amount) ?? -1n]));
    };
    await until('the quota to be counted', async () => (await used()).size === COUNTED.length);
    for (const [index, [what, spec]] of SHAPES.entries()) {
      const before = await used();
      const pod: KubernetesObject = { metadata: { name: `pod-${index}` }, spec };
      await api.must('POST', `${path}/pods`, pod);
      const after = await used();
      const counted = COUNTED.flatMap((resource) => {
        const amount = (after.get(resource) ?? 0n) - (before.get(resource) ?? 0n);
        return amount === 0n ? [] : [[resource, amount] as const];
      });
      const expected = [...usageOf(sizeOf(spec))].filter(([resource]) => COUNTED.includes(resource));
      expect(Object.fromEntries(expected), what).toEqual(Object.fromEntries(counted));
    }
  });
});

describe('what a LimitRange refuses', () => {
  const asks = (requests: RawObject, limits: RawObject): RawObject => ({
    containers: [{ name: 'app', image: 'i', resources: { requests, limits } }],
  });
  const PODS: readonly RawObject[] = [
    { containers: [{ name: 'app', image: 'i' }] },
    asks({ memory: '1Gi' }, { memory: '1Gi' }),
    asks({ memory: '512Mi' }, { memory: '2Gi' }),
    asks({ memory: '3Gi' }, {}),
    asks({ cpu: '100m' }, {}),
    asks({ cpu: '1' }, { cpu: '2', memory: '64Mi' }),
    { containers: [app, { name: 'b', ...says('1', '2Gi') }], initContainers: [init] },
    { containers: [app], initContainers: [sidecar] },
  ];
  const RANGES: readonly (readonly [string, RawObject])[] = [
    ['a most', { type: 'Container', max: { memory: '1Gi' } }],
    ['a least', { type: 'Container', min: { memory: '600Mi' } }],
    ['a ratio', { type: 'Container', maxLimitRequestRatio: { memory: '2' } }],
    [
      'a ratio with defaults',
      {
        type: 'Container',
        default: { memory: '1Gi' },
        defaultRequest: { memory: '256Mi' },
        maxLimitRequestRatio: { memory: '3' },
      },
    ],
    ['what it gives, with a most', { type: 'Container', default: { cpu: '1' }, max: { cpu: '1' } }],
    ['a most of pods', { type: 'Pod', max: { memory: '2Gi' } }],
    ['a least of pods', { type: 'Pod', min: { cpu: '500m' } }],
  ];

  it.each(RANGES)('is what admission refuses: %s', async (_what, item) => {
    const { api } = cluster();
    const namespace = `instant-limits-${RANGES.findIndex(([, one]) => one === item)}`;
    await cluster().createNamespace(namespace);
    const path = `/api/v1/namespaces/${namespace}`;
    const range = await api.must('POST', `${path}/limitranges`, {
      metadata: { name: 'limits' },
      spec: { limits: [item] },
    });
    for (const spec of PODS) {
      const pod = { metadata: { name: 'pod' }, spec };
      const { status, body } = await api.call('POST', `${path}/pods?dryRun=All`, pod);
      const [note] = refusedByRanges(sizeOf(spec, defaultsOf([range])), [range], '0.1.0', namespace);
      expect(note === undefined, `${JSON.stringify(spec)}: ${note?.says}; ${body.message}`).toBe(
        status === 201,
      );
    }
  });
});
