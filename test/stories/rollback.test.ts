import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checksOf } from '../../src/domain/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import { until } from '../../tools/until.ts';
import { type Cast, openStage, recordOf, type Stage, told } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage?.close());

describe('a bad release is rolled back to its known-good version', () => {
  let cast: Cast;
  beforeAll(async () => {
    cast = await stage.cast('known-good');
    await cast.deploy('v0.1.0', { annotations: { owner: 'team-a' } });
  });

  it('verifies what is running and records it as known-good beside the service', async () => {
    const report = await cast.verify({ requestedBy: 'deploy pipeline' });
    expect(report.outcome).toBe('known-good');
    expect(
      checksOf(report)
        .map(({ check, verdict }) => `${check} ${verdict}`)
        .sort(),
    ).toEqual(['agents passed', 'chat passed', 'health passed', 'metrics passed']);
    const evidence = await stage.sandbox.cluster.api.must(
      'GET',
      `/api/v1/namespaces/${cast.namespace}/configmaps/master-orchestrator-known-good`,
    );
    const [record] = Object.values(evidence.data as Record<string, string>).map((text) => JSON.parse(text));
    expect(record).toMatchObject({
      version: '0.1.0',
      verdict: 'passed',
      provedBy: 'verify',
      workflowId: report.workflowId,
    });
    expect(record.checks.health.values).toMatchObject({ provider: 'openrouter' });
  });

  it('plans without changing anything', async () => {
    await cast.deploy('v0.2.0', { annotations: { owner: 'team-b' } });
    const before = await cast.deployment();
    const report = await cast.rollback({ dryRun: true });
    expect(report.outcome).toBe('planned');
    expect(report.plan).toMatchObject({
      from: { version: '0.2.0' },
      to: { version: '0.1.0' },
      basis: 'known-good',
    });
    expect(report.plan?.diff).toMatch(/-.*phoenix-orch:v0\.2\.0\n\+.*phoenix-orch:v0\.1\.0/);
    expect((await cast.deployment()).metadata.generation).toBe(before.metadata.generation);
  });

  it('rolls back, waits, proves the service well, tells people and keeps the record', async () => {
    const mark = await stage.sandbox.cluster.mark();
    const handle = await cast.start({
      reason: 'chat fails',
      incident: 'INC-7',
      symptoms: ['chat answers status error'],
    });
    const report = await cast.end(handle);
    expect(report.outcome).toBe('rolled-back');
    expect(told(report).map((line) => line.split(' ')[0])).toEqual(
      expect.arrayContaining([
        'resolve-request',
        'check-access',
        'identify-versions',
        'plan',
        'take-snapshot',
        'roll-back',
      ]),
    );
    const order = report.ledger.map(({ step }) => step);
    expect(order.indexOf('verify-health')).toBeLessThan(order.indexOf('verify-chat'));
    expect(order.indexOf('verify-chat')).toBeLessThan(order.indexOf('verify-agents'));
    expect(order.at(-1)).toBe('record-incident');

    const live = await cast.deployment();
    expect(live.spec.template.spec.containers[0].image).toMatch(/:v0\.1\.0$/);
    expect(live.metadata.annotations.owner).toBe('team-b');
    expect(live.spec.replicas).toBe(2);
    const patches = (await stage.sandbox.cluster.requests(cast.user, mark)).filter(
      ({ verb, requestURI }) => verb === 'patch' && requestURI.includes('/deployments/'),
    );
    expect(patches).toHaveLength(1);

    const { markdown, json } = await recordOf(report);
    expect(markdown).toContain('# Rollback of orchestrator (production): rolled-back');
    expect(markdown).toContain('INC-7');
    expect(markdown).toContain('chat answers status error');
    expect(json.ledger.length).toBe(report.ledger.length - 1);

    expect(cast.channel.received.map(({ body }) => (body as { text: string }).text)).toEqual([
      expect.stringContaining('0.2.0 → 0.1.0'),
    ]);

    const { raw, searchAttributes } = await handle.describe();
    expect(searchAttributes).toMatchObject({
      RollbackService: ['orchestrator'],
      RollbackEnvironment: ['production'],
      RollbackOutcome: ['rolled-back'],
    });
    expect(Number(raw.workflowExecutionInfo?.historyLength)).toBeLessThanOrEqual(110);
    expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThanOrEqual(44 * 1024);
  });

  it('does not go forward to the bad version when it runs a second time', async () => {
    const before = await cast.deployment();
    const report = await cast.rollback();
    expect(report.outcome).toBe('already-there');
    expect(checksOf(report)).toHaveLength(4);
    expect((await cast.deployment()).metadata.generation).toBe(before.metadata.generation);
  });

  it('is rebuilt from its exported history alone, and agrees with what the workflow says', async () => {
    const report = await cast.rollback({ target: 'v0.1.0' });
    const history = parseHistory(await cast.history(report.workflowId));
    const audit = auditHistory(history);
    expect(audit.agrees).toBe(true);
    expect(audit.report.outcome).toBe(report.outcome);
    expect(audit.report.ledger.map(({ step, verdict }) => [step, verdict])).toEqual(
      report.ledger.map(({ step, verdict }) => [step, verdict]),
    );
    expect(audit.report.plan).toEqual(report.plan);
    expect(audit.workers.length).toBeGreaterThan(0);
  });
});

describe('which version is the target', () => {
  it('without any evidence the previous version, and the plan says so', async () => {
    const cast = await stage.cast('previous');
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback();
    expect(report.outcome).toBe('rolled-back');
    expect(report.plan?.basis).toBe('previous-without-evidence');
    expect(report.plan?.warnings.join()).toContain('no version has known-good evidence');
  });

  it('a version that the history does not have is rolled out as an explicit image', async () => {
    const cast = await stage.cast('explicit');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback({ target: '0.1.1' });
    expect(report.outcome).toBe('rolled-back');
    expect((await cast.deployment()).spec.template.spec.containers[0].image).toMatch(/:v0\.1\.1$/);
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
    expect(report.summary).toContain('failed as before');
  });

  it('fails fast when the image of the target is gone', async () => {
    const cast = await stage.cast('image-gone');
    await cast.deploy('v0.2.0');
    const report = await cast.rollback({ target: '9.9.9' });
    expect(report.error?.type).toBe('RolloutFailed');
    expect(report.error?.message).toMatch(/ImagePull/);
  });

  it('is not called proved when somebody deploys over it meanwhile', async () => {
    const cast = await stage.cast('overwritten', { checks: { health: { needed: 20, every: '200ms' } } });
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    const handle = await cast.start();
    await until('the verification', async () => {
      const { raw } = await handle.describe();
      return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'verify-health');
    });
    await cast.deploy('v0.1.1');
    const report = await cast.end(handle);
    expect(report.error?.type).toBe('WorkloadChanged');
    expect(report.error?.message).toContain('it runs 0.1.1 now');
    expect(report.ledger.some(({ step }) => step === 'record-known-good')).toBe(false);
    expect(cast.channel.received.map(({ body }) => (body as { text: string }).text)).toEqual([
      expect.stringContaining('did NOT end well'),
    ]);
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
