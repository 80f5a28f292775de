import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, ENV_FILE } from '../../sandbox/demo/compose-project.ts';
import { reportOf, send, waits } from './asked.ts';
import {
  type ComposeCast,
  type ComposeCastOptions,
  type ComposeStage,
  openComposeStage,
} from './stage-compose.ts';

const problem = await composeHostProblem();
const ASKED = { decisions: { wait: '120s' }, followThrough: { for: '0s' } };
const by = { decidedBy: 'anna', reason: 'seen in the logs' };

describe.skipIf(problem)(
  `a Compose rollback in which people are asked${problem ? ` (${problem})` : ''}`,
  () => {
    let stage: ComposeStage;
    let bad: PublishedImage;
    beforeAll(async () => {
      stage = await openComposeStage();
      const { publish } = stage.sandbox.composeHost.images;
      await publish('v0.1.0');
      bad = await publish('v0.2.0');
      await publish('v0.1.2', { behaviour: 'chat-output-null' });
      await publish('v0.0.9', { behaviour: 'crash-exit-0' });
    });
    afterAll(() => stage?.close());

    const texts = (cast: ComposeCast) => Promise.all([cast.read(COMPOSE_FILE), cast.read(ENV_FILE)]);
    const release = async (name: string, tags: readonly string[], options: ComposeCastOptions) => {
      const cast = await stage.cast(name, options);
      for (const tag of tags) await cast.deploy(tag, { timeout: 5 });
      return cast;
    };

    it('tries a failed start once more when somebody says so', async () => {
      const cast = await release('again', ['v0.2.0'], { profile: ASKED, stableFor: '2s' });
      const before = await texts(cast);
      const handle = await cast.start({ target: '0.0.9' });
      const first = await waits(handle, 'decision', 'wait-for-rollout');
      await send(handle, 'decide', { answer: 'retry', ...by });
      await expect
        .poll(async () => (await reportOf(handle)).waitingFor?.id, { timeout: 60_000 })
        .toBe(first.id.replace('1', '2'));
      await send(handle, 'decide', { answer: 'abort', ...by });
      const ended = await cast.end(handle);
      expect(ended).toMatchObject({ outcome: 'failed', error: { type: 'RolloutFailed' } });
      expect(await texts(cast)).toEqual(before);
      expect(await cast.container()).toMatchObject({ imageId: bad.imageId, running: true });
    });

    it('is followed through: who changes it back afterwards is told', async () => {
      const followThrough = { for: '60s', every: '200ms', failures: 3 };
      const options = { profile: { decisions: { wait: '0s' }, followThrough } };
      const cast = await release('followed', ['v0.1.0', 'v0.2.0'], options);
      const rolledBack = await cast.rollback({ target: '0.1.0' });
      expect(rolledBack.outcome).toBe('rolled-back');
      await cast.deploy('v0.2.0');
      const follower = `follow-through/orchestrator/${rolledBack.runId}`;
      const ended = await cast.end(stage.client.workflow.getHandle(follower));
      expect(ended).toMatchObject({ outcome: 'changed-back', error: { type: 'ChangedBack' } });
      expect(ended.summary).toMatch(/^0\.1\.0 was replaced: /);
      const last = cast.channel.received.at(-1)?.body as { text: string };
      expect(last.text).toContain('was changed by somebody else after its rollback');
    });
  },
);
