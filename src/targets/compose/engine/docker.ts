import { RunbookError } from '../../../domain/errors.ts';
import {
  containerPath,
  containersPath,
  filePath,
  INFO_PATH,
  imagePath,
  imagesPath,
  namesakesPath,
  RUNNING_PATH,
  VERSION_PATH,
} from './api/api-path.ts';
import type { EngineApi } from './api/engine-api.ts';
import type { CommandOptions, CommandResult, RunCommand } from './command/command.ts';
import { engineError } from './command/engine-error.ts';
import { firstFileIn } from './objects/archive.ts';
import type { ServiceName } from './objects/compose-labels.ts';
import {
  type Container,
  type LabelledContainer,
  parseContainers,
  parseListed,
} from './objects/containers.ts';
import { type ImageFacts, imageFactsOf, type LocalImage, parseImages } from './objects/images.ts';
import { type EngineMachine, machineOf } from './objects/machine.ts';
import { type Neighbour, ofInterest, parseNeighbours } from './objects/neighbours.ts';

/** So many containers of others are inspected at most. */
const MOST_NEIGHBOURS = 20;

/** What the engine says of itself. */
export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  /** The commit that its containerd was built from. */
  readonly containerd?: { readonly ID?: string } | null;
}

/** How a Docker object reaches its engine. */
export interface DockerParts {
  /** Runs what changes something, lasts, or is not the engine's: credentials of registries, contexts. */
  readonly run: RunCommand;
  /** Asks everything else. */
  readonly api: EngineApi;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/**
 * The engine, by the docker command: it knows contexts, `DOCKER_HOST`, ssh and TLS, and the credentials of registries
 * (docs/decisions/0011).
 */
export class Docker {
  readonly #run: RunCommand;
  readonly #api: EngineApi;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #info: EngineInfo | undefined;
  #endpoint: string | undefined;

  constructor({ run, api, env }: DockerParts) {
    this.#run = run;
    this.#api = api;
    this.#env = env;
  }

  /**
   * Version and identity of the engine; asked once unless it has to be fresh.
   * @throws Unreachable, AccessDenied, CommandMissing.
   */
  async info(signal: AbortSignal, { fresh = false } = {}): Promise<EngineInfo> {
    if (this.#info && !fresh) return this.#info;
    const answer = await this.#api.get('the engine cannot be reached', INFO_PATH, signal);
    const { ID, ServerVersion, ContainerdCommit } = (answer ?? {}) as Readonly<Record<string, unknown>>;
    if (typeof ID !== 'string' || typeof ServerVersion !== 'string') {
      throw new RunbookError('Unreachable', 'the Docker engine does not say what it is');
    }
    const containerd = ContainerdCommit as EngineInfo['containerd'];
    this.#info = { id: ID, version: ServerVersion, ...(containerd ? { containerd } : {}) };
    return this.#info;
  }

  /** Address of the engine that the environment or the Docker context leads to; asked once. */
  async endpoint(signal: AbortSignal): Promise<string> {
    if (this.#env.DOCKER_HOST) return this.#env.DOCKER_HOST;
    this.#endpoint ??= (
      await this.#must(
        'the Docker context cannot be read',
        ['context', 'inspect', '--format', '{{.Endpoints.docker.Host}}'],
        { signal },
      )
    ).trim();
    return this.#endpoint;
  }

  /** Whether the engine answers now, and has its containerd: without it, it can start and stop nothing. */
  async isWhole(signal: AbortSignal): Promise<boolean> {
    try {
      const { containerd } = await this.info(signal, { fresh: true });
      // Written by moby where containerd does not answer it; engines without containerd say nothing.
      return containerd?.ID !== 'N/A';
    } catch (error) {
      if (error instanceof RunbookError) return false;
      throw error;
    }
  }

  /** The containers of a service, stopped ones too; those of `compose run` are not meant. */
  async containers(name: ServiceName, signal: AbortSignal): Promise<readonly Container[]> {
    const listed = await this.#api.get('the containers cannot be listed', containersPath(name), signal);
    return parseContainers(
      await this.#inspected('the containers cannot be inspected', idsOf(listed).map(containerPath), signal),
    );
  }

  /** The containers of services of this name in whatever project, stopped ones too, as far as they have names and labels. */
  async namesakes(service: string, signal: AbortSignal): Promise<readonly LabelledContainer[]> {
    return parseListed(
      await this.#api.get('the containers cannot be listed', namesakesPath(service), signal),
    );
  }

