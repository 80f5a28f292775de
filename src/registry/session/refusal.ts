import { RunbookError } from '../../domain/errors.ts';
import { DOCKER_HUB } from '../name/docker-hub.ts';
import { isRecord, parseJson } from '../name/json.ts';
import type { RegistryRepository } from '../name/reference.ts';
import type { RegistryResponse } from './transport.ts';

/** As whom a request was sent, for the message of a refusal. */
export type Identity =
  | { readonly kind: 'login' }
  /** `problem`: why credentials that were configured could not be used. */
  | { readonly kind: 'anonymous'; readonly problem?: string };

/** Who is asked and about what, for messages. */
export function whomOf({ registry, repository }: RegistryRepository): string {
  return `registry ${registry} (${repository})`;
}

/** An answer that is not what the Distribution API promises. Trying again may reach a better one. */
export function broken(repository: RegistryRepository, problem: string): RunbookError {
  return new RunbookError('Unreachable', `${whomOf(repository)}: broken answer: ${problem}`);
}

/** The error for an answer with a status that nothing else was made of. */
export function unexpected(repository: RegistryRepository, response: RegistryResponse): RunbookError {
  const wait = response.retryAfterMs === undefined ? {} : { retryAfterMs: response.retryAfterMs };
  return new RunbookError('Unreachable', `${whomOf(repository)}: answered ${statusOf(response)}`, wait);
}

/** True when the server asks to be left alone or is broken for now. 501 is a method that it does not have. */
export function isTransient({ status }: RegistryResponse): boolean {
  return status === 408 || status === 429 || (status >= 500 && status !== 501);
}

/** The error for 401 and 403. It is final, unless the credentials could not be read: that may pass. */
export function denied(
  repository: RegistryRepository,
  response: RegistryResponse,
  as: Identity,
): RunbookError {
  const whom = whomOf(repository);
  const status = statusOf(response);
  if (as.kind === 'login') {
    return new RunbookError(
      'AccessDenied',
      `${whom}: the login of the worker may not read it (${status}); grant it the right to pull, log in again, or check that the repository exists`,
    );
  }
  const { problem } = as;
  return new RunbookError(
    'AccessDenied',
    `${whom}: not without a login (${status}), and the worker has none${problem ? `: ${problem}` : ''}; ${loginHint(repository)}, or check that the repository exists`,
    { retryable: problem !== undefined },
  );
}

/** What an operator types to give the worker credentials. */
function loginHint({ registry }: RegistryRepository): string {
  const name = registry === DOCKER_HUB.host ? DOCKER_HUB.names[0] : registry;
  return `run "docker login ${name}" as the user of the worker`;
}

/** `403 DENIED`. Of the body only codes are repeated: a message may hold anything. */
function statusOf(response: RegistryResponse): string {
  return [`${response.status}`, ...errorCodesOf(response)].join(' ');
}

/**
 * True when a registry says that there is no such thing. A 404 without any sign of a registry comes from a proxy or from
 * another server at its address, and says nothing about images.
 */
export function saysMissing(response: RegistryResponse): boolean {
  const isOfRegistry = response.header('docker-distribution-api-version') !== undefined;
  return response.status === 404 && (isOfRegistry || errorCodesOf(response).length > 0);
}

/** The codes of an error answer (distribution-spec, "Error Codes"); none when it is not one. */
function errorCodesOf({ body }: RegistryResponse): readonly string[] {
  const parsed = parseJson(body);
  const errors = isRecord(parsed) && Array.isArray(parsed.errors) ? parsed.errors.slice(0, 3) : [];
  return errors
    .map((error: unknown) => (isRecord(error) ? error.code : undefined))
    .filter((code): code is string => typeof code === 'string' && /^[A-Z][A-Z_]{0,40}$/.test(code));
}
