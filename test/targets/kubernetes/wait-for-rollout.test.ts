import { describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../sandbox/control-plane/api.ts';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, pastItsDeadline, type Service } from './world.ts';

const { cluster, service } = openWorld();

/** Waits for what is live now, with what was reported on the way. */
function wait(of: Service, signal = context.signal, resume?: RolloutProgress) {
  const reports: RolloutProgress[] = [];
  const finished = of.target
    .current(context)
    .then((rollout) =>
      of.target.waitForRollout(rollout, { signal }, (report) => reports.push(report), resume),
    );
  finished.catch(() => {});
  return { finished, reports };
}

const reported = (reports: readonly RolloutProgress[]) =>
  until('the first report', async () => reports.length > 0);

describe('waitForRollout', () => {
  test('ends when every running pod is of the target version, and says which they are', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { replicas: 2 });
    const pin = await of.pin();
    const started = await of.target.rollBack(pin, context);
    const messages: string[] = [];
    const finished = await of.target.waitForRollout(started, context, ({ message }) =>
      messages.push(message),
    );

    expect(finished).toMatchObject({ generation: started.generation, revision: 3, replicas: 2 });
    if (pin.source.kind === 'replica-set') expect(finished.podTemplateHash).toBe(pin.source.podTemplateHash);
    expect(finished.imageId).toMatch(/^registry\.example\/phoenix-orch@sha256:/);
    const { items } = await cluster().api.must('GET', of.path('pods'));
    const running = items.filter(
      ({ metadata }: { metadata: { deletionTimestamp?: string } }) => !metadata.deletionTimestamp,
    );
    expect(finished.instances.map(({ uid }) => uid).sort()).toEqual(
      running.map(({ metadata }: { metadata: { uid: string } }) => metadata.uid).sort(),
    );
    expect(finished.instances.every(({ address }) => address.startsWith('127.'))).toBe(true);
    expect(messages.at(-1)).toBe('2 of 2 replicas available');
    expect(messages.length).toBeGreaterThan(2);
    expect(await of.target.instances(context)).toEqual(finished.instances);
  });

  test('ends at once when the version is there already, and never fails it for old restarts', async () => {
    const of = await service(['v0.1.0']);
    const { finished } = wait(of);
    expect(await finished).toMatchObject({ revision: 1, replicas: 1 });
  });

  test('names the image that cannot be pulled, long before the deadline', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v9.9.9');
    const error = await errorOf(wait(of).finished);
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    expect(error.message).toMatch(
      /pod master-orchestrator-\S+, container master-orchestrator: (ErrImagePull|ImagePullBackOff): .*v9\.9\.9/,
    );
  });

  test('takes a program that ends with exit code 0 again and again for broken', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-crash-exit-0');
    const error = await errorOf(wait(of).finished);
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    // Three restarts are the least; a slow reader of the watch may see more before it ends.
    expect(error.message).toMatch(/restarted ([3-9]|\d{2,}) times, last exit code 0/);
  });

  test('gives up when there is no progress for the progress deadline, and names the pod', async () => {
    const of = await service(['v0.1.0'], { progressDeadlineSeconds: 2 });
    await of.push('v0.3.0-never-ready');
    const error = await errorOf(wait(of).finished);
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    expect(error.message).toMatch(/progress.*master-orchestrator-\S+: not ready/);
  });

  test('is not misled by the time-out of the bad version', async () => {
    const of = await service(['v0.1.0'], {
      progressDeadlineSeconds: 2,
      spec: { strategy: { type: 'Recreate' } },
    });
    await of.push('v0.3.0-never-ready');
    await pastItsDeadline(of);
    const messages = await of.rollBack();
    expect(messages.at(-1)).toBe('1 of 1 replicas available');
  });

  test('stops at the deadline of the profile, counted from the first attempt', async () => {
    const of = await service(['v0.1.0'], { rollout: { deadlineMs: 60_000 } });
    await of.push('v0.3.0-never-ready');
    const now = new Date().toISOString();
    const resume: RolloutProgress = {
      message: 'waiting',
      waitingSince: new Date(Date.now() - 61_000).toISOString(),
      progressAt: now,
      updated: 1,
      ready: 1,
      available: 1,
      old: 1,
    };
    const begun = performance.now();
    const error = await errorOf(wait(of, context.signal, resume).finished);
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error.message).toContain('made no end in 60 s');
    expect(performance.now() - begun).toBeLessThan(15_000);
  });

  test('takes up the clock of progress from the attempt before', async () => {
    const of = await service(['v0.1.0'], { progressDeadlineSeconds: 30, rollout: { deadlineMs: 600_000 } });
    await of.push('v0.3.0-never-ready');
    const { reports } = wait(of);
    const counted = await until('the pods to be counted', async () =>
      reports.findLast(({ old, updated }) => old === 1 && updated === 1),
    );
    // A pod that has not started yet says nothing of the version.
    await until('the new container to run', async () => {
      const { items } = await cluster().api.must('GET', of.path('pods'));
      return items.filter(isRunning).length === 2;
    });
    const long = new Date(Date.now() - 31_000).toISOString();
    const error = await errorOf(
      wait(of, context.signal, { ...counted, waitingSince: long, progressAt: long }).finished,
    );
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    expect(error.message).toContain('made no progress for 30 s');
  });

  test('finishes what another worker has begun to wait for', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { replicas: 2 });
    const started = await of.target.rollBack(await of.pin(), context);
    const stop = new AbortController();
    const reports: RolloutProgress[] = [];
    const first = errorOf(
      of.target.waitForRollout(started, { signal: stop.signal }, (report) => {
        reports.push(report);
        stop.abort(new Error('the worker went away'));
      }),
    );
    expect(await first).toMatchObject({ message: 'the worker went away' });
    const other = await of.another();
    const again: RolloutProgress[] = [];
    const finished = await other.waitForRollout(started, context, (report) => again.push(report), reports[0]);
    expect(finished).toMatchObject({ replicas: 2, generation: started.generation });
    expect(again.every(({ waitingSince }) => waitingSince === reports[0]?.waitingSince)).toBe(true);
  });

  test('is cancelled within a second', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-never-ready');
    const stop = new AbortController();
    const { finished, reports } = wait(of, stop.signal);
    await reported(reports);
    const begun = performance.now();
    stop.abort(new Error('cancelled by the caller'));
    expect(await errorOf(finished)).toMatchObject({ message: 'cancelled by the caller' });
    expect(performance.now() - begun).toBeLessThan(4_000);
  });

  test('is complete with no pods when the Deployment is scaled to 0', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.change({ spec: { replicas: 0 } });
    await cluster()
      .complete(of.namespace, 'master-orchestrator')
      .catch(() => {});
    const started = await of.target.rollBack(await of.pin(), context);
    expect(await of.target.waitForRollout(started, context, () => {})).toMatchObject({
      replicas: 0,
      instances: [],
    });
  });

  test('follows an autoscaler that changes the replicas in the middle', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.1.1');
    const { finished } = wait(of);
    await of.change({ spec: { replicas: 3 } }, 'autoscaler');
    expect(await finished).toMatchObject({ replicas: 3 });
  });

  test('is not confused by pods of another workload with the same labels', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const live = await of.live();
    const labels = { app: 'master-orchestrator', version: 'canary' };
    const canary = {
      metadata: { name: 'master-orchestrator-canary' },
      spec: {
        ...live.spec,
        selector: { matchLabels: labels },
        template: { ...live.spec.template, metadata: { labels } },
      },
    };
    await cluster().api.must('POST', of.path('deployments'), canary);
    await cluster().complete(of.namespace, 'master-orchestrator-canary');
    const started = await of.target.rollBack(await of.pin(), context);
    const finished = await of.target.waitForRollout(started, context, () => {});
    expect(finished.instances).toHaveLength(1);
    expect(finished.instances[0]?.name).not.toContain('canary');
  });

  test('ends when somebody else changes the template, and names who', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-never-ready');
    const { finished, reports } = wait(of);
    await reported(reports);
    await of.push('v0.2.0');
    const error = await errorOf(finished);
    expect(error).toMatchObject({ type: 'WorkloadChanged' });
    expect(error.message).toContain('its template was changed, last by field manager "deployer"');
  });

  test('ends when the Deployment is deleted', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-never-ready');
    const { finished, reports } = wait(of);
    await reported(reports);
    await cluster().api.must('DELETE', of.path());
    expect(await errorOf(finished)).toMatchObject({
      type: 'WorkloadChanged',
      message: expect.stringContaining('it was deleted'),
    });
  });

  test('ends when the Deployment is paused in the middle', async () => {
    const of = await service(['v0.1.0']);
    await of.push('v0.3.0-never-ready');
    const { finished, reports } = wait(of);
    await reported(reports);
    await of.change({ spec: { paused: true } });
    expect(await errorOf(finished)).toMatchObject({ type: 'WorkloadPaused' });
  });

  test('shows that a quota keeps pods from being created', async () => {
    const of = await service(['v0.1.0']);
    await cluster().api.must('POST', of.path('resourcequotas'), {
      metadata: { name: 'tight' },
      spec: { hard: { pods: '1' } },
    });
    await until('the quota to count', async () => {
      const { status } = await cluster().api.must('GET', of.path('resourcequotas/tight'));
      return status?.used?.pods === '1';
    });
    await of.push('v0.2.0');
    const { reports } = wait(of);
    await until('the quota in the message', async () =>
      reports.some(
        ({ message }) => message.includes('pods are refused') && message.includes('exceeded quota: tight'),
      ),
    );
  });
});

/** Whether a pod's container runs, ready or not. */
function isRunning({ status }: KubernetesObject): boolean {
  return status.containerStatuses?.[0]?.state?.running !== undefined;
}
