import { describe, expect, test } from 'vitest';
import type { ComposeSource } from '../../../src/domain/versions/pins.ts';
import { planRollback } from '../../../src/domain/versions/plan-rollback.ts';
import { liveVersionOf, type VersionCandidate } from '../../../src/domain/versions/versions.ts';
import { quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];

describe.skipIf(problem)(titled('the versions of a service'), () => {
  const { host, service } = openWorld();

  const known = (one: Service, ...versions: readonly VersionCandidate[]) =>
    versions.map(({ version, image, source }) => {
      const { known, digest } = source as ComposeSource;
      return [version, image.replace(`${one.repository}:`, ':'), known, digest];
    });
  const publish = (one: Service, tag: string) =>
    host().images.publish(tag, {
      repository: one.repository.split('/')[1] ?? '',
      labels: { of: tag },
      behaviour: 'good',
    });

  test('what runs is what the container says, and a file that says something else is told', async () => {
    const one = await service(both);
    await one.write(FILE, (await one.read()).replace('v0.2.0', 'v0.1.0'));
    const { current, warnings } = await one.target.observe(context);
    expect(known(one, current)).toEqual([['0.2.0', ':v0.2.0', 'container', one.images['v0.2.0']?.digest]]);
    expect(warnings).toContainEqual(
      `${FILE} says ${one.repository}:v0.1.0, the container runs ${one.repository}:v0.2.0`,
    );
  });

  test('a rollback that was begun by hand in the file alone is finished', async () => {
    const one = await service(both);
    const edited = (await one.read()).replace('v0.2.0', 'v0.1.0');
    await one.write(FILE, edited);
    const { plan, diff } = await one.resolve();
    expect([plan.changesNothing, diff]).toEqual([false, '']);
    const started = await one.target.rollBack(plan.pin, context);
    expect(await one.wait(started)).toMatchObject({ imageId: one.images['v0.1.0']?.imageId });
    expect(await one.read()).toBe(edited);
  });

  test('another image under the same tag is another version, and is told', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    const other = await publish(one, 'v0.1.0');
    await host().docker('pull', '--quiet', `${one.repository}:v0.1.0`);
    const { current, warnings } = await one.target.observe(context);
    expect(current.evidence?.verdict).toBe('passed');
    expect(warnings).toContainEqual(
      `${one.repository}:v0.1.0 means another image by now than the one that the container runs`,
    );
    await one.up();
    const after = await one.target.observe(context);
    expect(known(one, after.current)).toEqual([['0.1.0', ':v0.1.0', 'container', other.digest]]);
    expect(after.current.evidence).toBeUndefined();
    expect(known(one, ...after.history)).toContainEqual([
      '0.1.0',
      ':v0.1.0',
      'evidence',
      one.images['v0.1.0']?.digest,
    ]);
    const pin = await one.pin({ kind: 'known-good' });
    await one.target.rollBack(pin, context);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  test('an image that was never pushed is pinned by its ID', async () => {
    const one = await service(['v0.1.0']);
    const [container] = await one.containers();
    const hotfix = `${one.repository}:v0.1.0-hotfix`;
    const imageId = await host().docker('commit', '--change', 'LABEL hotfix=1', container?.id ?? '', hotfix);
    await publish(one, 'v0.2.0');
    await one.deploy('v0.2.0');
    const pin = await one.pin({ kind: 'version', version: '0.1.0-hotfix' });
    expect(pin.source).toMatchObject({ imageId, image: hotfix });
    expect(pin.source).not.toHaveProperty('digest');
    const started = await one.target.rollBack(pin, context);
    expect(await one.wait(started)).toMatchObject({ imageId });
    expect(await one.read()).toContain(`image: ${hotfix} #`);
  });

  test('tags of the registry and images of the engine are found, older ones first, without names that move', async () => {
    const one = await service(['v0.3.0']);
    for (const tag of ['v0.1.0', 'v0.10.0', 'v0.2.0', 'latest', 'nightly']) await publish(one, tag);
    await host().docker('pull', '--quiet', `${one.repository}:v0.2.0`);
    const { history } = await one.target.observe(context);
    expect(known(one, ...history).map(([version, , where]) => `${version} ${where}`)).toEqual([
      '0.2.0 local-image',
      '0.1.0 registry',
      'nightly registry',
      '0.10.0 registry',
    ]);
  });

  test('evidence comes first, and so does a snapshot of what ran', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    await publish(one, 'v0.1.5');
    await publish(one, 'v0.2.0');
    await one.deploy('v0.2.0');
    await one.target.takeSnapshot(liveVersionOf(await one.target.observe(context)), context);
    await publish(one, 'v0.3.0');
    await one.deploy('v0.3.0');
    const { history } = await one.target.observe(context);
    expect(known(one, ...history).map(([version, , where]) => `${version} ${where}`)).toEqual([
      '0.2.0 snapshot',
      '0.1.0 evidence',
      '0.1.5 registry',
    ]);
    expect((await one.resolve({ kind: 'known-good' })).plan.to.version).toBe('0.1.0');
    expect((await one.resolve({ kind: 'previous' })).plan.to.version).toBe('0.2.0');
  });

  test('a version is asked for by digest', async () => {
    const one = await service(both);
    const digest = one.images['v0.1.0']?.digest ?? '';
    const pin = await one.pin({ kind: 'digest', digest });
    expect(pin).toMatchObject({ version: '0.1.0', image: `${one.repository}:v0.1.0`, source: { digest } });
  });

  test('a digest that nothing has shown is asked of the registry', async () => {
    const one = await service(both);
    const { digest } = await publish(one, 'v0.0.9');
    await host().images.deleteTag('v0.0.9', one.repository.split('/')[1]);
    const pin = await one.pin({ kind: 'digest', digest });
    expect(pin.image).toBe(`${one.repository}@${digest}`);
    const started = await one.target.rollBack(pin, context);
    expect((await one.wait(started)).replicas).toBe(1);
  });

  test('a registry that is gone is a warning, and what is here can be planned', async () => {
    const one = await service(both);
    await host().registry.stop();
    try {
      const observed = await one.target.observe(context);
      expect(observed.warnings).toContainEqual(
        expect.stringContaining('the registry could not be asked for versions'),
      );
      expect((await one.resolve()).plan.to.version).toBe('0.1.0');
      const { summary } = await one.target.checkAccess({ kind: 'previous' }, context);
      expect(summary).toContain("0.1.0 is on the engine's host as sha256:");
    } finally {
      await host().registry.start();
    }
  });

  test('without a container the file says what the version is', async () => {
    const one = await service(['v0.1.0']);
    const [container] = await one.containers();
    await host().docker('rm', '--force', container?.id ?? '');
    const { current, replicas, warnings } = await one.target.observe(context);
    expect([current.version, replicas]).toEqual(['0.1.0', 0]);
    expect(warnings).toContainEqual(`no container runs: the version is the one that ${FILE} says`);
    expect(await one.target.instances(context)).toEqual([]);
  });

  test('two containers with different images are told', async () => {
    const one = await service(['v0.1.0']);
    await publish(one, 'v0.2.0');
    await one.write(FILE, (await one.read()).replace('v0.1.0', 'v0.2.0'));
    await one.up('--no-recreate', '--scale', 'orchestrator=2');
    const images = (await one.containers()).map(({ imageId }) => imageId);
    expect(new Set(images).size).toBe(2);
    const { warnings } = await one.target.observe(context);
    expect(warnings).toContainEqual('the containers of the service run different images');
  });

  test.each([
    [
      'a variable',
      'app.env',
      'LLM_TIMEOUT=1\n',
      /^the container was started with other values of LLM_TIMEOUT$/,
    ],
    [
      'a mounted file',
      'agents.toml',
      'retries = 0\n',
      /^agents\.toml is not recorded as proved: it was changed at \S+, and the container started at \S+$/,
    ],
  ])(
    '%s that the container was not started with is told, and is no part of what is proved',
    async (_what, path, edit, warning) => {
      const one = await service(['v0.1.0'], {
        text: quietWith('    env_file: app.env\n    volumes: ["./agents.toml:/app/agents.toml"]\n'),
        files: { 'app.env': 'LLM_TIMEOUT=30\n', 'agents.toml': 'retries = 3\n' },
      });
      expect((await one.target.observe(context)).warnings).toEqual([]);
      await one.write(path, edit);
      expect((await one.target.observe(context)).warnings).toEqual([expect.stringMatching(warning)]);
      const error = await errorOf(one.prove());
      expect(error.message).toMatch(/^0\.1\.0 cannot become known-good: /);
      expect(error.message.replace(/^.*known-good: |\. Bring the service up.*$/g, '')).toMatch(warning);
      await one.up('--force-recreate');
      expect((await one.target.observe(context)).warnings).toEqual([]);
      await one.prove();
    },
  );

  test('what a rollback of ours left stays, and a run to known-good changes nothing', async () => {
    const one = await service(both);
    await one.target.rollBack(await one.pin(), context);
    const observed = await one.target.observe(context);
    expect(observed.rolledBack).toBe(true);
    const plan = planRollback(observed, { kind: 'known-good' });
    expect(plan).toMatchObject({ changesNothing: true, to: { version: '0.1.0' } });
  });
});
