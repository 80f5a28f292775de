import { tsToMs } from '@temporalio/common/lib/time.js';
import { expect, it } from 'vitest';
import { onEither } from './either.ts';
import { stepUnderWay } from './stage-worker.ts';

onEither('a rollback of $name', (stage) => {
  async function badRelease(name: string, worker: boolean) {
    const cast = await stage().cast(name, { slow: true, worker });
    await cast.deploy('v0.1.0-slow-ready');
    await cast.deploy('v0.2.0');
    return cast;
  }

  it('whose worker is killed with -9 in the middle of wait-for-rollout ends as if nothing had been', async () => {
    const cast = await badRelease('killed', false);
    const first = await cast.startWorker();
    const changes = await cast.countChanges();
    const handle = await cast.start({ target: '0.1.0-slow-ready' });
    await stepUnderWay(stage().client, handle.workflowId, 'wait-for-rollout');
    first.signal('SIGKILL');
    await cast.startWorker();
    const report = await cast.end(handle);

    expect(report.outcome).toBe('rolled-back');
    const wait = report.ledger.find(({ step }) => step === 'wait-for-rollout');
    expect(wait?.attempts).toBeGreaterThanOrEqual(2);
    expect(await changes()).toBe(1);
    expect(await cast.running()).toBe('v0.1.0-slow-ready');
  });

  it('that is cancelled ends within two seconds of waiting, and people are told', async () => {
    const cast = await badRelease('cancelled', true);
    const handle = await cast.start({ target: '0.1.0-slow-ready' });
    await stepUnderWay(stage().client, handle.workflowId, 'wait-for-rollout');
    const asked = Date.now();
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const history = await stage().client.workflow.getHandle(handle.workflowId).fetchHistory();
    const ended = history.events?.find(
      ({ activityTaskCanceledEventAttributes }) => activityTaskCanceledEventAttributes,
    );
    expect(tsToMs(ended?.eventTime) - asked).toBeLessThan(2000);
    expect(cast.channel.received).toHaveLength(1);
    expect(await cast.running()).toBe('v0.1.0-slow-ready');
  });
});
