import type { WorkflowHandle } from '@temporalio/client';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { send, waits } from '../stories/asked.ts';
import { type ComposeCast, type ComposeCastOptions, openComposeStage } from '../stories/stage-compose.ts';
import { stepUnderWay } from '../stories/stage-worker.ts';
import type { Save } from './record.ts';

const ASKED = { decisions: { wait: '120s' }, followThrough: { for: '0s' } };
const by = { decidedBy: 'anna', reason: 'seen in the logs' };

/** The same paths for a Compose service. */
export async function recordCompose(save: Save): Promise<void> {
  const stage = await openComposeStage();
  let count = 0;
  const badRelease = async (options: ComposeCastOptions, versions = ['v0.1.0', 'v0.2.0']) => {
    count += 1;
    const cast = await stage.cast(`history-${count}`, options);
    for (const version of versions) await cast.deploy(version);
    return cast;
  };
  const ended = async (
    cast: ComposeCast,
    request: object,
    act: (handle: WorkflowHandle) => Promise<unknown>,
  ): Promise<string> => {
    const handle = await cast.start(request);
    await act(handle);
    await handle.result().catch(() => undefined);
    return cast.history(handle.workflowId);
  };
  try {
    const { images } = stage.sandbox.composeHost;
    for (const tag of ['v0.1.0', 'v0.2.0']) await images.publish(tag);
    await images.publish('v0.0.9', { behaviour: 'crash-exit-0' });
    await images.publish('v0.1.2', { behaviour: 'chat-output-null' });
    const cast = await badRelease({ stableFor: '2s' }, ['v0.1.0']);
    const last = async (run: Promise<{ workflowId: string }>) => cast.history((await run).workflowId);
    await save('compose-known-good', () => last(cast.verify()));
    await cast.deploy('v0.2.0', { timeout: 5 });
    await save('compose-rolled-back', () => last(cast.rollback({ reason: 'chat fails', incident: 'INC-8' })));
    await cast.deploy('v0.2.0', { timeout: 5 });
    await save('compose-failed-rollout', () => last(cast.rollback({ target: '0.0.9' })));

    const checks = { chat: { needed: 1, every: '100ms', within: '1s' } };
    for (const answer of ['restore-snapshot', 'fall-back']) {
      await save(`compose-decided-${answer}`, async () => {
        const asked = await badRelease({ profile: ASKED, checks }, ['v0.1.0']);
        await asked.verify();
        for (const tag of ['v0.1.2', 'v0.2.0']) await asked.deploy(tag);
        return ended(asked, { target: '0.1.2' }, async (handle) => {
          await waits(handle, 'decision', 'verify-chat');
          await send(handle, 'decide', { answer, ...by });
        });
      });
    }
    await save('compose-approved', async () => {
      const asked = await badRelease({ profile: { ...UNATTENDED, approval: { required: true } } });
      return ended(asked, { target: '0.1.0', requestedBy: 'anna' }, async (handle) => {
        const { planHash: plan } = await waits(handle, 'approval');
        await send(handle, 'approve', { plan, approvedBy: 'ben' });
      });
    });
    for (const [name, onCancel] of [
      ['compose-cancelled-finished', 'finish'],
      ['compose-cancelled-restored', 'restore'],
    ] as const) {
      await save(name, async () => {
        const asked = await badRelease({ profile: { ...UNATTENDED, onCancel }, stableFor: '3s' });
        return ended(asked, { target: '0.1.0' }, async (handle) => {
          await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
          await handle.cancel();
        });
      });
    }
  } finally {
    await stage.close();
  }
}
