import { describe, expect, it } from 'vitest';
import type { ContainerStatus, Pod } from '../../../../../src/targets/kubernetes/api/resources.ts';
import {
  StateJudge,
  type WaitMemory,
} from '../../../../../src/targets/kubernetes/rollout/wait-states/judge.ts';
import {
  type Finding,
  OWN_DEADLINE_MS,
} from '../../../../../src/targets/kubernetes/rollout/wait-states/rows.ts';
import { pod, ready } from '../../objects.ts';

const SINCE = '2026-11-23T03:00:00.900Z';
const BEFORE = '2026-11-22T00:00:00Z';
const AFTER = '2026-11-23T03:00:05Z';

const clock = { now: Date.parse(SINCE) };
const judge = (memory: WaitMemory = {}) =>
  new StateJudge({ crashLoopRestarts: 3, waitingSince: SINCE, clock: () => clock.now }, memory);

const restarted = (restartCount: number, createdAt: string, change: Partial<ContainerStatus> = {}): Pod =>
  pod(
    {
      phase: 'Running',
      containerStatuses: [{ name: 'orchestrator', ready: false, restartCount, ...change }],
    },
    { creationTimestamp: createdAt },
  );
const looping = { state: { waiting: { reason: 'CrashLoopBackOff' } } };
const runs = { state: { running: {} } };
const ended = (of: StateJudge, given: Pod) => of.ending(of.statesOf([given]));

describe('restarts', () => {
  it.each<[string, Pod, boolean]>([
    ['of a pod that the rollout made count from the first', restarted(3, AFTER, looping), true],
    [
      'of a pod that was made in the second in which the wait began too',
      restarted(3, '2026-11-23T03:00:00Z', looping),
      true,
    ],
    ['too few of them are no trouble', restarted(2, AFTER, looping), false],
    ['K16 of a container that runs are no trouble', restarted(3, AFTER, runs), false],
    ['of a pod that was there before, and runs, do not count', restarted(7, BEFORE, runs), false],
    [
      'of a pod that was there before count when it is in a crash loop from the first',
      restarted(7, BEFORE, looping),
      true,
    ],
  ])('%s', (_what, given, expected) => {
    expect(ended(judge(), given) !== undefined).toBe(expected);
  });

  it('of a pod that was there before count from when it was first seen', () => {
    const one = judge();
    expect(ended(one, restarted(7, BEFORE, runs))).toBeUndefined();
    expect(ended(one, restarted(9, BEFORE, looping))).toBeUndefined();
    expect(ended(one, restarted(10, BEFORE, looping))).toMatchObject({ state: 'crash-loop' });
  });

  it('of a pod that was ready when it was first seen count from then', () => {
    const one = judge();
    const well = { ...ready, containerStatuses: [{ name: 'orchestrator', ready: true, restartCount: 7 }] };
    expect(one.statesOf([pod(well, { creationTimestamp: BEFORE })])).toEqual([]);
    expect(ended(one, restarted(8, BEFORE, looping))).toBeUndefined();
  });

  it('count the same after another worker took the wait over', () => {
    const first = judge();
    expect(ended(first, restarted(7, BEFORE, runs))).toBeUndefined();
    const second = judge(first.memory());
    expect(ended(second, restarted(8, BEFORE, looping))).toBeUndefined();
    expect(ended(second, restarted(10, BEFORE, looping))).toMatchObject({ state: 'crash-loop' });
  });

  it('of a pod that had none when it was first seen count all', () => {
    const one = judge();
    expect(ended(one, restarted(0, BEFORE, runs))).toBeUndefined();
    expect(ended(one, restarted(3, BEFORE, { state: { terminated: { exitCode: 0 } } }))?.state).toBe(
      'crash-loop',
    );
  });
});

describe('a state with a deadline of its own', () => {
  const missing: Finding = {
    state: 'config-missing',
    pod: 'a',
    container: 'orchestrator',
    text: 'configmap "x" not found',
  };
  const later = (ms: number) => {
    clock.now += ms;
  };

  it('K18 ends the wait when it has stood for that long', () => {
    const one = judge();
    expect(one.ending([missing])).toBeUndefined();
    later(OWN_DEADLINE_MS);
    expect(one.ending([missing])).toBeUndefined();
    later(1);
    expect(one.ending([missing])).toBe(missing);
  });

  it('begins anew when it was gone between', () => {
    const one = judge();
    one.ending([missing]);
    later(OWN_DEADLINE_MS);
    expect(one.ending([])).toBeUndefined();
    expect(one.ending([missing])).toBeUndefined();
    later(1_000);
    expect(one.ending([missing])).toBeUndefined();
  });

  it('does not begin anew with another pod of the same version, or another worker', () => {
    const one = judge();
    one.ending([missing]);
    later(OWN_DEADLINE_MS + 1);
    const other = judge(one.memory());
    expect(other.ending([{ ...missing, pod: 'b' }])).toMatchObject({ pod: 'b' });
  });
});

it('what may pass never ends the wait, however long it stands', () => {
  const one = judge();
  const limited: Finding = { state: 'image-not-now', pod: 'a', container: 'orchestrator', text: '429' };
  one.ending([limited]);
  clock.now += 86_400_000;
  expect(one.ending([limited])).toBeUndefined();
});
