import { execFile } from 'node:child_process';
import { access, constants, readFile } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { promisify } from 'node:util';
import { type LocateOptions, locateTool, locateTools, ToolMissing } from '../../tools/index.ts';
import { SandboxUnavailable } from '../node-agent/network.ts';
import { findUsersEngine } from './borrowed-engine.ts';

/** Paths of the programs of a Compose host. */
export interface ComposePrograms {
  readonly docker: string;
  readonly registry: string;
  /** Compose v2. */
  readonly compose: string;
  /** The old command of version 1, where PATH has one. */
  readonly composeV1?: string;
  /** The engine: one to be started, or the user's. */
  readonly engine: { readonly dockerd: string } | { readonly host: string };
}

const WHAT_HELPS = 'install the Debian packages docker.io and docker-registry (as .ci/run does)';
/** The kernel's number of the capability to mount. */
const CAP_SYS_ADMIN = 21n;

/**
 * Finds the programs, and brings Compose v2 where it is missing.
 * @throws SandboxUnavailable when this machine has no engine or no registry, with what to install.
 * @throws ToolMissing when Compose v2 cannot be had.
 */
export async function locateComposePrograms(options: LocateOptions = {}): Promise<ComposePrograms> {
  const [needed, composeV1] = await Promise.all([
    locateNeededPrograms(options),
    composeV1On((options.env ?? process.env).PATH ?? ''),
  ]);
  return { ...needed, ...(composeV1 ? { composeV1 } : {}) };
}

/** As {@link locateComposePrograms}, without what is used where it happens to be. */
export async function locateNeededPrograms(
  options: LocateOptions = {},
): Promise<Omit<ComposePrograms, 'composeV1'>> {
  if (process.platform !== 'linux')
    throw new SandboxUnavailable(
      'The Compose sandbox uses the network of the host, as Linux has it: it needs Linux.',
    );
  const env = options.env ?? process.env;
  const names = ['docker', 'docker-registry'] as const;
  const { docker, 'docker-registry': registry } = await locateTools(names, options).catch(unavailable);
  const engine = await locateEngine(docker.path, env, options);
  const compose = await locateTool('docker-compose', options);
  return { docker: docker.path, registry: registry.path, compose: compose.path, engine };
}

/** An engine of our own where we may start one: it leaves the user's containers alone. */
async function locateEngine(
  docker: string,
  env: NodeJS.ProcessEnv,
  options: LocateOptions,
): Promise<ComposePrograms['engine']> {
  const mayStart = await mayMount();
  if (mayStart) {
    const dockerd = await locateTool('dockerd', options).catch((error: unknown) => {
      if (!isNotThere(error)) throw error;
      return undefined;
    });
    if (dockerd) return { dockerd: dockerd.path };
  }
  const users = await findUsersEngine(docker, env);
  if ('host' in users) return users;
  const why = mayStart ? 'dockerd is not installed' : 'only root may start an engine';
  throw new SandboxUnavailable(
    `There is no Docker engine to use: ${why}, and ${users.problem}; ${WHAT_HELPS}, or start an engine that you may use.`,
  );
}

function unavailable(error: unknown): never {
  if (!isNotThere(error)) throw error;
  const names = error.missing.map(({ tool }) => tool).join(' and ');
  throw new SandboxUnavailable(`The Compose sandbox needs ${names}: ${WHAT_HELPS}.`);
}

/** A program that a variable names and that will not do is another matter: somebody meant it. */
function isNotThere(error: unknown): error is ToolMissing {
  const isUnset = (line: string) => !line.startsWith('environment:') || line.endsWith('is not set');
  return error instanceof ToolMissing && error.missing.every(({ tried }) => tried.every(isUnset));
}

/** Root inside of a container that may not mount cannot start an engine. */
async function mayMount(): Promise<boolean> {
  const status = await readFile('/proc/self/status', 'utf8').catch(() => '');
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1] ?? '0';
  return process.getuid?.() === 0 && ((BigInt(`0x${effective}`) >> CAP_SYS_ADMIN) & 1n) === 1n;
}

/** By PATH: a program of version 1 takes a second to say what it is. */
const foundV1 = new Map<string, Promise<string | undefined>>();

function composeV1On(path: string): Promise<string | undefined> {
  const found = foundV1.get(path) ?? findComposeV1(path);
  foundV1.set(path, found);
  return found;
}

async function findComposeV1(path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter).filter(isAbsolute)) {
    const program = join(folder, 'docker-compose');
    const isThere = await access(program, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!isThere) continue;
    const { stdout } = await promisify(execFile)(program, ['--version'], { timeout: 20_000 }).catch(() => ({
      stdout: '',
    }));
    if (/ version 1\./.test(stdout)) return program;
  }
  return undefined;
}
