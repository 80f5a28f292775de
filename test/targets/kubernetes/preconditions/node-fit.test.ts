import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import { hindrance, type Node } from '../../../../src/targets/kubernetes/preconditions/node-fit.ts';
import { judgePlatform } from '../../../../src/targets/kubernetes/preconditions/platform.ts';

const labels = { 'kubernetes.io/os': 'linux', 'kubernetes.io/arch': 'amd64', disk: 'ssd', cpus: '8' };
const node = (change: Partial<Node> = {}, name = 'a'): Node => ({
  metadata: { name, uid: name, labels, ...change.metadata },
  ...(change.spec ? { spec: change.spec } : {}),
  ...(change.status ? { status: change.status } : {}),
});
const tainted = (key: string, effect = 'NoSchedule', value?: string) =>
  node({ spec: { taints: [{ key, effect, ...(value ? { value } : {}) }] } });
const affinity = (...nodeSelectorTerms: RawObject[]): RawObject => ({
  affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms } } },
});
const expression = (key: string, operator: string, ...values: string[]): RawObject => ({
  matchExpressions: [{ key, operator, values }],
});
const wish = (spec: RawObject = {}, isOfDaemonSet = false, requests: Record<string, bigint> = {}) => ({
  spec,
  isOfDaemonSet,
  requests: new Map(Object.entries(requests)),
});

describe('hindrance', () => {
  it.each<[string, Node, ReturnType<typeof wish>, string | undefined]>([
    ['nothing asked', node(), wish(), undefined],
    ['cordoned', node({ spec: { unschedulable: true } }), wish(), 'is cordoned'],
    ['cordoned by its taint alone', tainted('node.kubernetes.io/unschedulable'), wish(), 'is cordoned'],
    ['cordoned, for a DaemonSet', node({ spec: { unschedulable: true } }), wish({}, true), undefined],
    ['its label', node(), wish({ nodeSelector: { disk: 'ssd' } }), undefined],
    [
      'another label',
      node(),
      wish({ nodeSelector: { disk: 'hdd' } }),
      'does not have disk=hdd (nodeSelector)',
    ],
    ['its name', node({ spec: { unschedulable: true } }), wish({ nodeName: 'a' }), undefined],
    ['another name', node(), wish({ nodeName: 'b' }), 'is not b (nodeName)'],
    ['a taint', tainted('gpu', 'NoSchedule', 'yes'), wish(), 'has the taint gpu=yes:NoSchedule'],
    ['a taint that ends pods', tainted('gpu', 'NoExecute'), wish(), 'has the taint gpu:NoExecute'],
    ['a taint that is only a wish', tainted('gpu', 'PreferNoSchedule'), wish(), undefined],
    [
      'a taint that is tolerated',
      tainted('gpu', 'NoSchedule', 'yes'),
      wish({ tolerations: [{ key: 'gpu', value: 'yes' }] }),
      undefined,
    ],
    [
      'one of another value',
      tainted('gpu', 'NoSchedule', 'yes'),
      wish({ tolerations: [{ key: 'gpu', value: 'no' }] }),
      'has the taint gpu=yes:NoSchedule',
    ],
    [
      'one of another effect',
      tainted('gpu'),
      wish({ tolerations: [{ key: 'gpu', operator: 'Exists', effect: 'NoExecute' }] }),
      'has the taint gpu:NoSchedule',
    ],
    [
      'all are tolerated',
      tainted('gpu', 'NoExecute'),
      wish({ tolerations: [{ operator: 'Exists' }] }),
      undefined,
    ],
    [
      'not ready',
      tainted('node.kubernetes.io/not-ready'),
      wish(),
      'has the taint node.kubernetes.io/not-ready:NoSchedule',
    ],
    [
      'not ready, for a DaemonSet',
      tainted('node.kubernetes.io/not-ready', 'NoExecute'),
      wish({}, true),
      undefined,
    ],
    [
      'without a network, for a DaemonSet',
      tainted('node.kubernetes.io/network-unavailable'),
      wish({}, true),
      'has the taint node.kubernetes.io/network-unavailable:NoSchedule',
    ],
    [
      'without a network, for one that uses the host’s',
      tainted('node.kubernetes.io/network-unavailable'),
      wish({ hostNetwork: true }, true),
      undefined,
    ],
    [
      'one of its terms',
      node(),
      wish(affinity(expression('disk', 'In', 'hdd'), expression('disk', 'In', 'ssd'))),
      undefined,
    ],
    [
      'none of its terms',
      node(),
      wish(affinity(expression('disk', 'NotIn', 'ssd'))),
      'does not match the required node affinity',
    ],
    ['a term that wants nothing', node(), wish(affinity({})), 'does not match the required node affinity'],
    ['no term', node(), wish(affinity()), 'does not match the required node affinity'],
    ['exists', node(), wish(affinity(expression('disk', 'Exists'))), undefined],
    ['does not exist', node(), wish(affinity(expression('gpu', 'DoesNotExist'))), undefined],
    ['more than', node(), wish(affinity(expression('cpus', 'Gt', '7'))), undefined],
    [
      'less than',
      node(),
      wish(affinity(expression('cpus', 'Lt', '8'))),
      'does not match the required node affinity',
    ],
    [
      'more than what is no number',
      node(),
      wish(affinity(expression('disk', 'Gt', '1'))),
      'does not match the required node affinity',
    ],
    [
      'an operator of later',
      node(),
      wish(affinity(expression('disk', 'Like', 's'))),
      'does not match the required node affinity',
    ],
    [
      'its name by a field',
      node(),
      wish(affinity({ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['a'] }] })),
      undefined,
    ],
    [
      'a wish is none',
      node(),
      wish({ affinity: { nodeAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [] } } }),
      undefined,
    ],
    ['another system', node(), wish({ os: { name: 'windows' } }), 'runs linux, not windows'],
    [
      'too small as a whole',
      node({ status: { allocatable: { cpu: '1' } } }),
      wish({}, false, { cpu: 1_100_000_000n }),
      'has less cpu than a pod asks for',
    ],
    [
      'just large enough',
      node({ status: { allocatable: { cpu: '1100m' } } }),
      wish({}, false, { cpu: 1_100_000_000n }),
      undefined,
    ],
    [
      'without the device',
      node({ status: { allocatable: { cpu: '4' } } }),
      wish({}, false, { 'nvidia.com/gpu': 1n }),
      'has less nvidia.com/gpu than a pod asks for',
    ],
    ['of a size that it does not tell', node(), wish({}, false, { cpu: 1n }), undefined],
  ])('%s', (_what, one, of, says) => {
    expect(hindrance(one, of)).toBe(says);
  });
});

