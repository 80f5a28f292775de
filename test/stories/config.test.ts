import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MERGE_PATCH } from '../../sandbox/control-plane/api.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { ASKED, send, waits } from './asked.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

/** The API server notes whole seconds: what is changed in the second of a start may be older or younger. */
const aSecondLater = () => sleep(1_000 - (Date.now() % 1_000) + 20);

/** A release whose pods behave as a ConfigMap says: the images are good. */
function release(version: string) {
  const { apiPort, metricsPort } = stage.sandbox.cluster.node;
  const container = {
    name: 'master-orchestrator',
    image: imageOf(version),
    envFrom: [{ configMapRef: { name: 'app-config' } }],
    ports: [
      { name: 'http', containerPort: apiPort },
      { name: 'metrics', containerPort: metricsPort },
    ],
    readinessProbe: { httpGet: { path: '/health', port: 'http' }, periodSeconds: 1 },
  };
  return [version, { template: { containers: [container] } }] as const;
}

/** The ConfigMap of the service. */
function configOf({ namespace }: Cast) {
  const { api } = stage.sandbox.cluster;
  const collection = `/api/v1/namespaces/${namespace}/configmaps`;
  const contents = (behaviour: string) => ({ ORCH_BEHAVIOUR: behaviour, RUST_LOG: 'warn' });
  return {
    create: (behaviour: string) =>
      api.must('POST', collection, { metadata: { name: 'app-config' }, data: contents(behaviour) }),
    change: (behaviour: string) =>
      api.must('PATCH', `${collection}/app-config`, { data: contents(behaviour) }, MERGE_PATCH),
    behaviour: async () => (await api.must('GET', `${collection}/app-config`)).data.ORCH_BEHAVIOUR,
  };
}

async function referred(cast: Cast): Promise<string> {
  const { spec } = await cast.workload();
  return spec.template.spec.containers[0].envFrom[0].configMapRef.name;
}

describe('a release that is bad by its ConfigMap alone', () => {
  it('is rolled back and proved: the pods take what was proved, and the ConfigMap of the user stays', async () => {
    const cast = await stage.cast('config');
    const config = configOf(cast);
    await config.create('good');
    await aSecondLater();
    await cast.deploy(...release('v0.1.0'));
    expect((await cast.verify()).outcome).toBe('known-good');

    await config.change('chat-output-null');
    await cast.deploy(...release('v0.1.1'));
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan).toMatchObject({ from: { version: '0.1.1' }, to: { version: '0.1.0' }, basis: 'known-good' });
    const setting = 'configmap/app-config ORCH_BEHAVIOUR: "chat-output-null" -> "good"';
    expect(plan?.settings).toEqual([setting]);
    const report = await cast.rollback({ reason: 'chat answers nothing' });
    expect(report.outcome).toBe('rolled-back');
    expect(await referred(cast)).toBe('deployment-master-orchestrator-config-0');
    expect(await config.behaviour()).toBe('chat-output-null');
    const { markdown } = await recordOf(report);
    for (const told of ['configmap/app-config was changed since', setting]) expect(markdown).toContain(told);

    // The next release is deployed as ever: its config is the ConfigMap's, and nothing refers to the copy any more.
    await config.change('good');
    await cast.deploy(...release('v0.1.1'));
    expect(await referred(cast)).toBe('app-config');
  });

  it('is planned anew where the ConfigMap is changed while the plan waits for its approval: nothing is written before', async () => {
    const profile = { ...ASKED, approval: { required: true, expires: '120s' } };
    const cast = await stage.cast('config-approved', { profile });
    const config = configOf(cast);
    await config.create('good');
    await aSecondLater();
    await cast.deploy(...release('v0.1.0'));
    expect((await cast.verify()).outcome).toBe('known-good');
    await cast.deploy(...release('v0.2.0'));
    const handle = await cast.start({ requestedBy: 'anna' });
    const approve = async () => {
      const { planHash } = await waits(handle, 'approval');
      await send(handle, 'approve', { plan: planHash, approvedBy: 'ben' });
      return planHash;
    };
    await waits(handle, 'approval');
    await config.change('chat-output-null');
    // What the worker has read a moment ago it believes.
    for (let second = 0; second < 3; second += 1) await aSecondLater();
    const first = await approve();
    const { id, error } = await waits(handle, 'decision', 'roll-back');
    expect(error.message).toContain('configmap/app-config was changed after the plan was made');
    expect(await referred(cast)).toBe('app-config');
    await send(handle, 'decide', { decision: id, answer: 'retry', decidedBy: 'anna', reason: 'plan anew' });
    expect(await approve()).not.toBe(first);
    expect((await cast.end(handle)).outcome).toBe('rolled-back');
    expect(await referred(cast)).toBe('deployment-master-orchestrator-config-0');
  }, 60_000);
});
