import { resolve } from 'node:path';
import type { ComposeProfile } from '../../../domain/request/profile.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** Variables that choose what a Compose command works on: the profile says that, not the worker's environment. */
const CHOOSING = [
  'COMPOSE_FILE',
  'COMPOSE_PATH_SEPARATOR',
  'COMPOSE_PROJECT_NAME',
  'COMPOSE_PROFILES',
  'COMPOSE_ENV_FILES',
  'COMPOSE_DISABLE_ENV_FILE',
  'COMPOSE_REMOVE_ORPHANS',
];

/**
 * The environment of docker and Compose: the worker's own, in which compose files find their variables, without what
 * would choose another project, and with the engine that the profile names. `PWD` is the project's folder, as it is for
 * who calls Compose in there.
 */
export function commandEnvironment(
  env: Environment,
  { context, host, directory }: Pick<ComposeProfile, 'context' | 'host'> & Partial<ComposeProfile>,
): Environment {
  const kept = Object.entries(env).filter(([name]) => !CHOOSING.includes(name));
  const own = {
    ...Object.fromEntries(kept),
    ...(directory === undefined ? {} : { PWD: resolve(directory) }),
  };
  // DOCKER_HOST wins over contexts, so a context in the profile has to silence it.
  if (context !== undefined) return { ...own, DOCKER_HOST: undefined, DOCKER_CONTEXT: context };
  if (host !== undefined) return { ...own, DOCKER_CONTEXT: undefined, DOCKER_HOST: host };
  return own;
}
