import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { KubernetesObject } from '../../../sandbox/control-plane/api.ts';
import { imageOf } from '../../../sandbox/manifests.ts';
import type { RolloutProgress } from '../../../src/targets/target.ts';
import { freeze, thaw } from '../../../tools/processes/freeze.ts';
import { until } from '../../../tools/until.ts';
import { context, errorOf, openWorld, type Service } from './world.ts';

const { cluster, service } = openWorld();

let stopped = false;
const stop = async () => {
  stopped = true;
  await freeze(cluster().controlPlane.processes.controllers.pid());
};
const goOn = () => {
  if (stopped) thaw(cluster().controlPlane.processes.controllers.pid());
  stopped = false;
};
beforeEach(() => {
  stopped = false;
});
afterEach(goOn);

/** As another worker that takes a wait over in which nothing has moved for so long. */
function waitingFor(seconds: number): RolloutProgress {
  const at = new Date(Date.now() - seconds * 1_000).toISOString();
  return { message: '', waitingSince: at, progressAt: at, updated: 9, ready: 9, available: 9, old: 0 };
}

/** Stops the controllers when they have made a pod of the target version, and said so; then it gets ready. */
async function stoppedMidway(of: Service) {
  const letGo = cluster().node.failPulls(of.namespace, 'v0.1.0', '429 Too Many Requests');
  const started = await of.target.rollBack(await of.pin(), context);
  const newPod = async () => {
    const { items } = await cluster().api.must('GET', of.path('pods'));
    return items.find(({ spec }: KubernetesObject) => spec.containers[0].image === imageOf('v0.1.0'));
  };
  await until('a pod of the target version', newPod);
  await until('the controllers to have said so', async () => {
    const { status } = await of.live();
    const updated = status.updatedReplicas ?? status.updatedNumberScheduled;
    return status.observedGeneration === started.generation && updated === 1;
  });
  await stop();
  letGo();
  await until('it to be ready', async () => {
    const conditions: readonly KubernetesObject[] = (await newPod()).status.conditions ?? [];
    return conditions.some(({ type, status }) => type === 'Ready' && status === 'True');
  });
  return started;
}

describe('controllers that are down in the middle of a rollout', () => {
  test.each([
    [
      'Deployment',
      { replicas: 2, spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } } },
    ],
    ['DaemonSet', { nodes: 2 }],
  ] as const)('are named, and the wait for a %s ends well when they are back', async (kind, how) => {
    const of = await service(['v0.1.0', 'v0.2.0'], { kind, ...how });
    const started = await stoppedMidway(of);
    const reports: RolloutProgress[] = [];
    const finished = of.target.waitForRollout(
      started,
      context,
      (report) => reports.push(report),
      waitingFor(11),
    );
    finished.catch(() => {});
    await until('them to be named', async () =>
      reports.some(({ message }) => /nothing moves: the controllers may be down/.test(message)),
    );
    goOn();
    expect(await finished).toMatchObject({ replicas: 2 });
  });

  test('beyond the progress deadline the wait ends, and says nothing of the version', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], {
      replicas: 2,
      spec: { strategy: { rollingUpdate: { maxSurge: 1, maxUnavailable: 0 } } },
      progressDeadlineSeconds: 30,
      rollout: { deadlineMs: 600_000 },
    });
    const started = await stoppedMidway(of);
    const error = await errorOf(of.target.waitForRollout(started, context, () => {}, waitingFor(31)));
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error.message).toMatch(/made no progress for 30 s: .*the controllers may be down/);
  });
});
