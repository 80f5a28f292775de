import { describe, expect, it } from 'vitest';
import type { KnownGoodRecord } from '../../../../src/domain/proof/known-good.ts';
import type {
  ManagedField,
  RawObject,
  ReplicaSet,
  Workload,
} from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  isContradicted,
  observedService,
  revisionsOf,
} from '../../../../src/targets/kubernetes/state/history.ts';
import { fingerprint } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment, replicaSet } from '../objects.ts';
import { template, templateOf } from '../template.ts';

const one = templateOf('registry.example/phoenix-orch:v0.1.0');
const two = templateOf('registry.example/phoenix-orch:v0.2.0');
const three = templateOf('registry.example/phoenix-orch:v0.3.0');

function observe(
  live: Workload,
  replicaSets: readonly ReplicaSet[],
  evidence: readonly KnownGoodRecord[] = [],
) {
  return observedService({
    kind: DEPLOYMENT,
    live,
    namespace: 'phoenix',
    container: 'orchestrator',
    pin: 'digest',
    fieldManager: 'rollback-runbook',
    revisions: revisionsOf(DEPLOYMENT, replicaSets),
    evidence: {
      records: new Map(evidence.map((record) => [record.fingerprint, record])),
      failures: new Map(),
    },
    notes: [],
    at: '2026-11-23T03:00:00.000Z',
  });
}
const running = (of = three, more: Parameters<typeof deployment>[0] = {}) =>
  deployment({ ...more, spec: { template: of, ...more.spec } });

describe('observedService', () => {
  it('names the current version by its ReplicaSet, and the others newest first', () => {
    const seen = observe(running(), [replicaSet(1, one), replicaSet(3, three), replicaSet(2, two)]);
    expect(seen).toMatchObject({
      workload: 'deployment/orchestrator in namespace phoenix',
      uid: 'uid-1',
      generation: 3,
      paused: false,
      replicas: 3,
      current: {
        version: '0.3.0',
        revision: 3,
        source: { kind: 'replica-set', name: 'orchestrator-3', podTemplateHash: 'hash3' },
      },
    });
    expect(seen.history.map(({ version, revision }) => [version, revision])).toEqual([
      ['0.2.0', 2],
      ['0.1.0', 1],
    ]);
  });

  it('orders revisions as numbers and bears gaps', () => {
    const seen = observe(running(), [replicaSet(2, one), replicaSet(10, two), replicaSet(11, three)]);
    expect(seen.history.map(({ revision }) => revision)).toEqual([10, 2]);
  });

  it('knows the numbers that a version had before', () => {
    const seen = observe(running(), [replicaSet(4, one, { former: '1,2' }), replicaSet(3, three)]);
    expect(seen.history[0]).toMatchObject({ revision: 4, formerRevisions: [1, 2] });
  });

  it.each<[string, Workload, ReplicaSet[]]>([
    [
      'the controller has not seen the change',
      running(three, { metadata: { generation: 4 } }),
      [replicaSet(3, three)],
    ],
    ['its ReplicaSet does not exist yet', running(), [replicaSet(2, two)]],
  ])('takes the current version from the live template when %s', (_why, live, replicaSets) => {
    expect(observe(live, replicaSets).current.source).toEqual({ kind: 'live' });
  });

  it('keeps the version before out of the history when it equals the live one', () => {
    expect(observe(running(one), [replicaSet(1, one), replicaSet(3, three)]).history).toHaveLength(1);
  });

  it('takes the oldest of two ReplicaSets with an equal template, as kubectl does', () => {
    const seen = observe(running(), [
      replicaSet(5, three, { createdAt: '2026-11-03T00:00:00Z', name: 'younger' }),
      replicaSet(3, three, { createdAt: '2026-11-01T00:00:00Z', name: 'older' }),
      replicaSet(4, one, { createdAt: '2026-11-02T00:00:00Z', name: 'b' }),
      replicaSet(2, one, { createdAt: '2026-11-01T00:00:00Z', name: 'a' }),
    ]);
    expect(seen.current.source).toMatchObject({ name: 'older' });
    expect(seen.history).toHaveLength(1);
    expect(seen.history[0]).toMatchObject({ revision: 4, formerRevisions: [2], source: { name: 'a' } });
  });

  it('leaves out ReplicaSets that are being deleted or have no readable number', () => {
    const seen = observe(running(), [
      replicaSet(3, three),
      replicaSet(2, two, { deleting: true }),
      replicaSet('x', one),
    ]);
    expect(seen.history).toEqual([]);
  });

  it('tells a restart from another content', () => {
    const restarted = template({
      metadata: {
        labels: { app: 'orchestrator' },
        annotations: { 'kubectl.kubernetes.io/restartedAt': 'now' },
      },
      ...(three.spec ? { spec: three.spec as never } : {}),
    });
    const { current, history } = observe(running(restarted), [
      replicaSet(4, restarted),
      replicaSet(3, three),
    ]);
    expect(history[0]?.fingerprint).not.toBe(current.fingerprint);
    expect(history[0]?.contentFingerprint).toBe(current.contentFingerprint);
  });

  it('joins the evidence by fingerprint, without repeating what the version says', () => {
    const record = { fingerprint: fingerprint(one), verdict: 'passed' } as KnownGoodRecord;
    const seen = observe(running(), [replicaSet(3, three), replicaSet(1, one)], [record]);
    expect(seen.current.evidence).toBeUndefined();
    expect(seen.history[0]?.evidence).toEqual({ verdict: 'passed' });
  });

  it('names the containers when the profile names one that is not there', () => {
    const containers = [
      { name: 'web', image: 'x:1' },
      { name: 'proxy', image: 'y:1' },
    ];
    const other = template({ spec: { containers } });
    expect(() => observe(running(other), [])).toThrow(/no container "orchestrator"; it has web, proxy/);
  });

  it('K5 takes the only container where the profile names one that is not there, and says so', () => {
    const other = template({ spec: { containers: [{ name: 'web', image: 'x:1' }] } });
    const { current, warnings } = observe(running(other), []);
    expect(current).toMatchObject({ container: 'web', image: 'x:1', version: '1' });
    expect(warnings.join()).toContain(
      'the profile names the container "orchestrator", and what runs has "web" alone',
    );
  });

  it('warns that the version before has the same image', () => {
    const reconfigured = template({
      spec: {
        containers: [{ name: 'orchestrator', image: 'registry.example/phoenix-orch:v0.3.0', args: ['x'] }],
      },
    });
    expect(
      observe(running(reconfigured), [replicaSet(4, reconfigured), replicaSet(3, three)]).warnings,
    ).toEqual([expect.stringContaining('revision 3 before this one has the same image')]);
  });
});

