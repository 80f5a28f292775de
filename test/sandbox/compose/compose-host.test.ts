import { existsSync } from 'node:fs';
import { request } from 'undici';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  type ComposeHost,
  composeHostProblem,
  locateComposePrograms,
} from '../../../sandbox/compose/index.ts';
import { openSandbox, type Sandbox } from '../../../sandbox/index.ts';
import { until } from '../../../tools/until.ts';
import { standIn } from './project.ts';

const problem = await composeHostProblem();
const hasV1 = problem === undefined && (await locateComposePrograms()).composeV1 !== undefined;

describe.skipIf(problem)(`a Compose host${problem ? ` (${problem})` : ''}`, () => {
  let sandbox: Sandbox & { composeHost: ComposeHost };
  let host: ComposeHost;
  beforeAll(async () => {
    sandbox = await openSandbox({ compose: true });
    host = sandbox.composeHost;
  });
  afterAll(() => sandbox?.close());

  /** A project of the stand-in, which is taken down when the test is over. */
  async function project(name: string, version: string): Promise<{ folder: string; port: number }> {
    const { text, port } = await standIn(host, version);
    const folder = await host.project(name, { 'compose.yaml': text });
    onTestFinished(async () => void (await host.compose(folder, 'down', '--timeout', '1')));
    return { folder, port };
  }

  test('has an engine, the command, Compose v2, and the first image already', async () => {
    expect(await host.docker('version', '--format', '{{.Server.Version}}')).toMatch(/^\d+\./);
    expect(await host.compose(sandbox.folder, 'version', '--short')).toMatch(/^v?2\./);
    expect(await host.docker('images', '--format', '{{.Repository}}:{{.Tag}}')).toBe(
      `${host.images.repository}:v0.1.0`,
    );
  });

  test('an image is pulled by tag and by digest, and is the published one', async () => {
    const image = await host.images.publish('v0.1.1', { labels: { why: 'pull' } });
    await host.docker('pull', '--quiet', image.reference);
    const inspect = (reference: string) =>
      host.docker(
        'inspect',
        '--format',
        '{{index .RepoDigests 0}} {{.Id}} {{index .Config.Labels "why"}}',
        reference,
      );
    const pinned = `${host.images.repository}@${image.digest}`;
    expect(await inspect(image.reference)).toBe(`${pinned} ${image.imageId} pull`);
    await host.docker('rmi', image.reference);
    await host.docker('pull', '--quiet', pinned);
    expect(await inspect(pinned)).toBe(`${pinned} ${image.imageId} pull`);
  });

  test('the same version is the same image, and another behaviour, moment or repository is told apart', async () => {
    const { publish } = host.images;
    const first = await publish('v0.1.1');
    expect(await publish('v0.1.1')).toEqual(first);
    const elsewhere = await publish('v0.1.1', { repository: 'team/other' });
    expect(elsewhere).toMatchObject({ digest: first.digest, imageId: first.imageId });
    expect(elsewhere.reference).toBe(`${host.registry.address}/team/other:v0.1.1`);
    const others = [
      await publish('v0.1.1', { behaviour: 'agents-fail-under-traffic' }),
      await publish('v0.1.1', { created: '2026-02-03T04:05:06Z' }),
    ];
    expect(new Set([first, ...others].map(({ digest }) => digest)).size).toBe(3);
  });

  test('a tag that stands for no behaviour is not published without one', async () => {
    await expect(host.images.publish('latest')).rejects.toThrow('stands for no behaviour');
    await expect(host.images.publish('latest', { behaviour: 'good' })).resolves.toMatchObject({
      reference: `${host.images.repository}:latest`,
    });
  });

  test.each(hasV1 ? (['v2', 'v1'] as const) : (['v2'] as const))(
    'a project comes up with Compose %s, and its events are counted',
    async (which) => {
      const run = which === 'v2' ? host.compose : host.composeV1!;
      const { folder, port } = await project(`up-${which}`, 'v0.1.0');
      const mark = host.mark();
      await run(folder, 'up', '--detach');
      const health = await until('the stand-in', () => ask(`http://127.0.0.1:${port}/health`));
      expect(JSON.parse(health)).toMatchObject({ status: 'ok' });
      const state = ['inspect', '--format', '{{.State.Health.Status}}', await run(folder, 'ps', '--quiet')];
      await until('the health check', async () => (await host.docker(...state)) === 'healthy');
      const made = (await host.events(mark)).filter(({ action }) =>
        ['create', 'start', 'die'].includes(action),
      );
      const image = `${host.images.repository}:v0.1.0`;
      expect(made).toMatchObject([
        { action: 'create', service: 'orchestrator', image },
        { action: 'start', service: 'orchestrator', image },
      ]);
      expect(await host.events(host.mark())).toEqual([]);
    },
  );

  test('a behaviour that ends the program ends the container with its code', async () => {
    await host.images.publish('v0.3.0', { behaviour: { start: { exitCode: 3, exitAfterMs: 0 } } });
    const { folder } = await project('ends', 'v0.3.0');
    await host.compose(folder, 'up', '--detach');
    const container = await host.compose(folder, 'ps', '--all', '--quiet');
    const state = () =>
      host.docker('inspect', '--format', '{{.State.Status}} {{.State.ExitCode}}', container);
    await until('the container to end', async () => (await state()) === 'exited 3');
  });

  test('removes the containers of its projects, and leaves those of others alone', async () => {
    const { folder } = await project('mine', 'v0.1.0');
    await host.compose(folder, 'up', '--detach');
    const { reference } = await host.images.publish('v0.1.0');
    const other = await host.docker('create', '--network', 'host', reference);
    try {
      await host.removeContainers();
      expect(await host.compose(folder, 'ps', '--all', '--quiet')).toBe('');
      expect(await host.docker('inspect', '--format', '{{.State.Status}}', other)).toBe('created');
    } finally {
      await host.docker('rm', other);
    }
  });

  test('retag changes the digest under the tag, and the old image is still there', async () => {
    const [old, other] = [await host.images.publish('v0.1.1'), await host.images.publish('v0.2.0')];
    expect(await host.images.retag('v0.2.0', 'v0.1.1')).toBe(other.digest);
    await host.docker('pull', '--quiet', old.reference);
    expect(await host.docker('inspect', '--format', '{{.Id}}', old.reference)).toBe(other.imageId);
    expect(await manifest(old.digest)).toBe(200);
  });

  test('a deleted tag is gone and its image is not; a deleted image is', async () => {
    const { digest } = await host.images.publish('v0.4.0', { behaviour: 'good' });
    await host.images.deleteTag('v0.4.0');
    expect([await manifest('v0.4.0'), await manifest(digest)]).toEqual([404, 200]);
    await host.images.deleteImage(digest);
    expect(await manifest(digest)).toBe(404);
  });

  test('the registry stops, and comes back on its port with what it had', async () => {
    const { digest } = await host.images.publish('v0.1.1');
    await host.registry.stop();
    await expect(manifest(digest)).rejects.toThrow('ECONNREFUSED');
    await host.registry.start();
    expect(await manifest(digest)).toBe(200);
  });

  test('a project is written as given, into a folder of the sandbox, once', async () => {
    const folder = await host.project('files', { 'compose.yaml': 'a: 1\r\n', 'env/.env': 'B=2' });
    expect(folder.startsWith(`${sandbox.folder}/`)).toBe(true);
    expect(existsSync(`${folder}/env/.env`)).toBe(true);
    await expect(host.project('files', {})).rejects.toThrow('EEXIST');
  });

  async function manifest(reference: string): Promise<number> {
    const url = `${host.registry.url}/v2/phoenix-orch/manifests/${reference}`;
    const accept = 'application/vnd.docker.distribution.manifest.v2+json';
    const { statusCode, body } = await request(url, { method: 'HEAD', headers: { accept } });
    await body.dump();
    return statusCode;
  }
});

async function ask(url: string): Promise<string | undefined> {
  return fetch(url).then(
    (answer) => answer.text(),
    () => undefined,
  );
}
