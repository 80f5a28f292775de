import { parse } from 'yaml';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/profile.ts';
import type { CommandOptions, CommandResult, RunCommand } from './command.ts';
import { unquotedError } from './engine-error.ts';

/** A Compose command that was found on the worker's host. */
export interface ComposeProgram {
  readonly name: 'docker compose' | 'docker-compose';
  /** `2.40.3` */
  readonly version: string;
}

/** What Compose itself makes of one service. */
export interface ResolvedService {
  readonly image: string | undefined;
  /** Variables with a value, those of env files included. They hold secrets: for comparing, never to be shown. */
  readonly environment: Readonly<Record<string, string>>;
  /** Variables of the files that have no value. */
  readonly unset: readonly string[];
}

/** What a Compose command is told of its project. Paths are relative to the folder. */
export interface ComposeInvocation {
  readonly folder: string;
  readonly project: string;
  readonly files: readonly string[];
  readonly envFiles?: readonly string[];
  readonly profiles: readonly string[];
}

/** Starting a container may wait for the one before to end: ten seconds unless the service says more. */
const UP_TIMEOUT_MS = 300_000;

/** `docker compose` or `docker-compose`, whichever there is. */
export class ComposeCommand {
  readonly #run: RunCommand;
  readonly #wanted: ComposeProfile['command'];
  #found: ComposeProgram | undefined;

  constructor(run: RunCommand, wanted: ComposeProfile['command']) {
    this.#run = run;
    this.#wanted = wanted;
  }

  /** Finds the command; asked once. @throws CommandMissing with what was tried. */
  async program(signal: AbortSignal): Promise<ComposeProgram> {
    if (this.#found) return this.#found;
    const names = this.#wanted === 'auto' ? (['docker compose', 'docker-compose'] as const) : [this.#wanted];
    for (const name of names) {
      const [program, ...first] = name.split(' ') as [string, ...string[]];
      const result = await this.#run(program, [...first, 'version', '--short'], { signal }).catch((error) => {
        if (error instanceof RunbookError && error.type === 'CommandMissing') return undefined;
        throw error;
      });
      const version = /v?(\d+\.\d+\.\d+)/.exec(result?.code === 0 ? result.stdout : '')?.[1];
      if (version) {
        this.#found = { name, version };
        return this.#found;
      }
    }
    throw new RunbookError('CommandMissing', `${names.join(' and ')} cannot be run on the worker's host`);
  }

  /**
   * What Compose itself makes of the files: the image of the service, and what it complains of.
   * @throws ComposeFileUnsupported when Compose refuses the files.
   */
  async config(
    invocation: ComposeInvocation,
    service: string,
    signal: AbortSignal,
  ): Promise<ResolvedService> {
    const result = await this.#compose(invocation, ['config'], { signal });
    if (result.code !== 0) {
      throw unquotedError('Compose refuses the files of the project', result, 'ComposeFileUnsupported');
    }
    const resolved = parse(result.stdout, { maxAliasCount: -1 }) as {
      services?: Record<string, { image?: unknown; environment?: unknown } | undefined>;
    } | null;
    const { image, environment } = resolved?.services?.[service] ?? {};
    return {
      image: typeof image === 'string' ? image : undefined,
      environment: variablesOf(environment),
      unset: unsetVariables(result.stderr),
    };
  }

  /**
   * Makes the service what the files say, and nothing else: no dependants, no pull, no build.
   * @param scale number of containers when it is not the one that the files say.
   * @param anew whether containers are made anew though nothing that Compose compares has changed.
   */
  async up(
    invocation: ComposeInvocation,
    service: string,
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
        ...(scale === undefined ? [] : ['--scale', `${service}=${scale}`]),
        service,
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
    { folder, project, files, envFiles, profiles }: ComposeInvocation,
    args: readonly string[],
    options: CommandOptions,
  ): Promise<CommandResult> {
    const { name } = await this.program(options.signal);
    const [program, ...first] = name.split(' ') as [string, ...string[]];
    const selected = [
      '--project-directory',
      folder,
      '--project-name',
      project,
      ...files.flatMap((file) => ['--file', file]),
      ...(envFiles ?? []).flatMap((file) => ['--env-file', file]),
      ...profiles.flatMap((profile) => ['--profile', profile]),
    ];
    return this.#run(program, [...first, ...selected, ...args], { cwd: folder, ...options });
  }
}

/** Compose prints a mapping, and doubles every dollar sign so that its output can be read again. */
function variablesOf(environment: unknown): Readonly<Record<string, string>> {
  const entries = Object.entries((environment ?? {}) as Record<string, unknown>);
  return Object.fromEntries(
    entries
      .filter(([, value]) => value !== null && value !== undefined)
      .map(([name, value]) => [name, String(value).replaceAll('$$', '$')]),
  );
}

/** Names of variables that Compose found no value for, in the words of both programs. */
function unsetVariables(stderr: string): readonly string[] {
  const names = [...stderr.matchAll(/The \\?"?(\w+)\\?"? variable is not set/g)].map(
    ([, name]) => name ?? '',
  );
  return [...new Set(names)];
}
