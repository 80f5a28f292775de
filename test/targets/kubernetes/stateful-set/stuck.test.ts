import { readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { STRATEGIC_PATCH } from '../../../../sandbox/control-plane/api.ts';
import {
  afterwards,
  apiStatus,
  type Fault,
  hangUp,
  startFaultProxy,
} from '../../../../sandbox/faults/index.ts';
import { RULES_OF_KIND } from '../../../../sandbox/manifests.ts';
import type { KubernetesPin } from '../../../../src/domain/versions/pins.ts';
import type { RolloutProgress } from '../../../../src/targets/target.ts';
import { until } from '../../../../tools/until.ts';
import { context, errorOf, openWorld, PREVIOUS, type Service } from '../world.ts';
import { obey, podsOf, STATEFUL_SET, tagsOf, wait } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

const NAME = 'master-orchestrator';
const three = { ...STATEFUL_SET, replicas: 3 } as const;
/** No registry has it: its pods are never ready. */
const BROKEN = 'v9.9.9';
const MAY_NOT_DELETE = RULES_OF_KIND.StatefulSet.filter(({ verbs }) => !verbs.includes('delete'));

/** A good release, and one that is stuck at its first pod. */
async function stuck(options: Parameters<typeof service>[1] = {}, first = `${NAME}-2`) {
  const of = await service(['v0.1.0'], { ...three, ...options });
  await of.push(BROKEN);
  await until('the pod of the broken release', async () => isBroken(await podNamed(of, first)));
  return of;
}

async function podNamed(of: Service, name: string) {
  return (await cluster().api.call('GET', of.path(`pods/${name}`))).body;
}

function isBroken({
  status,
}: {
  status?: { containerStatuses?: { state?: { waiting?: { reason?: string } } }[] };
}) {
  return status?.containerStatuses?.[0]?.state?.waiting?.reason !== undefined;
}

const uids = async (of: Service) =>
  (await podsOf(cluster(), of)).map(({ metadata }) => metadata.uid as string);

/** Rolls back and waits; what was reported, and what came of it. */
async function rollBack(of: Service, target = of.target, pin?: KubernetesPin) {
  const reports: RolloutProgress[] = [];
  const started = await target.rollBack(pin ?? (await of.pin()), context);
  const finished = await target.waitForRollout(started, context, (report) => reports.push(report));
  return { finished, reports };
}

const deletes = async (of: Service, mark: number) =>
  (await of.requests(mark)).filter((request) => request === 'delete pods');

describe('a pod of a broken release for which the controller waits', () => {
  it('is replaced, and no other one; messages and record say so', async () => {
    const of = await stuck();
    const [first, second] = await uids(of);
    const mark = await cluster().mark();
    const { finished, reports } = await rollBack(of);
    expect(finished).toMatchObject({ replicas: 3, revision: 3 });
    expect(finished.warnings).toEqual([
      expect.stringMatching(
        /^replaced master-orchestrator-2 of another version \((ErrImagePull|ImagePullBackOff).*\)$/,
      ),
    ]);
    const told = reports.map(({ message }) => message);
    expect(
      told.some((message) => message.includes('the controller waits for it before it replaces any pod')),
    ).toBe(true);
    expect(told.at(-1)).toMatch(/^3 of 3 replicas available/);
    expect(await deletes(of, mark)).toEqual(['delete pods']);
    expect((await uids(of)).slice(0, 2)).toEqual([first, second]);
    expect(await tagsOf(cluster(), of)).toEqual(['v0.1.0', 'v0.1.0', 'v0.1.0']);
  });

  it('is replaced one after the other when there are several, the lowest ordinal first', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], three);
    const all = await uids(of);
    for (const { metadata } of await podsOf(cluster(), of)) await crash(of, metadata.name);
    const mark = await cluster().mark();
    const { finished } = await rollBack(of);
    const names = finished.warnings?.map((warning) => /replaced (\S+)/.exec(warning)?.[1]);
    expect(names).toEqual([`${NAME}-0`, `${NAME}-1`, `${NAME}-2`]);
    expect(await deletes(of, mark)).toHaveLength(3);
    for (const uid of await uids(of)) expect(all).not.toContain(uid);
  });

  it('is only replaced when it was seen for some seconds, where its state may pass', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, replicas: 2 });
    await unready(of, `${NAME}-0`);
    const begun = performance.now();
    const { finished } = await rollBack(of);
    expect(finished.warnings).toEqual([expect.stringContaining(`replaced ${NAME}-0 of another version`)]);
    expect(performance.now() - begun).toBeGreaterThan(5_000);
  });

  it('is not replaced when it gets ready by itself meanwhile: the controller goes on', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, replicas: 2 });
    await unready(of, `${NAME}-0`);
    const mark = await cluster().mark();
    const started = await of.target.rollBack(await of.pin(), context);
    const seen: string[] = [];
    const finished = of.target.waitForRollout(started, context, ({ message }) => seen.push(message));
    await until('the wait to see it', async () =>
      seen.some((message) => message.includes('the controller waits')),
    );
    await unready(of, `${NAME}-0`, 'True');
    expect((await finished).warnings).toBeUndefined();
    expect(await deletes(of, mark)).toEqual([]);
  });

  it('is left to a person where the worker may not delete pods, which the check before the change says', async () => {
    const of = await stuck({ rules: MAY_NOT_DELETE });
    const { warnings } = await of.target.checkAccess(PREVIOUS, context);
    expect(warnings).toEqual([
      `the worker may not delete pods: a pod that is never ready would keep the controller of statefulset/${NAME} from replacing any (podManagementPolicy OrderedReady), and a person would have to delete it`,
    ]);
    const [begun, pin] = [performance.now(), await of.pin()];
    const error = await errorOf(rollBack(of, of.target, pin));
    expect(error).toMatchObject({ type: 'RolloutHeld', retryable: false });
    expect(error.message).toMatch(
      /^master-orchestrator-2 is not of 0\.1\.0 and not ready \(.*the worker may not delete it/,
    );
    expect(performance.now() - begun).toBeLessThan(4_000);
    expect(await obey(cluster(), error.message)).toContain('deleted');
    const { finished } = await rollBack(of, of.target, pin);
    expect(finished).toMatchObject({ replicas: 3 });
    expect(finished.warnings).toBeUndefined();
  });

  it('is left alone by a verification, which says what a person can do', async () => {
    const of = await stuck();
    await of.push('v0.1.1');
    const mark = await cluster().mark();
    const error = await errorOf(wait(of).finished);
    expect(error).toMatchObject({ type: 'RolloutHeld' });
    expect(error.message).toContain(`${NAME}-2 is not of 0.1.1 and not ready`);
    expect(await deletes(of, mark)).toEqual([]);
    await obey(cluster(), error.message);
    expect(await wait(of).finished).toMatchObject({ replicas: 3 });
  });

  it('below the partition is left to a person, who lowers it: then it is replaced', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], three);
    await of.change({ spec: { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } } });
    await crash(of, `${NAME}-0`);
    const pin = await of.pin();
    const roll = async () => {
      const started = await of.target.rollBack(pin, context);
      return of.target.waitForRollout(started, context, () => undefined);
    };
    const error = await errorOf(roll());
    expect(error).toMatchObject({ type: 'RolloutHeld' });
    expect(error.message).toContain('partition 1 leaves it at another version: kubectl patch statefulset');
    await obey(cluster(), error.message);
    expect((await roll()).warnings).toEqual([expect.stringContaining(`replaced ${NAME}-0`)]);
  });

  it('is no matter of this runbook where the controller does not wait (Parallel)', async () => {
    const of = await stuck({ spec: { podManagementPolicy: 'Parallel' }, rules: MAY_NOT_DELETE });
    expect((await of.target.checkAccess(PREVIOUS, context)).warnings).toEqual([]);
    const mark = await cluster().mark();
    const { finished } = await rollBack(of);
    expect(finished.warnings).toBeUndefined();
    expect(await deletes(of, mark)).toEqual([]);
  });

  it('is replaced once, though the worker that has done it went away', async () => {
    const of = await stuck();
    const mark = await cluster().mark();
    const started = await of.target.rollBack(await of.pin(), context);
    const stop = new AbortController();
    const reports: RolloutProgress[] = [];
    await errorOf(
      of.target.waitForRollout(started, { signal: stop.signal }, (report) => {
        reports.push(report);
        if (report.replaced) setTimeout(() => stop.abort(new Error('the worker went away')), 20);
      }),
    ).catch(() => undefined);
    const other = await of.another();
    const last = reports.findLast(({ replaced }) => replaced);
    const finished = await other.waitForRollout(started, context, () => undefined, last);
    expect(finished.warnings).toEqual([expect.stringContaining(`replaced ${NAME}-2 of another version`)]);
    expect((await deletes(of, mark)).length).toBeLessThanOrEqual(1);
  });
});

