import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { refuse } from './scripted-service.ts';
import { decide, ended, openScriptedStage, type ScriptedStage, send, stop, waits } from './scripted-stage.ts';

let stage: ScriptedStage;
beforeAll(async () => {
  stage = await openScriptedStage();
});
afterAll(() => stage?.close());

const AT_ONCE = { waitMs: 0 };
const SICK = { '0.3.0': { chat: 'failed' as const } };

describe('a run that is cancelled', () => {
  it('while the approval of another plan is waited for finishes what was begun, and never writes that plan', async () => {
    const cast = await stage.cast('cancel-approval', { policy: { approval: { required: true } }, bad: SICK });
    const run = await cast.start();
    const first = await waits(run, 'approval-1');
    await send(run, 'approve', { plan: 'planHash' in first && first.planHash, approvedBy: 'cleo' });
    await waits(run, 'decision-1');
    await decide(run, 'fall-back');
    await waits(run, 'approval-2');
    await run.cancel();
    await waits(run, 'decision-2');
    await decide(run, 'abort');
    const report = await ended(run);
    expect(cast.writes).toEqual(['0.3.0']);
    expect(report.outcome).toBe('cancelled');
    expect(report.plan?.to.version).toBe('0.3.0');
  });

  it('while it restores goes on restoring, proves nothing and keeps no evidence of what it has brought back', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-restore', {
      policy: { decisions: { ...AT_ONCE, atDeadline: 'restore-snapshot' } },
      bad: SICK,
      script: { 'wait-for-rollout': here.at(2) },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    const report = await ended(run);
    expect(report).toMatchObject({
      outcome: 'cancelled',
      summary: expect.stringContaining('0.4.0, which ran before, is restored'),
    });
    expect(cast.live.version).toBe('0.4.0');
    expect(report.ledger.filter(({ step }) => step === 'verify-chat')).toHaveLength(1);
    expect(cast.proofs).toEqual([]);
  });

  it('is led on by answers while it restores: a retry plans anew, and the run closes', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-retry', {
      policy: { onCancel: 'restore' },
      script: {
        'wait-for-rollout': here.at(1),
        plan: (usual, time) => (time === 2 || time === 3 ? refuse('PinLost') : usual()),
      },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'retry');
    expect(await ended(run)).toMatchObject({
      outcome: 'cancelled',
      summary: expect.stringContaining('is restored'),
    });
    expect(cast.writes).toEqual(['0.3.0', '0.4.0']);
  });

  it('retries a write that was refused while it finishes, and does not restore instead', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-finish-retry', {
      script: {
        'wait-for-rollout': here.at(1),
        'roll-back': (usual, time) => (time === 2 ? refuse('WorkloadChanged') : usual()),
      },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    const report = await ended(run);
    expect(report.summary).toContain('which was finished');
    expect(cast.live.version).toBe('0.3.0');
    expect(cast.writes).toEqual(['0.3.0']);
  });

  it('in the middle of the write closes when it cannot be told whether it was written, however that is answered', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-look', {
      script: {
        'roll-back': async (usual, time) => {
          if (time > 1) return usual();
          usual();
          return here.here();
        },
        'identify-versions': (usual, time) => (time === 2 || time === 3 ? refuse('AccessDenied') : usual()),
      },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    await waits(run, 'decision-1');
    await decide(run, 'retry');
    await waits(run, 'decision-2');
    await decide(run, 'restore-snapshot');
    expect(await ended(run)).toMatchObject({
      outcome: 'cancelled',
      summary: expect.stringContaining('is restored'),
    });
    expect(cast.live.version).toBe('0.4.0');
  });

  it('in the middle of the write still knows that it was made: what ran before can be restored', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-made', {
      bad: SICK,
      script: {
        'roll-back': async (usual, time) => {
          if (time > 1) return usual();
          usual();
          return here.here();
        },
      },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    expect(await waits(run, 'decision-1')).toMatchObject({
      answers: ['retry', 'skip', 'restore-snapshot', 'fall-back', 'abort'],
    });
    await decide(run, 'abort');
    await ended(run);
    expect(cast.told.at(-1)?.headline).toContain('cancelled after the change was written');
    expect(cast.told.at(-1)?.lines.join('\n')).toContain('which was finished');
  });

  it('in the middle of a write that had nothing to change says that nothing was changed', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-nothing', {
      request: { wish: { kind: 'version', version: '0.4.0' } },
      script: { 'roll-back': here.at(1) },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    expect(await ended(run)).toMatchObject({
      outcome: 'cancelled',
      summary: 'cancelled on request; nothing was changed',
    });
    expect(cast.proofs).toEqual([]);
  });

  it('while it is paused does not wait for the end of the pause', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-paused', {
      script: { 'wait-for-rollout': here.at(1) },
    });
    const run = await cast.start();
    await here.reached;
    await send(run, 'pause', { by: 'ben', reason: 'to look' });
    here.release();
    await waits(run, 'pause-1');
    await run.cancel();
    expect(await ended(run)).toMatchObject({
      outcome: 'cancelled',
      summary: expect.stringContaining('finished'),
    });
    expect(cast.told.filter(({ headline }) => headline.includes('is paused'))).toHaveLength(1);
  });

  it('while two steps have failed is not asked about the second one', async () => {
    const cast = await stage.cast('cancel-fails', {
      script: {
        'check-access': () => refuse('AccessDenied'),
        'identify-versions': () => refuse('AccessDenied'),
      },
    });
    const run = await cast.start();
    await waits(run, 'decision-1');
    await run.cancel();
    const report = await ended(run);
    expect(report.events?.filter(({ kind }) => kind === 'decision-due')).toHaveLength(1);
    expect(cast.told.filter(({ headline }) => headline.includes('DECIDE'))).toHaveLength(1);
  });

  it('twice, while people are told, and while a restore fails, closes as cancelled', async () => {
    const here = stop();
    const cast = await stage.cast('cancel-twice', {
      policy: { onCancel: 'restore', decisions: AT_ONCE },
      script: {
        'wait-for-rollout': here.at(1),
        'roll-back': (usual, time) => (time === 2 ? refuse('WriteRejected') : usual()),
      },
    });
    const run = await cast.start();
    await here.reached;
    await run.cancel();
    await run.cancel();
    const report = await ended(run);
    expect(report).toMatchObject({
      outcome: 'cancelled',
      summary: expect.stringContaining('could not be restored: WriteRejected'),
    });
    expect(cast.told.at(-1)?.lines.join('\n')).toContain('could not be restored');
    expect((await run.describe()).status.name).toBe('CANCELLED');
  });
});
