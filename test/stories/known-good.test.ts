import { beforeAll, expect, it } from 'vitest';
import { checksOf } from '../../src/domain/ledger/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import { until } from '../../tools/until.ts';
import { type EitherCast, onEither } from './either.ts';
import { recordOf } from './stage.ts';

const messages = ({ channel }: EitherCast) =>
  channel.received.map(({ body }) => (body as { text: string }).text);

onEither(
  'a bad release of $name is rolled back to its known-good version',
  (stage) => {
    let cast: EitherCast;
    let good: unknown;
    beforeAll(async () => {
      cast = await stage().cast('known-good');
      await cast.deploy('v0.1.0');
      good = await cast.state();
    });

    it('verifies what is running and records it as known-good beside the service', async () => {
      const report = await cast.verify({ requestedBy: 'deploy pipeline' });
      expect(report.outcome).toBe('known-good');
      const checks = checksOf(report).map(({ check, verdict }) => `${check} ${verdict}`);
      expect(checks.sort()).toEqual(['agents passed', 'chat passed', 'health passed', 'metrics passed']);
      expect(await cast.evidence(report)).toMatchObject({
        version: '0.1.0',
        verdict: 'passed',
        provedBy: 'verify',
        workflowId: report.workflowId,
        checks: { health: { values: { provider: 'openrouter' } } },
      });
    });

    it('plans without changing anything', async () => {
      await cast.deploy('v0.2.0');
      const [before, changes] = [await cast.state(), await cast.countChanges()];
      const report = await cast.rollback({ dryRun: true });
      expect(report.outcome).toBe('planned');
      expect(report.plan).toMatchObject({
        from: { version: '0.2.0' },
        to: { version: '0.1.0' },
        basis: 'known-good',
      });
      expect(report.plan?.diff).toMatch(/-.*phoenix-orch:v0\.2\.0.*\n\+.*phoenix-orch:v0\.1\.0/);
      expect(await cast.state()).toEqual(before);
      expect(await changes()).toBe(0);
    });

    it('rolls back, waits, proves the service well, tells people and keeps the record', async () => {
      const [leftAlone, changes] = [await cast.leftAlone(), await cast.countChanges()];
      const symptoms = ['chat answers status error'];
      const handle = await cast.start({ reason: 'chat fails', incident: 'INC-7', symptoms });
      const report = await cast.end(handle);
      expect(report.outcome).toBe('rolled-back');
      const order = report.ledger.map(({ step }) => step);
      const first = [
        'resolve-request',
        'check-access',
        'identify-versions',
        'plan',
        'take-snapshot',
      ] as const;
      const then = [
        'roll-back',
        'wait-for-rollout',
        'verify-health',
        'verify-chat',
        'verify-agents',
        'record-incident',
      ] as const;
      for (const step of first) expect(order.indexOf(step), step).toBeLessThan(order.indexOf('roll-back'));
      expect(order.filter((step) => (then as readonly string[]).includes(step))).toEqual(then);
      expect(order).toEqual(expect.arrayContaining([...first]));
      expect(order.at(-1)).toBe('record-incident');

      expect(await changes()).toBe(1);
      expect(await cast.running()).toBe('v0.1.0');
      expect(await cast.state()).toEqual(good);
      expect(await cast.leftAlone()).toEqual(leftAlone);

      const { markdown, json } = await recordOf(report);
      expect(markdown).toContain('# Rollback of orchestrator (production): rolled-back');
      for (const told of ['INC-7', ...symptoms]) expect(markdown).toContain(told);
      expect(json.ledger.length).toBe(report.ledger.length - 1);
      expect(messages(cast)).toEqual([expect.stringContaining('0.2.0 → 0.1.0')]);

      const { raw, searchAttributes } = await handle.describe();
      expect(searchAttributes).toMatchObject({
        RollbackService: ['orchestrator'],
        RollbackEnvironment: ['production'],
        RollbackOutcome: ['rolled-back'],
      });
      expect(Number(raw.workflowExecutionInfo?.historyLength)).toBeLessThanOrEqual(110);
      expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThanOrEqual(stage().largestHistory);
    });

    it('does not go forward to the bad version when it runs a second time', async () => {
      const changes = await cast.countChanges();
      const report = await cast.rollback();
      expect(report.outcome).toBe('already-there');
      expect(checksOf(report)).toHaveLength(4);
      expect(await changes()).toBe(0);
      expect(await cast.state()).toEqual(good);
    });

    it('is rebuilt from its exported history alone, and agrees with what the workflow says', async () => {
      await cast.deploy('v0.2.0');
      const report = await cast.rollback();
      const audit = auditHistory(parseHistory(await cast.history(report.workflowId)));
      expect(audit.agrees).toBe(true);
      expect(audit.report.outcome).toBe('rolled-back');
      expect(audit.report.ledger.map(({ step, verdict }) => [step, verdict])).toEqual(
        report.ledger.map(({ step, verdict }) => [step, verdict]),
      );
      expect(audit.report.plan).toEqual(report.plan);
      expect(audit.workers.length).toBeGreaterThan(0);
    });
  },
  'every',
);

onEither('a rollback of $name', (stage) => {
  it('is not called proved when somebody deploys over it meanwhile', async () => {
    const cast = await stage().cast('overwritten', { checks: { health: { needed: 20, every: '200ms' } } });
    await cast.deploy('v0.1.0');
    await cast.deploy('v0.2.0');
    const handle = await cast.start({ target: '0.1.0' });
    await until('the verification', async () => {
      const { raw } = await handle.describe();
      return raw.pendingActivities?.some(({ activityType }) => activityType?.name === 'verify-health');
    });
    await cast.deploy('v0.1.1');
    const report = await cast.end(handle);
    expect(report.error?.type).toBe('WorkloadChanged');
    expect(report.error?.message).toContain('it runs 0.1.1 now');
    expect(report.ledger.some(({ step }) => step === 'record-known-good')).toBe(false);
    expect(await cast.running()).toBe('v0.1.1');
    expect(messages(cast)).toEqual([expect.stringContaining('did NOT end well')]);
  });
});
