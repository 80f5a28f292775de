import { RunbookError } from '../../domain/errors.ts';
import {
  credentialsInConfig,
  DOCKER_HUB,
  dockerCredentials,
  type RegistryCredentialSource,
  type RegistryRepository,
} from '../../registry/index.ts';
import type { PullLogins } from '../../targets/target.ts';
import type { PreconditionSurroundings } from '../precondition-kind.ts';
import type { ImageSettings } from './settings.ts';

/** One way to log in at the registry of an image. */
export interface Login {
  /** Whose it is, for people. */
  readonly whose: string;
  readonly source: RegistryCredentialSource;
}

/** Where logins are had from. */
export interface LoginSources extends Pick<PreconditionSurroundings, 'env' | 'resolve'> {
  /** The pull secrets of the workload. */
  readonly pullLogins: () => Promise<PullLogins>;
}

/** The logins that could be had. */
export interface KnownLogins {
  readonly logins: readonly Login[];
  /** Why there may be more of them. */
  readonly problems: readonly string[];
  /** What helps against one of these. */
  readonly remedy?: string;
}

/**
 * Every login that is for a repository, in the order in which they are tried: those of the profile, the pull secrets of the
 * workload, and last what the worker's own Docker configuration has, which may be none at all. No login is sent to another
 * registry than its own.
 */
export async function loginsFor(
  repository: RegistryRepository,
  credentials: ImageSettings['credentials'],
  { pullLogins, env, resolve }: LoginSources,
  signal: AbortSignal,
): Promise<KnownLogins> {
  const problems: string[] = [];
  const unless = async <T>(work: Promise<T>, otherwise: T): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      signal.throwIfAborted();
      problems.push(error instanceof RunbookError ? error.message : 'a login could not be read');
      return otherwise;
    }
  };
  const own = credentials.map(async (one): Promise<readonly Login[]> => {
    const whose = 'preconditions.image.credentials';
    if ('dockerConfig' in one) {
      const source = credentialsInConfig(await resolve(one.dockerConfig, signal));
      const found = await source.find(repository.registry, signal);
      if (found.kind === 'anonymous' && found.problem) problems.push(found.problem);
      return found.kind === 'anonymous' ? [] : [{ whose, source }];
    }
    const { registry, username, password } = one;
    if (!isFor(registry, repository)) return [];
    return [{ whose, source: passwordOf(username, await resolve(password, signal)) }];
  });
  const [found, secrets] = await Promise.all([
    Promise.all(own.map((one) => unless(one, []))),
    unless(pullLogins(), { logins: [], unread: [] }),
  ]);
  problems.push(...secrets.unread.map(({ says }) => says));
  const remedy = secrets.unread.find((one) => one.remedy !== undefined)?.remedy;
  const ofWorkload = secrets.logins
    .filter(({ server }) => isFor(server, repository))
    .map(({ username, password }) => ({
      whose: 'a pull secret of the workload',
      source: passwordOf(username, password),
    }));
  const ofWorker = { whose: "the worker's Docker configuration", source: dockerCredentials({ env }) };
  const logins = [...found.flat(), ...ofWorkload, ofWorker];
  return { logins, problems, ...(remedy === undefined ? {} : { remedy }) };
}

function passwordOf(username: string, password: string): RegistryCredentialSource {
  return { find: () => Promise.resolve({ kind: 'password', username, password }) };
}

/**
 * Whether a login is for a repository, as a kubelet decides it (Kubernetes, images: imagePullSecrets): by host and port, with `*`
 * inside of a part, and a path that begins the repository's.
 */
export function isFor(server: string, { registry, repository }: RegistryRepository): boolean {
  if (registry === DOCKER_HUB.host) {
    const hub: readonly string[] = [DOCKER_HUB.configKey, ...DOCKER_HUB.names, DOCKER_HUB.host];
    if (hub.includes(server)) return true;
  }
  const [host = '', ...rest] = server.replace(/^https?:\/\//, '').split('/');
  const path = rest.join('/').replace(/\/+$/, '');
  const isOld = path === 'v1' || path === 'v2';
  if (path !== '' && !isOld && path !== repository && !repository.startsWith(`${path}/`)) return false;
  const [parts, wanted] = [host.split('.'), hostNames(registry).map((name) => name.split('.'))];
  return wanted.some(
    (name) => name.length === parts.length && name.every((part, index) => matches(parts[index] ?? '', part)),
  );
}

function hostNames(registry: string): readonly string[] {
  return registry === DOCKER_HUB.host ? [registry, ...DOCKER_HUB.names] : [registry];
}

/** `*` stands for any characters of one part; a pattern of an untrusted secret is compared without backtracking. */
function matches(pattern: string, part: string): boolean {
  const [first = '', ...pieces] = pattern.split('*');
  if (pieces.length === 0) return pattern === part;
  const last = pieces.at(-1) ?? '';
  if (!part.startsWith(first) || !part.endsWith(last) || part.length < first.length + last.length)
    return false;
  let at = first.length;
  for (const piece of pieces.slice(0, -1)) {
    const found = part.indexOf(piece, at);
    if (found < 0) return false;
    at = found + piece.length;
  }
  return at <= part.length - last.length;
}
