import { describe, expect, test } from 'vitest';
import { auditOf, carryOut, defaultOf, KNOWN_GOOD, projectChange, snapshotOf } from '../restored.ts';
import { NAME, playing, quiet, quietWith } from '../texts.ts';
import {
  context,
  errorOf,
  FILE,
  openWorld,
  problem,
  type Service,
  TO_FIRST,
  titled,
  WATCHED,
} from '../world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const withEnv = (lines = '') => quietWith(`    env_file: app.env\n${lines}`);
/** A version whose files differ too: an env file, and lines of the service. */
const FIRST = { files: { 'app.env': 'LLM_TIMEOUT=30\n' } };
const SECOND = {
  files: { 'app.env': '# mine\nLLM_TIMEOUT=1\n' },
  text: withEnv('    labels: { tier: core } # new\n'),
};

describe.skipIf(problem)(titled('a snapshot of a Compose service'), () => {
  const { host, service } = openWorld();

  async function twoVersions(): Promise<Service> {
    const one = await service([], { text: withEnv() });
    const repository = one.repository.split('/')[1] ?? '';
    for (const tag of both) await host().images.publish(tag, { repository, behaviour: 'good' });
    await one.deploy('v0.1.0', FIRST);
    await one.prove();
    await one.deploy('v0.2.0', SECOND);
    return one;
  }

  test('brings image and files back to the byte, again and again', async () => {
    const one = await twoVersions();
    const before = await one.state();
    const first = await defaultOf(one);
    expect(first).toEqual({ to: '0.1.0', basis: 'known-good', rolledBack: false });
    const snapshot = await snapshotOf(one);
    for (const time of [1, 2]) {
      await carryOut(one, KNOWN_GOOD);
      expect(await one.read('app.env')).toBe('LLM_TIMEOUT=30\n');
      expect(await one.read()).not.toContain('labels');
      expect(await defaultOf(one)).toEqual({ to: '0.1.0', basis: 'known-good', rolledBack: true });
      const { plan, diff, started, finished } = await carryOut(one, { kind: 'snapshot', snapshot });
      expect(plan).toMatchObject({ basis: 'snapshot', pin: { purpose: 'restore', version: '0.2.0' } });
      expect(diff).toContain('+    labels: ');
      expect(started).toMatchObject({ changed: true, fingerprint: snapshot.fingerprint, version: '0.2.0' });
      expect(finished).toMatchObject({ fingerprint: snapshot.fingerprint, replicas: 1 });
      const { files, containers } = await one.state();
      expect(files).toMatchObject(before.files);
      expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
      expect(await defaultOf(one)).toEqual(first);
      const events = (await auditOf(one, NAME)).map(({ event }) => event);
      expect(events.filter((event) => event === 'rolled-back')).toHaveLength(time);
      expect(events.filter((event) => event === 'restored')).toHaveLength(time);
    }
  });

  test('is what stood there before, not what evidence of the same version was recorded with', async () => {
    const one = await twoVersions();
    await one.prove();
    // A comment makes no other version, and the evidence has the file without it.
    await one.write(FILE, `${await one.read()}# written since\n`);
    const before = await one.read();
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    await carryOut(one, { kind: 'snapshot', snapshot });
    expect(await one.read()).toBe(before);
  });

  test('comes back as it was written though its tag leads elsewhere by now, and the plan warns', async () => {
    const one = await service(both);
    const repository = one.repository.split('/')[1] ?? '';
    const before = await one.read();
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    await host().images.publish('v0.3.0', { repository, behaviour: 'good' });
    await host().images.retag('v0.3.0', 'v0.2.0', repository);
    const { plan } = await carryOut(one, { kind: 'snapshot', snapshot });
    expect(plan.warnings.join()).toContain('a pull would replace what is pinned');
    expect(await one.read()).toBe(before);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.2.0']?.imageId }]);
  });

  test('comes back by its ID when its image was never pushed', async () => {
    const one = await service(both);
    const name = `never-pushed-${one.project}`;
    for (const tag of both) await host().docker('tag', `${one.repository}:${tag}`, `${name}:${tag}`);
    await one.deploy('v0.2.0', { text: (_image, tag) => quiet(`${name}:${tag}`, tag) });
    const before = await one.state();
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    expect(await one.read()).toContain(`image: ${name}:v0.1.0`);
    // Somebody gives the name to another image meanwhile.
    await host().docker('tag', `${name}:v0.1.0`, `${name}:v0.2.0`);
    await carryOut(one, { kind: 'snapshot', snapshot });
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: one.images['v0.2.0']?.imageId, status: 'running' }]);
  });

  test('comes back with what ran, where the file said something else that was never brought up', async () => {
    const one = await service(both);
    await one.write(FILE, (await one.read()).replace('v0.2.0', 'v0.3.0'));
    const before = await one.state();
    const [snapshot, tags] = [await snapshotOf(one), await one.tags()];
    await carryOut(one, TO_FIRST);
    await carryOut(one, { kind: 'snapshot', snapshot });
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: one.images['v0.2.0']?.imageId, status: 'running' }]);
    expect(await one.tags()).toEqual(tags);
  });

  test('leaves what others have written into the file since', async () => {
    const one = await service(both);
    const before = await one.read();
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    const other = '  other:\n    image: another:v1\n    profiles: [never]\n';
    await one.write(FILE, (await one.read()) + other);
    await carryOut(one, { kind: 'snapshot', snapshot });
    expect(await one.read()).toBe(before + other);
  });

  test('is there already when a failed start was restored', async () => {
    const one = await service(both, {
      text: playing('process.exit(1)'),
      behaviours: { 'v0.1.0': 'crash-exit-1' },
    });
    const first = await defaultOf(one);
    const snapshot = await snapshotOf(one);
    await errorOf(one.wait(await one.target.rollBack(await one.pin(), context)));
    const before = await one.state();
    const { plan, diff, started } = await carryOut(one, { kind: 'snapshot', snapshot });
    expect(plan).toMatchObject({ changesNothing: true, basis: 'snapshot' });
    expect([diff, started.changed]).toEqual(['', false]);
    expect(await one.state()).toEqual(before);
    expect(await defaultOf(one)).toEqual(first);
  });

  test('says what is gone when its image is nowhere any more', async () => {
    const one = await service(both);
    const snapshot = await snapshotOf(one);
    await carryOut(one, TO_FIRST);
    await one.forget('v0.2.0');
    const { digest = '' } = one.images['v0.2.0'] ?? {};
    await host().images.deleteImage(digest, one.repository.split('/')[1]);
    const error = await errorOf(one.target.checkAccess({ kind: 'snapshot', snapshot }, context));
    expect(error).toMatchObject({ type: 'ImageMissing', retryable: false });
    expect(error.message).toContain('asked for: the snapshot of 0.2.0');
  });
});

