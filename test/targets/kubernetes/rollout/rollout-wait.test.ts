import { describe, expect, it } from 'vitest';
import { fingerprint } from '../../../../src/targets/kubernetes/template/fingerprint.ts';
import type { RolloutProgress } from '../../../../src/targets/target.ts';
import { until } from '../../../../tools/until.ts';
import { pod } from '../objects.ts';
import { closeAfterEach, type StubbedService, stubbedService, v1, v3 } from '../stubbed.ts';
import { context, errorOf } from '../support.ts';

closeAfterEach();

const GET = 'GET deployments/orchestrator';
const complete = { replicas: 3, updatedReplicas: 3, readyReplicas: 3, availableReplicas: 3, conditions: [] };

/** A rollback that was written, and one pod of three that is up. */
async function begun() {
  const of = await stubbedService();
  const started = await of.target.rollBack(await of.pin(), context);
  // With a generation of its own, to tell when the watch has brought it.
  of.change({ spec: {}, status: { ...complete, updatedReplicas: 1 } });
  for (const name of ['a', 'b', 'c']) of.stub.put('pods', pod(undefined, { name, uid: `uid-${name}` }));
  await until('the watch to show it', async () => (await of.target.current(context)).generation === 5);
  of.asked();
  return { ...of, of, started };
}

/** A wait that was taken up from an attempt before. */
function wait(
  { of, started }: { readonly of: StubbedService; readonly started: never | object },
  ago: Partial<Record<'waiting' | 'progress', number>> = {},
) {
  const at = (seconds = 0) => new Date(of.now - seconds * 1_000).toISOString();
  const resume: RolloutProgress = {
    message: 'waiting',
    waitingSince: at(ago.waiting),
    progressAt: at(ago.progress),
    updated: 1,
    ready: 3,
    available: 3,
    old: 2,
  };
  const reports: RolloutProgress[] = [];
  const finished = of.target.waitForRollout(
    started as never,
    context,
    (report) => reports.push(report),
    resume,
  );
  finished.catch(() => {});
  return { finished, reports };
}

describe('a wait that is about to give up', () => {
  it.each([
    // No pod of it is in trouble: that says nothing of the version.
    ['for want of progress', { progress: 601 }, 'RolloutTimedOut', 'made no progress for 600 s'],
    ['at the deadline of the profile', { waiting: 61 }, 'RolloutTimedOut', 'made no end in 60 s'],
  ])('reads once more, and gives up %s when that confirms it', async (_why, ago, type, expected) => {
    const { of, started, asked } = await begun();
    const error = await errorOf(wait({ of, started }, ago).finished);
    expect(error).toMatchObject({ type });
    expect(error.message).toContain(`the rollout of 0.1.0 ${expected}: 1 of 3 replicas updated`);
    expect(asked().filter((what) => what === GET)).toHaveLength(1);
  });

  it.each([
    ['for want of progress', { progress: 601 }],
    ['at the deadline of the profile', { waiting: 61 }],
  ])('ends well %s when the read shows that it is complete', async (_why, ago) => {
    const { of, started, change } = await begun();
    change({ status: complete, tell: false });
    expect(await wait({ of, started }, ago).finished).toMatchObject({
      uid: 'uid-1',
      fingerprint: fingerprint(v1),
      replicas: 3,
      podTemplateHash: 'hash1',
    });
  });

  it('names the pods that are not up, though none are watched yet', async () => {
    const { of, started, stub } = await begun();
    const state = { waiting: { reason: 'ContainerCreating' } };
    const status = { phase: 'Pending', containerStatuses: [{ name: 'orchestrator', ready: false, state }] };
    stub.put('pods', pod(status, { name: 'late', uid: 'uid-late' }));
    const error = await errorOf(wait({ of, started }, { progress: 601 }).finished);
    expect(error.message).toContain('late/orchestrator: ContainerCreating');
  });

  it('K15 says nothing of the version when the cluster alone held it up', async () => {
    const { of, started, stub } = await begun();
    const waiting = (reason: string, message = '') => ({
      phase: 'Pending',
      containerStatuses: [{ name: 'orchestrator', ready: false, state: { waiting: { reason, message } } }],
    });
    const limited = waiting('ImagePullBackOff', '429 Too Many Requests');
    stub.put('pods', pod(limited, { name: 'late', uid: 'uid-late' }));
    const error = await errorOf(wait({ of, started }, { progress: 601 }).finished);
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error.message).toContain(
      'made no progress for 600 s: 1 of 3 replicas updated; late/orchestrator: Image',
    );
    const broken = waiting('CreateContainerError', 'no command specified');
    stub.put('pods', pod(broken, { name: 'broken', uid: 'uid-broken' }));
    expect(await errorOf(wait({ of, started }, { progress: 601 }).finished)).toMatchObject({
      type: 'RolloutFailed',
    });
  });

  it('goes on when the read shows progress that the watch did not tell of', async () => {
    const { of, started, change } = await begun();
    change({ status: { ...complete, updatedReplicas: 2 }, tell: false });
    const { finished, reports } = wait({ of, started }, { progress: 601 });
    await until('the progress', async () => reports.some(({ updated }) => updated === 2), { everyMs: 5 });
    change({ status: complete });
    expect(await finished).toMatchObject({ replicas: 3 });
  });

  it('does not judge when the read fails: the step tries again and resumes', async () => {
    const { of, started, stub } = await begun();
    stub.on(/^GET deployments/, ({ status }) => status(503, 'no endpoints available'));
    expect(await errorOf(wait({ of, started }, { progress: 601 }).finished)).toMatchObject({
      type: 'Unreachable',
      retryable: true,
    });
  });

  it('says that somebody else changed the template when that is so', async () => {
    const { of, started, change } = await begun();
    change({ template: v3, tell: false });
    expect(await errorOf(wait({ of, started }, { progress: 601 }).finished)).toMatchObject({
      type: 'WorkloadChanged',
    });
  });
});

describe("a time-out of the controller's clock", () => {
  it('is not that of the wait: it may have run since the bad version', async () => {
    const { of, started, change } = await begun();
    const reason = 'ProgressDeadlineExceeded';
    const late = { type: 'Progressing', status: 'False', reason, lastUpdateTime: '2026-11-23T03:00:01Z' };
    change({ status: { ...complete, updatedReplicas: 2, conditions: [late] } });
    const { finished, reports } = wait({ of, started });
    await until('an evaluation of it', async () => reports.some(({ updated }) => updated === 2), {
      everyMs: 5,
    });
    change({ status: complete });
    expect(await finished).toMatchObject({ replicas: 3 });
  });
});

describe('a wait', () => {
  it('counts its progress deadline by its own clock', async () => {
    const { of, started, change, target } = await begun();
    change({ spec: { progressDeadlineSeconds: 45 }, status: { ...complete, updatedReplicas: 1 } });
    await until('the watch to show it', async () => (await target.current(context)).generation === 6);
    const { finished, reports } = wait({ of, started });
    await until('the first evaluation', async () => reports.length > 0, { everyMs: 5 });
    of.now += 46_000;
    const error = await errorOf(finished);
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error.message).toMatch(/made no progress for 45 s: .*the controllers may be down/);
  });
});
