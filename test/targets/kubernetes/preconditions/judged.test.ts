import { describe, expect, it } from 'vitest';
import type { Pod, RawObject } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  type HorizontalAutoscaler,
  judgeAutoscalers,
} from '../../../../src/targets/kubernetes/preconditions/autoscaler.ts';
import { judgeBudgets } from '../../../../src/targets/kubernetes/preconditions/disruption-budget.ts';
import { findingOf } from '../../../../src/targets/kubernetes/preconditions/finding.ts';
import { gitNotes } from '../../../../src/targets/kubernetes/preconditions/git-manager.ts';
import { selects } from '../../../../src/targets/kubernetes/preconditions/label-selector.ts';
import { deployment } from '../objects.ts';

const meta = (name: string, more: object = {}) => ({ name, uid: name, ...more });
const pod = (name: string, nodeName = 'node', more: object = {}): Pod => ({
  metadata: meta(name, { labels: { app: 'a' }, ...more }),
  spec: { nodeName },
});

describe('judgeAutoscalers', () => {
  const scaled = { namespace: 'ns', kind: 'Deployment', name: 'app', replicas: 3 };
  const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'app' };
  const hpa = (change: Partial<HorizontalAutoscaler> = {}): HorizontalAutoscaler => ({
    metadata: meta('h'),
    spec: { scaleTargetRef, minReplicas: 2, maxReplicas: 5 },
    ...change,
  });
  const judged = (
    hpas: readonly HorizontalAutoscaler[],
    vpas: readonly RawObject[] = [],
    pods: readonly Pod[] = [],
    of = scaled,
  ) => judgeAutoscalers(of, pods, { is: hpas }, { is: vpas as never });
  const conditions = (...all: [type: string, status: string, reason: string][]) => ({
    status: { conditions: all.map(([type, status, reason]) => ({ type, status, reason })) },
  });
  const vpa = (updateMode?: string) => ({
    metadata: meta('v'),
    spec: { targetRef: scaleTargetRef, ...(updateMode ? { updatePolicy: { updateMode } } : {}) },
  });

  it.each<[string, ReturnType<typeof judged>, string, RegExp]>([
    ['none', judged([]), 'met', /no autoscaler/],
    [
      'of another workload',
      judged([hpa({ spec: { scaleTargetRef: { ...scaleTargetRef, name: 'b' } } })]),
      'met',
      /no autoscaler/,
    ],
    [
      'of another kind of the same name',
      judged([hpa({ spec: { scaleTargetRef: { ...scaleTargetRef, kind: 'StatefulSet' } } })]),
      'met',
      /no autoscaler/,
    ],
    [
      'of another group',
      judged([hpa({ spec: { scaleTargetRef: { ...scaleTargetRef, apiVersion: 'example.com/v1' } } })]),
      'met',
      /no autoscaler/,
    ],
    [
      'at its most',
      judged([hpa(conditions(['ScalingLimited', 'True', 'TooManyReplicas']))]),
      'met',
      /at its most/,
    ],
    ['at its most by its number', judged([hpa()], [], [], { ...scaled, replicas: 5 }), 'met', /at its most/],
    [
      'at its least',
      judged([hpa(conditions(['ScalingLimited', 'True', 'TooFewReplicas']))]),
      'met',
      /at its least/,
    ],
    [
      'cannot scale',
      judged([hpa(conditions(['AbleToScale', 'False', 'FailedGetScale']))]),
      'not-met',
      /cannot scale \(FailedGetScale\)/,
    ],
    [
      'off at 0',
      judged([hpa(conditions(['ScalingActive', 'False', 'ScalingDisabled']))], [], [], {
        ...scaled,
        replicas: 0,
      }),
      'met',
      /is off while/,
    ],
    [
      "of KEDA's",
      judged([
        hpa({ metadata: meta('h', { ownerReferences: [{ uid: 'u', kind: 'ScaledObject', name: 'jobs' }] }) }),
      ]),
      'met',
      /\(of KEDA's ScaledObject jobs\)/,
    ],
    ['vertical, by default', judged([], [vpa()]), 'not-met', /evicts pods.*updateMode Auto/],
    ['vertical, of new pods', judged([], [vpa('Initial')]), 'met', /leaves running ones alone/],
    [
      'vertical, not seen but by its trace',
      judged(
        [],
        [],
        [
          pod('p', 'n', {
            annotations: { vpaUpdates: 'Pod resources updated by big: container 0: cpu request' },
          }),
        ],
      ),
      'unknown',
      /^verticalpodautoscaler\/big has given/,
    ],
  ])('%s', (_what, found, state, says) => {
    expect(found).toMatchObject({ id: 'autoscaler', state, says: expect.stringMatching(says) });
  });

  it('repeats no address of what its metrics come from', () => {
    const message =
      'unable to fetch metrics: Get "https://adapter.internal:6443/apis": dial tcp 10.1.2.3:6443: refused';
    const status = {
      conditions: [{ type: 'ScalingActive', status: 'False', reason: 'FailedGetPodsMetric', message }],
    };
    const { says } = judged([hpa({ status })]);
    expect(says).toContain('(FailedGetPodsMetric: unable to fetch metrics: Get "…": dial tcp …: refused)');
  });
});

