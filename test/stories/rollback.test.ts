import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksOf } from '../../src/domain/ledger/ledger.ts';
import { md } from '../../src/domain/media/markdown.ts';
import { openStage, recordOf, type Stage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

describe('which version is the target', () => {
  it('without any evidence the previous version, and the plan says so', async () => {
    const cast = await stage.cast('previous');
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report.outcome).toBe('rolled-back');
    expect(report.plan?.basis).toBe('previous-without-evidence');
    expect(report.plan?.warnings.join()).toContain('no version has known-good evidence');

    // K14: which cluster that was stands in plan, messages and record.
    const { server } = stage.sandbox.cluster;
    expect(report.plan?.cluster).toEqual({ context: 'sandbox', server });
    expect(report.request?.cluster).toEqual({ context: 'sandbox', server });
    expect(JSON.stringify(cast.channel.received)).toContain(`cluster: context sandbox, ${server}`);
    expect((await recordOf(report)).markdown).toContain(
      `| cluster | ${md`${`context sandbox, ${server}`}`.text} |`,
    );
  });

  it('a version that the history does not have is rolled out as an explicit image', async () => {
    const cast = await stage.cast('explicit');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback({ target: '0.1.1' });
    expect(report.outcome).toBe('rolled-back');
    expect((await cast.workload()).spec.template.spec.containers[0].image).toMatch(/:v0\.1\.1$/);
  });
});

describe('a rollback that cannot be proved', () => {
  it('fails with the failed check when the target is not well either', async () => {
    const cast = await stage.cast('not-well', { checks: { chat: { every: '50ms', within: '2s' } } });
    await cast.deploy('v0.1.2-chat-output-null');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report.outcome).toBe('not-proved');
    expect(report.error?.type).toBe('VerificationFailed');
    expect(checksOf(report).find(({ check }) => check === 'chat')?.verdict).toBe('failed');
    // S3: the service has counted our messages as successes, and nothing else has moved what is looked at.
    expect(checksOf(report).find(({ check }) => check === 'metrics')).toMatchObject({
      verdict: 'inconclusive',
      onlyOurs: true,
    });
    expect(cast.channel.received).toHaveLength(1);
    expect((await recordOf(report)).markdown).toContain('VerificationFailed');
  });

  it('does not count a check that failed on the known-good version too, and says so', async () => {
    // Failing chats open the circuit of the agent: where the one check fails the other does too.
    const brief = { every: '50ms', within: '1s' };
    const cast = await stage.cast('failed-before', { checks: { chat: brief, agents: brief } });
    await cast.deploy('v0.1.2-chat-execution-failed', { replicas: 1 });
    const verified = await cast.verify({ accept: ['chat', 'agents'] });
    expect(verified.outcome).toBe('known-good');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report.outcome).toBe('rolled-back');
    for (const id of ['chat', 'agents']) {
      expect(checksOf(report).find(({ check }) => check === id)).toMatchObject({
        verdict: 'failed',
        failedBefore: true,
      });
    }
    expect(report.summary).toContain('chat failed as on the known-good version');
  });

  it('fails fast when the image of the target is gone', async () => {
    const cast = await stage.cast('image-gone');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback({ target: '9.9.9' });
    expect(report.error?.type).toBe('RolloutFailed');
    expect(report.error?.message).toMatch(/ImagePull/);
  });

  it('goes on when nobody can be told', async () => {
    const cast = await stage.cast('no-channel');
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    await cast.channel.close();
    const report = await cast.rollback();
    expect(report.outcome).toBe('rolled-back');
    expect(report.ledger.find(({ step }) => step === 'notify')).toMatchObject({
      outcome: 'failed',
      error: { type: 'NotificationFailed' },
    });
  });
});
