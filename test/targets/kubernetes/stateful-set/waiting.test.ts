import { describe, expect, it, onTestFinished } from 'vitest';
import { freeze, thaw } from '../../../../tools/processes/freeze.ts';
import { until } from '../../../../tools/until.ts';
import { context, errorOf, openWorld } from '../world.ts';
import { STATEFUL_SET, wait } from './support.ts';

const { cluster, service } = openWorld({ instantReady: true });

describe('what a rollout of a StatefulSet waits for', () => {
  it('is told by its events where a quota refuses its pods, and passes with the quota', async () => {
    const of = await service(['v0.1.0'], STATEFUL_SET);
    const quota = { metadata: { name: 'none' }, spec: { hard: { pods: '0' } } };
    await cluster().api.must('POST', of.path('resourcequotas'), quota);
    await until('the quota to count', async () => {
      const { status } = await cluster().api.must('GET', of.path('resourcequotas/none'));
      return status?.used?.pods !== undefined;
    });
    await of.push('v0.1.1');
    const { says, finished } = wait(of);
    await says(/0 of 1 replicas updated.*pods are refused: FailedCreate: .*exceeded quota: none/);
    await cluster().api.must('DELETE', of.path('resourcequotas/none'));
    expect(await finished).toMatchObject({ replicas: 1 });
  });

  it('is the cluster alone: at its deadline nothing is said against the version', async () => {
    const of = await service(['v0.1.0', 'v0.2.0'], { ...STATEFUL_SET, rollout: { deadlineMs: 1_500 } });
    const { controllers } = cluster().controlPlane.processes;
    const started = await (async () => {
      const pin = await of.pin();
      await freeze(controllers.pid());
      onTestFinished(() => thaw(controllers.pid()));
      return of.target.rollBack(pin, context);
    })();
    const error = await errorOf(of.target.waitForRollout(started, context, () => undefined));
    expect(error).toMatchObject({ type: 'RolloutTimedOut' });
    expect(error.message).toContain('waiting for the controller to see the change');
  });

  it('is named pod by pod: an image that nobody has ends it', async () => {
    const of = await service(['v0.1.0'], STATEFUL_SET);
    await of.push('v9.9.9');
    const error = await errorOf(wait(of).finished);
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    expect(error.message).toMatch(/pod master-orchestrator-0, container master-orchestrator: .*v9\.9\.9/);
  });
});
