import { readFile as readWholeFile } from 'node:fs/promises';
import { RunbookError } from '../domain/errors.ts';
import type { SecretReference } from '../domain/request/profile.ts';
import { describeSecret } from './describe.ts';
import { placeholderIn } from './placeholders.ts';

/** A Secret key of the cluster. Without a namespace the profile's own is meant. */
export type KubernetesSecretKey = Extract<SecretReference, { kubernetesSecret: unknown }>['kubernetesSecret'];

/** Where references lead. Nothing is read from the process itself: the worker injects its environment. */
export interface SecretSources {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Reads a text file. Default: the file system. */
  readonly readFile?: (path: string, signal: AbortSignal) => Promise<string>;
  /** Reads a Secret key of the cluster. Without it such references are unavailable. */
  readonly readKubernetesSecret?: (reference: KubernetesSecretKey, signal: AbortSignal) => Promise<string>;
}

export interface SecretResolver {
  /**
   * The value behind a reference, without one newline at its end. Throws `RunbookError` `SecretUnavailable`, which
   * names the reference and never holds the value, when there is none, or when it is empty or a placeholder.
   */
  resolve(reference: SecretReference, signal: AbortSignal): Promise<string>;
}

/** Reads secrets by reference, each time anew, so that a rotated secret is taken up. */
export function createSecretResolver(sources: SecretSources): SecretResolver {
  return {
    async resolve(reference, signal) {
      const value = (await read(sources, reference, signal)).replace(/\r?\n$/, '');
      if (value.trim() === '') throw unavailable(reference, 'is empty');
      const placeholder = placeholderIn(value);
      if (placeholder) throw unavailable(reference, `holds ${placeholder}, not a secret`);
      return value;
    },
  };
}

async function read(
  sources: SecretSources,
  reference: SecretReference,
  signal: AbortSignal,
): Promise<string> {
  signal.throwIfAborted();
  if ('env' in reference) {
    const value = Object.hasOwn(sources.env, reference.env) ? sources.env[reference.env] : undefined;
    if (value === undefined) throw unavailable(reference, 'is not set');
    return value;
  }
  if ('file' in reference) {
    const readFile = sources.readFile ?? ((path) => readWholeFile(path, { encoding: 'utf8', signal }));
    return attempt(reference, signal, () => readFile(reference.file, signal));
  }
  const { readKubernetesSecret } = sources;
  if (!readKubernetesSecret) throw unavailable(reference, 'cannot be read here');
  return attempt(reference, signal, () => readKubernetesSecret(reference.kubernetesSecret, signal));
}

async function attempt(
  reference: SecretReference,
  signal: AbortSignal,
  work: () => Promise<string>,
): Promise<string> {
  try {
    return await work();
  } catch (error) {
    signal.throwIfAborted();
    // The message of the error is not repeated: it may hold what was read.
    const reason = error instanceof RunbookError ? error.message : codeOf(error);
    throw unavailable(reference, `cannot be read (${reason})`);
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
}

function unavailable(reference: SecretReference, problem: string): RunbookError {
  return new RunbookError('SecretUnavailable', `${describeSecret(reference)} ${problem}`);
}
