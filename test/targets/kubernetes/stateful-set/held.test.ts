import { describe, expect, it } from 'vitest';
import { until } from '../../../../tools/until.ts';
import { context, errorOf, openWorld, type Service } from '../world.ts';
import { obey, podsOf, STATEFUL_SET, tagsOf, wait } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

const NAME = 'master-orchestrator';
const both = ['v0.1.0', 'v0.2.0'];
const three = { ...STATEFUL_SET, replicas: 3 } as const;
const partition = (number: number) => ({
  spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: number } } },
});
const warnings = async (of: Service) => (await (await of.another()).observe(context)).warnings;

/** Rolls back, and what the wait ends with. */
async function held(of: Service) {
  const pin = await of.pin();
  const roll = async () => {
    const started = await of.target.rollBack(pin, context);
    return of.target.waitForRollout(started, context, () => undefined);
  };
  const error = await errorOf(roll());
  expect(error).toMatchObject({ type: 'RolloutHeld', retryable: false });
  // What the answer `retry` does: the change once more, which is there already, and the wait.
  return { message: error.message, again: roll };
}

const settled = (of: Service, tags: readonly string[]) =>
  until(`the pods to be ${tags}`, async () => {
    const pods = await podsOf(cluster(), of);
    const isReady = pods.every(({ status }) =>
      status.conditions?.some(
        ({ type, status: on }: { type: string; status: string }) => type === 'Ready' && on === 'True',
      ),
    );
    return isReady && (await tagsOf(cluster(), of)).join() === tags.join();
  });

describe('a StatefulSet with a partition', () => {
  it('goes back above it; the others wait for a person, who is given the command that works', async () => {
    const of = await service(both, three);
    await of.change(partition(2));
    expect(await warnings(of)).toEqual([
      `statefulset/${NAME} has partition 2: 2 of 3 replicas stay as they are, 1 are to be of the target version; those that stay at another version wait for a person`,
    ]);
    const { message, again } = await held(of);
    expect(message).toBe(
      `1 of 3 replicas are of 0.1.0; ${NAME}-0, ${NAME}-1 wait for a person, because statefulset/${NAME} has partition 2: kubectl patch statefulset ${NAME} -n ${of.namespace} --type merge -p '{"spec":{"updateStrategy":{"rollingUpdate":{"partition":0}}}}'`,
    );
    expect(await tagsOf(cluster(), of)).toEqual(['v0.2.0', 'v0.2.0', 'v0.1.0']);
    expect(await obey(cluster(), message)).toContain('patched');
    expect(await again()).toMatchObject({ replicas: 3, revision: 3 });
    expect(await tagsOf(cluster(), of)).toEqual(['v0.1.0', 'v0.1.0', 'v0.1.0']);
  });

  it('is back as a whole when it was a canary: the pods below are of the version already', async () => {
    const of = await service(['v0.1.0'], three);
    await of.change(partition(2));
    await of.push('v0.2.0');
    await settled(of, ['v0.1.0', 'v0.1.0', 'v0.2.0']);
    expect(await warnings(of)).toEqual([
      expect.stringContaining('has partition 2: 2 of 3 replicas stay as they are'),
      '1 of 3 replicas are of the current version; the others wait for a person',
    ]);
    // Until then a verification says what is not of the live version.
    expect(await errorOf(wait(of).finished)).toMatchObject({
      type: 'RolloutHeld',
      message: expect.stringContaining(
        `1 of 3 replicas are of 0.2.0; ${NAME}-0, ${NAME}-1 wait for a person`,
      ),
    });
    const messages = await of.rollBack();
    expect(messages.at(-1)).toBe('3 of 3 replicas available');
    expect(await tagsOf(cluster(), of)).toEqual(['v0.1.0', 'v0.1.0', 'v0.1.0']);
  });

  it('counts from where the ordinals start', async () => {
    const of = await service(both, { ...STATEFUL_SET, replicas: 2, spec: { ordinals: { start: 5 } } });
    await of.change(partition(1));
    const { message, again } = await held(of);
    expect(message).toContain(`1 of 2 replicas are of 0.1.0; ${NAME}-5 waits for a person`);
    await obey(cluster(), message);
    expect((await again()).instances.map(({ name }) => name).sort()).toEqual([`${NAME}-5`, `${NAME}-6`]);
  });

  it('that is larger than the set leaves everything to a person', async () => {
    const of = await service(both, { ...STATEFUL_SET, replicas: 2 });
    await of.change(partition(9));
    expect((await warnings(of))[0]).toContain(
      '2 of 2 replicas stay as they are, 0 are to be of the target version',
    );
    const { message, again } = await held(of);
    expect(message).toContain(`0 of 2 replicas are of 0.1.0; ${NAME}-0, ${NAME}-1 wait for a person`);
    await obey(cluster(), message);
    expect(await again()).toMatchObject({ replicas: 2 });
  });

  it('is none that is held as long as pods of the version are not up, nor when they cannot start', async () => {
    const of = await service(both, { ...STATEFUL_SET, replicas: 2, rollout: { deadlineMs: 60_000 } });
    await of.change({ spec: { ...partition(1).spec, minReadySeconds: 2 } });
    const { message } = await held(of);
    const [, pod] = await podsOf(cluster(), of);
    const ready = pod?.status.conditions.find(({ type }: { type: string }) => type === 'Ready');
    expect(Date.now() - Date.parse(ready.lastTransitionTime)).toBeGreaterThanOrEqual(2_000);
    expect(message).toContain('1 of 2 replicas');
    const started = await of.target.rollBack(await of.pin({ kind: 'version', version: '9.9.9' }), context);
    expect(await errorOf(of.target.waitForRollout(started, context, () => undefined))).toMatchObject({
      type: 'RolloutFailed',
      message: expect.stringMatching(
        /pod master-orchestrator-1, container master-orchestrator: (ErrImagePull|ImagePullBackOff)/,
      ),
    });
  });
});

