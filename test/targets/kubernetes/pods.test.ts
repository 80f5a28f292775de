import { describe, expect, it } from 'vitest';
import {
  describePod,
  imageIdOf,
  instanceOf,
  isActive,
  ownPods,
  troubleOf,
} from '../../../src/targets/kubernetes/pods.ts';
import type { ContainerStatus, Pod } from '../../../src/targets/kubernetes/resources.ts';
import { pod, ready } from './objects.ts';

const withStatus = (status: Partial<ContainerStatus>): Pod =>
  pod({
    phase: 'Pending',
    containerStatuses: [{ name: 'orchestrator', ready: false, restartCount: 0, ...status }],
  });
const waiting = (reason: string, message = '') => withStatus({ state: { waiting: { reason, message } } });

describe('troubleOf', () => {
  it.each([
    ['InvalidImageName', ''],
    ['ErrImageNeverPull', ''],
    ['ErrImagePull', 'manifest unknown'],
    ['ImagePullBackOff', 'Back-off pulling image "x:1": not found'],
    ['ErrImagePull', 'unauthorized: authentication required'],
    ['CreateContainerConfigError', 'secret "b" not found'],
  ])('finds %s (%s) final', (reason, message) => {
    expect(troubleOf(waiting(reason, message), 3)).toMatchObject({
      reason,
      final: true,
      pod: 'orchestrator-1-abc',
    });
  });

  it.each([
    ['ErrImagePull', 'i/o timeout'],
    ['ImagePullBackOff', 'TLS handshake timeout'],
    ['CreateContainerError', 'context deadline exceeded'],
  ])('gives %s (%s) a grace period', (reason, message) => {
    expect(troubleOf(waiting(reason, message), 3)).toMatchObject({ reason, final: false });
  });

  it.each(['ContainerCreating', 'PodInitializing'])('finds nothing wrong with %s', (reason) => {
    expect(troubleOf(waiting(reason), 3)).toBeUndefined();
  });

  it('counts restarts whatever the exit code, 0 included', () => {
    const crashed = withStatus({
      restartCount: 3,
      state: { waiting: { reason: 'CrashLoopBackOff' } },
      lastState: { terminated: { exitCode: 0, reason: 'Completed' } },
    });
    expect(troubleOf(crashed, 3)).toMatchObject({
      reason: 'CrashLoopBackOff',
      message: 'restarted 3 times, last exit code 0 (Completed)',
      final: true,
    });
    expect(troubleOf(crashed, 4)).toBeUndefined();
  });

  it('does not count restarts from before', () => {
    const veteran = withStatus({ restartCount: 7, ready: true });
    expect(troubleOf(veteran, 3, new Map([['orchestrator', 6]]))).toBeUndefined();
    expect(troubleOf(veteran, 3, new Map([['orchestrator', 4]]))).toBeDefined();
  });

  it('sees an init container that does not end well', () => {
    const stuck = pod({ initContainerStatuses: [{ name: 'migrate', restartCount: 5 }] });
    expect(troubleOf(stuck, 3)).toMatchObject({ container: 'migrate' });
  });

  it('repeats no credential of a message', () => {
    const leaking = waiting('ErrImagePull', 'denied: https://robot:hunter2hunter2@registry.example/v2/');
    expect(troubleOf(leaking, 3)?.message).not.toContain('hunter2');
  });
});

describe('describePod', () => {
  it('is silent about a pod that is ready', () => {
    expect(describePod(pod())).toBeUndefined();
  });

  it('says that a pod cannot be scheduled, and why', () => {
    const conditions = [
      { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes: cpu' },
    ];
    expect(describePod(pod({ phase: 'Pending', conditions }))).toBe(
      'orchestrator-1-abc: Unschedulable 0/3 nodes: cpu',
    );
  });

  it('says that a container runs and is not ready', () => {
    expect(describePod(withStatus({ state: { running: {} }, restartCount: 2 }))).toBe(
      'orchestrator-1-abc/orchestrator: not ready, 2 restarts',
    );
  });
});

describe('isActive', () => {
  it.each<[string, Pod, boolean]>([
    ['running', pod(), true],
    ['pending', pod({ phase: 'Pending' }), true],
    ['terminating', pod(ready, { deletionTimestamp: '2026-11-23T03:00:00Z' }), false],
    ['failed (evicted)', pod({ phase: 'Failed' }), false],
    ['succeeded', pod({ phase: 'Succeeded' }), false],
  ])('of a %s pod', (_phase, given, expected) => {
    expect(isActive(given)).toBe(expected);
  });
});

describe('ownPods', () => {
  it('leaves out pods of another workload that the selector selects too, such as a canary', () => {
    const canary = pod(ready, { name: 'canary', ownerReferences: [{ uid: 'canary-rs', controller: true }] });
    const bare = pod(ready, { name: 'bare', ownerReferences: [] });
    expect(ownPods([pod(), canary, bare], new Set(['uid-of-orchestrator-1']))).toEqual([pod()]);
  });
});

describe('imageIdOf', () => {
  const other = pod({
    containerStatuses: [{ name: 'orchestrator', imageID: 'registry.example/x@sha256:bb' }],
  });

  it('is the one that all pods report', () => {
    expect(imageIdOf([pod(), pod()], 'orchestrator')).toBe('registry.example/phoenix-orch@sha256:aa');
  });

  it.each<[string, Pod[]]>([
    ['pods differ', [pod(), other]],
    ['one does not say', [pod(), pod({})]],
    ['there are none', []],
  ])('is unknown when %s', (_why, pods) => {
    expect(imageIdOf(pods, 'orchestrator')).toBeUndefined();
  });
});

describe('instanceOf', () => {
  it('takes address, restarts and start from the status', () => {
    expect(instanceOf(pod(), 'orchestrator')).toEqual({
      name: 'orchestrator-1-abc',
      uid: 'pod-uid',
      address: '10.0.0.7',
      restarts: 0,
      startedAt: '2026-11-23T03:00:01Z',
    });
  });
});
