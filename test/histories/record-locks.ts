import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { ready } from '../stories/asked.ts';
import { openStage } from '../stories/stage.ts';
import { stepUnderWay } from '../stories/stage-worker.ts';
import type { Save } from './record.ts';

/** Runs that meet another one on their target. */
export async function recordLocks(save: Save): Promise<void> {
  const stage = await openStage();
  try {
    const cast = await ready(stage, 'history', ['v0.1.0-slow-ready', 'v0.2.0'], UNATTENDED);
    const first = await cast.start();
    await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
    await save('claim-refused', async () => cast.history((await cast.rollback()).workflowId));
    const alert = { ifRunning: 'join', requestedBy: 'alertmanager', symptoms: ['error ratio 40 %'] };
    const joined = await cast.rollback(alert);
    await save('joined', () => cast.history(joined.workflowId));
    await cast.end(first);
    await save('with-evidence', () => cast.history(first.workflowId));
  } finally {
    await stage.close();
  }
}
