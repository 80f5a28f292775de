import { breakHealth, changeAs, followerOf, ready } from '../stories/asked.ts';
import { openStage } from '../stories/stage.ts';
import type { Save } from './record.ts';

/** What comes after a success. */
export async function recordFollowed(save: Save): Promise<void> {
  const stage = await openStage();
  const watched = (forTime: string) => ({
    decisions: { wait: '0s' },
    followThrough: { for: forTime, every: '100ms', failures: 2 },
  });
  try {
    const calm = await ready(stage, 'history', ['v0.1.0', 'v0.2.0'], watched('1s'));
    const follower = followerOf(stage, await calm.rollback());
    await calm.end(follower);
    await save('stayed-well', () => calm.history(follower.workflowId));

    for (const name of ['changed-back', 'not-well-again', 'superseded'] as const) {
      await save(name, async () => {
        const cast = await ready(stage, 'history', ['v0.1.0', 'v0.1.1', 'v0.2.0'], watched('60s'));
        const follower = followerOf(stage, await cast.rollback());
        if (name === 'changed-back') await changeAs(stage, cast, 'argocd-controller', 'v0.2.0');
        if (name === 'not-well-again') await breakHealth(stage, cast);
        if (name === 'superseded') await cast.rollback({ target: '0.1.0' });
        await cast.end(follower);
        return cast.history(follower.workflowId);
      });
    }
  } finally {
    await stage.close();
  }
}
