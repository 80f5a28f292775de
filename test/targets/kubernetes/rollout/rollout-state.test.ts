import { describe, expect, it } from 'vitest';
import type { RolloutStarted } from '../../../../src/domain/versions/pins.ts';
import type { Workload } from '../../../../src/targets/kubernetes/api/resources.ts';
import { evaluateRollout, hasProgressed } from '../../../../src/targets/kubernetes/rollout/rollout-state.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment } from '../objects.ts';

const rollout: RolloutStarted = {
  changed: true,
  uid: 'uid-1',
  generation: 3,
  fingerprint: 'pinned',
  version: '0.1.0',
};

/** The controller's clock of the bad version may run out after the rollback was written. */
const timedOut = {
  conditions: [
    {
      type: 'Progressing',
      status: 'False',
      reason: 'ProgressDeadlineExceeded',
      lastUpdateTime: '2999-01-01T00:00:00Z',
    },
  ],
};

const evaluate = (state: Workload | undefined, live = 'pinned') =>
  evaluateRollout(DEPLOYMENT, state, live, rollout);

describe('evaluateRollout', () => {
  it('is complete when all replicas are updated and available and no old one is left', () => {
    expect(evaluate(deployment())).toMatchObject({ kind: 'complete', wanted: 3 });
  });

  it('is complete with no pods when scaled to 0', () => {
    const none = { replicas: 0, updatedReplicas: 0, readyReplicas: 0, availableReplicas: 0 };
    expect(evaluate(deployment({ spec: { replicas: 0 }, status: none }))).toMatchObject({
      kind: 'complete',
      wanted: 0,
    });
  });

  it('takes replicas from the spec of the moment: an autoscaler may change them', () => {
    const scaled = deployment({
      metadata: { generation: 4 },
      spec: { replicas: 5 },
      status: { observedGeneration: 4 },
    });
    expect(evaluate(scaled)).toMatchObject({ kind: 'waiting', message: '3 of 5 replicas updated' });
    const five = {
      observedGeneration: 4,
      replicas: 5,
      updatedReplicas: 5,
      readyReplicas: 5,
      availableReplicas: 5,
    };
    expect(
      evaluate(deployment({ metadata: { generation: 4 }, spec: { replicas: 5 }, status: five })),
    ).toMatchObject({
      kind: 'complete',
      wanted: 5,
    });
  });

  it('counts a Deployment without spec.replicas as one', () => {
    const { replicas: _none, ...spec } = deployment().spec;
    const one = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
    expect(evaluate({ ...deployment({ status: one }), spec })).toMatchObject({
      kind: 'complete',
      wanted: 1,
    });
  });

  it.each<[string, Workload]>([
    ['waiting for the change to be seen', deployment({ metadata: { generation: 2 } })],
    ['waiting for the controller to see the change', deployment({ status: { observedGeneration: 2 } })],
    ['1 of 3 replicas updated', deployment({ status: { updatedReplicas: 1 } })],
    ['3 of 3 replicas updated, 2 old to end', deployment({ status: { replicas: 5 } })],
    ['2 of 3 replicas available', deployment({ status: { availableReplicas: 2 } })],
  ])('says "%s"', (message, state) => {
    expect(evaluate(state)).toMatchObject({ kind: 'waiting', message });
  });

  it('shows why pods are refused', () => {
    const conditions = [{ type: 'ReplicaFailure', status: 'True', message: 'exceeded quota: pods=50' }];
    expect(evaluate(deployment({ status: { updatedReplicas: 1, conditions } }))).toMatchObject({
      kind: 'waiting',
      message: '1 of 3 replicas updated; pods are refused: exceeded quota: pods=50',
    });
  });

  it("takes no notice of the server's time-out, whenever it was written", () => {
    const late = deployment({ status: { updatedReplicas: 1, ...timedOut } });
    expect(evaluate(late)).toMatchObject({ kind: 'waiting', message: '1 of 3 replicas updated' });
    expect(evaluate(deployment({ status: timedOut })).kind).toBe('complete');
  });

  it('says when it is paused in the middle, and not when it is paused after the end', () => {
    const paused = { paused: true };
    expect(evaluate(deployment({ spec: paused, status: { updatedReplicas: 1 } })).kind).toBe('paused');
    expect(evaluate(deployment({ spec: paused })).kind).toBe('complete');
  });

  it.each<[string, Workload | undefined, string]>([
    ['deleted', undefined, 'pinned'],
    ['deleted and created again', deployment({ metadata: { uid: 'uid-2' } }), 'pinned'],
    ['changed by somebody else', deployment({ metadata: { generation: 4 } }), 'another'],
  ])('is superseded when the Deployment was %s', (_what, state, live) => {
    expect(evaluate(state, live).kind).toBe('superseded');
  });

  it('does not take a state from before the write for a change by somebody else', () => {
    expect(evaluate(deployment({ metadata: { generation: 2 } }), 'the one before').kind).toBe('waiting');
  });
});

describe('hasProgressed', () => {
  const before = { updated: 1, ready: 2, available: 2, old: 2 };

  it.each([
    ['more are updated', { updated: 2 }],
    ['more are ready', { ready: 3 }],
    ['more are available', { available: 3 }],
    ['fewer are old', { old: 1 }],
  ])('is true when %s', (_what, change) => {
    expect(hasProgressed(before, { ...before, ...change })).toBe(true);
  });

  it.each([
    ['nothing changed', {}],
    ['a pod got lost', { ready: 1, available: 1 }],
    ['more are old', { old: 3 }],
  ])('is false when %s', (_what, change) => {
    expect(hasProgressed(before, { ...before, ...change })).toBe(false);
  });
});