describe('judgePlatform', () => {
  const arm = node(
    { metadata: { name: 'arm', uid: 'arm', labels: { ...labels, 'kubernetes.io/arch': 'arm64' } } },
    'arm',
  );
  const silent = node({ metadata: { name: 'silent', uid: 's', labels: {} } }, 'silent');
  const judged = (
    nodes: readonly Node[],
    platforms?: readonly string[],
    spec: RawObject = {},
    { isRunning = false, wanted = 2, isOfDaemonSet = false } = {},
  ) =>
    judgePlatform(
      { ...wish(spec, isOfDaemonSet), version: '0.1.0', platforms, isRunning, wanted },
      { is: nodes },
    );
  const hdd = { nodeSelector: { disk: 'hdd' } };

  it.each<[string, ReturnType<typeof judged>, string, RegExp]>([
    [
      'all of one',
      judged([node()], ['linux/amd64']),
      'met',
      /^1 of 1 node takes pods of 0\.1\.0 \(linux\/amd64\); its image is for linux\/amd64$/,
    ],
    [
      'an image of several',
      judged([node(), arm], ['linux/amd64', 'linux/arm64/v8']),
      'met',
      /2 of 2 nodes take/,
    ],
    [
      'another',
      judged([arm], ['linux/amd64']),
      'not-met',
      /is for linux\/amd64, and the nodes that take its pods are linux\/arm64: arm$/,
    ],
    [
      'one node of another, which may get no pod',
      judged([node(), arm], ['linux/amd64']),
      'unknown',
      /may be put on nodes that are linux\/arm64: arm$/,
    ],
    [
      'another, which does not take its pods',
      judged([node(), arm], ['linux/amd64'], { nodeSelector: { 'kubernetes.io/arch': 'amd64' } }),
      'met',
      /1 of 2/,
    ],
    [
      'nodes that do not say',
      judged([node(), silent], ['linux/amd64']),
      'unknown',
      /of what platform silent is/,
    ],
    [
      'an image that nobody asked',
      judged([node(), arm]),
      'unknown',
      /\(linux\/amd64, linux\/arm64\); what its image is for is not known$/,
    ],
    ['no nodes to be seen', judged([], ['linux/amd64']), 'unknown', /shows no nodes/],
    [
      'the only one out of room on its disk, by the release that is to go',
      judged([tainted('node.kubernetes.io/disk-pressure')], ['linux/amd64']),
      'unknown',
      /^none of 1 node takes a pod .* has the taint node\.kubernetes\.io\/disk-pressure/,
    ],
    ['the only one cordoned', judged([node({ spec: { unschedulable: true } })]), 'unknown', /is cordoned$/],
    [
      'none that takes it, and pods of it run on one that is gone by now',
      judged([node(), arm], ['linux/amd64'], hdd, { isRunning: true }),
      'unknown',
      /nodeSelector/,
    ],
    [
      'none for a DaemonSet, which wants none then',
      judged([node()], ['linux/amd64'], hdd, { isOfDaemonSet: true }),
      'unknown',
      /nodeSelector/,
    ],
    [
      'none for no pod',
      judged([arm], ['linux/amd64'], hdd, { wanted: 0 }),
      'met',
      /^it is scaled to 0: the rollback starts no pod$/,
    ],
    [
      'none that takes it',
      judged([node({ spec: { unschedulable: true } }), arm], ['linux/amd64'], hdd),
      'not-met',
      /^none of 2 nodes takes a pod of 0\.1\.0, unless one is added: arm does not have disk=hdd \(nodeSelector\); a is cordoned$/,
    ],
  ])('%s', (_what, found, state, says) => {
    expect(found).toMatchObject({ id: 'platform', state, says: expect.stringMatching(says) });
    expect(found.remedy ?? '').not.toContain('kubectl cordon');
  });
});
