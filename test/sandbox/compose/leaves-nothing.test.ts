import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  composeHostProblem,
  locateComposePrograms,
  openComposeHost,
} from '../../../sandbox/compose/index.ts';
import { openSandbox } from '../../../sandbox/index.ts';
import { openProcesses } from '../../../tools/processes/index.ts';
import { until } from '../../../tools/until.ts';
import { endPrograms, isRunning, nothingLeft, startProgram, type Told } from '../programs/running.ts';
import { standIn } from './project.ts';
import { tracesOf } from './traces.ts';

const problem = await composeHostProblem();
const programs = problem ? undefined : await locateComposePrograms();
const reason =
  problem ?? (programs && 'dockerd' in programs.engine ? undefined : 'the engine is the user’s own');

describe.skipIf(reason)(`a Compose host leaves nothing${reason ? ` (${reason})` : ''}`, () => {
  afterEach(endPrograms);

  test('when it is closed while a container runs', async () => {
    await using sandbox = await openSandbox({ compose: true });
    const { composeHost: host, folder } = sandbox;
    const project = await host.project('closed', { 'compose.yaml': (await standIn(host, 'v0.1.0')).text });
    await host.compose(project, 'up', '--detach');
    const id = await host.docker('ps', '--quiet');
    const pid = Number(await host.docker('inspect', '--format', '{{.State.Pid}}', id));
    // Engine, containerd, registry, shim; mounts; control groups.
    expect(tracesOf(folder).length).toBeGreaterThan(6);
    await sandbox.close();
    await nothingLeft({ folder, pids: [pid] });
    expect(tracesOf(folder)).toEqual([]);
  });

  test('after kill -9 of its owner', async () => {
    const { child, told } = await startProgram('../compose/programs/open-compose-host.ts');
    child.kill('SIGKILL');
    await gone(told);
  });

  test('after kill -9 of owner, supervisor and engine, at the next start', async () => {
    const place = await mkdtemp('/tmp/left-');
    onTestFinished(() => rm(place, { recursive: true, force: true }));
    vi.stubEnv('TMPDIR', place);
    const { child, told } = await startProgram('../compose/programs/open-compose-host.ts');
    process.kill(told.supervisor, 'SIGSTOP');
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (const pid of told.pids.slice(0, -1)) process.kill(pid, 'SIGKILL');
    await until('the supervisor to be gone', async () => !isRunning(told.supervisor));
    const container = told.pids.at(-1) ?? 0;
    expect(isRunning(container)).toBe(true);
    const next = await openProcesses();
    await gone(told);
    await next.close();
  });

  test('on an engine of the user, whose own containers and images stay', async () => {
    await using theirs = await openSandbox({ compose: true });
    const { composeHost: user } = theirs;
    const theirFile = `name: other\n${(await standIn(user, 'v0.1.0')).text}    volumes: ["data:/data"]\nvolumes: {data: }\n`;
    const own = await user.project('theirs', { 'compose.yaml': theirFile });
    await user.compose(own, 'up', '--detach');
    const everything = () =>
      Promise.all(
        [
          ['ps', '--all'],
          ['images', '--digests'],
          ['volume', 'ls'],
          ['network', 'ls'],
        ].map((args) =>
          user.docker(...args, '--format', '{{json .}}').then((text) => text.split('\n').map(withoutTimes)),
        ),
      );
    const before = await everything();

    const processes = await openProcesses();
    onTestFinished(() => processes.close());
    const borrowed = { ...programs!, engine: { host: user.environment.DOCKER_HOST ?? '' } };
    const host = await openComposeHost(processes, borrowed);
    expect(host.engine).toBeUndefined();
    const { text } = await standIn(host, 'v0.1.0');
    const files = { 'compose.yaml': `${text}    volumes: ["data:/data"]\nvolumes: {data: }\n` };
    await host.compose(await host.project('mine', files), 'up', '--detach');
    const sameName = text.replace('services:', 'name: other\nservices:').replace('orchestrator:', 'another:');
    await host.compose(await host.project('named', { 'compose.yaml': sameName }), 'create');
    expect(await everything()).not.toEqual(before);
    await processes.close();
    expect(await everything()).toEqual(before);
  });
});

async function gone(told: Told): Promise<void> {
  expect(told.folder).not.toBe('');
  await nothingLeft(told);
  expect(tracesOf(told.folder)).toEqual([]);
}

/** `docker ps` tells how long a container has run. */
function withoutTimes(line: string): unknown {
  const { ID, Names, Image, Repository, Tag, Name } = JSON.parse(line || '{}');
  return { ID, Names, Image, Repository, Tag, Name };
}
