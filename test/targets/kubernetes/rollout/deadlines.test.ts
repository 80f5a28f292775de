import { describe, expect, it } from 'vitest';
import { deadlineExceeded } from '../../../../src/targets/kubernetes/rollout/deadlines.ts';
import { DEPLOYMENT } from '../../../../src/targets/kubernetes/workload/deployment.ts';
import { deployment } from '../objects.ts';

const NOW = Date.parse('2026-11-23T03:00:00Z');
const ago = (seconds: number) => new Date(NOW - seconds * 1_000).toISOString();
const given = (waited: number, still: number, progressDeadlineSeconds?: number) => {
  const { progressDeadlineSeconds: _default, ...spec } = deployment().spec;
  const more = progressDeadlineSeconds === undefined ? {} : { progressDeadlineSeconds };
  const waits = { waitingSince: ago(waited), progressAt: ago(still) };
  const deadline = DEPLOYMENT.progressDeadlineSeconds({ ...deployment(), spec: { ...spec, ...more } });
  return deadlineExceeded(deadline, waits, 900_000, NOW);
};

describe('deadlineExceeded', () => {
  it.each<[string, number, number, number | undefined]>([
    ['all is young', 10, 10, 60],
    ['both deadlines are just reached', 900, 60, 60],
    ['the progress deadline is the default of 600 s', 800, 599, undefined],
    ['the Deployment has no progress deadline', 899, 899, 2_147_483_647],
  ])('waits on while %s', (_what, waited, still, deadline) => {
    expect(given(waited, still, deadline)).toBeUndefined();
  });

  it.each<[string, number, number, number | undefined, string, string]>([
    ['the profile allows', 901, 1, 60, 'RolloutTimedOut', 'made no end in 900 s'],
    ['the Deployment allows', 100, 61, 60, 'RolloutFailed', 'made no progress for 60 s'],
    ['a Deployment allows by default', 700, 601, undefined, 'RolloutFailed', 'made no progress for 600 s'],
  ])('gives up after more than %s', (_what, waited, still, deadline, type, because) => {
    expect(given(waited, still, deadline)).toEqual({ type, because });
  });
});
