import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { LiveConfig, SourceFile, UnknownFile, Variable } from '../../../settings/index.ts';
import type { ProjectFile } from '../files/read-file.ts';
import type { LoadedProject } from '../load/load-project.ts';
import { mountsOf, variablesOfService } from '../project/index.ts';

/** What is read as config by its name. Other files are nothing that a rule could be about. */
const CONFIG = /\.(?:toml|ya?ml|json|env)$|(?:^|\/)\.env(?:\.[\w.-]+)?$/i;
/** Files of one mounted folder that are looked at. */
const MOST_FILES = 50;

/** Reads a file of the project as it is on disk. */
export type ReadFileOfProject = (path: string) => Promise<ProjectFile | undefined>;

/**
 * The config that the container will have after the files were replaced: mounted files under the names that it finds them by, config
 * files of mounted folders too, contents of the compose file, and its variables.
 * @param after the project as its files will be. @param contents the files that change.
 */
export async function liveConfigOf(
  after: LoadedProject,
  contents: ReadonlyMap<string, Buffer>,
  read: ReadFileOfProject,
): Promise<LiveConfig> {
  const files: SourceFile[] = [];
  const unknown: UnknownFile[] = [];
  const { service } = after;
  const add = async (path: string, place: string, secret: string | undefined) => {
    const [object, key] = secret === undefined ? ['file', path] : [secret, place];
    const content = contents.get(path) ?? (await bytesOf(path, read));
    const as = place === key ? {} : { as: place };
    if (content) files.push({ object, key, ...as, content, secret: secret !== undefined });
    else if (CONFIG.test(place)) unknown.push({ object, key, says: 'the worker cannot read it' });
  };
  for (const { source, target } of mountsOf(service.definition)) {
    if (after.folders.includes(source)) {
      const found = [...(await configFilesIn(after, source)), ...namedIn(after, source)];
      for (const path of new Set(found))
        await add(path, posix.join(target, posix.relative(source, path)), undefined);
    } else if (after.files.some(({ path }) => path === source)) await add(source, target, undefined);
  }
  const inline = inlineConfigsOf(service.definition);
  for (const { name, path, target } of service.configs) {
    const content = inline[name.slice('config/'.length)];
    if (path !== undefined) await add(path, target, undefined);
    else if (content !== undefined) files.push({ object: name, key: target, content, secret: false });
    else if (CONFIG.test(target)) unknown.push({ object: name, key: target, says: 'it is external' });
  }
  for (const { name, path, target } of service.secrets) {
    if (path !== undefined) await add(path, target, name);
  }
  return { files, unknown, environment: { variables: variablesIn(after, contents), complete: true } };
}

async function bytesOf(path: string, read: ReadFileOfProject): Promise<Buffer | undefined> {
  try {
    return (await read(path))?.bytes;
  } catch (error) {
    if (error instanceof RunbookError && error.type !== 'Unreachable') return undefined;
    throw error;
  }
}

/** Files of a mounted folder that look like config. */
async function configFilesIn({ folder }: LoadedProject, path: string): Promise<readonly string[]> {
  const names = await readdir(join(folder.path, path)).catch(() => []);
  return names
    .filter((name) => CONFIG.test(name))
    .sort()
    .slice(0, MOST_FILES)
    .map((name) => posix.join(path, name));
}

/** Those of it that the profile names. */
function namedIn({ files }: LoadedProject, folder: string): readonly string[] {
  return files.map(({ path }) => path).filter((path) => path.startsWith(`${folder}/`));
}

function inlineConfigsOf(definition: unknown): Readonly<Record<string, string>> {
  const { inlineConfigs = {} } = definition as { readonly inlineConfigs?: Readonly<Record<string, string>> };
  return inlineConfigs;
}

/** The variables as Compose makes them; of those with variables in an env file the value is not known here. */
function variablesIn(
  after: LoadedProject,
  contents: ReadonlyMap<string, Buffer>,
): ReadonlyMap<string, Variable> {
  const textOf = (path: string) => (contents.get(path) ?? after.read.get(path)?.bytes)?.toString('utf8');
  const all = variablesOfService(after.service.definition, textOf);
  return new Map(
    [...all].map(([name, { value, isPlain }]) => [
      name,
      isPlain ? { value, secret: false } : { secret: false },
    ]),
  );
}
