import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, ENV_FILE } from '../../sandbox/demo/compose-project.ts';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { startRollback } from '../../src/client/index.ts';
import { reportOf, send, waits } from './asked.ts';
import {
  type ComposeCast,
  type ComposeCastOptions,
  type ComposeStage,
  openComposeStage,
} from './stage-compose.ts';
import { stepUnderWay } from './stage-worker.ts';

const problem = await composeHostProblem();
const ASKED = { decisions: { wait: '120s' }, followThrough: { for: '0s' } };
const SOON = { chat: { needed: 1, every: '100ms', within: '1s' } };
const by = { decidedBy: 'anna', reason: 'seen in the logs' };

describe.skipIf(problem)(
  `a Compose rollback in which people are asked${problem ? ` (${problem})` : ''}`,
  () => {
    let stage: ComposeStage;
    let good: PublishedImage;
    let bad: PublishedImage;
    beforeAll(async () => {
      stage = await openComposeStage();
      const { publish } = stage.sandbox.composeHost.images;
      good = await publish('v0.1.0');
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

    it('takes a rollback that did not help back: image, container and every byte of the files', async () => {
      const cast = await release('restored', ['v0.1.2', 'v0.2.0'], { profile: ASKED, checks: SOON });
      const before = await texts(cast);
      const handle = await cast.start({ target: '0.1.2' });
      await waits(handle, 'decision', 'verify-chat');
      await send(handle, 'decide', { answer: 'restore-snapshot', ...by });
      const ended = await cast.end(handle);
      expect(ended).toMatchObject({ outcome: 'restored', error: { type: 'VerificationFailed' } });
      expect(await texts(cast)).toEqual(before);
      expect(await cast.container()).toMatchObject({ imageId: bad.imageId, running: true });
    }, 90_000);

    it('falls back further when the target is not well either', async () => {
      const cast = await release('fall-back', ['v0.1.0'], { profile: ASKED, checks: SOON });
      expect((await cast.verify()).outcome).toBe('known-good');
      for (const tag of ['v0.1.2', 'v0.2.0']) await cast.deploy(tag);
      const handle = await cast.start({ target: '0.1.2' });
      await waits(handle, 'decision', 'verify-chat');
      await send(handle, 'decide', { answer: 'fall-back', ...by });
      const ended = await cast.end(handle);
      expect(ended).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
      expect(await cast.container()).toMatchObject({ imageId: good.imageId, running: true });
    }, 120_000);

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
    }, 120_000);

    it.each([
      ['finish', 'v0.1.0'],
      ['restore', 'v0.2.0'],
    ])(
      'that is cancelled in the middle ends in a known state: %s',
      async (onCancel, left) => {
        const options = { profile: { ...UNATTENDED, onCancel }, stableFor: '3s' };
        const cast = await release(`cancelled-${onCancel}`, ['v0.1.0', 'v0.2.0'], options);
        const handle = await cast.start({ target: '0.1.0' });
        await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
        await handle.cancel();
        await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
        const ended = await reportOf(handle);
        expect(ended.outcome).toBe('cancelled');
        expect(ended.summary).toContain(onCancel === 'finish' ? 'which was finished' : 'is restored');
        const [file] = await texts(cast);
        expect(file).toContain(`:${left}`);
        const { imageId } = left === 'v0.1.0' ? good : bad;
        expect(await cast.container()).toMatchObject({ imageId, running: true });
      },
      90_000,
    );

    it('is the only one for its project and service', async () => {
      const cast = await release('claimed', ['v0.1.0', 'v0.2.0'], { profile: UNATTENDED, stableFor: '3s' });
      const first = await cast.start({ target: '0.1.0' });
      await stepUnderWay(stage.client, first.workflowId, 'wait-for-rollout');
      const ids = { workflowId: 'compose-from-the-ui', taskQueue: cast.taskQueue };
      const refused = await cast.end(await startRollback(stage.client, { target: '0.1.0' }, ids));
      expect(refused.error?.type).toBe('RollbackInProgress');
      expect(refused.summary).toContain(first.workflowId);
      expect((await cast.end(first)).outcome).toBe('rolled-back');
    }, 90_000);

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
    }, 90_000);
  },
);
