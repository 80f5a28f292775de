import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, ENV_FILE, SERVICE } from '../../sandbox/demo/compose-project.ts';
import { checksOf } from '../../src/domain/ledger.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import { parseHistory } from '../../src/report/history-file.ts';
import { until } from '../../tools/until.ts';
import { recordOf } from './stage.ts';
import { type ComposeCast, type ComposeStage, openComposeStage } from './stage-compose.ts';

const problem = await composeHostProblem();

describe.skipIf(problem)(`a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let stage: ComposeStage;
  let good: PublishedImage;
  let newer: PublishedImage;
  beforeAll(async () => {
    stage = await openComposeStage();
    const { publish } = stage.sandbox.composeHost.images;
    good = await publish('v0.1.0');
    newer = await publish('v0.1.1');
    await publish('v0.2.0');
  });
  afterAll(() => stage?.close());

  const texts = (cast: ComposeCast) => Promise.all([cast.read(COMPOSE_FILE), cast.read(ENV_FILE)]);
  const messages = ({ channel }: ComposeCast) =>
    channel.received.map(({ body }) => (body as { text: string }).text);

  describe('goes back to its known-good version', () => {
    let cast: ComposeCast;
    let before: readonly string[];
    beforeAll(async () => {
      cast = await stage.cast('known-good');
      await cast.deploy('v0.1.0');
      before = await texts(cast);
    });

    it('verifies what is running and records it as known-good beside the compose file', async () => {
      const report = await cast.verify({ requestedBy: 'deploy pipeline' });
      expect(report.outcome).toBe('known-good');
      const keptIn = report.ledger.find(({ step }) => step === 'record-known-good')?.summary;
      const file = /kept in (\S+\.json)/.exec(keptIn ?? '')?.[1] ?? '';
      expect(file).toMatch(/^\.runbook\/master-orchestrator\/known-good\//);
      expect(JSON.parse(await cast.read(file))).toMatchObject({
        version: '0.1.0',
        verdict: 'passed',
        provedBy: 'verify',
        workflowId: report.workflowId,
        checks: { health: { values: { provider: 'openrouter' } } },
      });
    });

    it('plans without changing anything', async () => {
      await cast.deploy('v0.2.0', { timeout: 5 });
      const [files, container, mark] = [
        await texts(cast),
        await cast.container(),
        stage.sandbox.composeHost.mark(),
      ];
      const report = await cast.rollback({ dryRun: true });
      expect(report.outcome).toBe('planned');
      expect(report.plan).toMatchObject({
        from: { version: '0.2.0' },
        to: { version: '0.1.0' },
        basis: 'known-good',
        pin: { source: { digest: good.digest } },
      });
      expect(report.plan?.diff).toMatch(/-.*phoenix-orch:v0\.2\.0.*\n\+.*phoenix-orch:v0\.1\.0/);
      expect(await texts(cast)).toEqual(files);
      expect(await cast.container()).toEqual(container);
      expect(await cast.created(mark)).toEqual([]);
    });

    it('rolls back, waits, proves the service well, tells people and keeps the record', async () => {
      const [composeFile = ''] = await texts(cast);
      const mark = stage.sandbox.composeHost.mark();
      const handle = await cast.start({ reason: 'chat fails', incident: 'INC-7' });
      const report = await cast.end(handle);
      expect(report.outcome).toBe('rolled-back');
      const order = report.ledger.map(({ step }) => step);
      const at = (step: (typeof order)[number]) => order.indexOf(step);
      expect(at('take-snapshot')).toBeLessThan(at('roll-back'));
      expect(at('roll-back')).toBeLessThan(at('wait-for-rollout'));
      expect(at('wait-for-rollout')).toBeLessThan(at('verify-health'));
      expect(at('verify-chat')).toBeLessThan(at('verify-agents'));
      expect(order.at(-1)).toBe('record-incident');

      expect(await cast.created(mark)).toMatchObject([{ service: SERVICE, image: good.reference }]);
      expect(await cast.container()).toMatchObject({ imageId: good.imageId, running: true });
      const [now = ''] = await texts(cast);
      expect(changedLines(composeFile, now)).toEqual([expect.stringContaining(`${good.reference} `)]);
      expect(await texts(cast)).toEqual(before);

      const { markdown, json } = await recordOf(report);
      expect(markdown).toContain('# Rollback of orchestrator (production): rolled-back');
      expect(markdown).toContain('INC-7');
      expect(markdown).toContain(good.digest);
      expect(json.ledger.length).toBe(report.ledger.length - 1);
      expect(messages(cast)).toEqual([expect.stringContaining('0.2.0 → 0.1.0')]);

      const { raw } = await handle.describe();
      expect(Number(raw.workflowExecutionInfo?.historyLength)).toBeLessThanOrEqual(110);
      // Above a Deployment's: versions carry the hashes of their files.
      expect(Number(raw.workflowExecutionInfo?.historySizeBytes)).toBeLessThanOrEqual(48 * 1024);
    });

    it('does not go forward to the bad version when it runs a second time', async () => {
      const [container, mark] = [await cast.container(), stage.sandbox.composeHost.mark()];
      const report = await cast.rollback();
      expect(report.outcome).toBe('already-there');
      expect(checksOf(report)).toHaveLength(4);
      expect(await cast.container()).toEqual(container);
      expect(await cast.created(mark)).toEqual([]);
      expect(await texts(cast)).toEqual(before);
    });

    it('is rebuilt from its exported history alone, and agrees with what the workflow says', async () => {
      await cast.deploy('v0.2.0', { timeout: 5 });
      const report = await cast.rollback();
      const audit = auditHistory(parseHistory(await cast.history(report.workflowId)));
      expect(audit.agrees).toBe(true);
      expect(audit.report.outcome).toBe('rolled-back');
      expect(audit.report.ledger.map(({ step, verdict }) => [step, verdict])).toEqual(
        report.ledger.map(({ step, verdict }) => [step, verdict]),
      );
      expect(audit.report.plan).toEqual(report.plan);
    });
  });

  describe('goes where it is asked to', () => {
    it.each([
      ['by version', () => '0.1.1'],
      ['by digest', () => newer.digest],
    ])('%s, to an image that the registry alone has', async (how, target) => {
      const { docker, compose } = stage.sandbox.composeHost;
      const cast = await stage.cast(`asked-${how.replace(' ', '-')}`);
      await cast.deploy('v0.2.0');
      await docker('rmi', '--force', newer.imageId).catch(() => undefined);
      expect(await docker('images', '--quiet', '--no-trunc')).not.toContain(newer.imageId);
      const report = await cast.rollback({ target: target() });
      expect(report.outcome).toBe('rolled-back');
      expect(await cast.container()).toMatchObject({ imageId: newer.imageId, running: true });
      expect(await cast.read(COMPOSE_FILE)).toContain(newer.reference);
      await cast.close();
      await compose(cast.directory, 'down', '--timeout', '1');
    });
  });

  describe('is not called rolled back', () => {
    it('when the target ends at once with exit code 0: what was there before is back, and it is said', async () => {
      const { publish } = stage.sandbox.composeHost.images;
      await publish('v0.0.9', { behaviour: 'crash-exit-0' });
      // Longer than the program takes to come to its end on a busy machine.
      const cast = await stage.cast('exits', { stableFor: '5s' });
      await cast.deploy('v0.2.0', { timeout: 5 });
      const [files, { imageId }] = [await texts(cast), await cast.container()];
      const report = await cast.rollback({ target: '0.0.9' });
      expect(report.outcome).toBe('failed');
      expect(report.error?.type).toBe('RolloutFailed');
      expect(report.error?.message).toMatch(/exit code 0.*restored/s);
      expect(await texts(cast)).toEqual(files);
      expect(await cast.container()).toMatchObject({ imageId, running: true });
      expect(messages(cast)).toEqual([expect.stringContaining('did NOT end well')]);
      expect((await recordOf(report)).markdown).toContain('RolloutFailed');
    }, 60_000);

    it('when somebody deploys over it while it is verified', async () => {
      const cast = await stage.cast('overwritten', { checks: { health: { needed: 20, every: '200ms' } } });
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
      expect(await cast.read(COMPOSE_FILE)).toContain(newer.reference);
      expect(messages(cast)).toEqual([expect.stringContaining('did NOT end well')]);
    });

    it('when another service takes its image from the same anchor: refused before anything is changed', async () => {
      const cast = await stage.cast('anchor', { edit: shareTheImage });
      await cast.deploy('v0.2.0');
      const [files, container, mark] = [
        await texts(cast),
        await cast.container(),
        stage.sandbox.composeHost.mark(),
      ];
      const report = await cast.rollback({ target: '0.1.0' });
      expect(report.outcome).toBe('failed');
      expect(report.error?.type).toBe('ComposeFileUnsupported');
      expect(report.error?.message).toMatch(/line \d+.*standby.*sharedImage: change/s);
      expect(report.ledger.some(({ step }) => step === 'roll-back')).toBe(false);
      expect(await texts(cast)).toEqual(files);
      expect(await cast.container()).toEqual(container);
      expect(await cast.created(mark)).toEqual([]);
    });
  });
});

/** Lines of the second text that the first does not have at the same place; both have as many. */
function changedLines(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  expect(now.length).toBe(old.length);
  return now.filter((line, index) => line !== old[index]);
}

/** A second service, behind a profile, with the image of the first. */
function shareTheImage(composeFile: string): string {
  const anchored = composeFile.replace(/image: (\S+)/, 'image: &release $1');
  return `${anchored}\n  standby:\n    image: *release\n    profiles: [standby]\n`;
}