  /** The content of a file in a container; nothing when it has none there. */
  async contentIn(id: string, path: string, signal: AbortSignal): Promise<Buffer | undefined> {
    const what = 'a file of the container cannot be read';
    const archive = await this.#api.findBytes(what, filePath(id, path), signal);
    return archive && firstFileIn(archive);
  }

  /** An image by reference, digest or ID; nothing when the engine does not have it. */
  async image(reference: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const what = `image ${reference} cannot be inspected`;
    return parseImages(await this.#inspected(what, [imagePath(reference)], signal))[0];
  }

  /** What an image is for, and how large it is; nothing when the engine does not have it. */
  async imageFacts(reference: string, signal: AbortSignal): Promise<ImageFacts | undefined> {
    const found = await this.#api.find(
      `image ${reference} cannot be inspected`,
      imagePath(reference),
      signal,
    );
    return found === undefined ? undefined : imageFactsOf(found);
  }

  /** What the engine runs containers on. @throws Unreachable, AccessDenied. */
  async machine(signal: AbortSignal): Promise<EngineMachine> {
    const what = 'the engine cannot be asked what it runs on';
    const [version, info] = await Promise.all(
      [VERSION_PATH, INFO_PATH].map((path) => this.#api.get(what, path, signal)),
    );
    const machine = machineOf(version, info);
    if (!machine) throw new RunbookError('Unreachable', 'the Docker engine does not say what it runs on');
    return machine;
  }

  /** Running containers of others that may replace containers by themselves. */
  async neighbours(signal: AbortSignal): Promise<readonly Neighbour[]> {
    const what = 'the containers cannot be listed';
    const ids = ofInterest(await this.#api.get(what, RUNNING_PATH, signal)).slice(0, MOST_NEIGHBOURS);
    return parseNeighbours(await this.#inspected(what, ids.map(containerPath), signal));
  }

  /** The images of a repository that the engine has. */
  async imagesOf(repository: string, signal: AbortSignal): Promise<readonly LocalImage[]> {
    const listed = await this.#api.get('the local images cannot be listed', imagesPath(repository), signal);
    return parseImages(
      await this.#inspected('the local images cannot be inspected', idsOf(listed).map(imagePath), signal),
    );
  }

  /** Brings an image by digest. @throws ImageMissing, AccessDenied, Unreachable, FileNotWritten (disk full). */
  async pull(reference: string, options: CommandOptions): Promise<void> {
    const result = await this.#run('docker', ['pull', '--quiet', reference], options);
    if (result.code !== 0) throw engineError(`${reference} cannot be pulled`, result);
  }

  /** Makes a tag of this engine name an image; nothing is sent to a registry. */
  async tag(id: string, reference: string, signal: AbortSignal): Promise<void> {
    await this.#must(`${reference} cannot be tagged`, ['tag', id, reference], { signal });
  }

  /** Runs a program in a container. @returns whether it ended with exit code 0. @throws Unreachable when it does not end. */
  async succeedsIn(id: string, program: readonly string[], options: CommandOptions): Promise<boolean> {
    return (await this.#run('docker', ['exec', id, ...program], options)).code === 0;
  }

  /** The last lines of a container's log, both streams; empty when its log cannot be read. */
  async logTail(id: string, lines: number, signal: AbortSignal): Promise<string> {
    const result = await this.#run('docker', ['logs', '--tail', String(lines), id], {
      signal,
      timeoutMs: 10_000,
    });
    return result.code === 0 ? `${result.stdout}\n${result.stderr}`.trim() : '';
  }

  /** Lets the connection to the engine go. A later question opens another. */
  async close(): Promise<void> {
    await this.#api.close();
  }

  /** What was removed since it was listed is left out. */
  async #inspected(what: string, paths: readonly string[], signal: AbortSignal): Promise<readonly unknown[]> {
    const found = await Promise.all(paths.map((path) => this.#api.find(what, path, signal)));
    return found.filter((one) => one !== undefined);
  }

  async #must(what: string, args: readonly string[], options: CommandOptions): Promise<string> {
    const result: CommandResult = await this.#run('docker', args, options);
    if (result.code !== 0) throw engineError(what, result);
    return result.stdout;
  }
}

/** IDs of what the engine lists, each once. */
function idsOf(listed: unknown): readonly string[] {
  const ids = Array.isArray(listed) ? listed.map((one) => one?.Id) : [];
  return [...new Set(ids.filter((id) => typeof id === 'string'))];
}
