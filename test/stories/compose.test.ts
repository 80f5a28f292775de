import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, CONFIG_TOML, ENV_FILE } from '../../sandbox/demo/compose-project.ts';
import { serviceConfig } from '../../sandbox/demo/service-config.ts';
import { recordOf } from './stage.ts';
import { type ComposeCast, type ComposeStage, openComposeStage } from './stage-compose.ts';

const problem = await composeHostProblem();

describe.skipIf(problem)(`a Compose service${problem ? ` (${problem})` : ''}`, () => {
  let stage: ComposeStage;
  let newer: PublishedImage;
  beforeAll(async () => {
    stage = await openComposeStage();
    const { publish } = stage.sandbox.composeHost.images;
    await publish('v0.1.0');
    newer = await publish('v0.1.1');
    await publish('v0.2.0');
  });
  afterAll(() => stage?.close());

  const texts = (cast: ComposeCast) => Promise.all([cast.read(COMPOSE_FILE), cast.read(ENV_FILE)]);
  const messages = ({ channel }: ComposeCast) =>
    channel.received.map(({ body }) => (body as { text: string }).text);

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

  it('is gone back with its config, where a release is bad by that alone; and the next release comes as ever', async () => {
    const { publish } = stage.sandbox.composeHost.images;
    for (const tag of ['v0.2.1', 'v0.2.2']) await publish(tag);
    const cast = await stage.cast('bad-config', { config: serviceConfig('v0.1.0') });
    await cast.deploy('v0.1.0');
    expect((await cast.verify()).outcome).toBe('known-good');

    const bad = serviceConfig('v0.2.1');
    await cast.write(CONFIG_TOML, bad);
    await cast.deploy('v0.2.1');
    const { plan } = await cast.rollback({ dryRun: true });
    expect(plan).toMatchObject({ from: { version: '0.2.1' }, to: { version: '0.1.0' }, basis: 'known-good' });
    const settings = [
      'file config.toml llm.openrouter.model_name: "anthropic/claude-3-opus" -> "anthropic/claude-3.5-sonnet"',
      'file config.toml agents.default.timeout_secs: 5 -> 20',
    ];
    expect(plan?.settings).toEqual(settings);
    const report = await cast.rollback({ reason: 'chat fails since v0.2.1' });
    expect(report.outcome).toBe('rolled-back');
    expect(await cast.read(CONFIG_TOML)).toBe(serviceConfig('v0.1.0'));
    const { markdown } = await recordOf(report);
    for (const told of settings) expect(markdown).toContain(told);

    // The image was good: with another config it is another version, of which nothing bad is known.
    await cast.deploy('v0.2.2');
    expect((await cast.verify()).outcome).toBe('known-good');
    expect(await cast.read(CONFIG_TOML)).toBe(serviceConfig('v0.2.2'));
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

/** A second service, behind a profile, with the image of the first. */
function shareTheImage(composeFile: string): string {
  const anchored = composeFile.replace(/image: (\S+)/, 'image: &release $1');
  return `${anchored}\n  standby:\n    image: *release\n    profiles: [standby]\n`;
}
