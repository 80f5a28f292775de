import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import { ASKED, headlines, imageNow, ready, reportOf, SOON, send, waits } from './asked.ts';
import { openStage, recordOf, type Stage, told } from './stage.ts';
import { stepUnderWay } from './stage-worker.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const RELEASES = ['v0.1.0', 'v0.2.0'];
const unattended = (settings: object) => ({ ...UNATTENDED, ...settings });

describe('an operator', () => {
  it('pauses a run before its next step, adds a note, and lets it go on', async () => {
    const cast = await ready(stage, 'paused', ['v0.1.0-slow-ready', 'v0.2.0']);
    const handle = await cast.start();
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    await send(handle, 'pause', { by: 'anna', reason: 'looking at the database first' });
    const open = await waits(handle, 'pause');
    expect(open).toMatchObject({ by: 'anna' });
    expect(told(await reportOf(handle)).some((line) => line.startsWith('verify-'))).toBe(false);
    await send(handle, 'add-note', { note: 'replication is fine', by: 'anna' });
    await send(handle, 'resume', { by: 'anna', reason: 'done' });
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.events?.map(({ kind }) => kind)).toEqual(['pause', 'note', 'resume']);
    expect((await recordOf(ended)).json.events).toEqual(ended.events);
  });

  it('who forgets a pause does not keep the run for ever', async () => {
    const cast = await ready(
      stage,
      'forgotten',
      ['v0.1.0-slow-ready', 'v0.2.0'],
      unattended({ longestPause: '2s' }),
    );
    const handle = await cast.start();
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    await send(handle, 'pause', { by: 'anna', reason: 'looking' });
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.events?.at(-1)).toMatchObject({ kind: 'resume' });
    expect(ended.events?.at(-1)?.by).toBeUndefined();
    expect(headlines(cast).filter((line) => line.includes('is paused'))).toHaveLength(2);
  });

  it('cannot change the target once the change has begun', async () => {
    const cast = await ready(stage, 'too-late', ['v0.1.0-slow-ready', 'v0.2.0']);
    const handle = await cast.start();
    await stepUnderWay(stage.client, handle.workflowId, 'wait-for-rollout');
    const sent = send(handle, 'change-target', { target: '0.1.0', by: 'ben', reason: 'that one' });
    await expect(sent).rejects.toMatchObject({
      cause: { message: expect.stringContaining('the target stays') },
    });
    expect((await cast.end(handle)).outcome).toBe('rolled-back');
  });
});

describe('a cancelled run', () => {
  it('that waits for a person before the change has changed nothing', async () => {
    const cast = await ready(stage, 'cancelled-early', RELEASES);
    const handle = await cast.start({ target: 'revision:77' });
    await waits(handle, 'decision');
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    const ended = await reportOf(handle);
    expect(ended).toMatchObject({ outcome: 'cancelled' });
    expect(ended.waitingFor).toBeUndefined();
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
  });

  it('that waits for a decision on its verification is finished as it is', async () => {
    const cast = await ready(stage, 'cancelled-late', ['v0.1.2-chat-output-null', 'v0.2.0'], ASKED, SOON);
    const handle = await cast.start();
    await waits(handle, 'decision', 'verify-chat');
    await handle.cancel();
    const again = await until('the second decision', async () => {
      const { waitingFor } = await reportOf(handle);
      return waitingFor?.kind === 'decision' && waitingFor.id === 'decision-2' && waitingFor;
    });
    expect(again.step).toBe('verify-chat');
    await send(handle, 'decide', { answer: 'abort', decidedBy: 'anna', reason: 'known' });
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    expect((await reportOf(handle)).summary).toContain('chat failed');
  });
});

describe('a run that takes longer than it should', () => {
  it('says so, once for each budget, and goes on', async () => {
    const budgets = { decide: '60s', act: '1s', prove: '60s', target: '1s', acceptable: '2s' };
    const profile = unattended({ budgets });
    const cast = await ready(stage, 'slow', ['v0.1.0-slow-ready', 'v0.2.0'], profile);
    const ended = await cast.rollback();
    expect(ended.outcome).toBe('rolled-back');
    const over =
      ended.events?.filter(({ kind }) => kind === 'over-budget').map(({ summary }) => summary) ?? [];
    expect(over).toContain('act takes longer than 1 s');
    expect(over).toContain('the run takes longer than 1 s');
    expect(new Set(over).size).toBe(over.length);
    expect(headlines(cast).filter((line) => line.includes('LONGER'))).toHaveLength(over.length);
  });
});
