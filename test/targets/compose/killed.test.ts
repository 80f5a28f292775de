import { existsSync } from 'node:fs';
import { readdir, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, onTestFinished, test } from 'vitest';
import { inForm } from '../../faults/forms.ts';
import type { At } from './intercept.ts';
import { NAME, playing, quiet, quietWith } from './texts.ts';
import { startWorker } from './worker.ts';
import { context, errorOf, FILE, openWorld, problem, type Service, titled } from './world.ts';

const both = ['v0.1.0', 'v0.2.0'];
const key = context.key ?? '';

describe.skipIf(problem)(titled('a worker that is killed with -9'), () => {
  const { host, service } = openWorld();

  /** The second attempt has to find a project in which nothing of the first one is left. */
  async function expectTidy({ folder, project }: Service, mark: string) {
    const names = (await readdir(folder, { recursive: true })).filter(
      (name) => !/contents|snapshots/.test(name),
    );
    const known = /^(docker-compose\.yml(\.before-rollback-[0-9a-f]{12})?|app\.env|\.runbook(\/.*)?)$/;
    expect(names.filter((name) => !known.test(name))).toEqual([]);
    expect(names.filter((name) => /lock|\.tmp|~/.test(name))).toEqual([]);
    const created = (await host().events(mark)).filter(
      (event) => event.project === project && event.action === 'create',
    );
    expect(created).toHaveLength(1);
  }

  const points: readonly (readonly [string, At, 'v0.1.0' | 'v0.2.0', 'v0.1.0' | 'v0.2.0'])[] = [
    ['before the pull', { before: 'pull *' }, 'v0.2.0', 'v0.2.0'],
    ['after the pull and before the file is replaced', { after: 'pull *' }, 'v0.2.0', 'v0.2.0'],
    ['when the journal says that it begins', { before: 'tag *' }, 'v0.2.0', 'v0.2.0'],
    ['after the file was replaced', { before: 'compose * config' }, 'v0.1.0', 'v0.2.0'],
    ['after the file was replaced and read by Compose', { before: 'compose * up *' }, 'v0.1.0', 'v0.2.0'],
    ['after up and before the journal says so', { after: 'compose * up *' }, 'v0.1.0', 'v0.1.0'],
  ];
  test.each(inForm(points))('%s is gone on from by the next one', async (_when, at, inFile, runs) => {
    const one = await service(both);
    await one.forget('v0.1.0');
    const pin = await one.pin();
    const before = await one.read();
    const { env, kill } = await one.intercept();
    const mark = host().mark();
    await kill(at);
    const step = { profile: one.profile, key, pin };
    expect(await startWorker(step, env).outcome).toEqual({ signal: 'SIGKILL' });
    expect(await one.read()).toBe(before.replace('v0.2.0', inFile));
    expect(await one.containers()).toMatchObject([{ imageId: one.images[runs]?.imageId, status: 'running' }]);

    const { result } = await startWorker(step, env).outcome;
    expect(result).toMatchObject({ changed: true, version: '0.1.0', imageId: one.images['v0.1.0']?.imageId });
    expect(await one.read()).toBe(before.replace('v0.2.0', 'v0.1.0'));
    expect(await one.containers()).toMatchObject([{ imageId: result?.imageId, status: 'running' }]);
    await expectTidy(one, mark);
    expect((await one.wait(result!)).replicas).toBe(1);
    const [done, ...more] = (await one.read(`.runbook/${NAME}/audit.jsonl`)).trim().split('\n');
    expect(more).toEqual([]);
    expect(JSON.parse(done ?? '')).toMatchObject({ event: 'rolled-back', from: { version: '0.2.0' } });
  });

  test('while Compose replaces the container is waited for, and gone on from', async () => {
    // Compose waits for the old container for a second: time to kill the worker.
    const slow = '    stop_signal: SIGUSR2\n    stop_grace_period: 1s\n';
    const one = await service(both, { text: quietWith(slow) });
    const pin = await one.pin();
    const mark = host().mark();
    const step = { profile: one.profile, key, pin };
    const worker = startWorker(step, one.env);
    await nextEvent(one, 'kill');
    worker.child.kill('SIGKILL');
    expect(await worker.outcome).toEqual({ signal: 'SIGKILL' });
    const { result } = await startWorker(step, one.env).outcome;
    expect(result).toMatchObject({ changed: true, version: '0.1.0' });
    expect(await one.containers()).toMatchObject([
      { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
    ]);
    await expectTidy(one, mark);
  });

  /** A version that ends at once: its wait finds out, and brings back what was there before. */
  const restores: readonly (readonly [string, At])[] = [
    ['when it has found that it must restore', { before: 'logs *' }],
    ['after it has restored the file', { before: 'compose * up *' }],
    ['after it has restored the container', { after: 'compose * up *' }],
  ];
  test.each(inForm(restores))('%s leaves the rest of it to the next one', async (_when, at) => {
    const one = await service(both, {
      text: playing('process.exit(1)'),
      behaviours: { 'v0.1.0': 'crash-exit-1' },
    });
    const before = await one.state();
    const rollout = await one.target.rollBack(await one.pin(), context);
    const { env, kill } = await one.intercept();
    await kill(at);
    const step = { profile: one.profile, key: 'run-1/wait', rollout };
    expect(await startWorker(step, env).outcome).toEqual({ signal: 'SIGKILL' });
    const { error } = await startWorker(step, env).outcome;
    expect(error).toMatchObject({ type: 'RolloutFailed' });
    expect(error?.message).toMatch(
      /0\.1\.0 (did not start|has ended).*; docker-compose\.yml and the container of 0\.2\.0 are restored$/,
    );
    const { files, containers } = await one.state();
    expect(files).toMatchObject(before.files);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
    expect(existsSync(join(one.folder, '.runbook/lock'))).toBe(false);
    const asked = await errorOf(one.wait(rollout));
    expect(asked.type).toBe('RolloutFailed');
    expect((await one.state()).containers).toEqual(containers);
  });

  test('between file and container, whose version then cannot be started: what was there before comes back', async () => {
    const device = join(process.env.TMPDIR ?? '/tmp', `runbook-device-${process.pid}`);
    await symlink('/dev/null', device);
    onTestFinished(() => rm(device, { force: true }));
    const one = await service(['v0.1.0'], { text: quietWith(`    devices: ['${device}:/dev/gone']\n`) });
    await one.prove();
    await host().images.publish('v0.2.0', { repository: one.repository.split('/')[1] ?? '' });
    await one.deploy('v0.2.0', { text: quiet });
    await rm(device);
    const before = await one.state();
    const tags = await one.tags();
    const pin = await one.pin({ kind: 'known-good' });
    const { env, kill } = await one.intercept();
    await kill({ before: 'compose * up *' });
    const step = { profile: one.profile, key, pin };
    expect(await startWorker(step, env).outcome).toEqual({ signal: 'SIGKILL' });
    const { error } = await startWorker(step, env).outcome;
    expect(error?.message).toMatch(/; docker-compose\.yml and the container of 0\.2\.0 are restored$/);
    const { files, containers } = await one.state();
    expect(files[FILE]).toBe(before.files[FILE]);
    expect(containers).toMatchObject([{ imageId: before.containers[0]?.imageId, status: 'running' }]);
    expect(await one.tags()).toEqual(tags);
  });

  /** Resolves when the engine tells of something that was done with a container of the service. */
  async function nextEvent({ project }: Service, action: string): Promise<void> {
    const filters = [`label=com.docker.compose.project=${project}`, `event=${action}`];
    const args = ['events', '--since', host().mark(), ...filters.flatMap((filter) => ['--filter', filter])];
    const listening = execa('docker', args, { env: host().environment, extendEnv: false, reject: false });
    await new Promise((resolve) => listening.stdout.once('data', resolve));
    listening.kill('SIGKILL');
    await listening;
  }
});
