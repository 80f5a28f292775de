import { basename, join } from 'node:path';
import { expect } from 'vitest';
import { SERVICE } from '../../sandbox/demo/compose-project.ts';
import { type ComposeStage, openComposeStage } from '../stories/stage-compose.ts';
import { type ContainerWatch, watchContainers } from './container-watch.ts';
import { logCommands } from './docker-commands.ts';
import { behindProxies, type TemporalPlace, type Trial } from './trial.ts';

/** What the trials of a file share. */
export interface ComposeGround {
  readonly stage: ComposeStage;
  readonly watch: ContainerWatch;
  close(): Promise<void>;
}

/** A Docker engine, and a watch over everything that happens on it. */
export async function openGround(): Promise<ComposeGround> {
  const stage = await openComposeStage();
  const { composeHost: host } = stage.sandbox;
  const watch = watchContainers(host);
  return {
    stage,
    watch,
    async close() {
      await watch.close();
      await stage.close();
    },
  };
}

/** A Compose service with a good and a bad release; the bad one runs, and the engine has forgotten the good one. */
export async function composeTrial(
  { stage, watch }: ComposeGround,
  name: string,
  {
    place = { client: stage.client, temporal: stage.sandbox.temporal },
    stableFor = '200ms',
  }: { readonly place?: TemporalPlace; readonly stableFor?: string } = {},
): Promise<Trial> {
  const { composeHost: host, folder } = stage.sandbox;
  // A repository of its own: the engine forgets an image only when nobody else runs it.
  const repository = `${name}/phoenix-orch`;
  const [good] = await Promise.all(
    ['v0.1.0', 'v0.2.0'].map((tag) => host.images.publish(tag, { repository })),
  );
  const edit = (text: string) =>
    text.replace(host.images.repository, `${host.registry.address}/${repository}`);
  const cast = await stage.cast(name, { worker: false, stableFor, edit });
  const commands = await logCommands(join(folder, name, 'commands'), host.environment);
  const proxied = await behindProxies(stage.sandbox, place, name, cast, { env: commands.env });
  await cast.deploy('v0.1.0');
  await cast.deploy('v0.2.0', { timeout: 5 });
  await host.docker('rmi', good?.reference ?? '');
  const since = Date.now() + 1;
  return {
    ...proxied,
    target: 'Compose',
    request: { target: '0.1.0' },
    commands,
    async expectOneWrite() {
      expect(await watch.created(basename(cast.directory), since), 'containers that were made').toMatchObject(
        [{ service: SERVICE, image: good?.reference }],
      );
      expect(await cast.container()).toMatchObject({ imageId: good?.imageId, running: true });
    },
    async close() {
      await proxied.close();
      await host.compose(cast.directory, 'down', '--timeout', '1');
    },
  };
}
