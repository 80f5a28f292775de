import { describe, expect, it } from 'vitest';
import type { Pod } from '../../../../src/targets/kubernetes/api/resources.ts';
import {
  imageIdOf,
  instanceOf,
  isActive,
  ownPods,
} from '../../../../src/targets/kubernetes/workload/pods.ts';
import { pod, ready } from '../objects.ts';

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
