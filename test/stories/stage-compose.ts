import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { ComposeHost, ContainerEvent } from '../../sandbox/compose/index.ts';
import {
  COMPOSE_FILE,
  composeProject,
  ENV_FILE,
  SERVICE,
  withTag,
  withTimeout,
} from '../../sandbox/demo/compose-project.ts';
import { composeEntry, writeConfig } from '../../sandbox/demo/config.ts';
import { type Receiver, startReceiver } from '../../sandbox/demo/receiver.ts';
import type { Sandbox } from '../../sandbox/index.ts';
import { freePorts } from '../../tools/ports.ts';
import type { TemporalServer } from '../../tools/temporal-server.ts';
import { until } from '../../tools/until.ts';
import { borrowSandbox } from '../worlds/borrowed.ts';
import { type CastRuns, castRuns, workerFor } from './stage-runs.ts';
import { openStageOn, type TemporalClients } from './stage-temporal.ts';

/** Beside other work an engine needs its time. */
const DEPLOYED_WITHIN_MS = 120_000;
const ANSWER_WITHIN_MS = 5_000;

/** One world with a Compose host, shared by the stories of a file. */
export interface ComposeStage extends TemporalClients {
  readonly sandbox: Sandbox & { readonly composeHost: ComposeHost; readonly temporal: TemporalServer };
  /** A project of its own for one story: folder, ports, configuration, task queue. */
  cast(name: string, options?: ComposeCastOptions): Promise<ComposeCast>;
}

export interface ComposeCastOptions {
  readonly profile?: Readonly<Record<string, unknown>>;
  readonly checks?: Readonly<Record<string, unknown>>;
  /** How long a container must run to count as up. Default: 200 ms. */
  readonly stableFor?: string;
  /** Changes the compose file before anything is deployed. */
  readonly edit?: (composeFile: string) => string;
  /** The orchestrator's config, which is mounted then. */
  readonly config?: string;
  /** Default: a worker in this process. */
  readonly worker?: boolean;
}

/** The service of one story and what can be done with it. */
export interface ComposeCast extends CastRuns {
  readonly directory: string;
  readonly configFile: string;
  readonly channel: Receiver;
  /** A file of the project. */
  read(path: string): Promise<string>;
  write(path: string, text: string): Promise<void>;
  /** Deploys as people do: edits the tag (and the time-out in the env file), then `docker compose up -d`. */
  deploy(tag: string, options?: { readonly timeout?: number }): Promise<void>;
  /** The one container of the service. */
  container(): Promise<{ readonly id: string; readonly imageId: string; readonly running: boolean }>;
  /** Containers of the project that were made since a mark of the host. */
  created(mark: string): Promise<readonly ContainerEvent[]>;
  close(): Promise<void>;
}

export function openComposeStage(): Promise<ComposeStage> {
  return openStageOn(() => borrowSandbox({ temporal: true, compose: true }), openCast);
}

async function openCast(
  { sandbox, client, native }: Pick<ComposeStage, 'sandbox' | 'client' | 'native'>,
  name: string,
  {
    profile,
    checks,
    stableFor = '200ms',
    edit = (text) => text,
    config,
    worker: inThisProcess = true,
  }: ComposeCastOptions,
): Promise<ComposeCast> {
  const { composeHost: host, folder: shared } = sandbox;
  const [apiPort = 0, metricsPort = 0] = await freePorts(2);
  const image = `${host.images.repository}:v0.1.0`;
  // Health checks are events too, and the engine remembers the last 256.
  const files = composeProject({
    image,
    apiPort,
    metricsPort,
    healthcheck: false,
    ...(config ? { config } : {}),
  });
  const directory = await host.project(name, { ...files, [COMPOSE_FILE]: edit(files[COMPOSE_FILE] ?? '') });
  const [project, taskQueue] = [basename(directory), `queue-${name}`];
  const folder = join(shared, name);
  await mkdir(folder);
  const channel = await startReceiver();
  const slackFile = join(folder, 'slack');
  await writeFile(slackFile, channel.url);
  const url = `http://127.0.0.1:${apiPort}`;
  const configFile = await writeConfig({
    folder,
    target: composeEntry(directory, stableFor),
    endpoint: url,
    apiPort,
    metricsPort,
    records: join(folder, 'incidents'),
    slackFile,
    ...(profile ? { profile } : {}),
    ...(checks ? { checks } : {}),
  });
  const worker = inThisProcess ? await workerFor(native, configFile, taskQueue, host.environment) : undefined;
  const read = (path: string) => readFile(join(directory, path), 'utf8');
  const change = async (path: string, how: (text: string) => string) =>
    writeFile(join(directory, path), how(await read(path)));
  return {
    ...castRuns(client, name, taskQueue),
    directory,
    configFile,
    channel,
    read,
    write: (path, text) => writeFile(join(directory, path), text),
    async deploy(tag, { timeout } = {}) {
      await change(COMPOSE_FILE, (text) => withTag(text, tag));
      if (timeout !== undefined) await change(ENV_FILE, (text) => withTimeout(text, timeout));
      await host.compose(directory, 'up', '--detach');
      const answers = () =>
        fetch(`${url}/health`, { signal: AbortSignal.timeout(ANSWER_WITHIN_MS) }).then(
          ({ ok }) => ok,
          () => false,
        );
      try {
        await until(`${tag} to answer`, answers, { withinMs: DEPLOYED_WITHIN_MS });
      } catch (error) {
        const listed = await host.compose(directory, 'ps', '--all');
        const logs = await host.compose(directory, 'logs', '--no-color', '--tail', '20');
        throw new Error(`${tag} does not answer at ${url}:\n${listed}\n${logs}`, { cause: error });
      }
    },
    async container() {
      const id = await host.compose(directory, 'ps', '--all', '--quiet', SERVICE);
      const format = '{{.Image}} {{.State.Running}}';
      const [imageId = '', running] = (await host.docker('inspect', '--format', format, id)).split(' ');
      return { id, imageId, running: running === 'true' };
    },
    created: async (mark) =>
      (await host.events(mark)).filter((event) => event.action === 'create' && event.project === project),
    async close() {
      await worker?.stop();
      await channel.close();
    },
  };
}
