import { describe, expect, test } from 'vitest';
import { NAME, RUNS, runs } from './texts.ts';
import { context, openWorld, problem, type Service, titled } from './world.ts';

/** A service that ends at once where its image is of the bad behaviour. */
const SCRIPT = `if (process.env.ORCH_BEHAVIOUR !== 'good') process.exit(1); ${RUNS}`;

/** Others that use the service's own namespaces and volumes; one that uses those of such a one; one that is stopped. */
const text = (image: string) => {
  const of = (name: string, lines: readonly string[], script = RUNS) =>
    [
      `  ${name}:`,
      `image: ${name === NAME ? image : image.replace(/:v[\d.]+$/, ':v0.2.0')}`,
      'stop_grace_period: 1s',
      runs(script),
      ...lines,
    ]
      .join('\n    ')
      .concat('\n');
  return [
    'services:\n',
    of(NAME, ['network_mode: none'], SCRIPT),
    of('proxy', [`network_mode: 'service:${NAME}'`]),
    of('profiler', ['network_mode: none', `pid: 'service:${NAME}'`]),
    of('backup', ['network_mode: none', `volumes_from: [${NAME}]`]),
    of('watcher', ["network_mode: 'service:proxy'"]),
    of('idle', [`network_mode: 'service:${NAME}'`]),
    of('stranger', ['network_mode: none']),
  ].join('');
};
const SHARERS = ['proxy', 'profiler', 'backup', 'watcher'];

describe.skipIf(problem)(
  titled('C5 services that share a namespace with the one that is rolled back'),
  () => {
    const { host, service } = openWorld();

    /** What each container of a service shares with which container. */
    async function sharing(one: Service, of: string) {
      const [container] = await one.containers(of);
      const format = '{{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{json .HostConfig.VolumesFrom}}';
      return `${container?.status} ${await host().docker('inspect', '--format', format, container?.id ?? '')}`;
    }

    test('are made anew with it, left and named where the profile says so, and made anew when it is restored', async () => {
      const one = await service(['v0.0.9', 'v0.1.0', 'v0.2.0'], {
        text,
        behaviours: { 'v0.0.9': 'crash-exit-0' },
        profile: { restartDependants: true },
      });
      await host().docker('stop', (await one.containers('idle'))[0]?.id ?? '');
      const all = (names: readonly string[]) => Promise.all(names.map((of) => one.containers(of)));
      const areWhole = async () => {
        const [container, proxy] = (await all([NAME, 'proxy'])).map(([one]) => one);
        for (const name of SHARERS) {
          const id = name === 'watcher' ? proxy?.id : container?.id;
          expect(await sharing(one, name), name).toMatch(new RegExp(`^running .*${id}`));
        }
        return container;
      };

      const others = await all(['idle', 'stranger']);
      const { plan } = await one.resolve();
      expect(plan.warnings).toContainEqual(
        expect.stringMatching(/^proxy, profiler, backup, watcher .*share.* are made anew with it$/),
      );
      const started = await one.target.rollBack(plan.pin, context);
      expect((await one.wait(started)).warnings ?? []).toEqual([]);
      await areWhole();
      const mark = host().mark();
      await one.wait(started);
      expect(await one.events(mark)).toEqual([]);

      const keeping = one.another({ sharedNamespaces: 'keep' });
      const sharers = async () => (await all(SHARERS)).map(([container]) => container?.id);
      const before = await sharers();
      const kept = await one.resolve({ kind: 'version', version: '0.2.0' }, keeping);
      expect(kept.plan.warnings).toContainEqual(
        expect.stringMatching(
          /^proxy, profiler, backup, watcher .*share.*docker compose up -d --no-deps proxy/,
        ),
      );
      const done = await one.wait(await keeping.rollBack(kept.plan.pin, context), keeping);
      expect(done.warnings).toEqual([expect.stringMatching(/^proxy, profiler, backup, watcher have lost/)]);
      expect(await sharers()).toEqual(before);

      await one.up('--no-deps', 'profiler');
      const bad = await one.target.rollBack(await one.pin({ kind: 'version', version: '0.0.9' }), context);
      await expect(one.wait(bad)).rejects.toMatchObject({ type: 'RolloutFailed' });
      expect(await areWhole()).toMatchObject({ imageId: one.images['v0.2.0']?.imageId, status: 'running' });
      expect(await all(['idle', 'stranger'])).toEqual(others);
    });
  },
);
