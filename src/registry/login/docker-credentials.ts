import { join } from 'node:path';
import { askHelper } from './credential-helper.ts';
import type { RegistryCredentialSource, RegistryCredentials } from './credentials.ts';
import { loginFor, readDockerConfig } from './docker-config.ts';

export interface DockerCredentialsOptions {
  /** Folder of `config.json`. Default: `DOCKER_CONFIG`, else `.docker` in `HOME`, both of `env`. */
  readonly configFolder?: string;
  /** Environment of credential helpers. The process's own is never read. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** How long a credential helper may take, in milliseconds. Default 10 s. */
  readonly helperTimeoutMs?: number;
}

const HELPER_TIMEOUT_MS = 10_000;

/**
 * The credentials that `docker login` keeps: entries of `config.json` and credential helpers. Read anew each time, so
 * that a new login is taken up.
 */
export function dockerCredentials({
  env,
  configFolder,
  helperTimeoutMs: timeoutMs = HELPER_TIMEOUT_MS,
}: DockerCredentialsOptions): RegistryCredentialSource {
  const folder = configFolder ?? (env.DOCKER_CONFIG || (env.HOME ? join(env.HOME, '.docker') : undefined));
  return {
    async find(registry, signal) {
      signal.throwIfAborted();
      if (folder === undefined) return { kind: 'anonymous' };
      const read = await readDockerConfig(folder, signal);
      if ('problem' in read) return { kind: 'anonymous', problem: read.problem };
      const { helper, key, entry } = loginFor(read.config, registry);
      const told =
        helper === undefined ? undefined : await askHelper(helper, key, { env, timeoutMs }, signal);
      if (told && told.kind !== 'anonymous') return told;
      const kept = entry ? credentialsOf(entry) : undefined;
      return kept ?? told ?? { kind: 'anonymous' };
    },
  };
}

/** Name and password of an entry of `auths`, where it has them: in one, or each by itself as in pull secrets of Kubernetes. */
export function loginIn(
  entry: Readonly<Record<string, unknown>>,
): { readonly username: string; readonly password: string } | undefined {
  const kept = credentialsOf(entry);
  if (kept?.kind === 'password') return { username: kept.username, password: kept.password };
  const { username, password } = entry;
  return typeof username === 'string' && typeof password === 'string' && username !== ''
    ? { username, password }
    : undefined;
}

/** Of an entry of `auths`. Where a helper keeps the secret, the entry is an empty object. */
export function credentialsOf(entry: Readonly<Record<string, unknown>>): RegistryCredentials | undefined {
  const { auth, identitytoken } = entry;
  if (typeof identitytoken === 'string' && identitytoken !== '') {
    return { kind: 'identity-token', token: identitytoken };
  }
  if (typeof auth !== 'string' || auth === '') return undefined;
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1) return { kind: 'anonymous', problem: 'its entry in the Docker configuration is damaged' };
  // Docker once padded the password with zero bytes and still cuts them off.
  const password = text.slice(colon + 1).replace(/\0+$/, '');
  return { kind: 'password', username: text.slice(0, colon), password };
}
