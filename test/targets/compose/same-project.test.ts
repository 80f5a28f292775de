import { mkdir, rename, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { NAME, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, TO_FIRST, titled } from './world.ts';

describe.skipIf(problem)(titled('what is rolled back is the project that runs'), () => {
  const { host, service } = openWorld();
  const both = ['v0.1.0', 'v0.2.0'];

  /** Variables and mounts of the one container, whatever its project is called. */
  async function container(one: Service, project = one.project) {
    const filter = `label=com.docker.compose.project=${project}`;
    const ids = (await host().docker('ps', '-aq', '--filter', filter)).split('\n').filter(Boolean);
    expect(ids).toHaveLength(1);
    const [found] = JSON.parse(await host().docker('inspect', ids[0] ?? ''));
    const { Env, Image, Mounts } = {
      ...(found.Config as { Env: string[] }),
      ...(found as { Image: string; Mounts: { Source: string }[] }),
    };
    return {
      env: Env,
      image: (found as { Image: string }).Image || Image,
      sources: Mounts.map((one) => one.Source),
    };
  }

  async function rollBack(one: Service, target = one.target) {
    await target.checkAccess(TO_FIRST, context);
    const started = await target.rollBack(await one.pin(TO_FIRST, target), context);
    return one.wait(started, target);
  }

  /** Takes the container that was deployed away, so that it can be started otherwise. */
  const remove = (one: Service) => host().compose(one.folder, 'rm', '--stop', '--force');

  test('C1 with the override that Compose takes, whatever the main file is called', async () => {
    const extra = `services:\n  ${NAME}:\n    environment: {LEVEL: debug, HERE: "\${PWD}"}\n    volumes: ['./data:/data']\n`;
    const second = `services:\n  ${NAME}:\n    environment: {LEVEL: never}\n`;
    const files = { 'compose.override.yml': extra, 'docker-compose.override.yml': second };
    const one = await service(both, { files });
    const before = await container(one);
    expect(before.sources).toEqual([join(one.folder, 'data')]);
    // The worker was started in another folder.
    const target = one.another({}, { ...one.env, PWD: '/' });
    const { warnings } = await target.observe(context);
    expect(warnings.join('\n')).not.toMatch(/PWD|HERE/);
    expect((await target.checkAccess(TO_FIRST, context)).warnings).toEqual([]);
    await rollBack(one, target);
    const after = await container(one);
    expect(after.image).toBe(one.images['v0.1.0']?.imageId);
    expect(after.sources).toEqual(before.sources);
    expect(after.env).toEqual(expect.arrayContaining(['LEVEL=debug', `HERE=${one.folder}`]));
  });

  test('C2 with the folder of the first file, which COMPOSE_FILE may name, and the variables of both folders', async () => {
    const text = quietWith("    volumes: ['./data:/data']\n    environment: {A: $A, B: $B}\n");
    const files = {
      '.env': 'STAGE=yml\nCOMPOSE_FILE=docker/compose.$STAGE:more.yml\nA=outer\n',
      'docker/.env': 'A=inner\nB=inner\n',
      'more.yml': '# nothing yet\n',
    };
    const name = 'of-two-folders';
    const one = await service(both, {
      file: 'docker/compose.yml',
      files,
      text: (image, tag) => `name: ${name}\n${text(image, tag)}`,
    });
    const before = await container(one, name);
    expect(before.sources).toEqual([join(one.folder, 'docker/data')]);
    await rollBack(one);
    const after = await container(one, name);
    expect(after).toMatchObject({ image: one.images['v0.1.0']?.imageId, sources: before.sources });
    expect(after.env).toEqual(expect.arrayContaining(['A=outer', 'B=inner']));
    expect((await one.target.observe(context)).warnings).toEqual([
      expect.stringContaining('docker/data is mounted as a folder'),
    ]);
  });

  test('C3 which was given another name: refused with it, and possible with it', async () => {
    const one = await service(both);
    await remove(one);
    const shop = `${one.project}-shop`;
    await host().compose(one.folder, '-p', shop, 'up', '--detach');
    for (const step of ['observe', 'current', 'instances'] as const) {
      const error = await errorOf(one.target[step](context));
      expect(error).toMatchObject({ type: 'WorkloadMismatch', retryable: false });
      expect(error.message).toContain(`set project: ${shop}`);
    }
    const target = one.another({ project: shop });
    await rollBack(one, target);
    expect((await container(one, shop)).image).toBe(one.images['v0.1.0']?.imageId);
    expect(await one.containers()).toEqual([]);
    expect((await errorOf(one.another({ project: 'shopp' }).observe(context))).message).toContain(
      `set project: ${shop}`,
    );
  });

  test('C3 which was started from other files, of another folder, with other variables: each is named', async () => {
    const one = await service(both);
    const text = await one.read();
    await one.write('prod.yml', `services:\n  ${NAME}:\n    environment: {LEVEL: prod}\n`);
    await one.write('prod.env', 'A=1\n');
    await one.write('sub/other.yml', text);
    const as = async (args: readonly string[], profile: Parameters<Service['another']>[0], said: string) => {
      await remove(one);
      await host().compose(one.folder, '-p', one.project, ...args, 'up', '--detach');
      const error = await errorOf(one.target.observe(context));
      expect(error.type).toBe('WorkloadMismatch');
      expect(error.message).toContain(said);
      const { warnings } = await one.another(profile).observe(context);
      expect(warnings).toEqual([]);
    };
    await as(['-f', FILE, '-f', 'prod.yml'], { files: [FILE, 'prod.yml'] }, `set files: [${FILE}, prod.yml]`);
    await as(['--env-file', 'prod.env'], { envFiles: ['prod.env'] }, 'set envFiles: [prod.env]');
    await as(
      ['-f', 'sub/other.yml'],
      { files: ['sub/other.yml'], project: one.project },
      'set files: [sub/other.yml]',
    );
    await as(
      ['-f', 'sub/other.yml', '--project-directory', '.'],
      { files: ['sub/other.yml'], projectDirectory: '.' },
      'set files: [sub/other.yml] and projectDirectory: .',
    );
  });

  test('C3 which was started from a folder that is not here: refused unless the profile says so, and told', async () => {
    const one = await service(both);
    const away = `${one.folder}-away`;
    await remove(one);
    await rename(one.folder, away);
    await host().compose(away, '-p', one.project, 'up', '--detach');
    await rename(away, one.folder);
    const error = await errorOf(one.target.observe(context));
    expect(error.type).toBe('WorkloadMismatch');
    expect(error.message).toContain('set startedElsewhere: allow');
    const target = one.another({ startedElsewhere: 'allow' });
    expect((await target.observe(context)).warnings).toEqual([
      expect.stringContaining(`was started from ${away}`),
    ]);
    await rollBack(one, target);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
  });

  test('C8 by the name that Compose makes of it, and of the folder as it is called', async () => {
    const one = await service(both, {
      text: (image, tag) => `name: Of.${'Many'}-PARTS\n${quietWith('')(image, tag)}`,
    });
    await rollBack(one);
    expect((await container(one, 'ofmany-parts')).image).toBe(one.images['v0.1.0']?.imageId);
    await remove(one);
    await one.write(FILE, quietWith('')(`${one.repository}:v0.2.0`, ''));
    const current = join(one.folder, '../', `Current-${one.project}`);
    await mkdir(join(current, '..'), { recursive: true });
    await symlink(one.folder, current);
    await host().compose(current, '-p', `current-${one.project}`, 'up', '--detach');
    await rollBack(one, one.another({ directory: current }));
    expect((await container(one, `current-${one.project}`)).image).toBe(one.images['v0.1.0']?.imageId);
  });
});
