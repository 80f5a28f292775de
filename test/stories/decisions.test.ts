import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imageOf } from '../../sandbox/manifests.ts';
import { until } from '../../tools/until.ts';
import { ASKED, imageNow, ready, reportOf, SOON, send, standsStill, waits } from './asked.ts';
import { openStage, type Stage, told } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const by = { decidedBy: 'anna', reason: 'seen in the logs' };

describe('a step that cannot go on', () => {
  it('is retried when somebody says so, and the run ends well', async () => {
    const cast = await ready(stage, 'retry', ['v0.1.0', 'v0.2.0']);
    const path = `/apis/apps/v1/namespaces/${cast.namespace}/deployments/master-orchestrator`;
    const pause = (paused: boolean) =>
      stage.sandbox.cluster.api.must('PATCH', path, { spec: { paused } }, 'application/merge-patch+json');
    await pause(true);
    const handle = await cast.start();
    const open = await waits(handle, 'decision');
    expect(open).toMatchObject({
      step: 'check-access',
      error: { type: 'WorkloadPaused' },
      atDeadline: 'abort',
    });
    expect(open.answers).toEqual(['retry', 'skip', 'change-target', 'abort']);
    await pause(false);
    await send(handle, 'decide', { answer: 'retry', ...by });
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.waitingFor).toBeUndefined();
    expect(ended.events?.map(({ kind }) => kind)).toEqual(['decision-due', 'decision']);
    expect(ended.events?.[1]).toMatchObject({ by: 'anna', answer: 'retry', reason: 'seen in the logs' });
    const headlines = cast.channel.received.map(({ body }) => (body as { text: string }).text);
    expect(headlines[0]).toContain('somebody has to DECIDE');
    expect(headlines[0]).toContain(`runbook decide ${handle.workflowId}`);
    expect(headlines.at(-1)).toContain('was rolled back and is proved well');
    expect(headlines.at(-1)).toContain('anna: retry (seen in the logs)');
  });

  it('takes another target before anything is changed', async () => {
    const cast = await ready(stage, 'another-target', ['v0.1.0', 'v0.2.0']);
    const handle = await cast.start({ target: 'revision:77' });
    await waits(handle, 'decision');
    const answer = { answer: 'change-target', target: '0.1.0', ...by };
    await send(handle, 'decide', answer);
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
  });

  it('brings back what was there before when the rollout fails', async () => {
    const cast = await ready(stage, 'restored', ['v0.1.0', 'v0.2.0']);
    const handle = await cast.start({ target: '9.9.9' });
    const open = await waits(handle, 'decision', 'wait-for-rollout');
    expect(open.answers).toEqual(['retry', 'restore-snapshot', 'fall-back', 'abort']);
    await send(handle, 'decide', { answer: 'restore-snapshot', ...by });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'restored', error: { type: 'RolloutFailed' } });
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
    expect(told(ended).filter((line) => line.startsWith('roll-back'))).toHaveLength(2);
  });

  it('goes on without a check that somebody leaves out, and records no proof of it', async () => {
    const cast = await ready(stage, 'skipped', ['v0.1.2-chat-output-null', 'v0.2.0'], ASKED, SOON);
    const handle = await cast.start();
    await waits(handle, 'decision', 'verify-chat');
    await send(handle, 'decide', { answer: 'skip', ...by });
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.summary).toMatch(/chat.* left out by decision/);
    expect(told(ended)).not.toContain('record-known-good completed');
  });

  it('is repeated alone: the decision is over when the check passes by then', async () => {
    const cast = await ready(stage, 'repeated', ['v0.1.2-chat-output-null', 'v0.2.0'], ASKED, SOON);
    const handle = await cast.start();
    const open = await waits(handle, 'decision', 'verify-chat');
    await send(handle, 'repeat-check', { check: 'chat', by: 'ben', reason: 'once more' });
    const second = await until('a second decision', async () => {
      const { waitingFor } = await reportOf(handle);
      return waitingFor?.kind === 'decision' && waitingFor.id !== open.id && waitingFor;
    });
    expect(second.id).toBe('decision-2');
    await send(handle, 'decide', { answer: 'abort', ...by });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'not-proved', error: { type: 'VerificationFailed' } });
    expect(ended.ledger.filter(({ step }) => step === 'verify-chat')).toHaveLength(2);
  });

  it('ends as configured when nobody answers, and people were told twice', async () => {
    const cast = await ready(stage, 'deadline', ['v0.1.0', 'v0.2.0'], {
      decisions: { wait: '2s', steps: { 'wait-for-rollout': { atDeadline: 'restore-snapshot' } } },
      followThrough: { for: '0s' },
    });
    const ended = await cast.rollback({ target: '9.9.9' });
    expect(ended.outcome).toBe('restored');
    expect(ended.events?.at(-1)).toMatchObject({ kind: 'decision', answer: 'restore-snapshot' });
    expect(ended.events?.at(-1)?.by).toBeUndefined();
    const abouts = ended.ledger.filter(({ step }) => step === 'notify').map(({ about }) => about);
    expect(abouts).toEqual(['decision-1', 'decision-1-reminder', undefined]);
    const keys = cast.channel.received.map(({ headers }) => headers['idempotency-key']);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('refuses what does not fit, says what does, and leaves no trace', async () => {
    const cast = await ready(stage, 'refused-answers', ['v0.1.0', 'v0.2.0']);
    const handle = await cast.start({ target: 'revision:77' });
    await waits(handle, 'decision');
    await standsStill(handle);
    const before = (await handle.describe()).historyLength;
    const refused: [string, unknown, RegExp][] = [
      [
        'decide',
        { answer: 'fall-back', ...by },
        /fall-back is not possible; .*retry .*skip .*change-target .*abort/,
      ],
      ['decide', { answer: 'retry' }, /decidedBy: missing/],
      ['decide', { answer: 'retry', decidedBy: 'anna', reason: ' ' }, /reason: is empty/],
      ['decide', { answer: 'retry', ...by, decision: 'decision-9' }, /decision-9 is not open/],
      ['decide', { answer: 'change-target', ...by, target: 'latest' }, /target: /],
      ['decide', 'abort', /expected one JSON object/],
      ['approve', { plan: 'a'.repeat(12), approvedBy: 'ben' }, /no approval is due/],
      ['resume', { by: 'ben', reason: 'go' }, /is not paused/],
      ['repeat-check', { check: 'chat', by: 'ben', reason: 'x' }, /no finished rollout/],
      ['add-note', { note: 'password=hunter2hunter2', by: 'ben' }, /looks like a secret/],
    ];
    for (const [update, input, message] of refused) {
      const sent = send(handle, update, input);
      await expect(sent, update).rejects.toMatchObject({
        cause: { type: 'WrongAnswer', message: expect.stringMatching(message) },
      });
    }
    expect((await handle.describe()).historyLength).toBe(before);
    await send(handle, 'decide', { answer: 'abort', ...by });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'failed', error: { type: 'TargetNotFound' } });
    expect(ended.events).toHaveLength(2);
  });
});