describe('judgeBudgets', () => {
  const budget = (disruptionsAllowed: number, selector: RawObject | null = {}) => ({
    metadata: meta('b'),
    spec: { selector: selector as never },
    status: { disruptionsAllowed, currentHealthy: 1, desiredHealthy: 1 },
  });
  const nodes = { is: [{ metadata: meta('drained'), spec: { unschedulable: true } }] };
  it.each<[string, ReturnType<typeof judgeBudgets>, RegExp]>([
    [
      'an empty selector selects all',
      judgeBudgets('ns', [pod('p')], { is: [budget(0)] }, nodes),
      /allows no eviction now .*: p;.*would wait$/,
    ],
    [
      'a missing one none',
      judgeBudgets('ns', [pod('p')], { is: [budget(0, null)] }, nodes),
      /no PodDisruptionBudget of namespace ns is about/,
    ],
    [
      'a drain that waits',
      judgeBudgets('ns', [pod('p', 'drained')], { is: [budget(0)] }, nodes),
      /p is on a cordoned node, whose drain waits for the rollback$/,
    ],
    [
      'a drain that goes on',
      judgeBudgets('ns', [pod('p', 'drained'), pod('q', 'drained')], { is: [budget(1)] }, nodes),
      /allows 1 eviction now;.*p, q are on cordoned nodes: a drain takes them in the middle/,
    ],
    [
      'nodes that may not be read',
      judgeBudgets('ns', [pod('p')], { is: [budget(1)] }, { unread: { says: 'x', isDenied: true } }),
      /allows evictions now/,
    ],
  ])('%s: a rollout asks for no eviction', (_what, found, says) => {
    expect(found).toMatchObject({ state: 'met', says: expect.stringMatching(says) });
  });
});

