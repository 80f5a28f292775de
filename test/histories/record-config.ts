import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { IN_PLACE, releasesWithConfig } from '../faults/config-in-place-trial.ts';
import { openStage } from '../stories/stage.ts';
import { workerFor } from '../stories/stage-runs.ts';
import { stepUnderWay } from '../stories/stage-worker.ts';
import type { Save } from './record.ts';

/** Runs whose config is written in place. */
export async function recordConfig(save: Save): Promise<void> {
  const stage = await openStage();
  const workers: { stop(): Promise<unknown> }[] = [];
  const ready = async (good: string, profile: object = {}) => {
    const cast = await stage.cast('history', {
      ...IN_PLACE,
      worker: false,
      profile: { ...IN_PLACE.profile, ...profile },
    });
    await releasesWithConfig(stage, cast, good, false);
    workers.push(await workerFor(stage.native, cast.configFile, cast.taskQueue));
    return cast;
  };
  try {
    await save('config-in-place', async () => {
      const cast = await ready('v0.1.0');
      return cast.history((await cast.rollback()).workflowId);
    });
    await save('config-cancelled-restored', async () => {
      const cast = await ready('v0.1.0-slow-ready', { ...UNATTENDED, onCancel: 'restore' });
      const handle = await cast.start();
      await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
      await handle.cancel();
      await handle.result().catch(() => undefined);
      return cast.history(handle.workflowId);
    });
  } finally {
    await Promise.all(workers.map((worker) => worker.stop()));
    await stage.close();
  }
}
