import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  judgeQuota,
  type QuotaQuestion,
} from '../../../../src/targets/kubernetes/preconditions/quota/quota.ts';
import type { ResourceQuota } from '../../../../src/targets/kubernetes/preconditions/quota/scope.ts';

const pod = (cpu?: string, more: RawObject = {}): RawObject => ({
  containers: [{ name: 'app', ...(cpu === undefined ? {} : { resources: { requests: { cpu } } }) }],
  ...more,
});
const NONE = { there: [], old: [], staying: [], ending: [] };
const times = (count: number, one: RawObject) => Array.from({ length: count }, () => one);

function quota(hard: RawObject, used: RawObject, spec: ResourceQuota['spec'] = {}): ResourceQuota {
  return { metadata: { name: 'q', uid: 'u' }, spec: { hard, ...spec }, status: { hard, used } };
}

function judged(question: Partial<QuotaQuestion>, quotas: readonly ResourceQuota[]) {
  return judgeQuota(
    {
      namespace: 'ns',
      version: '0.1.0',
      spec: pod('100m'),
      replacement: { wanted: 2, surge: 1, unavailable: 0 },
      pods: { ...NONE, old: times(2, pod('100m')) },
      makes: [],
      ...question,
    },
    { is: quotas },
    { is: [] },
  );
}

