import { basename } from 'node:path';
import { RunbookError } from '../../domain/errors.ts';
import type { ComposeFilePin } from '../../domain/pins.ts';
import type { ComposeProfile } from '../../domain/profile.ts';
import type { ComposeInvocation } from './engine/compose-command.ts';
import { ProjectFolder } from './files/project-folder.ts';
import type { ProjectFile } from './files/read-file.ts';
import { pinFiles } from './pinned-files.ts';
import { type ComposeService, parseEnvFile, readProject, type UsedFile } from './project/index.ts';

/** A project as its files are now. */
export interface LoadedProject {
  readonly folder: ProjectFolder;
  readonly service: ComposeService;
  readonly invocation: ComposeInvocation;
  /** Every file that decides what the service is, by content. */
  readonly files: readonly ComposeFilePin[];
  /** Folders of the project that are mounted: what is in them is not pinned. */
  readonly folders: readonly string[];
  /** Files that were read, by their path in the project. */
  readonly read: ReadonlyMap<string, ProjectFile>;
}

export interface LoadProjectOptions {
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
export async function loadProject({
  profile,
  environment,
  instead,
}: LoadProjectOptions): Promise<LoadedProject> {
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
  const used = [...service.usedFiles, ...configFiles(profile, service)];
  const { pins, folders } = await pinFiles(folder, used, read, instead);
  return { folder, service, invocation, files: pins, folders, read };
}

/** Files that the profile counts to the service's config. A container holds them as it holds mounted files. */
function configFiles(
  { configFiles = [] }: ComposeProfile,
  { usedFiles }: ComposeService,
): readonly UsedFile[] {
  return configFiles
    .filter((path) => !usedFiles.some((file) => file.path === path))
    .map((path) => ({ path, kind: 'config' }));
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
