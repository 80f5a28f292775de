import { readFile as readWholeFile } from 'node:fs/promises';
import { RunbookError } from '../domain/errors.ts';
import { parseConfig } from './parse.ts';
import type { RunbookConfig } from './profile.ts';

export { parseConfig } from './parse.ts';

export interface LoadOptions {
  /** Default: the file system. */
  readonly readFile?: (path: string) => Promise<string>;
}

/** Reads a runbook.yaml. Throws `RunbookError` `InvalidConfig`, as {@link parseConfig} does. */
export async function loadConfig(file: string, options: LoadOptions = {}): Promise<RunbookConfig> {
  const readFile = options.readFile ?? ((path: string) => readWholeFile(path, 'utf8'));
  const text = await readFile(file).catch((error: unknown) => {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error';
    const remedy =
      code === 'ENOENT' ? ': write one (examples/runbook.yaml) or name it with RUNBOOK_CONFIG' : '';
    throw new RunbookError('InvalidConfig', `${file} cannot be read (${code})${remedy}`);
  });
  return parseConfig(text, { file });
}
