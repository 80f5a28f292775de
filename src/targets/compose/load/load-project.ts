import { basename, join, resolve } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import type { ComposeFilePin } from '../../../domain/versions/pins.ts';
import type { ComposeInvocation } from '../engine/command/compose-command.ts';
import type { HeldFiles } from '../files/held-files.ts';
import type { ProjectFolder } from '../files/project-folder.ts';
import type { ProjectFile } from '../files/read-file.ts';
import {
  type ComposeService,
  projectNameFrom,
  readProject,
  type Seal,
  type UsedFile,
} from '../project/index.ts';
import { pinFiles } from './pinned-files.ts';
import { selectProject } from './project-selection.ts';

/** A project as its files are now. */
export interface LoadedProject {
  readonly folder: ProjectFolder;
  readonly service: ComposeService;
  readonly invocation: ComposeInvocation;
  /** Env files for interpolation, whether Compose has to be told of them or not. */
  readonly envFiles: readonly string[];
  /** Every file that decides what the service is, by content. */
  readonly files: readonly ComposeFilePin[];
  /** Folders of the project that are mounted: what is in them is not pinned. */
  readonly folders: readonly string[];
  /** Files that were read, by their path in the project. */
  readonly read: ReadonlyMap<string, ProjectFile>;
  /** Files that Compose would read, and that are not there. */
  readonly absent: readonly string[];
  /** The keyed hash of a secret, where there is a key and the service uses secrets. */
  readonly seal?: Seal;
}

export interface LoadProjectOptions {
  readonly profile: ComposeProfile;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** What is on disk. */
  readonly files: HeldFiles;
  /** Contents to be read instead of what is on disk: how the project would be after a change. */
  readonly instead?: ReadonlyMap<string, Buffer>;
  /** As of `ProjectOptions`. */
  readonly seal?: () => Promise<Seal | undefined>;
}

/**
 * Reads the project and finds out what the service is made of.
 * @throws WorkloadMissing, ComposeFileUnsupported, AccessDenied.
 */
export async function loadProject({
  profile,
  environment,
  files: onDisk,
  instead,
  seal,
}: LoadProjectOptions): Promise<LoadedProject> {
  const read = new Map<string, ProjectFile>();
  const absent = new Set<string>();
  const readText = async (path: string) => {
    const changed = instead?.get(path);
    if (changed !== undefined) return changed.toString('utf8');
    const file = await onDisk.read(path);
    if (!file) {
      absent.add(path);
      return undefined;
    }
    if (!file.isText) throw new RunbookError('ComposeFileUnsupported', `${path} is no UTF-8 text`);
    read.set(path, file);
    return file.text;
  };
  const { namesEnvFiles, ...selected } = await selectProject(profile, environment, readText);
  const sealing = seal ? { seal } : {};
  const options = { ...selected, environment, service: profile.service, ...sealing };
  const service = await readProject(options, readText);
  const { files, directory, envFiles } = selected;
  // As it is written: Compose names a project after a link, and mounts what is in it by the link's path.
  const asWritten = resolve(profile.directory);
  const invocation: ComposeInvocation = {
    folder: asWritten,
    directory,
    project: profile.project ?? service.projectName ?? projectNameFrom(basename(join(asWritten, directory))),
    files,
    ...(namesEnvFiles ? { envFiles } : {}),
    profiles: profile.profiles,
  };
  const used = [...service.usedFiles, ...configFiles(profile, service)];
  const keyed = service.secrets.length > 0 ? await seal?.() : undefined;
  const { pins, folders } = await pinFiles(onDisk, used, { read, absent, seal: keyed }, instead);
  return {
    folder: onDisk.folder,
    service,
    invocation,
    envFiles,
    files: pins,
    folders,
    read,
    absent: [...absent],
    ...(keyed ? { seal: keyed } : {}),
  };
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
