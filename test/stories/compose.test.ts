import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { composeHostProblem, type PublishedImage } from '../../sandbox/compose/index.ts';
import { COMPOSE_FILE, ENV_FILE } from '../../sandbox/demo/compose-project.ts';
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