describe('gitNotes', () => {
  const notes = async (metadata: object, object: RawObject | undefined) => {
    const asked: string[] = [];
    const [note] = await gitNotes(deployment({ metadata: metadata as never }), 'here', {
      get: async (resource, name, namespace) => {
        asked.push(`${resource} ${namespace}/${name}`);
        return { is: object as never };
      },
    });
    return { note, asked };
  };
  const helm = { labels: { 'helm.toolkit.fluxcd.io/name': 'r', 'helm.toolkit.fluxcd.io/namespace': 'flux' } };
  const argo = (id: string) => ({ annotations: { 'argocd.argoproj.io/tracking-id': id } });
  const kustomize = { labels: { 'kustomize.toolkit.fluxcd.io/name': 'k' } };
  const app = (syncPolicy: RawObject) =>
    ({ metadata: { name: 'a', uid: 'a' }, spec: { syncPolicy } }) as never as RawObject;
  const flux = (spec: RawObject) => ({ metadata: { name: 'f', uid: 'f' }, spec }) as never as RawObject;

  it.each<[string, object, RawObject | undefined, string, string]>([
    [
      'an Application in the namespace of Argo CD',
      argo('app:apps/Deployment:x/y'),
      app({}),
      'applications argocd/app',
      'met',
    ],
    [
      'one in another namespace',
      argo('team_app:apps/Deployment:x/y'),
      app({ automated: {} }),
      'applications team/app',
      'not-met',
    ],
    [
      'one that heals',
      argo('app:…'),
      app({ automated: { selfHeal: true } }),
      'applications argocd/app',
      'not-met',
    ],
    [
      'one that is switched off',
      argo('app:…'),
      app({ automated: { enabled: false, selfHeal: true } }),
      'applications argocd/app',
      'met',
    ],
    ['one that is gone', argo('app:…'), undefined, 'applications argocd/app', 'unknown'],
    ['a Kustomization', kustomize, flux({ interval: '5m' }), 'kustomizations here/k', 'not-met'],
    ['a Kustomization that is suspended', kustomize, flux({ suspend: true }), 'kustomizations here/k', 'met'],
    ['a HelmRelease, which leaves drift alone', helm, flux({}), 'helmreleases flux/r', 'met'],
    [
      'a HelmRelease that only warns of drift',
      helm,
      flux({ driftDetection: { mode: 'warn' } }),
      'helmreleases flux/r',
      'met',
    ],
    [
      'a HelmRelease that corrects drift',
      helm,
      flux({ driftDetection: { mode: 'enabled' } }),
      'helmreleases flux/r',
      'not-met',
    ],
  ])('%s', async (_what, metadata, object, place, state) => {
    const { note, asked } = await notes(metadata, object);
    expect([asked, note?.state]).toEqual([[place], state]);
  });

  it('says that it is known by traces alone where nothing names an object', async () => {
    const { note, asked } = await notes({ managedFields: [{ manager: 'argocd-controller' }] }, undefined);
    expect(asked).toEqual([]);
    expect(note).toMatchObject({
      state: 'unknown',
      says: expect.stringMatching(/^Argo CD manages it, by its labels/),
    });
  });

  it('asks nothing of a workload that nobody manages from Git', async () => {
    expect(await notes({}, undefined)).toEqual({ note: undefined, asked: [] });
  });
});

describe('findingOf', () => {
  const denied = { says: 'the worker may not list x', isDenied: true };
  it('the gravest decides, the others are told behind it, with the remedy of the gravest', () => {
    const notes = [
      { state: 'met', says: 'a' },
      { state: 'unknown', says: 'b', remedy: 'do b' },
      { state: 'not-met', says: 'c', remedy: 'do c' },
    ] as const;
    expect(findingOf('quota', notes, 'none')).toEqual({
      id: 'quota',
      state: 'not-met',
      says: 'c; b; a',
      remedy: 'do c',
    });
    expect(findingOf('quota', [], 'none')).toEqual({ id: 'quota', state: 'met', says: 'none' });
    expect(findingOf('quota', [{ state: 'met', says: 'a' }], 'none', [denied, denied])).toEqual({
      id: 'quota',
      state: 'unknown',
      says: 'the worker may not list x; a',
      remedy: 'kubectl apply -f deploy/rbac-preconditions.yaml',
    });
  });
});

describe('selects', () => {
  it.each<[string, Parameters<typeof selects>[0], boolean]>([
    ['all', {}, true],
    ['an equal label', { matchLabels: { app: 'a' } }, true],
    ['another', { matchLabels: { app: 'b' } }, false],
    ['both', { matchLabels: { app: 'a' }, matchExpressions: [{ key: 'x', operator: 'Exists' }] }, false],
    ['none of them', { matchExpressions: [{ key: 'x', operator: 'DoesNotExist' }] }, true],
    ['an operator of later', { matchExpressions: [{ key: 'app', operator: 'Like', values: ['a'] }] }, false],
    [
      'a label of every object in JavaScript',
      { matchExpressions: [{ key: 'constructor', operator: 'Exists' }] },
      false,
    ],
  ])('%s', (_what, selector, is) => {
    expect(selects(selector, { app: 'a' })).toBe(is);
  });
});