describe('the deletion of a stuck pod', () => {
  const cases: readonly (readonly [string, Fault])[] = [
    ['refused because the pod has changed since', apiStatus(409, 'the object has been modified')],
    ['answered with an error of the server', apiStatus(500)],
    ['its connection lost', hangUp],
    ['done, and its answer lost', afterwards(hangUp)],
  ];
  it('that fails does not end the rollout, and is not made again where it was done', async () => {
    const mark = await cluster().mark();
    const ended = await Promise.all(
      cases.map(async ([what, fault]) => {
        const of = await stuck();
        const proxy = await startFaultProxy({ upstream: cluster().server, ca: cluster().controlPlane.ca });
        onTestFinished(() => proxy.close());
        const config = JSON.parse(await readFile(of.profile.kubeconfig ?? '', 'utf8'));
        config.clusters[0].cluster = { server: proxy.url };
        const kubeconfig = `${of.profile.kubeconfig}.proxied`;
        await writeFile(kubeconfig, JSON.stringify(config), { mode: 0o600 });
        const by = await of.another({ kubeconfig });
        proxy.rule({ method: 'DELETE', path: /\/pods\//, times: 1 }, fault);
        const { finished } = await rollBack(of, by);
        expect(finished.warnings).toEqual([expect.stringContaining(`replaced ${NAME}-2 of another version`)]);
        expect(await tagsOf(cluster(), of)).toEqual(['v0.1.0', 'v0.1.0', 'v0.1.0']);
        const user = `system:serviceaccount:${of.namespace}:rollback-worker`;
        const taken = (await cluster().requests(user, mark)).filter(
          ({ verb, status }) => verb === 'delete' && status < 300,
        );
        return [what, taken.length];
      }),
    );
    expect(ended).toEqual(cases.map(([what]) => [what, 1]));
  });
});

/** What the kubelet reports of a pod whose container ends again and again. */
function crash(of: Service, pod: string) {
  const waiting = { reason: 'CrashLoopBackOff', message: 'back-off 5m0s restarting failed container' };
  const container = {
    name: NAME,
    ready: false,
    started: false,
    restartCount: 7,
    state: { waiting, running: null },
  };
  return report(of, pod, { conditions: conditions('False'), containerStatuses: [container] });
}

function unready(of: Service, pod: string, status: 'True' | 'False' = 'False') {
  return report(of, pod, { conditions: conditions(status) });
}

function conditions(status: 'True' | 'False') {
  const lastTransitionTime = new Date().toISOString().replace(/\.\d+/, '');
  return ['Ready', 'ContainersReady'].map((type) => ({ type, status, lastTransitionTime }));
}

function report(of: Service, pod: string, status: object) {
  return cluster().api.must('PATCH', `${of.path(`pods/${pod}`)}/status`, { status }, STRATEGIC_PATCH);
}
