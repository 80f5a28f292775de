import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { until } from '../../../../tools/until.ts';
import { NAME, runs } from '../texts.ts';
import { context, openWorld, problem, type Service, TO_FIRST, titled } from '../world.ts';

/** Ends when it is asked to for the second time: whoever waits for the first time to end it can be killed meanwhile. */
const ENDS = `let asked = 0;
process.on('SIGTERM', () => { console.log('asked'); asked += 1; if (asked > 1) process.exit(0); });
setInterval(() => {}, 1e6);`;

const slow = (image: string) => `services:
  ${NAME}:
    image: ${image}
    network_mode: host
    stop_grace_period: 20s
    ${runs(ENDS)}
`;

describe.skipIf(problem)(titled('C4 a recreate that was broken off'), () => {
  const { host, service } = openWorld();
  const both = ['v0.1.0', 'v0.2.0'];

  const names = async (one: Service) =>
    (await host().docker('ps', '-a', '--format', '{{.Names}}', '--filter', `name=${one.project}`)).split(
      '\n',
    );

  /** Compose is killed when it has made the new containers and asked the old ones to stop. */
  async function breakOff(one: Service, tag: string, ...args: string[]) {
    const old = await one.containers();
    await one.write('docker-compose.yml', slow(`${one.repository}:${tag}`));
    const up = execa('docker', ['compose', 'up', '--detach', ...args], {
      cwd: one.folder,
      env: one.env as Record<string, string>,
      extendEnv: false,
      detached: true,
      reject: false,
      stdio: 'ignore',
    });
    const areAsked = async () =>
      (await Promise.all(old.map(({ id }) => host().docker('logs', id)))).every((log) =>
        log.includes('asked'),
      );
    await until('the old containers to be asked to stop', areAsked, { everyMs: 20 });
    process.kill(-(up.pid ?? 0), 'SIGKILL');
    await up;
  }

  test('is told from scaling, named, and healed as Compose does', async () => {
    const one = await service(['v0.2.0', 'v0.1.0'], { text: slow });
    const [old] = await one.containers();
    await breakOff(one, 'v0.2.0');
    expect(await names(one)).toHaveLength(2);
    const observed = await one.target.observe(context);
    expect(observed.replicas).toBe(1);
    expect(observed.warnings).toContainEqual(
      expect.stringMatching(
        /_\S+ \(created\) is left of a recreate that was broken off.*the next up of the service removes it/,
      ),
    );
    const started = await one.target.rollBack(await one.pin(), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 1 });
    expect(await one.containers()).toMatchObject([
      { imageId: one.images['v0.1.0']?.imageId, status: 'running' },
    ]);
    expect(await names(one)).toEqual([`${one.project}-${NAME}-1`]);
    // The engine was about to stop the old one, though it was of the right version.
    expect((await one.containers())[0]?.id).not.toBe(old?.id);
    expect(await one.read()).toContain(':v0.1.0');

    // Ended a moment later: the old one is removed, the new one never started.
    await host().docker('rm', '--force', `${one.project}-${NAME}-1`);
    await host().compose(one.folder, 'create');
    expect(await one.containers()).toMatchObject([{ status: 'created' }]);
    const again = await one.target.rollBack(await one.pin(), { ...context, key: 'run-2/roll-back' });
    expect(await one.wait(again)).toMatchObject({ replicas: 1, imageId: one.images['v0.1.0']?.imageId });
  });

  test('of a service that was scaled by hand keeps the scale', async () => {
    const one = await service(both, { text: slow });
    await one.up('--scale', `${NAME}=2`);
    const old = await one.containers();
    await breakOff(one, 'v0.1.0', '--scale', `${NAME}=2`);
    expect((await one.target.observe(context)).replicas).toBe(2);
    await host().docker('kill', ...old.map(({ id }) => id));
    // What was made for them was never started: it is not what the service is now.
    expect((await one.target.observe(context)).current.version).toBe('0.2.0');
    const started = await one.target.rollBack(await one.pin(TO_FIRST), context);
    expect(await one.wait(started)).toMatchObject({ replicas: 2 });
    const containers = await one.containers();
    expect(containers.map(({ imageId }) => imageId)).toEqual(Array(2).fill(one.images['v0.1.0']?.imageId));
  });

  test('does not keep a version that is there already from being waited for', async () => {
    const one = await service(['v0.2.0', 'v0.1.0'], { text: slow });
    await breakOff(one, 'v0.2.0');
    for (const how of ['kill', 'start']) await host().docker(how, `${one.project}-${NAME}-1`);
    await one.write('docker-compose.yml', slow(`${one.repository}:v0.1.0`));
    const current = await one.target.current(context);
    expect(await one.wait(current)).toMatchObject({ replicas: 1 });
  });
});
