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

    async function deployed(profile: Parameters<typeof service>[1] = {}) {
      const one = await service(['v0.1.0', 'v0.2.0'], { text, ...profile });
      const [idle] = await one.containers('idle');
      await host().docker('stop', idle?.id ?? '');
      return one;
    }

    /** What each container of a service shares with which container. */
    async function sharing(one: Service, of: string) {
      const [container] = await one.containers(of);
      const format = '{{.HostConfig.NetworkMode}} {{.HostConfig.PidMode}} {{json .HostConfig.VolumesFrom}}';
      return `${container?.status} ${await host().docker('inspect', '--format', format, container?.id ?? '')}`;
    }

    test('are made anew with it, in their order, and no other', async () => {
      const one = await deployed({ profile: { restartDependants: true } });
      const others = () => Promise.all(['idle', 'stranger'].map((of) => one.containers(of)));
      const before = await others();
      const { plan } = await one.resolve();
      expect(plan.warnings).toContainEqual(
        expect.stringMatching(/^proxy, profiler, backup, watcher .*share.* are made anew with it$/),
      );
      const started = await one.target.rollBack(plan.pin, context);
      const done = await one.wait(started);
      expect(done.warnings ?? []).toEqual([]);
      const [container] = await one.containers(NAME);
      const [proxy] = await one.containers('proxy');
      for (const [name, id] of [
        ...SHARERS.slice(0, 3).map((of) => [of, container?.id]),
        ['watcher', proxy?.id],
      ] as const) {
        expect(await sharing(one, name ?? ''), name).toMatch(new RegExp(`^running .*${id}`));
      }
      expect(await others()).toEqual(before);
      const mark = host().mark();
      await one.wait(started);
      expect(await one.events(mark)).toEqual([]);
    });

    test('are named in plan and record where the profile keeps them out', async () => {
      const one = await deployed({ profile: { sharedNamespaces: 'keep' } });
      const others = () => Promise.all([...SHARERS, 'idle', 'stranger'].map((of) => one.containers(of)));
      const before = (await others()).map(([container]) => container?.id);
      const { plan } = await one.resolve();
      expect(plan.warnings).toContainEqual(
        expect.stringMatching(
          /^proxy, profiler, backup, watcher .*share.*docker compose up -d --no-deps proxy/,
        ),
      );
      const done = await one.wait(await one.target.rollBack(plan.pin, context));
      expect(done.warnings).toEqual([expect.stringMatching(/^proxy, profiler, backup, watcher .*lost/)]);
      expect((await others()).map(([container]) => container?.id)).toEqual(before);
    });

    test('are made anew when the version does not start and what was there comes back', async () => {
      const one = await deployed({ behaviours: { 'v0.1.0': 'crash-exit-0' } });
      const started = await one.target.rollBack(await one.pin(), context);
      await expect(one.wait(started)).rejects.toMatchObject({ type: 'RolloutFailed' });
      const [container] = await one.containers(NAME);
      expect(container).toMatchObject({ imageId: one.images['v0.2.0']?.imageId, status: 'running' });
      expect(await sharing(one, 'proxy')).toMatch(new RegExp(`^running .*${container?.id}`));
    });
  },
);
