import { join } from 'node:path';
import { RunbookError } from '../../../../domain/errors.ts';
import type { ComposeProfile } from '../../../../domain/request/profile.ts';
import type { CommandOptions, CommandResult, RunCommand } from './command.ts';
import { unquotedError } from './engine-error.ts';
import { type ResolvedService, readResolved } from './resolved-service.ts';

/** A Compose command that was found on the worker's host. */
export interface ComposeProgram {
  readonly name: 'docker compose' | 'docker-compose';
  /** `2.40.3` */
  readonly version: string;
}

/** What a Compose command is told of its project; what it is not told it finds by itself. Paths are relative to the folder. */
export interface ComposeCall {
  /** Where it is called. */
  readonly folder: string;
  readonly directory?: string;
  readonly project?: string;
  readonly files?: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles: readonly string[];
}

/** A call that leaves nothing to be found but `.env` of the project directory. */
export interface ComposeInvocation extends ComposeCall {
  /** Where relative paths begin. */
  readonly directory: string;
  readonly project: string;
  readonly files: readonly string[];
}

/** Starting a container may wait for the one before to end: ten seconds unless the service says more. */
const UP_TIMEOUT_MS = 300_000;

/** `docker compose` or `docker-compose`, whichever there is. */
export class ComposeCommand {
  readonly #run: RunCommand;
  readonly #wanted: ComposeProfile['command'];
  #found: Promise<ComposeProgram> | undefined;

  constructor(run: RunCommand, wanted: ComposeProfile['command']) {
    this.#run = run;
    this.#wanted = wanted;
  }

  /** Finds the command; asked once, whoever asks meanwhile. @throws CommandMissing with what was tried. */
  async program(signal: AbortSignal): Promise<ComposeProgram> {
    const asked = this.#found;
    if (asked) {
      // Another one's signal may have ended it: then this one asks by itself.
      const found = await asked.catch(() => undefined);
      signal.throwIfAborted();
      if (found) return found;
    }
    const own = this.#find(signal);
    this.#found = own;
    try {
      return await own;
    } catch (error) {
      if (this.#found === own) this.#found = undefined;
      throw error;
    }
  }

  async #find(signal: AbortSignal): Promise<ComposeProgram> {
    const names = this.#wanted === 'auto' ? (['docker compose', 'docker-compose'] as const) : [this.#wanted];
    for (const name of names) {
      const [program, ...first] = name.split(' ') as [string, ...string[]];
      const result = await this.#run(program, [...first, 'version', '--short'], { signal }).catch((error) => {
        if (error instanceof RunbookError && error.type === 'CommandMissing') return undefined;
        throw error;
      });
      const version = /v?(\d+\.\d+\.\d+)/.exec(result?.code === 0 ? result.stdout : '')?.[1];
      if (version) return { name, version };
    }
    throw new RunbookError('CommandMissing', `${names.join(' and ')} cannot be run on the worker's host`);
  }

  /**
   * What Compose itself makes of the files: the image of the service, and what it complains of.
   * @throws ComposeFileUnsupported when Compose refuses the files.
   */
  async config(invocation: ComposeCall, service: string, signal: AbortSignal): Promise<ResolvedService> {
    const result = await this.#compose(invocation, ['config'], { signal });
    if (result.code !== 0) {
      throw unquotedError('Compose refuses the files of the project', result, 'ComposeFileUnsupported');
    }
    return readResolved(result, service);
  }

  /**
   * Compose's own hash over the service, as it notes it on a container (`config-hash`); nothing where it tells none. Of a
   * service with an env file it is another one than `up` notes (measured with 2.40.3).
   */
  async configHash(
    invocation: ComposeInvocation,
    service: string,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { code, stdout } = await this.#compose(invocation, ['config', '--hash', service], { signal });
    const [name, hash] = stdout.trim().split(/\s+/);
    return code === 0 && name === service && hash ? hash : undefined;
  }

  /**
   * Makes services what the files say, and nothing else: no dependants, no pull, no build.
   * @param scale number of containers when it is not the one that the files say.
   * @param anew whether containers are made anew though nothing that Compose compares has changed.
   */
  async up(
    invocation: ComposeInvocation,
    services: string | readonly string[],
    { scale, anew }: { readonly scale?: number | undefined; readonly anew: boolean },
    options: CommandOptions,
  ): Promise<CommandResult> {
    const { name } = await this.program(options.signal);
    return this.#compose(
      invocation,
      [
        'up',
        '--detach',
        '--no-deps',
        '--no-build',
        // The old command pulls only what is missing, and nothing is by then.
        ...(name === 'docker compose' ? ['--pull', 'never'] : []),
        ...(anew ? ['--force-recreate'] : []),
        ...(scale === undefined ? [] : ['--scale', `${services}=${scale}`]),
        ...[services].flat(),
      ],
      { timeoutMs: UP_TIMEOUT_MS, ...options },
    );
  }

  async stop(
    invocation: ComposeInvocation,
    service: string,
    options: CommandOptions,
  ): Promise<CommandResult> {
    return this.#compose(invocation, ['stop', service], { timeoutMs: UP_TIMEOUT_MS, ...options });
  }

  async restart(
    invocation: ComposeInvocation,
    services: readonly string[],
    options: CommandOptions,
  ): Promise<CommandResult> {
    return this.#compose(invocation, ['restart', ...services], { timeoutMs: UP_TIMEOUT_MS, ...options });
  }

  async #compose(
    { folder, directory, project, files, envFiles, profiles }: ComposeCall,
    args: readonly string[],
    options: CommandOptions,
  ): Promise<CommandResult> {
    const { name } = await this.program(options.signal);
    const [program, ...first] = name.split(' ') as [string, ...string[]];
    const selected = [
      ...(directory === undefined ? [] : ['--project-directory', join(folder, directory)]),
      ...(project === undefined ? [] : ['--project-name', project]),
      ...(files ?? []).flatMap((file) => ['--file', file]),
      ...(envFiles ?? []).flatMap((file) => ['--env-file', file]),
      ...profiles.flatMap((profile) => ['--profile', profile]),
    ];
    return this.#run(program, [...first, ...selected, ...args], { cwd: folder, ...options });
  }
}
