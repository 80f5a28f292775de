import { execa } from 'execa';
import { isRecord, parseJson } from '../name/json.ts';
import type { RegistryCredentials } from './credentials.ts';

/** Where and how long a credential helper runs. */
export interface HelperSurroundings {
  /** The whole environment of the program; `PATH` says where it is. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
}

/** In characters. */
const OUTPUT_LIMIT = 64 * 1024;
/** Helpers say so on stdout and fail (docker-credential-helpers, credentials/error.go). */
const NOT_FOUND = 'credentials not found in native keychain';
/** The name that stands for an identity token (docker-credential-helpers, README). */
const IDENTITY_TOKEN = '<token>';

/**
 * Asks `docker-credential-<name> get` for the credentials kept under a key. What it prints is never repeated.
 * @returns `anonymous` when it has none, with a problem when it failed.
 * @throws the signal's reason when it aborts; the program and its children are ended then, and at the time-out.
 */
export async function askHelper(
  name: string,
  key: string,
  { env, timeoutMs }: HelperSurroundings,
  signal: AbortSignal,
): Promise<RegistryCredentials> {
  signal.throwIfAborted();
  // The name becomes part of a program's name, and comes from a file.
  if (!/^[a-z0-9-]+$/.test(name)) return none('its credential helper has a name that is not allowed');
  const program = `docker-credential-${name}`;
  const ended = await execa(program, ['get'], {
    input: key,
    env: { ...env },
    extendEnv: false,
    reject: false,
    stderr: 'ignore',
    timeout: timeoutMs,
    cancelSignal: signal,
    killSignal: 'SIGKILL',
    killDescendants: true,
    maxBuffer: OUTPUT_LIMIT,
  });
  signal.throwIfAborted();
  if (ended.timedOut) return none(`${program} did not answer within ${timeoutMs / 1000} s`);
  if (ended.isMaxBuffer) return none(`${program} printed too much`);
  if (ended.exitCode !== 0) {
    if (ended.stdout?.trim() === NOT_FOUND) return { kind: 'anonymous' };
    return none(ended.code === 'ENOENT' ? `there is no ${program} on PATH` : `${program} failed`);
  }
  const told = parseJson(ended.stdout);
  const { Username: username, Secret: secret } = isRecord(told) ? told : {};
  if (typeof username !== 'string' || typeof secret !== 'string')
    return none(`${program} gave no credentials`);
  if (secret === '') return { kind: 'anonymous' };
  if (username === IDENTITY_TOKEN) return { kind: 'identity-token', token: secret };
  return { kind: 'password', username, password: secret };
}

function none(problem: string): RegistryCredentials {
  return { kind: 'anonymous', problem };
}
