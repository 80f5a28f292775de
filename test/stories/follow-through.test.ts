import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../sandbox/manifests.ts';
import { breakHealth, changeAs, followerOf, headlines, imageNow, ready, send, waits } from './asked.ts';
import { openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const watched = (settings: object = {}) => ({
  decisions: { wait: '0s' },
  followThrough: { for: '60s', every: '100ms', failures: 2 },
  ...settings,
});

describe('after a proved rollback', () => {
  it('a service that stays as it is ends the watch in silence', async () => {
    const profile = watched({ followThrough: { for: '2s', every: '200ms' } });
    const cast = await ready(stage, 'stays', ['v0.1.0', 'v0.2.0'], profile);
    const rolledBack = await cast.rollback();
    const told = headlines(cast).length;
    const ended = await cast.end(followerOf(stage, rolledBack));
    expect(ended.outcome).toBe('stayed-well');
    expect(headlines(cast)).toHaveLength(told);
  });

  it('a controller that changes it back is named', async () => {
    const cast = await ready(stage, 'changed-back', ['v0.1.0', 'v0.2.0'], watched());
    const rolledBack = await cast.rollback();
    await changeAs(stage, cast, 'argocd-controller', 'v0.2.0');
    const ended = await cast.end(followerOf(stage, rolledBack));
    expect(ended).toMatchObject({ outcome: 'changed-back', error: { type: 'ChangedBack' } });
    expect(ended.summary).toContain('field manager "argocd-controller"');
    expect(headlines(cast).at(-1)).toContain('was changed by somebody else after its rollback');
  });

  it('another rollback of ours takes over the watch', async () => {
    const cast = await ready(stage, 'superseded', ['v0.1.0', 'v0.1.1', 'v0.2.0'], watched());
    const first = await cast.rollback();
    const second = await cast.rollback({ target: '0.1.0' });
    expect(second.outcome).toBe('rolled-back');
    expect((await cast.end(followerOf(stage, first))).outcome).toBe('superseded');
    await followerOf(stage, second).terminate('the story is over');
  });

  it('a service that becomes unwell opens a decision, and another rollback can be started from it', async () => {
    const cast = await ready(
      stage,
      'unwell',
      ['v0.1.0', 'v0.1.1', 'v0.2.0'],
      watched({ decisions: { wait: '120s' } }),
    );
    const rolledBack = await cast.rollback({ target: '0.1.1' });
    expect(rolledBack.outcome).toBe('rolled-back');
    const follower = followerOf(stage, rolledBack);
    await breakHealth(stage, cast);
    const open = await waits(follower, 'decision', 'watch-service');
    expect(open.answers).toEqual(['retry', 'change-target', 'abort']);
    await send(follower, 'decide', {
      answer: 'change-target',
      target: '0.1.0',
      decidedBy: 'anna',
      reason: 'worse',
    });
    const ended = await cast.end(follower);
    expect(ended.outcome).toBe('superseded');
    const next = stage.client.workflow.getHandle(`rollback/orchestrator/after/${ended.runId}`);
    const again = await cast.end(next);
    expect(again).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
    expect(await imageNow(cast)).toBe(imageOf('v0.1.0'));
  });
});
