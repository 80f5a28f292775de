import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { locateComposePrograms } from '../../../sandbox/compose/index.ts';
import { carryOut, snapshotOf } from './restored.ts';
import { NAME, QUIET } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, TO_FIRST, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const v1 = problem ? undefined : (await locateComposePrograms()).composeV1;
const { host, service } = openWorld();

describe.skipIf(problem || !v1)(titled(`docker-compose of version 1${v1 ? '' : ' (PATH has none)'}`), () => {
  test('does a whole rollback, with .env and env file, and its own containers', async () => {
    const one = await service([], { profile: { command: 'docker-compose' } });
    const files = (timeout: number) => ({ 'app.env': `LLM_TIMEOUT=${timeout}\n` });
    const text = `services:\n  ${NAME}:\n    image: ${one.repository}:\${TAG:-none}\n    env_file: app.env\n${QUIET}`;
    const deploy = async (tag: string, timeout: number) => {
      await host().images.publish(tag, {
        repository: one.repository.split('/')[1] ?? '',
        labels: { of: tag },
      });
      const all = { ...files(timeout), [FILE]: text, '.env': `# of the release\nTAG=${tag}\nOTHER=1\n` };
      for (const [path, content] of Object.entries(all)) await one.write(path, content);
      await host().composeV1?.(one.folder, 'up', '--detach');
    };
    await deploy('v0.1.0', 30);
    await one.prove();
    const [first] = await one.containers();
    const { files: good } = await one.state();
    await deploy('v0.2.0', 1);

    const { summary } = await one.target.checkAccess({ kind: 'known-good' }, context);
    expect(summary).toMatch(/^docker-compose 1\.\d+\.\d+, engine \d+/);
    const { plan } = await one.resolve({ kind: 'known-good' });
    expect(plan.pin).toMatchObject({ changes: [{ path: 'app.env' }, { path: '.env' }] });
    const mark = host().mark();
    const started = await one.target.rollBack(plan.pin, context);
    expect(await one.wait(started)).toMatchObject({ imageId: first?.imageId, replicas: 1 });
    expect((await one.state()).files).toMatchObject(good);
    expect((await one.events(mark)).filter((event) => event === `create ${NAME}`)).toHaveLength(1);
    const again = host().mark();
    await one.target.rollBack(plan.pin, context);
    expect(await one.events(again)).toEqual([]);
    const [container] = await one.containers();
    const environment = await host().docker(
      'inspect',
      '--format',
      '{{json .Config.Env}}',
      container?.id ?? '',
    );
    expect(environment).toContain('"LLM_TIMEOUT=30"');
    const version = await host().docker(
      'inspect',
      '--format',
      '{{index .Config.Labels "com.docker.compose.version"}}',
      container?.id ?? '',
    );
    expect(version).toMatch(/^1\./);
  });

  test('goes on with what the plugin has made, and keeps its scale', async () => {
    const one = await service(both);
    await one.up('--scale', `${NAME}=2`);
    const target = one.another({ command: 'docker-compose' });
    const started = await target.rollBack(await one.pin(TO_FIRST, target), context);
    expect(await one.wait(started, target)).toMatchObject({ replicas: 2 });
    expect(new Set((await one.containers()).map(({ imageId }) => imageId))).toEqual(
      new Set([one.images['v0.1.0']?.imageId]),
    );
  });

  test('restores what was there when a version does not start', async () => {
    const behaviours = { 'v0.1.0': 'crash-exit-1' } as const;
    const one = await service(both, {
      text: (image) => `services:\n  ${NAME}: {image: '${image}', network_mode: host}\n`,
      behaviours,
    });
    const before = await one.state();
    const target = one.another({ command: 'docker-compose' });
    const error = await errorOf(
      one.wait(await target.rollBack(await one.pin(TO_FIRST, target), context), target),
    );
    expect(error.type).toBe('RolloutFailed');
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
  });

  test('is what auto finds where the plugin is missing', async () => {
    const one = await service(both);
    const { env, once } = await one.intercept();
    await once(
      { before: 'compose version*' },
      'echo "docker: \'compose\' is not a docker command." >&2; exit 1',
    );
    const { summary } = await one.another({}, env).checkAccess(TO_FIRST, context);
    expect(summary).toMatch(/^docker-compose 1\./);
  });
});

