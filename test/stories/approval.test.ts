import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UNATTENDED } from '../../sandbox/demo/config.ts';
import { imageOf } from '../../sandbox/manifests.ts';
import { headlines, imageNow, ready, reportOf, send, waits } from './asked.ts';
import { openStage, recordOf, type Stage, told } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

const approval = (settings: object) => ({
  ...UNATTENDED,
  approval: { required: true, ...settings },
});
const RELEASES = ['v0.1.0', 'v0.2.0'];

describe('a plan that needs approval', () => {
  it('is carried out when enough others have approved its hash, and nobody else counts', async () => {
    const cast = await ready(stage, 'approved', RELEASES, approval({ quorum: 2, expires: '120s' }));
    const handle = await cast.start({ requestedBy: 'anna' });
    const open = await waits(handle, 'approval');
    const { plan } = await reportOf(handle);
    expect(open).toMatchObject({ planHash: plan?.hash, quorum: 2, approvedBy: [] });
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
    const hash = open.planHash.slice(0, 16);
    const refused = async (input: object, message: RegExp) =>
      expect(send(handle, 'approve', input)).rejects.toMatchObject({
        cause: { type: 'WrongAnswer', message: expect.stringMatching(message) },
      });
    await refused({ plan: hash, approvedBy: ' Anna' }, /has asked for the rollback/);
    await refused({ plan: 'f'.repeat(16), approvedBy: 'ben' }, /another plan/);
    await send(handle, 'approve', { plan: hash, approvedBy: 'ben' });
    await refused({ plan: hash, approvedBy: 'BEN' }, /has approved already/);
    expect((await reportOf(handle)).waitingFor).toMatchObject({ approvedBy: ['ben'] });
    await send(handle, 'approve', { plan: open.planHash, approvedBy: 'cleo', reason: 'agreed on the call' });
    const ended = await cast.end(handle);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.events?.map(({ kind, by }) => [kind, by])).toEqual([
      ['approval-due', undefined],
      ['approval', 'ben'],
      ['approval', 'cleo'],
    ]);
    expect(headlines(cast)[0]).toContain('waits for APPROVAL');
  });

  it('ends the run when somebody refuses it: nothing was changed', async () => {
    const cast = await ready(stage, 'rejected', RELEASES, approval({ expires: '120s' }));
    const handle = await cast.start({ requestedBy: 'anna' });
    const { planHash } = await waits(handle, 'approval');
    await send(handle, 'reject', { plan: planHash, rejectedBy: 'ben', reason: 'the database has moved on' });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'failed', error: { type: 'ApprovalRejected' } });
    expect(ended.summary).toContain('ben refused the plan: the database has moved on');
    expect(told(ended).some((line) => line.startsWith('roll-back'))).toBe(false);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
  });

  it('ends the run when nobody approves in time, and people were reminded', async () => {
    const cast = await ready(stage, 'expired', RELEASES, approval({ expires: '2s' }));
    const ended = await cast.rollback({ requestedBy: 'anna' });
    expect(ended).toMatchObject({ outcome: 'failed', error: { type: 'ApprovalExpired' } });
    expect(headlines(cast).filter((line) => line.includes('APPROVAL'))).toHaveLength(2);
    expect(await imageNow(cast)).toBe(imageOf('v0.2.0'));
  });

  it('may be approved by those alone whom the profile names', async () => {
    const cast = await ready(
      stage,
      'approvers',
      RELEASES,
      approval({ approvers: ['cleo'], expires: '120s' }),
    );
    const handle = await cast.start({ requestedBy: 'anna' });
    const { planHash: plan } = await waits(handle, 'approval');
    await expect(send(handle, 'approve', { plan, approvedBy: 'ben' })).rejects.toMatchObject({
      cause: { message: 'approvedBy: only cleo may approve' },
    });
    await send(handle, 'approve', { plan, approvedBy: 'Cleo' });
    expect((await cast.end(handle)).outcome).toBe('rolled-back');
  });

  it('goes on without it when the glass is broken, and everything says so', async () => {
    const cast = await ready(stage, 'break-glass', RELEASES, approval({ breakGlass: ['sev1'] }));
    const request = {
      requestedBy: 'anna',
      severity: 'sev1',
      breakGlass: 'nobody is awake and all chats fail',
    };
    const ended = await cast.rollback(request);
    expect(ended.outcome).toBe('rolled-back');
    expect(ended.events?.[0]).toMatchObject({ kind: 'break-glass', by: 'anna', reason: request.breakGlass });
    expect(JSON.stringify(cast.channel.received[0]?.body)).toContain('BREAK-GLASS');
    expect((await recordOf(ended)).json.request?.breakGlass).toBe(request.breakGlass);
  });

  it('of another target is another plan, which needs its own approval', async () => {
    const cast = await ready(
      stage,
      'target-changed',
      ['v0.1.0', 'v0.1.1', 'v0.2.0'],
      approval({ expires: '120s' }),
    );
    const handle = await cast.start({ requestedBy: 'anna' });
    const first = await waits(handle, 'approval');
    await send(handle, 'change-target', { target: '0.1.0', by: 'ben', reason: '0.1.1 has the fault too' });
    await expect
      .poll(async () => (await reportOf(handle)).waitingFor?.id, { timeout: 20_000 })
      .toBe('approval-2');
    const second = await waits(handle, 'approval');
    expect(second.planHash).not.toBe(first.planHash);
    await expect(send(handle, 'approve', { plan: second.planHash, approvedBy: 'ben' })).rejects.toMatchObject(
      { cause: { message: 'approvedBy: ben has chosen the target' } },
    );
    await send(handle, 'approve', { plan: second.planHash, approvedBy: 'cleo' });
    const ended = await cast.end(handle);
    expect(ended).toMatchObject({ outcome: 'rolled-back', plan: { to: { version: '0.1.0' } } });
  });
});
