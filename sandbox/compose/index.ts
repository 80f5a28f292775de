import { mkdir, symlink, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { freePorts } from '../../tools/ports.ts';
import type { Kept, Processes } from '../../tools/processes/index.ts';
import { SandboxUnavailable } from '../node-agent/network.ts';
import { tidyUsersEngine } from './borrowed-engine.ts';
import { type ContainerEvent, parseEvents } from './events.ts';
import { type FollowedEvents, followEvents } from './follow-events.ts';
import { openImages, type SandboxImages } from './images.ts';
import { startEngine } from './own-engine.ts';
import type { ComposePrograms } from './programs.ts';
import { containersBelow, LIST_WITH_FOLDER } from './project-containers.ts';
import { type SandboxRegistry, startRegistry } from './registry.ts';

export type { ContainerEvent } from './events.ts';
export type { FollowedEvents } from './follow-events.ts';
export type { PublishedImage, PublishOptions, SandboxImages } from './images.ts';
export { composeHostProblem } from './problem.ts';
export { type ComposePrograms, locateComposePrograms } from './programs.ts';
export type { SandboxRegistry } from './registry.ts';

/** A host with a Docker engine, Compose and a registry with images of the stand-in orchestrator. */
export interface ComposeHost {
  /** What a process needs to use this engine with `docker`, `docker compose` and `docker-compose`, and nothing else. */
  readonly environment: Readonly<Record<string, string>>;
  /** The engine's process; none when it is the user's. */
  readonly engine?: Kept;
  readonly registry: SandboxRegistry;
  readonly images: SandboxImages;
  /**
   * Writes the files of a project into a folder of its own, whose name (the project's, unless a file gives another)
   * begins with the given one. @returns the folder.
   */
  project(name: string, files: Readonly<Record<string, string>>): Promise<string>;
  /** Runs `docker`. @returns what it printed. @throws ExecaError when it fails. */
  docker(...args: string[]): Promise<string>;
  /** Runs Compose v2 in a folder, as `docker compose` does. */
  compose(folder: string, ...args: string[]): Promise<string>;
  /** Runs `docker-compose` of version 1 in a folder, where PATH has it. */
  readonly composeV1?: (folder: string, ...args: string[]) => Promise<string>;
  /** Removes the containers of this host's projects, and no other: the engine may be the user's. */
  removeContainers(): Promise<void>;
  /** A free port of the loopback interface: containers are on the network of the host. */
  freePort(): Promise<number>;
  /** This moment, for `events`. */
  mark(): string;
  /** What happened with containers since a mark, oldest first. The engine remembers the last 256 events. */
  events(since: string): Promise<readonly ContainerEvent[]>;
  /** As `events`, for longer than the engine remembers or lives. */
  follow(since: string): FollowedEvents;
}

const COMMAND_MS = 60_000;

/**
 * Starts engine and registry, publishes `v0.1.0` and has the engine pull it, so that later pulls bring kilobytes.
 * Everything ends with the processes.
 * @throws SandboxUnavailable, ProcessEnded.
 */
export async function openComposeHost(
  processes: Processes,
  programs: ComposePrograms,
  signal?: AbortSignal,
): Promise<ComposeHost> {
  const projects = join(processes.folder, 'projects');
  await mkdir(projects);
  const [engine, { registry, images, first }] = await Promise.all([
    'dockerd' in programs.engine ? startEngine(processes, programs.engine.dockerd, signal) : programs.engine,
    startRegistry(processes, programs.registry, signal).then(async (registry) => {
      const images = await openImages(registry, join(processes.folder, 'layer'));
      return { registry, images, first: await images.publish('v0.1.0') };
    }),
  ]);
  const { host } = engine;
  if (!('process' in engine))
    await tidyUsersEngine(
      processes,
      { docker: programs.docker, host },
      { projects, registry: registry.address },
    );
  const environment = await commandEnvironment(processes.folder, host, programs);
  const run = async (program: string, args: readonly string[], cwd = processes.folder) => {
    const options = {
      env: environment,
      extendEnv: false,
      cwd,
      stdin: 'ignore',
      timeout: COMMAND_MS,
    } as const;
    return (await execa(program, args, options)).stdout;
  };
  const docker = (...args: string[]) => run(programs.docker, args);
  signal?.throwIfAborted();
  await docker('pull', '--quiet', first.reference).catch((error: Error) => {
    throw new SandboxUnavailable(`The engine cannot pull from the sandbox's registry: ${error.message}`);
  });
  const events = async (since: string) => {
    const window = ['--since', since, '--until', now()];
    return parseEvents(
      await docker('events', ...window, '--filter', 'type=container', '--format', '{{json .}}'),
    );
  };
  // Compose makes the project's name of the folder's, and on an engine of the user it must not meet another's.
  const own = basename(processes.folder).split('-').at(-1)?.toLowerCase();
  const { composeV1 } = programs;

  return {
    environment,
    ...('process' in engine ? { engine: engine.process } : {}),
    registry,
    images,
    docker,
    async project(name, files) {
      const folder = join(projects, `${name}-${own}`);
      await mkdir(folder);
      for (const [path, text] of Object.entries(files)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
      return folder;
    },
    // The plugin by itself does the same, with one process instead of three.
    compose: (folder, ...args) => run(programs.compose, args, folder),
    ...(composeV1 ? { composeV1: (folder, ...args) => run(composeV1, args, folder) } : {}),
    async removeContainers() {
      const ours = containersBelow(projects, await docker(...LIST_WITH_FOLDER));
      if (ours.length > 0) await docker('rm', '--force', '--volumes', ...ours);
    },
    freePort: async () => (await freePorts(1))[0] ?? 0,
    mark: now,
    events,
    follow: (since) => followEvents(programs.docker, environment, since, events),
  };
}

/** A folder of the user's Docker settings holds credentials and plugins that are none of ours. */
async function commandEnvironment(
  folder: string,
  host: string,
  { docker, compose }: ComposePrograms,
): Promise<Record<string, string>> {
  const [bin, config] = [join(folder, 'bin'), join(folder, 'docker')];
  await mkdir(join(config, 'cli-plugins'), { recursive: true });
  await mkdir(bin);
  await symlink(docker, join(bin, 'docker'));
  await symlink(compose, join(config, 'cli-plugins/docker-compose'));
  await writeFile(join(config, 'config.json'), '{}');
  const { PATH = '', HOME = folder } = process.env;
  return { PATH: `${bin}:${PATH}`, HOME, DOCKER_HOST: host, DOCKER_CONFIG: config };
}

/** Seconds since the epoch. What happened within this millisecond is past: no command begins and acts that fast. */
function now(): string {
  return ((Date.now() + 1) / 1000).toFixed(3);
}