describe('a current version that an earlier rollback put there', () => {
  const TEMPLATE = { 'f:spec': { 'f:template': { 'f:spec': {} } } };
  const by = (manager: string, time: string, fieldsV1: RawObject = TEMPLATE) => ({ manager, time, fieldsV1 });
  const ours = by('rollback-runbook', '2026-11-23T03:00:00Z');
  const isRolledBack = (...managedFields: ManagedField[]) =>
    observe(running(three, { metadata: { managedFields } }), [replicaSet(3, three)]).rolledBack;

  it.each<[string, ManagedField[]]>([
    ['nobody else has written', [ours]],
    ['the release before it is older', [by('deployer', '2026-11-23T02:00:00Z'), ours]],
    ['the release before it is of the same second', [by('deployer', '2026-11-23T03:00:00Z'), ours]],
    [
      'somebody has changed the replicas since',
      [ours, by('scaler', '2026-11-23T04:00:00Z', { 'f:spec': { 'f:replicas': {} } })],
    ],
    [
      'the controller has written the status since',
      [ours, { ...by('kube-controller-manager', '2026-11-23T04:00:00Z'), subresource: 'status' }],
    ],
  ])('is known as that when %s', (_what, managers) => {
    expect(isRolledBack(...managers)).toBe(true);
  });

  it.each<[string, ManagedField[]]>([
    ['nobody says who wrote it', []],
    ['somebody else wrote the template', [by('kubectl-rollout', '2026-11-23T03:00:00Z')]],
    ['somebody else has written the template since', [ours, by('deployer', '2026-11-23T03:00:01Z')]],
  ])('is not taken for that when %s', (_what, managers) => {
    expect(isRolledBack(...managers)).toBe(false);
  });
});

describe('isContradicted', () => {
  const both = revisionsOf(DEPLOYMENT, [replicaSet(1, one), replicaSet(2, two)]);

  it.each<[string, Workload, ReturnType<typeof revisionsOf>]>([
    ['the newest ReplicaSet has another template', running(one), both],
    ['no ReplicaSet is there at all', running(one), []],
  ])('is true when %s', (_what, live, revisions) => {
    expect(isContradicted(live, revisions)).toBe(true);
  });

  it.each<[string, Workload, ReturnType<typeof revisionsOf>]>([
    ['the newest ReplicaSet is the live template', running(two), both],
    ['the controller has not seen the newest spec', running(one, { metadata: { generation: 4 } }), both],
    [
      'two ReplicaSets share the number',
      running(two),
      revisionsOf(DEPLOYMENT, [replicaSet(2, one, { name: 'a' }), replicaSet(2, two, { name: 'b' })]),
    ],
  ])('is false when %s', (_what, live, revisions) => {
    expect(isContradicted(live, revisions)).toBe(false);
  });
});

describe('how much of the history is kept', () => {
  it.each([
    [undefined, 10],
    [0, 0],
    [3, 3],
  ])('revisionHistoryLimit %s', (revisionHistoryLimit, expected) => {
    const spec = revisionHistoryLimit === undefined ? {} : { revisionHistoryLimit };
    expect(observe(running(three, { spec }), []).historyLimit).toBe(expected);
  });
});
