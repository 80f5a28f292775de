import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { until } from '../../tools/until.ts';
import { restartedWith } from '../stories/restarted-worker.ts';
import { openStage } from '../stories/stage.ts';
import { workerFor } from '../stories/stage-runs.ts';
import type { Save } from './record.ts';

/** Runs that end before anything is looked at, and one that goes on with another profile. */
export async function recordStarts(save: Save): Promise<void> {
  const stage = await openStage();
  try {
    const cast = await stage.cast('starts', { profile: { ...UNATTENDED, startWithin: '1s' }, worker: false });
    const late = await cast.start({ reason: 'chat fails' });
    const { startTime } = await late.describe();
    await until('the run to be too late', async () => Date.now() > startTime.getTime() + 1100);
    const worker = await workerFor(stage.native, cast.configFile, cast.taskQueue);
    await save('expired', async () => cast.history((await cast.end(late)).workflowId));
    await save('start-refused', async () => {
      const handle = await stage.client.workflow.start('rollback', {
        workflowId: `rollback/${cast.namespace}/timeout`,
        taskQueue: cast.taskQueue,
        args: [{}],
        workflowExecutionTimeout: '1 hour',
      });
      return cast.history((await cast.end(handle)).workflowId);
    });
    await worker.stop();
    await save('other-profile', async () => {
      const { cast: changed, report } = await restartedWith(stage, 'restarted', ({ orchestrator }) => ({
        orchestrator: { ...orchestrator, startWithin: '9m' },
      }));
      return changed.history(report.workflowId);
    });
  } finally {
    await stage.close();
  }
}
