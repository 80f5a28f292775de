import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { imageOf, rulesOf, WORKER_RULES } from '../../sandbox/manifests.ts';
import { aSecondLater } from '../worlds/a-second-later.ts';
import { imageNow, reportOf } from './asked.ts';
import { configOf, configuredRelease } from './config-release.ts';
import { type Cast, openStage, recordOf, type Stage } from './stage.ts';
import { stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const PROFILE = { ...UNATTENDED, onCancel: 'restore', config: { restore: 'in-place' } };
const RULES = [...WORKER_RULES, ...rulesOf('rbac-config-in-place.yaml')];

const release = (version: string) => configuredRelease(stage, version, { replicas: 1 });

const stepsOf = ({ ledger }: Awaited<ReturnType<Cast['rollback']>>, step: string) =>
  ledger.filter((entry) => entry.step === step);

describe('a release that is bad by its ConfigMap, where that is written in place', () => {
  it('is restored with what the ConfigMap held when the run is cancelled, and rolled back by the next', async () => {
    const cast = await stage.cast('in-place', { profile: PROFILE, rules: RULES });
    const config = configOf(stage, cast);
    await config.create('slow-ready');
    await aSecondLater();
    await cast.deploy(...release('v0.1.0'));
    expect((await cast.verify()).outcome).toBe('known-good');
    await config.change('chat-output-null');
    await cast.deploy(...release('v0.1.1'));
    const { uid } = (await config.read()).metadata;

    const handle = await cast.start({});
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    expect((await config.read()).data.ORCH_BEHAVIOUR).toBe('slow-ready');
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const cancelled = await reportOf(handle);
    expect(cancelled.summary).toContain('0.1.1, which ran before, is restored');
    expect(stepsOf(cancelled, 'restore-config')).toMatchObject([{ changed: true }, { changed: true }]);
    expect((await config.read()).data.ORCH_BEHAVIOUR).toBe('chat-output-null');
    expect(await imageNow(cast)).toBe(imageOf('v0.1.1'));

    const report = await cast.rollback({ reason: 'chat answers nothing' });
    expect(report.outcome, report.summary).toBe('rolled-back');
    expect(stepsOf(report, 'restore-config')).toMatchObject([{ outcome: 'completed', changed: true }]);
    const { metadata, data } = await config.read();
    expect({ uid: metadata.uid, behaviour: data.ORCH_BEHAVIOUR }).toEqual({ uid, behaviour: 'slow-ready' });
    const { markdown } = await recordOf(report);
    expect(markdown).toContain('configmap/app-config: written as it was');
  });
});
