import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { EngineApi } from '../../../../src/targets/compose/engine/api/engine-api.ts';
import { commandRunner } from '../../../../src/targets/compose/engine/command/command.ts';
import { Docker } from '../../../../src/targets/compose/engine/docker.ts';
import { until } from '../../../../tools/until.ts';
import { isRunning } from '../../../sandbox/programs/running.ts';
import { NAME, quietWith } from '../texts.ts';
import { HAS_OWN_ENGINE, openWorld, problem, type Service, titled } from '../world.ts';

const { signal } = new AbortController();

/** As a target has it. */
function dockerOf(env: Service['env']): Docker {
  const docker = new Docker({ run: commandRunner(env), api: new EngineApi(env), env });
  onTestFinished(() => docker.close());
  return docker;
}

const ended = (pid: number) => until('the connection to end', async () => !isRunning(pid));

describe.skipIf(problem)(titled('questions to the engine'), () => {
  const { host, service } = openWorld({ own: true });
  const nameOf = ({ project }: Service) => ({ project, service: NAME });

  test('are asked over one process, and answered as the docker command answers them', async () => {
    const one = await service(['v0.1.0', 'v0.2.0']);
    const { env, commands, connections } = await one.intercept();
    const docker = dockerOf(env);
    const [info, containers, images] = await Promise.all([
      docker.info(signal),
      docker.containers(nameOf(one), signal),
      docker.imagesOf(one.repository, signal),
    ]);
    expect(`${info.id} ${info.version}`).toBe(
      await host().docker('info', '--format', '{{.ID}} {{.ServerVersion}}'),
    );
    expect(await docker.isWhole(signal)).toBe(true);
    const ids = await host().docker(
      'ps',
      '-aq',
      '--no-trunc',
      '--filter',
      `label=com.docker.compose.project=${one.project}`,
    );
    expect(containers.map(({ id }) => id)).toEqual(ids.split('\n'));
    expect(containers).toMatchObject([{ image: `${one.repository}:v0.2.0`, running: true }]);
    expect(images.map(({ id }) => id).sort()).toEqual(
      ['v0.1.0', 'v0.2.0'].map((tag) => one.images[tag]?.imageId).sort(),
    );
    expect(await docker.containers({ project: one.project, service: 'another' }, signal)).toEqual([]);
    expect(await docker.imagesOf(`${one.repository}/none`, signal)).toEqual([]);
    expect(await commands()).toEqual(['system dial-stdio']);
    const [connection] = await connections();
    await docker.close();
    await ended(connection!);
  });

  test('find an image by tag, by digest, by both and by ID, and none that is not there', async () => {
    const one = await service(['v0.1.0']);
    const docker = dockerOf(one.env);
    const { imageId = '', digest = '' } = one.images['v0.1.0'] ?? {};
    const tagged = `${one.repository}:v0.1.0`;
    await host().docker('tag', tagged, 'ada/app:v1');
    onTestFinished(async () => void (await host().docker('rmi', 'ada/app:v1')));
    for (const reference of [
      tagged,
      `${one.repository}@${digest}`,
      `${tagged}@${digest}`,
      imageId,
      imageId.slice('sha256:'.length),
      'ada/app:v1',
      'docker.io/ada/app:v1',
    ]) {
      expect(await docker.image(reference, signal), reference).toMatchObject({ id: imageId });
    }
    for (const reference of [
      `${one.repository}:v9`,
      one.repository,
      `${one.repository}@sha256:${'0'.repeat(64)}`,
      `sha256:${'0'.repeat(64)}`,
      'Upper:v1',
      'a?b#c',
    ]) {
      expect(await docker.image(reference, signal), reference).toBeUndefined();
    }
  });

  test('leave out a container that was removed since it was listed', async () => {
    const one = await service(['v0.1.0'], { text: quietWith('    deploy: {replicas: 2}\n') });
    const { env, once } = await one.intercept();
    const [first, second] = await one.containers();
    const rest = dockerOf(one.env);
    expect((await rest.containers(nameOf(one), signal)).map(({ id }) => id).sort()).toEqual(
      [first!.id, second!.id].sort(),
    );
    await once({ request: 'GET /containers/*/json' }, `docker rm --force ${first!.id} >&2`);
    expect(await dockerOf(env).containers(nameOf(one), signal)).toMatchObject([{ id: second!.id }]);
  });

  test.skipIf(!HAS_OWN_ENGINE)(
    'go on over another connection when the engine was restarted between them',
    async () => {
      const one = await service(['v0.1.0']);
      const { env, connections } = await one.intercept();
      const docker = dockerOf(env);
      const before = await docker.containers(nameOf(one), signal);
      await host().engine?.restart();
      expect((await docker.containers(nameOf(one), signal)).map(({ id }) => id)).toEqual(
        before.map(({ id }) => id),
      );
      expect(await connections()).toHaveLength(2);
    },
  );

  test.skipIf(!HAS_OWN_ENGINE)(
    'end as Unreachable while there is no engine, and go on when it is back',
    async () => {
      const one = await service(['v0.1.0']);
      const docker = dockerOf(one.env);
      await docker.info(signal);
      await host().engine?.kill();
      try {
        await expect(docker.info(signal, { fresh: true })).rejects.toMatchObject({
          type: 'Unreachable',
          retryable: true,
        });
        expect(await docker.isWhole(signal)).toBe(false);
      } finally {
        await host().engine?.start();
      }
      expect(await docker.isWhole(signal)).toBe(true);
    },
  );

  test.each(['SIGKILL', 'SIGTERM'] as const)(
    'leave nothing behind when the worker is ended by %s',
    async (how) => {
      const { worker, connection } = await asking('stay');
      expect(isRunning(connection)).toBe(true);
      worker.kill(how);
      await ended(connection);
    },
  );

  test('hold no worker that has nothing else to do, and end with it', async () => {
    const since = Date.now();
    const { worker, connection } = await asking();
    if (worker.exitCode === null) await once(worker, 'exit');
    expect(worker.exitCode).toBe(0);
    expect(Date.now() - since).toBeLessThan(10_000);
    await ended(connection);
  });

  /** A process that has asked the engine once. */
  async function asking(...args: string[]) {
    const one = await service(['v0.1.0']);
    const { env, connections } = await one.intercept();
    const worker = spawn(process.execPath, [join(import.meta.dirname, '../programs/ask.ts'), ...args], {
      env: { ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void worker.kill('SIGKILL'));
    await once(worker.stdout, 'data');
    const [connection] = await connections();
    return { worker, connection: connection! };
  }
});