describe.skipIf(problem)(titled('the same rollback once more'), () => {
  const { host, service } = openWorld();

  /** A version that starts only when a file outside of its container is there. */
  const needy = playing(
    `if (!require('node:fs').existsSync('/project/ready')) process.exit(1); process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1e6)`,
    `    volumes: ['.:/project']\n`,
  );

  test.each([
    ['the same step', context.key ?? ''],
    ['a step of its own', `${context.key}-2`],
  ])(
    'by %s, after a failed start was restored and its cause was mended, is a change of its own',
    async (_what, key) => {
      const one = await service([], { text: needy, profile: { rollout: WATCHED } });
      const { images } = await publish(one);
      await one.deploy('v0.1.0');
      await one.deploy('v0.2.0');
      const pin = await one.pin();
      const started = await one.target.rollBack(pin, context);
      expect((await errorOf(one.wait(started))).message).toMatch(/are restored$/);
      const { id } = await projectChange(one, NAME);
      await one.write('ready', '');
      const again = await one.target.rollBack(pin, { ...context, key });
      expect(again).toMatchObject({ changed: true, version: '0.1.0', fingerprint: pin.fingerprint });
      expect(again.change).not.toBe(id);
      expect(await one.wait(again)).toMatchObject({ replicas: 1 });
      expect(await projectChange(one, NAME)).toMatchObject({ id: again.change, phase: 'started', by: key });
      expect(await one.containers()).toMatchObject([{ imageId: images['v0.1.0'], status: 'running' }]);
      expect((await auditOf(one, NAME)).map(({ event }) => event)).toEqual([
        'rolled-back',
        'restored',
        'rolled-back',
      ]);
    },
  );

  async function publish(one: Service) {
    const repository = one.repository.split('/')[1] ?? '';
    const images: Record<string, string> = {};
    for (const [tag, behaviour] of [
      ['v0.1.0', 'crash-exit-1'],
      ['v0.2.0', 'good'],
    ] as const) {
      images[tag] = (await host().images.publish(tag, { repository, behaviour })).imageId;
    }
    return { images };
  }

  test('on another day, when somebody has put everything back as it was, is a new one', async () => {
    const one = await service(both);
    const before = await one.read();
    const first = await one.pin();
    await one.wait(await one.target.rollBack(first, context));
    await one.write(FILE, before);
    await one.up();
    const { started } = await carryOut(one, TO_FIRST);
    expect(started).toMatchObject({ changed: true, version: '0.1.0' });
    expect(await one.read()).toBe(before.replace('v0.2.0', 'v0.1.0'));
    expect((await auditOf(one, NAME)).filter(({ event }) => event === 'rolled-back')).toHaveLength(2);
  });
});