describe('a StatefulSet with updateStrategy OnDelete', () => {
  const onDelete = { ...three, spec: { updateStrategy: { type: 'OnDelete' } } };
  async function released() {
    const of = await service(['v0.1.0'], onDelete);
    await of.push('v0.2.0');
    const names = (await podsOf(cluster(), of)).map(({ metadata }) => metadata.name);
    for (const name of names) await cluster().api.must('DELETE', of.path(`pods/${name}`));
    await settled(of, ['v0.2.0', 'v0.2.0', 'v0.2.0']);
    return of;
  }

  it('waits for a person who deletes its pods, all or one by one, and is told which are left', async () => {
    const of = await released();
    expect(await warnings(of)).toEqual([
      `statefulset/${NAME} has updateStrategy OnDelete: no pod is replaced by itself; after the change those of another version wait for a person who deletes them`,
    ]);
    const { message, again } = await held(of);
    expect(message).toBe(
      `0 of 3 replicas are of 0.1.0; ${NAME}-0, ${NAME}-1, ${NAME}-2 wait for a person, because statefulset/${NAME} has updateStrategy OnDelete: kubectl delete pod ${NAME}-0 ${NAME}-1 ${NAME}-2 -n ${of.namespace}`,
    );
    await cluster().api.must('DELETE', of.path(`pods/${NAME}-1`));
    const less = await errorOf(again());
    expect(less).toMatchObject({ type: 'RolloutHeld' });
    expect(less.message).toContain(`1 of 3 replicas are of 0.1.0; ${NAME}-0, ${NAME}-2 wait for a person`);
    expect(await obey(cluster(), less.message)).toContain('deleted');
    expect(await again()).toMatchObject({ replicas: 3 });
  });

  it('has nothing to wait for when its pods are of the version already', async () => {
    const of = await service(['v0.1.0'], onDelete);
    await of.push('v0.2.0');
    await until('the controller to see it', async () => {
      const { metadata, status } = await of.live();
      return status.observedGeneration === metadata.generation;
    });
    await of.rollBack();
    expect(await tagsOf(cluster(), of)).toEqual(['v0.1.0', 'v0.1.0', 'v0.1.0']);
  });
});
