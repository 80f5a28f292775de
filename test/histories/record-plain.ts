import { freePorts } from '../../tools/ports.ts';
import { openStage } from '../stories/stage.ts';
import type { Save } from './record.ts';

/** Runs that nobody is asked in. */
export async function recordPlain(save: Save): Promise<void> {
  const stage = await openStage();
  try {
    const good = await stage.cast('history');
    await good.deploy('v0.1.0');
    const last = async (run: Promise<{ workflowId: string }>) => good.history((await run).workflowId);
    await save('known-good', () => last(good.verify()));
    await good.deploy('v0.2.0');
    await save('planned', () => last(good.rollback({ dryRun: true })));
    await save('rolled-back', () => last(good.rollback({ reason: 'chat fails', incident: 'INC-7' })));
    await save('already-there', () => last(good.rollback()));
    await save('failed-request', () => last(good.rollback({ target: 'latest', dryRun: 1 })));
    await good.deploy('v0.2.0');
    await save('failed-rollout', () => last(good.rollback({ target: '9.9.9' })));

    const checks = { chat: { every: '50ms', within: '1s' } };
    const bad = await stage.cast('history', { checks });
    for (const version of ['v0.1.2-chat-output-null', 'v0.2.0']) await bad.deploy(version);
    await save('not-proved', async () => bad.history((await bad.rollback()).workflowId));

    const [port] = await freePorts(1);
    const silent = await stage.cast('history', {
      profile: { endpoint: `http://127.0.0.1:${port}` },
      checks: { health: { every: '50ms', within: '1s' } },
    });
    for (const version of ['v0.1.0', 'v0.2.0']) await silent.deploy(version);
    await save('not-proved-unreached', async () => silent.history((await silent.rollback()).workflowId));

    await bad.deploy('v0.2.0');
    await save('poisoned', async () =>
      (await bad.history((await bad.rollback()).workflowId)).replaceAll('"roll-back"', '"roll-forward"'),
    );
  } finally {
    await stage.close();
  }
}