describe.skipIf(problem)(titled('the docker command'), () => {
  test('auto takes the plugin first, and check-access says what is used', async () => {
    const one = await service(both);
    const { summary } = await one.target.checkAccess(TO_FIRST, context);
    expect(summary).toMatch(
      /^docker compose 2\.\d+\.\d+, engine \d+\.\d+.*; image: in docker-compose\.yml line 4; 0\.1\.0 is in the registry as sha256:[0-9a-f]{12}$/,
    );
  });

  test('is started once for everything that a rollback asks the engine', async () => {
    const one = await service(both);
    await one.forget('v0.1.0');
    const { env, commands } = await one.intercept();
    const target = one.another({}, env);
    await snapshotOf({ ...one, target });
    await carryOut(one, TO_FIRST, target);
    await target.instances(context);
    const kinds = (await commands()).map((line) => {
      const [, word] = /^compose .* ?(version|config|up)(?: |$)/.exec(line) ?? [];
      return word ? `compose ${word}` : line.split(' ')[0];
    });
    // What Compose makes of the files that were there, what it finds by itself, and its hash of the service; what it makes
    // of them after the change.
    expect(kinds.sort()).toEqual([
      'compose config',
      'compose config',
      'compose config',
      'compose config',
      'compose up',
      'compose version',
      'pull',
      'system',
      'tag',
    ]);
  });

  test.each([
    ['auto', 'docker compose and docker-compose cannot be run'],
    ['docker compose', 'docker compose cannot be run'],
    ['docker-compose', 'docker-compose cannot be run'],
  ] as const)('without Compose is CommandMissing (%s)', async (command, message) => {
    const one = await service(both);
    const before = await one.state();
    // Docker alone, and no plugin of it.
    const bin = join(one.folder, '..', `bin-${one.project}`);
    await mkdir(bin);
    await writeFile(
      join(bin, 'docker'),
      `#!/bin/sh\n[ "$1" = compose ] && exit 1\nexec '${one.env.PATH?.split(':')[0]}/docker' "$@"\n`,
      { mode: 0o755 },
    );
    const target = one.another({ command }, { ...one.env, PATH: bin });
    const error = await errorOf(target.checkAccess(TO_FIRST, context));
    expect(error).toMatchObject({ type: 'CommandMissing', retryable: false });
    expect(error.message).toContain(message);
    expect((await errorOf(target.rollBack(await one.pin(), context))).type).toBe('CommandMissing');
    expect((await one.state()).containers).toEqual(before.containers);
    expect((await one.state()).files[FILE]).toBe(before.files[FILE]);
  });

  test('that is missing itself is CommandMissing', async () => {
    const one = await service(both);
    const error = await errorOf(one.another({}, { ...one.env, PATH: one.folder }).observe(context));
    expect(error).toMatchObject({ type: 'CommandMissing' });
    expect(error.message).toContain("docker cannot be run on the worker's host");
  });

  test('uses the context of the profile, whatever DOCKER_HOST says', async () => {
    const one = await service(both);
    const { DOCKER_HOST, ...rest } = one.env;
    const DOCKER_CONFIG = join(one.folder, '..', `config-${one.project}`);
    await mkdir(join(DOCKER_CONFIG, 'cli-plugins'), { recursive: true });
    const plugin = 'cli-plugins/docker-compose';
    await symlink(join(one.env.DOCKER_CONFIG ?? '', plugin), join(DOCKER_CONFIG, plugin));
    const env = { ...rest, DOCKER_CONFIG };
    await execa('docker', ['context', 'create', 'ours', '--docker', `host=${DOCKER_HOST}`], {
      env,
      extendEnv: false,
    });
    const wrong = { ...env, DOCKER_HOST: 'unix:///nowhere/docker.sock' };
    const target = one.another({ context: 'ours' }, wrong);
    expect((await target.checkAccess(TO_FIRST, context)).summary).toContain('context ours');
    const started = await target.rollBack(await one.pin(TO_FIRST, target), context);
    expect(await one.wait(started, target)).toMatchObject({ imageId: one.images['v0.1.0']?.imageId });
    const unknown = await errorOf(one.another({ context: 'theirs' }, env).observe(context));
    expect(unknown.type).toBe('InvalidConfig');
  });

  test('uses the address of the profile, whatever the environment says', async () => {
    const one = await service(both);
    const { DOCKER_HOST = '' } = one.env;
    const env = { ...one.env, DOCKER_HOST: 'unix:///nowhere/docker.sock', DOCKER_CONTEXT: 'nowhere' };
    const target = one.another({ host: DOCKER_HOST }, env);
    expect(await target.rollBack(await one.pin(TO_FIRST, target), context)).toMatchObject({ changed: true });
  });

  test.each(['unix:///nowhere/docker.sock', 'tcp://127.0.0.1:1'])(
    'says soon that no engine answers at %s',
    async (address) => {
      const one = await service(both);
      const pin = await one.pin();
      const before = await one.state();
      const target = one.another({}, { ...one.env, DOCKER_HOST: address });
      const since = Date.now();
      for (const step of [() => target.observe(context), () => target.rollBack(pin, context)]) {
        expect(await errorOf(step())).toMatchObject({ type: 'Unreachable', retryable: true });
      }
      expect(Date.now() - since).toBeLessThan(10_000);
      expect(await one.state()).toEqual(before);
    },
  );

  test('is not led astray by variables of the worker that choose another project', async () => {
    const one = await service(both);
    const env = {
      ...one.env,
      COMPOSE_FILE: '/nowhere/compose.yml',
      COMPOSE_PROJECT_NAME: 'another',
      COMPOSE_PROFILES: 'all',
      COMPOSE_ENV_FILES: '/nowhere/.env',
    };
    const target = one.another({}, env);
    await target.rollBack(await one.pin(TO_FIRST, target), context);
    expect(await one.containers()).toMatchObject([{ imageId: one.images['v0.1.0']?.imageId }]);
    expect(await host().docker('ps', '-aq', '--filter', 'label=com.docker.compose.project=another')).toBe('');
  });
});
