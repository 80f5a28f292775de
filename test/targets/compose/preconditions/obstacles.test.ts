import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PreconditionId } from '../../../../src/domain/preconditions/preconditions.ts';
import { planRollback } from '../../../../src/domain/versions/plan-rollback.ts';
import type { RollbackTarget } from '../../../../src/targets/target.ts';
import { context, openWorld, problem, type Service, TO_FIRST, titled } from '../world.ts';

const { host, service } = openWorld({ keep: true });

async function planned(target: RollbackTarget) {
  const plan = planRollback(await target.observe(context), TO_FIRST);
  if ('problem' in plan) throw new Error(plan.message);
  return plan;
}

async function finding(target: RollbackTarget, id: PreconditionId, platforms?: readonly string[]) {
  const known = platforms ? { platforms } : {};
  const found = (await target.preconditions?.(await planned(target), context, known)) ?? [];
  return found.find((one) => one.id === id);
}

/** A container beside the project, which does nothing but have this name and these labels. */
async function neighbour(
  { images, repository }: Service,
  image: string,
  ...options: string[]
): Promise<string> {
  const [tag = ''] = Object.keys(images);
  const { docker, registry } = host();
  const name = `${registry.address}/${image}`;
  await docker('tag', `${repository}:${tag}`, name);
  return (await docker('create', ...options, name, '--interval', '300')).trim();
}

describe.skipIf(problem)(titled('what of an engine stands in the way of a rollback'), () => {
  it('is nothing where its image is there and of its platform: a finding for each, all of them met', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const plan = await planned(of.target);
    const found = (await of.target.preconditions?.(plan, context)) ?? [];
    expect(found.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'platform met',
      'quota met',
      'disruption-budget met',
      'autoscaler met',
      'conflicting-controller met',
    ]);
    expect(await of.target.preconditions?.({ ...plan, changesNothing: true }, context)).toEqual([]);
  });

  it('is an image for another platform, unless the service asks for that', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    expect(await finding(of.target, 'platform', ['linux/s390x'])).toMatchObject({
      state: 'not-met',
      says: expect.stringMatching(/^the image of 0\.1\.0 is for linux\/s390x, and the engine is linux\//),
    });
    const text = await of.read();
    await of.write('docker-compose.yml', text.replace(/(\n +)image:/, '$1platform: linux/s390x$1image:'));
    expect(await finding(of.target, 'platform', ['linux/s390x'])).toMatchObject({ state: 'met' });
  });

  it('is not known of an image that the engine does not have and whose registry was not asked', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    await of.prove();
    const plan = await planned(of.target);
    await of.forget('v0.1.0');
    const found = (await of.target.preconditions?.(plan, context)) ?? [];
    expect(found.find(({ id }) => id === 'platform')).toMatchObject({ state: 'unknown' });
    expect(found.find(({ id }) => id === 'quota')).toMatchObject({
      state: 'met',
      says: expect.stringMatching(
        /the engine's disk has \d+\.\d [GM]B free; the image of 0\.1\.0 is to be pulled/,
      ),
    });
  });

  it('is a Watchtower that runs, until it is stopped', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const { docker } = host();
    const id = await neighbour(of, 'containrrr/watchtower:1', '--name', `watchtower-of-${of.project}`);
    expect(await finding(of.target, 'conflicting-controller')).toMatchObject({ state: 'met' });
    try {
      await docker('start', id);
      const found = await finding(of.target, 'conflicting-controller');
      expect(found).toMatchObject({
        state: 'not-met',
        says: expect.stringContaining(`Watchtower (container watchtower-of-${of.project})`),
      });
      const [, ...words] = (found?.remedy ?? '').split(' ');
      await docker(...words);
      expect(await finding(of.target, 'conflicting-controller')).toMatchObject({ state: 'met' });
    } finally {
      await docker('rm', '--force', id);
    }
  });

  it('is not known while the engine does not answer, and that is no error', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const plan = await planned(of.target);
    const away = of.another({}, { ...of.env, DOCKER_HOST: `unix://${join(of.folder, 'no.sock')}` });
    const found = (await away.preconditions?.(plan, context)) ?? [];
    expect(found.map(({ id, state }) => `${id} ${state}`)).toEqual([
      'platform unknown',
      'quota unknown',
      'disruption-budget met',
      'autoscaler met',
      'conflicting-controller unknown',
    ]);
  });

  it('the login of the image comes from the docker configuration of the worker, and from nowhere else', async () => {
    const of = await service(['v0.1.0', 'v0.2.0']);
    const folder = join(of.folder, 'login');
    await mkdir(folder);
    const { address } = host().registry;
    const auth = Buffer.from('reader:hunter2').toString('base64');
    await writeFile(join(folder, 'config.json'), JSON.stringify({ auths: { [address]: { auth } } }));
    const worker = of.another({}, { ...of.env, DOCKER_CONFIG: folder });
    const plan = await planned(of.target);
    expect(await worker.pullCredentials?.(plan, context)).toEqual({
      logins: [{ server: address, username: 'reader', password: 'hunter2' }],
      unread: [],
    });
    expect(await of.target.pullCredentials?.(plan, context)).toEqual({ logins: [], unread: [] });
  });
});
