import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aSecondLater } from '../worlds/a-second-later.ts';
import { ASKED, send, waits } from './asked.ts';
import { configOf, configuredRelease } from './config-release.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const release = (version: string) => configuredRelease(stage, version);

async function referred(cast: Cast): Promise<string> {
  const { spec } = await cast.workload();
  return spec.template.spec.containers[0].envFrom[0].configMapRef.name;
}

describe('a release that is bad by its ConfigMap alone', () => {
  it('is rolled back and proved: the pods take what was proved, and the ConfigMap of the user stays', async () => {
    const cast = await stage.cast('config');
    const config = configOf(stage, cast);
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
    expect((await config.read()).data.ORCH_BEHAVIOUR).toBe('chat-output-null');
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
    const config = configOf(stage, cast);
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
  });
});
