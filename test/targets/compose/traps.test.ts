import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { playing, quietWith } from './texts.ts';
import { context, errorOf, FILE, openWorld, problem, titled, WATCHED } from './world.ts';

describe.skipIf(problem)(titled('what seems well and is not'), () => {
  const { host, service } = openWorld();
  const both = ['v0.1.0', 'v0.2.0'];

  test('what was "already there" when the plan was made is not proved when somebody has deployed since', async () => {
    const one = await service(both);
    const pin = await one.pin({ kind: 'version', version: '0.2.0' });
    expect(pin.source).toEqual({ kind: 'live' });
    await one.deploy('v0.1.0');
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'WorkloadChanged', retryable: false });
  });

  test('a start that fails with the words of an engine that is gone is restored, not tried for ever', async () => {
    // The new container is created, then its log driver refuses: the old container is gone by then.
    const sink = await silence();
    const logging = `    logging: { driver: fluentd, options: { fluentd-address: '${sink.address}' } }\n`;
    const text = (image: string, tag: string) => quietWith(tag === 'v0.1.0' ? logging : '')(image, tag);
    const one = await service(['v0.1.0'], { text });
    await one.prove();
    await host().images.publish('v0.2.0', {
      repository: one.repository.split('/')[1] ?? '',
      behaviour: 'good',
    });
    await one.deploy('v0.2.0');
    const before = await one.state();
    const pin = await one.pin({ kind: 'known-good' });
    sink.close();
    const error = await errorOf(one.target.rollBack(pin, context));
    expect(error).toMatchObject({ type: 'RolloutFailed', retryable: false });
    expect(error.message).toMatch(
      /connection refused.*; docker-compose\.yml and the container of 0\.2\.0 are restored$/,
    );
    const { files, containers } = await one.state();
    expect(files[FILE]).toBe(before.files[FILE]);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
  });

  test('files that the container was never started with do not become known-good', async () => {
    const one = await service(['v0.1.0'], {
      text: quietWith('    env_file: app.env\n    volumes: ["./app.toml:/app.toml:ro"]\n'),
      files: { 'app.env': 'LLM=good\nPIN=a$$b\n', 'app.toml': 'a = 1\n' },
    });
    await one.prove();
    await one.write('app.env', 'LLM=never ran\nPIN=a$$b\n');
    const { warnings } = await one.target.observe(context);
    expect(warnings).toEqual([expect.stringMatching(/started with other values of LLM$/)]);
    const error = await errorOf(one.prove());
    expect(error.type).toBe('WorkloadChanged');
    expect(error.message).toMatch(/other values of LLM.*Bring the service up first/);
    expect(error.message).not.toMatch(/never ran/);
    await one.up();
    await one.prove();
    await one.write('app.toml', 'a = 2\n');
    expect((await errorOf(one.prove())).message).toMatch(
      /app\.toml is not recorded as proved: it was changed at \S+, and the container started at/,
    );
  });

  test('whatever else the files say and was never brought up is named', async () => {
    const one = await service(['v0.1.0']);
    const text = await one.read();
    expect((await one.target.observe(context)).warnings).toEqual([]);
    const told = async (lines: string) => {
      await one.write(FILE, text.replace('network_mode: host', lines));
      return (await one.target.observe(context)).warnings;
    };
    expect(await told('network_mode: none\n    volumes: ["/tmp:/data", "./app:/app:ro"]')).toEqual([
      'the container was started with other mounts at /app, /data',
      'the container was started in other networks: host instead of none',
    ]);
    expect(await told('network_mode: host\n    labels: {team: phoenix}')).toEqual([
      expect.stringMatching(/^the files say something else of the service than \S+-1 was started with/),
    ]);
  });

  test('a registry that answers nothing delays a plan by seconds, when the image is here', async () => {
    const one = await service(both);
    const { address: silent } = await silence();
    const text = (await one.read()).replaceAll(host().registry.address, silent);
    for (const tag of both) await host().docker('tag', `${one.repository}:${tag}`, `${silent}/app:${tag}`);
    await one.write(FILE, text.replaceAll(/\/service-\d+:/g, '/app:'));
    await one.up('--pull', 'never');
    const begun = performance.now();
    const { warnings } = await one.target.observe(context);
    await one.target.checkAccess({ kind: 'version', version: '0.1.0' }, context);
    expect(performance.now() - begun).toBeLessThan(25_000);
    expect(warnings).toEqual([expect.stringMatching(/registry could not be asked.*did not answer/)]);
    const started = await one.target.rollBack(await one.pin(), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 1 });
  });

  test('an image that was pushed a second time is still the version that was proved', async () => {
    const one = await service(['v0.1.0']);
    await one.prove();
    const known = await one.target.observe(context);
    // Another manifest of the very image: the engine then knows it by two digests.
    await host().docker('tag', `${one.repository}:v0.1.0`, `${one.repository}:again`);
    await host().docker('push', '--quiet', `${one.repository}:again`);
    await host().docker('pull', '--quiet', `${one.repository}:again`);
    const format = '{{len .RepoDigests}}';
    expect(await host().docker('image', 'inspect', '--format', format, `${one.repository}:v0.1.0`)).toBe('2');
    const { current } = await one.target.observe(context);
    expect(current.fingerprint).toBe(known.current.fingerprint);
    expect(current.evidence?.verdict).toBe('passed');
  });

  test('a container that was restarted long ago is not taken for a crash loop', async () => {
    const one = await service(['v0.1.0'], {
      text: playing('process.exit(1)', '    restart: always\n'),
      profile: { rollout: { ...WATCHED, crashLoopRestarts: 1 } },
    });
    const [container] = await one.containers();
    // The engine restarts what its process ends by itself; a kill from outside of the engine has the same effect.
    const pid = Number(await host().docker('inspect', '--format', '{{.State.Pid}}', container?.id ?? ''));
    process.kill(pid, 'SIGKILL');
    await expect
      .poll(async () =>
        host().docker('inspect', '--format', '{{.RestartCount}} {{.State.Status}}', container?.id ?? ''),
      )
      .toBe('1 running');
    const current = await one.target.current(context);
    expect(await one.wait(current)).toMatchObject({ replicas: 1 });
  });
});

/** A port that takes connections and says nothing. */
async function silence(): Promise<{ readonly address: string; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => sockets.add(socket.on('error', () => undefined)));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  onTestFinished(close);
  const { port } = server.address() as { port: number };
  return { address: `127.0.0.1:${port}`, close };
}
