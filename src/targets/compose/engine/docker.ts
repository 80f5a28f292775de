import { RunbookError } from '../../../domain/errors.ts';
import type { CommandOptions, CommandResult, RunCommand } from './command.ts';
import { type Container, parseContainers } from './containers.ts';
import { engineError } from './engine-error.ts';
import { type LocalImage, parseImages } from './images.ts';

/** One service of one Compose project. */
export interface ServiceName {
  readonly project: string;
  readonly service: string;
}

/** What the engine says of itself. */
export interface EngineInfo {
  readonly id: string;
  readonly version: string;
  /** The commit that its containerd was built from. */
  readonly containerd?: { readonly ID?: string } | null;
}

/** Labels that Compose (old and new) gives its containers. */
export const COMPOSE_LABEL = {
  project: 'com.docker.compose.project',
  service: 'com.docker.compose.service',
  oneOff: 'com.docker.compose.oneoff',
  configFiles: 'com.docker.compose.project.config_files',
} as const;

/**
 * The engine, by the docker command: it knows contexts, `DOCKER_HOST`, ssh and TLS, and the credentials of registries
 * (docs/decisions/0011).
 */
export class Docker {
  readonly #run: RunCommand;
  readonly #env: Readonly<Record<string, string | undefined>>;
  #info: EngineInfo | undefined;
  #endpoint: string | undefined;

  constructor(run: RunCommand, env: Readonly<Record<string, string | undefined>>) {
    this.#run = run;
    this.#env = env;
  }

  /**
   * Version and identity of the engine; asked once unless it has to be fresh.
   * @throws Unreachable, AccessDenied, CommandMissing.
   */
  async info(signal: AbortSignal, { fresh = false } = {}): Promise<EngineInfo> {
    if (this.#info && !fresh) return this.#info;
    const format =
      '{"id":{{json .ID}},"version":{{json .ServerVersion}},"containerd":{{json .ContainerdCommit}}}';
    const text = await this.#must('the engine cannot be reached', ['info', '--format', format], { signal });
    const info = JSON.parse(text) as EngineInfo;
    // The command answers with exit code 0 and nothing known when there is no engine.
    if (!info.version) throw new RunbookError('Unreachable', 'the Docker engine does not answer');
    this.#info = info;
    return info;
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
  async containers({ project, service }: ServiceName, signal: AbortSignal): Promise<readonly Container[]> {
    const labels = [
      `${COMPOSE_LABEL.project}=${project}`,
      `${COMPOSE_LABEL.service}=${service}`,
      `${COMPOSE_LABEL.oneOff}=False`,
    ];
    const filters = labels.flatMap((label) => ['--filter', `label=${label}`]);
    const listed = await this.#must(
      'the containers cannot be listed',
      ['ps', '-aq', '--no-trunc', ...filters],
      {
        signal,
      },
    );
    const ids = listed.split('\n').filter(Boolean);
    if (ids.length === 0) return [];
    const result = await this.#run('docker', ['container', 'inspect', ...ids], { signal });
    // One that was removed since it was listed makes the exit code 1; the others are printed all the same.
    if (result.code !== 0 && !/no such container/i.test(result.stderr)) {
      throw engineError('the containers cannot be inspected', result);
    }
    return parseContainers(result.stdout || '[]');
  }

  /** An image by reference, digest or ID; nothing when the engine does not have it. */
  async image(reference: string, signal: AbortSignal): Promise<LocalImage | undefined> {
    const result = await this.#run('docker', ['image', 'inspect', reference], { signal });
    if (result.code === 0) return parseImages(result.stdout)[0];
    if (/no such image|not found/i.test(result.stderr)) return undefined;
    throw engineError(`image ${reference} cannot be inspected`, result);
  }

  /** The images of a repository that the engine has. */
  async imagesOf(repository: string, signal: AbortSignal): Promise<readonly LocalImage[]> {
    const args = ['image', 'ls', '-q', '--no-trunc', repository];
    const listed = await this.#must('the local images cannot be listed', args, { signal });
    const ids = [...new Set(listed.split('\n').filter(Boolean))];
    if (ids.length === 0) return [];
    const result = await this.#run('docker', ['image', 'inspect', ...ids], { signal });
    return parseImages(result.stdout || '[]');
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

  async #must(what: string, args: readonly string[], options: CommandOptions): Promise<string> {
    const result: CommandResult = await this.#run('docker', args, options);
    if (result.code !== 0) throw engineError(what, result);
    return result.stdout;
  }
}
