import type { RunbookError } from '../../../../src/domain/errors.ts';
import {
  type ComposeService,
  type ProjectOptions,
  type ReadText,
  readProject,
} from '../../../../src/targets/compose/project/index.ts';

/** Reads files from memory. */
export function fromFiles(texts: Readonly<Record<string, string>>): ReadText {
  return async (path) => (Object.hasOwn(texts, path) ? texts[path] : undefined);
}

/** Reads the service `web` of a project; a string is its one compose file. */
export function readWeb(
  files: string | Readonly<Record<string, string>>,
  options: Partial<ProjectOptions> = {},
): Promise<ComposeService> {
  const texts = typeof files === 'string' ? { 'docker-compose.yml': files } : files;
  return readProject(
    { files: ['docker-compose.yml'], environment: {}, service: 'web', ...options },
    fromFiles(texts),
  );
}

/** The error that a call ends with. */
export async function refusalOf(call: Promise<unknown> | (() => unknown)): Promise<RunbookError> {
  try {
    await (typeof call === 'function' ? call() : call);
  } catch (error) {
    return error as RunbookError;
  }
  throw new Error('there was no error');
}
