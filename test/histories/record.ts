import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { until } from '../../tools/until.ts';
import { type Cast, openStage, type Stage } from '../stories/stage.ts';
import { type ComposeCast, openComposeStage } from '../stories/stage-compose.ts';

// Records the histories of this folder: every one is a real run on a sandbox of its own.
const wanted = process.argv.slice(2);
if (isWanted({ compose: true })) await recordCompose();
if (isWanted({ compose: false })) await recordKubernetes();

async function recordCompose(): Promise<void> {
  const stage = await openComposeStage();
  try {
    const { images } = stage.sandbox.composeHost;
    await images.publish('v0.2.0');
    await images.publish('v0.0.9', { behaviour: 'crash-exit-0' });
    const cast = await stage.cast('history', { stableFor: '2s' });
    await cast.deploy('v0.1.0');
    await save('compose-known-good', await last(cast, () => cast.verify()));
    await cast.deploy('v0.2.0', { timeout: 5 });
    const rolledBack = () => cast.rollback({ reason: 'chat fails', incident: 'INC-8' });
    await save('compose-rolled-back', await last(cast, rolledBack));
    await cast.deploy('v0.2.0', { timeout: 5 });
    await save('compose-failed-rollout', await last(cast, () => cast.rollback({ target: '0.0.9' })));
  } finally {
    await stage.close();
  }
}

async function recordKubernetes(): Promise<void> {
  const stage = await openStage();
  try {
    const good = await badRelease(stage, 'v0.1.0');
    await save('known-good', await last(good, () => good.verify()));
    await good.deploy('v0.2.0');
    const rolledBack = await last(good, () => good.rollback({ reason: 'chat fails', incident: 'INC-7' }));
    await save('rolled-back', rolledBack);
    await save('poisoned', rolledBack.replaceAll('"roll-back"', '"roll-forward"'));
    await save('already-there', await last(good, () => good.rollback()));
    await save('failed-request', await last(good, () => good.rollback({ target: 'latest', dryRun: 1 })));
    await good.deploy('v0.2.0');
    await save('failed-rollout', await last(good, () => good.rollback({ target: '9.9.9' })));

    const bad = await badRelease(stage, 'v0.1.2-chat-output-null', { chat: { every: '50ms', within: '1s' } });
    await save('not-proved', await last(bad, () => bad.rollback()));

    const slow = await badRelease(stage, 'v0.1.0-slow-ready');
    await save('cancelled', await last(slow, () => cancelInTheMiddle(stage, slow)));
  } finally {
    await stage.close();
  }
}

async function badRelease(stage: Stage, target: string, checks = {}): Promise<Cast> {
  const cast = await stage.cast('history', { checks });
  await cast.deploy(target);
  if (target !== 'v0.1.0') await cast.deploy('v0.2.0');
  return cast;
}

async function cancelInTheMiddle({ client }: Stage, cast: Cast): Promise<{ workflowId: string }> {
  const { workflowId } = await cast.start();
  const handle = client.workflow.getHandle(workflowId);
  await until('the wait for the rollout', async () => {
    const { raw } = await handle.describe();
    return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'wait-for-rollout');
  });
  await handle.cancel();
  await handle.result().catch(() => undefined);
  return { workflowId };
}

/** Whether any history of a Compose service, or of a Deployment, is asked for. */
function isWanted({ compose }: { readonly compose: boolean }): boolean {
  return wanted.length === 0 || wanted.some((name) => name.startsWith('compose-') === compose);
}

async function last(cast: Cast | ComposeCast, run: () => Promise<{ workflowId: string }>): Promise<string> {
  return cast.history((await run()).workflowId);
}

async function save(name: string, history: string): Promise<void> {
  if (wanted.length > 0 && !wanted.includes(name)) return;
  await writeFile(join(import.meta.dirname, `${name}.json`), `${history}\n`);
  process.stdout.write(`${name}.json\n`);
}
