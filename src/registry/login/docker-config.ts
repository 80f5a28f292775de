import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { DOCKER_HUB } from '../name/docker-hub.ts';
import { isRecord, parseJson } from '../name/json.ts';

/** What Docker's `config.json` says about one registry. Holds secrets: never logged. */
export interface DockerLogin {
  /** Suffix of the program that keeps the credentials: `ecr-login` for `docker-credential-ecr-login`. */
  readonly helper?: string;
  /** Under which name the helper keeps them. */
  readonly key: string;
  readonly entry?: Readonly<Record<string, unknown>>;
}

/** In bytes. */
const LIMIT = 1024 * 1024;

/**
 * Reads Docker's configuration (docker/cli, cli/config/configfile). A missing file says nothing about any registry.
 * @returns the configuration, or why it cannot be used, without its content.
 */
export async function readDockerConfig(
  folder: string,
  signal: AbortSignal,
): Promise<{ readonly config: Readonly<Record<string, unknown>> } | { readonly problem: string }> {
  const file = join(folder, 'config.json');
  try {
    const { size } = await stat(file);
    if (size > LIMIT) return { problem: `${file} is larger than 1 MiB` };
    const config = parseJson(await readFile(file, { signal }));
    return isRecord(config) ? { config } : { problem: `${file} is not a JSON object` };
  } catch (error) {
    signal.throwIfAborted();
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    if (code === 'ENOENT' || code === 'ENOTDIR') return { config: {} };
    return { problem: `${file} cannot be read (${code})` };
  }
}

/** What the configuration says about a registry: its own helper, else the one for all, and its entry. */
export function loginFor(config: Readonly<Record<string, unknown>>, registry: string): DockerLogin {
  const isHub = registry === DOCKER_HUB.host;
  const names: readonly string[] = isHub ? [DOCKER_HUB.configKey, ...DOCKER_HUB.names, registry] : [registry];
  const helpers = isRecord(config.credHelpers) ? config.credHelpers : {};
  const special = names.find((name) => Object.hasOwn(helpers, name));
  const helper = special === undefined ? config.credsStore : helpers[special];
  const entry = entryFor(isRecord(config.auths) ? config.auths : {}, names);
  return {
    key: special ?? names[0] ?? registry,
    ...(typeof helper === 'string' && helper !== '' ? { helper } : {}),
    ...(entry ? { entry } : {}),
  };
}

/** By its exact name, else by the host of a name that is an address, as old versions of Docker wrote it. */
function entryFor(auths: Readonly<Record<string, unknown>>, names: readonly string[]) {
  const exact = names.find((name) => Object.hasOwn(auths, name));
  const found = exact ?? Object.keys(auths).find((key) => names.includes(hostOf(key)));
  const entry = found === undefined ? undefined : auths[found];
  return isRecord(entry) ? entry : undefined;
}

function hostOf(key: string): string {
  return key.replace(/^https?:\/\//, '').split('/')[0] ?? '';
}
