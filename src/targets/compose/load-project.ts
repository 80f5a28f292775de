import { basename } from 'node:path';
import { RunbookError } from '../../domain/errors.ts';
import type { ComposeFilePin } from '../../domain/pins.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import type { ComposeInvocation } from './engine/compose-command.ts';
import { contentHash } from './files/content-hash.ts';
import { ProjectFolder } from './files/project-folder.ts';
import type { ProjectFile } from './files/read-file.ts';
import { type ComposeService, parseEnvFile, readProject } from './project/index.ts';

/** A project as its files are now. */
export interface LoadedProject {
  readonly folder: ProjectFolder;
  readonly service: ComposeService;
  readonly invocation: ComposeInvocation;
  /** Every file that decides what the service is, by content. */
  readonly files: readonly ComposeFilePin[];
  /** Files that were read, by their path in the project. */
  readonly read: ReadonlyMap<string, ProjectFile>;
}

export interface LoadOptions {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Contents to be read instead of what is on disk: how the project would be after a change. */
  readonly instead?: ReadonlyMap<string, Buffer>;
}

/** The first of each list that is there (Compose specification, "Compose file"). */
const FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];

/**
 * Reads the project and finds out what the service is made of.
 * @throws WorkloadMissing, ComposeFileUnsupported, AccessDenied.
 */
export async function loadProject({ profile, environment, instead }: LoadOptions): Promise<LoadedProject> {
  const folder = await ProjectFolder.open(profile.directory);
  const read = new Map<string, ProjectFile>();
  const readText = async (path: string) => {
    const changed = instead?.get(path);
    if (changed !== undefined) return changed.toString('utf8');
    const file = read.get(path) ?? (await folder.read(path));
    if (!file) return undefined;
    if (!file.isText) throw new RunbookError('ComposeFileUnsupported', `${path} is no UTF-8 text`);
    read.set(path, file);
    return file.text;
  };
  const envFiles = profile.envFiles ?? ['.env'];
  const files = profile.files ?? (await filesOf(readText));
  const service = await readProject({ files, envFiles, environment, service: profile.service }, readText);
  const invocation: ComposeInvocation = {
    folder: folder.path,
    project: profile.project ?? service.projectName ?? projectNameOf(folder.path),
    files,
    ...(profile.envFiles ? { envFiles: profile.envFiles } : {}),
    profiles: profile.profiles,
  };
  return { folder, service, invocation, files: await pinsOf(folder, service, read, instead), read };
}

/** As Compose finds them: `COMPOSE_FILE` of .env, else the first default file and the override beside it. */
async function filesOf(readText: (path: string) => Promise<string | undefined>): Promise<readonly string[]> {
  const named = new Map(
    parseEnvFile('.env', (await readText('.env')) ?? '').map(({ name, value }) => [name, value]),
  );
  const list = named.get('COMPOSE_FILE');
  if (list)
    return list.split(named.get('COMPOSE_PATH_SEPARATOR') || ':').map((path) => path.replace(/^\.\//, ''));
  const main = await firstOf(FILES, readText);
  if (!main) {
    throw new RunbookError('WorkloadMissing', `the project folder has no compose file (${FILES.join(', ')})`);
  }
  const stem = main.replace(/\.ya?ml$/, '');
  const override = await firstOf([`${stem}.override.yml`, `${stem}.override.yaml`], readText);
  return override ? [main, override] : [main];
}

async function firstOf(
  paths: readonly string[],
  readText: (path: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  for (const path of paths) if ((await readText(path)) !== undefined) return path;
  return undefined;
}

/** Compose's own rule for a project without a name. */
function projectNameOf(folder: string): string {
  return basename(folder)
    .toLowerCase()
    .replaceAll(/[^a-z0-9_-]/g, '')
    .replace(/^[_-]+/, '');
}

/** Bind mounts may be folders, sockets or larger than any config: only files that can be kept are pinned. */
async function pinsOf(
  folder: ProjectFolder,
  { usedFiles }: ComposeService,
  read: Map<string, ProjectFile>,
  instead: LoadOptions['instead'],
): Promise<readonly ComposeFilePin[]> {
  const pins: ComposeFilePin[] = [];
  for (const { path, kind, mayBeMissing } of usedFiles) {
    const changed = instead?.get(path);
    if (changed !== undefined) {
      pins.push({ path, kind, sha256: contentHash(changed) });
      continue;
    }
    const file = read.get(path) ?? (await pinnable(folder, path, kind));
    if (file) {
      read.set(path, file);
      pins.push({ path, kind, sha256: file.sha256 });
    } else if (kind !== 'bind' && !mayBeMissing) {
      throw new RunbookError('ReferenceMissing', `${path}, which the service needs, is not there`);
    }
  }
  return pins;
}

async function pinnable(
  folder: ProjectFolder,
  path: string,
  kind: ComposeFilePin['kind'],
): Promise<ProjectFile | undefined> {
  try {
    return await folder.read(path);
  } catch (error) {
    if (kind === 'bind' && error instanceof RunbookError && error.type === 'ComposeFileUnsupported')
      return undefined;
    throw error;
  }
}
