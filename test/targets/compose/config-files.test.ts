import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { playing, QUIET, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, titled } from './world.ts';

describe.skipIf(problem)(titled('what a plan cannot see by itself'), () => {
  const { host, service } = openWorld();

  /** A service with a mounted folder, in which its config is. */
  async function withFolder(profile: { configFiles?: readonly string[] }) {
    const one = await service([], { text: quietWith('    volumes: ["./data:/data:ro"]\n'), profile });
    const repository = one.repository.split('/')[1] ?? '';
    for (const tag of ['v0.1.0', 'v0.2.0'])
      await host().images.publish(tag, { repository, behaviour: 'good' });
    await mkdir(join(one.folder, 'data'));
    const config = (text: string) => writeFile(join(one.folder, 'data/config.toml'), text);
    await config('timeout = 30\n');
    await one.deploy('v0.1.0');
    await one.prove();
    await config('timeout = 1\n');
    await one.deploy('v0.2.0');
    return one;
  }

  test('a mounted folder is told, because what is in it does not go back', async () => {
    const one = await withFolder({});
    const { plan } = await one.resolve({ kind: 'known-good' });
    expect(plan.warnings).toContainEqual(
      expect.stringMatching(/^data is mounted as a folder: .*configFiles/),
    );
    const started = await one.target.rollBack(await one.pin({ kind: 'known-good' }), context);
    await one.wait(started);
    expect(await one.read('data/config.toml')).toBe('timeout = 1\n');
  });

  test('a file of it that the profile names goes back with the image', async () => {
    const one = await withFolder({ configFiles: ['data/config.toml'] });
    const { plan } = await one.resolve({ kind: 'known-good' });
    expect(plan.warnings.join()).not.toContain('mounted as a folder');
    const started = await one.target.rollBack(await one.pin({ kind: 'known-good' }), context);
    expect(await one.wait(started)).toMatchObject({ fingerprint: plan.to.fingerprint });
    expect(await one.read('data/config.toml')).toBe('timeout = 30\n');
  });

  test('a replica that has ended before is one of the service all the same', async () => {
    const one = await service(['v0.1.0', 'v0.2.0'], {
      text: (image) => `services:\n  orchestrator:\n    image: ${image}\n    scale: 2\n${QUIET}`,
    });
    const [first] = await one.containers();
    await host().docker('stop', '--time', '0', first?.id ?? '');
    const started = await one.target.rollBack(await one.pin(), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 2 });
  });

  test('an image without a tag is what ran, when it is restored, and not what its name means by then', async () => {
    const one = await service(['v0.1.0', 'v0.2.0'], {
      text: playing('process.exit(1)'),
      behaviours: { 'v0.1.0': 'crash-exit-1' },
    });
    const latest = `${one.repository}:latest`;
    await host().docker('tag', `${one.repository}:v0.2.0`, latest);
    await one.write(FILE, (await one.read()).replace(':v0.2.0', ''));
    await one.up('--pull', 'never');
    const before = await one.state();
    const pin = await one.pin();
    await host().docker('tag', `${one.repository}:v0.1.0`, latest);
    const error = await errorOf(one.wait(await one.target.rollBack(pin, context)));
    expect(error.message).toMatch(/are restored$/);
    const { files, containers } = await one.state();
    expect(files[FILE]).toBe(before.files[FILE]);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
  });
});