describe('judgeQuota', () => {
  it.each<[string, Partial<QuotaQuestion>, ResourceQuota, string, RegExp]>([
    ['room for all', {}, quota({ pods: '3' }, { pods: '2' }), 'met', /has room for the rollout/],
    [
      'room for some of the surge',
      { replacement: { wanted: 2, surge: 2, unavailable: 0 } },
      quota({ pods: '3' }, { pods: '2' }),
      'met',
      /lets 1 of 2 new pods start/,
    ],
    [
      'no room beside the old ones',
      {},
      quota({ pods: '2' }, { pods: '2' }),
      'not-met',
      /after 0 of 2 new pods/,
    ],
    [
      'none is needed where an old one ends first',
      { replacement: { wanted: 2, surge: 0, unavailable: 1 } },
      quota({ pods: '2' }, { pods: '2' }),
      'met',
      /has room/,
    ],
    [
      'all end first',
      { replacement: { wanted: 2, surge: 0, unavailable: 2 }, spec: pod('1') },
      quota({ 'requests.cpu': '2' }, { 'requests.cpu': '200m' }),
      'met',
      /has room/,
    ],
    [
      'the new ones alone are too large',
      { replacement: { wanted: 2, surge: 0, unavailable: 2 }, spec: pod('1') },
      quota({ 'requests.cpu': '1500m' }, { 'requests.cpu': '200m' }),
      'not-met',
      /after 1 of 2/,
    ],
    ['pods of others count', {}, quota({ pods: '9' }, { pods: '9' }), 'not-met', /of which 9 are used/],
    [
      'pods that are ending do not',
      { pods: { ...NONE, old: times(2, pod('100m')), ending: times(1, pod('100m')) } },
      quota({ pods: '3' }, { pods: '3' }),
      'met',
      /lets 0 of 1/,
    ],
    [
      'a rollout that is half done needs less',
      { pods: { ...NONE, there: times(1, pod('100m')), old: times(1, pod('100m')) } },
      quota({ pods: '3' }, { pods: '2' }),
      'met',
      /has room/,
    ],
    [
      'a rollout that is there needs nothing',
      { pods: { ...NONE, there: times(2, pod('100m')) } },
      quota({ pods: '2' }, { pods: '2' }),
      'met',
      /counts what the rollout creates/,
    ],
    [
      'scaled to 0',
      { replacement: { wanted: 0, surge: 0, unavailable: 0 }, pods: NONE },
      quota({ pods: '0' }, { pods: '0' }),
      'met',
      /counts what the rollout creates/,
    ],
    [
      'a resource that the pods do not ask for',
      {},
      quota({ 'requests.nvidia.com/gpu': '0' }, { 'requests.nvidia.com/gpu': '0' }),
      'met',
      /counts what/,
    ],
    [
      'a resource of somebody else',
      { spec: { containers: [{ name: 'app', resources: { limits: { 'nvidia.com/gpu': 1 } } }] } },
      quota({ 'requests.nvidia.com/gpu': '0' }, { 'requests.nvidia.com/gpu': '0' }),
      'not-met',
      /nvidia\.com\/gpu/,
    ],
    [
      'a container that does not say what is counted',
      { spec: pod() },
      quota({ 'limits.memory': '9Gi' }, {}),
      'not-met',
      /refuses every pod of 0\.1\.0: it wants limits\.memory of container app/,
    ],
    [
      'a pod that says it as a whole',
      { spec: pod(undefined, { resources: { limits: { memory: '1Gi' } } }) },
      quota({ 'limits.memory': '9Gi' }, {}),
      'met',
      /has room/,
    ],
    [
      'objects for which there is no room',
      { makes: ['count/replicasets.apps'] },
      quota({ 'count/replicasets.apps': '2' }, { 'count/replicasets.apps': '2' }),
      'not-met',
      /no room for one more of replicasets\.apps/,
    ],
    [
      'objects for which there is',
      { makes: ['count/replicasets.apps'] },
      quota({ 'count/replicasets.apps': '3' }, { 'count/replicasets.apps': '2' }),
      'met',
      /./,
    ],
    [
      'exponents and suffixes by their value',
      { spec: { containers: [{ name: 'app', resources: { requests: { memory: '1e3' } } }] }, pods: NONE },
      quota({ 'requests.memory': '2k' }, {}),
      'met',
      /has room/,
    ],
    [
      'the same, one byte less',
      { spec: { containers: [{ name: 'app', resources: { requests: { memory: '1e3' } } }] }, pods: NONE },
      quota({ 'requests.memory': '1999' }, {}),
      'not-met',
      /after 1 of 2/,
    ],
    [
      'pods that a partition leaves stay',
      {
        replacement: { wanted: 3, surge: 0, unavailable: 1 },
        pods: { ...NONE, staying: times(2, pod('1')), old: times(1, pod('1')) },
        spec: pod('2'),
      },
      quota({ cpu: '3500m' }, { cpu: '3' }),
      'not-met',
      /after 0 of 1/,
    ],
  ])('%s', (_what, question, one, state, says) => {
    const found = judged(question, [one]);
    expect(found).toMatchObject({ id: 'quota', state, says: expect.stringMatching(says) });
  });

  it.each<[string, ResourceQuota['spec'], RawObject, string]>([
    ['BestEffort, of a pod that asks for something', { scopes: ['BestEffort'] }, pod('1'), 'met'],
    ['BestEffort, of one that asks for nothing', { scopes: ['BestEffort'] }, pod(), 'not-met'],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, pod(), 'met'],
    ['Terminating, of a pod without a deadline', { scopes: ['Terminating'] }, pod('1'), 'met'],
    ['NotTerminating', { scopes: ['NotTerminating'] }, pod('1'), 'not-met'],
    [
      'two scopes, of which one does not match',
      { scopes: ['NotTerminating', 'BestEffort'] },
      pod('1'),
      'met',
    ],
    [
      'another priority',
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['low'] }],
        },
      },
      pod('1', { priorityClassName: 'high' }),
      'met',
    ],
    [
      'its priority',
      {
        scopeSelector: {
          matchExpressions: [{ scopeName: 'PriorityClass', operator: 'In', values: ['high'] }],
        },
      },
      pod('1', { priorityClassName: 'high' }),
      'not-met',
    ],
    [
      'a priority, of a pod that names none',
      { scopeSelector: { matchExpressions: [{ scopeName: 'PriorityClass', operator: 'Exists' }] } },
      pod('1'),
      'unknown',
    ],
    ['affinity to other namespaces', { scopes: ['CrossNamespacePodAffinity'] }, pod('1'), 'met'],
    [
      'affinity to other namespaces, of one that has it',
      { scopes: ['CrossNamespacePodAffinity'] },
      pod('1', {
        affinity: {
          podAntiAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [{ namespaceSelector: {} }] },
        },
      }),
      'not-met',
    ],
    ['a scope that is not known here', { scopes: ['FromMars'] }, pod('1'), 'unknown'],
  ])('the scope %s', (_what, spec, of, state) => {
    const found = judged({ spec: of, pods: { ...NONE, old: times(2, of) } }, [
      quota({ pods: '2' }, { pods: '2' }, spec),
    ]);
    expect(found.state).toBe(state);
  });

  it('names what is not known with the right that is missing, and what is known all the same', () => {
    const question = {
      namespace: 'ns',
      version: '0.1.0',
      spec: pod('1'),
      replacement: { wanted: 1, surge: 1, unavailable: 0 },
      pods: NONE,
      makes: [],
    };
    const unread = { unread: { says: 'the worker may not list limitranges', isDenied: true } };
    expect(judgeQuota(question, { is: [] }, unread)).toEqual({
      id: 'quota',
      state: 'unknown',
      says: 'the worker may not list limitranges',
      remedy: 'kubectl apply -f deploy/rbac-preconditions.yaml',
    });
    expect(judgeQuota(question, { is: [quota({ pods: '0' }, { pods: '0' })] }, unread)).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/^resourcequota\/q allows .*; the worker may not list limitranges$/),
      remedy: expect.stringContaining('kubectl patch resourcequota q -n ns'),
    });
    const unsaid = judgeQuota(
      { ...question, spec: pod() },
      { is: [quota({ 'limits.memory': '9Gi' }, {})] },
      unread,
    );
    expect(unsaid).toMatchObject({
      state: 'unknown',
      says: expect.stringMatching(/^resourcequota\/q refuses pods of 0\.1\.0 unless a LimitRange gives them/),
    });
  });

  it('says what a rollout would come to, in whatever order its controller creates and ends pods', () => {
    const size = fc.integer({ min: 1, max: 8 });
    const run = fc.record({
      wanted: fc.integer({ min: 1, max: 6 }),
      surge: fc.integer({ min: 0, max: 4 }),
      unavailable: fc.integer({ min: 0, max: 4 }),
      each: size,
      old: fc.array(size, { maxLength: 8 }),
      there: fc.integer({ min: 0, max: 3 }),
      others: fc.integer({ min: 0, max: 10 }),
      room: fc.integer({ min: 0, max: 30 }),
    });
    fc.assert(
      fc.property(run, ({ wanted, surge, unavailable, each, old, there, others, room }) => {
        const spread = surge + unavailable === 0 ? 1 : unavailable;
        const missing = Math.min(spread, wanted);
        const used = others + there * each + old.reduce((sum, one) => sum + one, 0);
        const hard = used + room - 8;
        const { state } = judged(
          {
            spec: pod(String(each)),
            replacement: { wanted, surge, unavailable: missing },
            pods: {
              ...NONE,
              there: times(there, pod(String(each))),
              old: old.map((one) => pod(String(one))),
            },
          },
          [quota({ cpu: String(Math.max(0, hard)) }, { cpu: String(used) })],
        );
        const limits = { wanted, surge, missing, each, hard: Math.max(0, hard) };
        expect(state).toBe(comesThrough(limits, { others, there, old }) ? 'met' : 'not-met');
      }),
      { numRuns: 2000 },
    );
  });
});

/** A controller that does what it may as long as it may: the small old pods end first. */
function comesThrough(
  limits: {
    readonly wanted: number;
    readonly surge: number;
    readonly missing: number;
    readonly each: number;
    readonly hard: number;
  },
  from: { readonly others: number; readonly there: number; readonly old: readonly number[] },
): boolean {
  const old = from.old.toSorted((a, b) => b - a);
  let made = from.there;
  for (;;) {
    const before = `${made} ${old.length}`;
    const used = () => from.others + made * limits.each + old.reduce((sum, one) => sum + one, 0);
    while (old.length > 0 && made + old.length > limits.wanted - limits.missing) old.pop();
    if (
      made < limits.wanted &&
      made + old.length < limits.wanted + limits.surge &&
      used() + limits.each <= limits.hard
    )
      made += 1;
    if (made >= limits.wanted) return true;
    if (before === `${made} ${old.length}`) return false;
  }
}
