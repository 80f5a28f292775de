import { posix } from 'node:path';

/** What a container was started from, by Compose's labels. Absolute real paths, but for the old program's relative ones. */
export interface StartedFrom {
  readonly container: string;
  readonly project: string;
  /** None where Compose has not noted it. */
  readonly directory?: string;
  readonly files: readonly string[];
  /** Where `--env-file` was given. */
  readonly envFiles?: readonly string[];
  /** Which of these paths are not on this host. */
  readonly missing: ReadonlySet<string>;
}

/** What the profile means. Absolute real paths. */
export interface Meant {
  /** The folder of the profile. */
  readonly folder: string;
  readonly project: string;
  readonly directory: string;
  /** Whether the profile says which that is. */
  readonly namesDirectory: boolean;
  readonly files: readonly string[];
  readonly envFiles: readonly string[];
  /** Files here are of contents of ours, which a restore lays over those of the project. */
  readonly state: string;
  /** Whether containers may have been started from a folder of another host, or one that is gone. */
  readonly elsewhere: boolean;
}

/** What does not fit and is refused, with the setting that mends it; or is told. */
export interface IdentityFindings {
  readonly problem?: string;
  readonly warnings: readonly string[];
}

/**
 * Compares what the profile means with what Compose has noted on the containers. Pure.
 * @param own containers of this project and service. @param namesakes of a service of this name in other projects.
 */
export function matchIdentity(
  meant: Meant,
  own: readonly StartedFrom[],
  namesakes: readonly StartedFrom[],
): IdentityFindings {
  const sameFolder = namesakes.filter((one) => isOfSameFolder(one, meant));
  const [other] = sameFolder;
  if (other && own.length === 0) {
    return {
      problem: `project ${meant.project} has no container of it, and ${other.container} of project ${other.project} was started from this folder: set project: ${other.project} in runbook.yaml, or bring ${meant.project} up first when that is meant`,
      warnings: [],
    };
  }
  const projects = [...new Set(sameFolder.map(({ project }) => project))];
  const warnings = projects.map(
    (project) => `project ${project} runs a service of this name from this folder too`,
  );
  for (const started of own) {
    const found = differenceOf(withoutOurs(started, meant), meant);
    if (found && 'problem' in found) return { problem: found.problem, warnings };
    if (found && !warnings.includes(found.warning)) warnings.push(found.warning);
  }
  return { warnings };
}

function isOfSameFolder({ directory, files }: StartedFrom, meant: Meant): boolean {
  return directory === meant.directory || files.some((file) => meant.files.includes(file));
}

function withoutOurs(started: StartedFrom, { state }: Meant): StartedFrom {
  return { ...started, files: started.files.filter((file) => !file.startsWith(`${state}/`)) };
}

type Difference = { readonly problem: string } | { readonly warning: string };

function differenceOf(started: StartedFrom, meant: Meant): Difference | undefined {
  const { container, directory, missing } = started;
  if (directory === undefined) return undefined;
  if (directory === meant.directory) return differenceOfFiles(started, meant);
  const from = `${container} was started from ${directory}`;
  if (meant.elsewhere) {
    const found = differenceOfFiles(asIfStartedHere(started, directory, meant), meant);
    return found ?? { warning: `${from}, the profile means ${meant.directory}` };
  }
  if (missing.has(directory)) {
    return {
      problem: `${from}, which is not on this host, and the profile means ${meant.directory}: set startedElsewhere: allow in runbook.yaml when that is the same project (relative mounts are then those of ${meant.directory}), or bring it up from there first`,
    };
  }
  return { problem: `${from} and the profile means ${meant.directory}: ${remedy(started, meant)}` };
}

/** With the paths of a project that is the same in another folder. */
function asIfStartedHere(started: StartedFrom, directory: string, meant: Meant): StartedFrom {
  const here = (path: string) => posix.join(meant.directory, seenFrom(directory, path));
  return {
    ...started,
    directory: meant.directory,
    files: started.files.map(here),
    ...(started.envFiles ? { envFiles: started.envFiles.map(here) } : {}),
    missing: new Set(),
  };
}

function differenceOfFiles(started: StartedFrom, meant: Meant): Difference | undefined {
  const { container, files, envFiles = [], missing } = started;
  if (hasFilesOf(started, meant) && hasEnvFilesOf(started, meant)) return undefined;
  const theirs = [...files, ...envFiles];
  const gone = theirs.filter((file) => missing.has(file));
  if (gone.length > 0) {
    const verb = gone.length > 1 ? 'are' : 'is';
    return {
      warning: `${container} was started with ${gone.join(', ')}, which ${verb} not there any more`,
    };
  }
  const shown = (paths: readonly string[]) => paths.map((path) => seenFrom(meant.directory, path)).join(', ');
  const ours = [...meant.files, ...(envFiles.length > 0 ? meant.envFiles : [])];
  return {
    problem: `${container} was started with ${shown(theirs)} and the profile means ${shown(ours)}: ${remedy(started, meant)}`,
  };
}

function hasFilesOf({ files }: StartedFrom, meant: Meant): boolean {
  return files.length === 0 || areSame(files, meant.files);
}

function hasEnvFilesOf({ envFiles }: StartedFrom, meant: Meant): boolean {
  return envFiles === undefined || areSame(envFiles, meant.envFiles);
}

/** The old program writes paths as they were given to it, from wherever that was. */
function areSame(theirs: readonly string[], ours: readonly string[]): boolean {
  const isSame = (path: string, other = '') =>
    path.startsWith('/') ? path === other : `/${other}`.endsWith(`/${posix.normalize(path)}`);
  return theirs.length === ours.length && theirs.every((path, index) => isSame(path, ours[index]));
}

/** What `runbook.yaml` has to say so that the profile means what runs. */
function remedy(started: StartedFrom, meant: Meant): string {
  const { directory = '', files, envFiles = [] } = started;
  const absolute = files.map((file) => posix.resolve(directory, file));
  const env = envFiles.map((file) => posix.resolve(directory, file));
  const all = [directory, ...absolute, ...env];
  const folder = all.every((path) => isIn(meant.folder, path)) ? meant.folder : commonFolder(all);
  const isMoved = folder !== meant.folder;
  const list = (paths: readonly string[]) => `[${paths.map((path) => seenFrom(folder, path)).join(', ')}]`;
  const named = isMoved || !hasFilesOf(started, meant);
  const [first = ''] = named ? absolute : meant.files;
  const isImplied = !meant.namesDirectory && posix.dirname(first) === directory;
  const settings = [
    ...(isMoved ? [`directory: ${folder}`] : []),
    ...(named ? [`files: ${list(absolute)}`] : []),
    ...(isImplied ? [] : [`projectDirectory: ${seenFrom(folder, directory)}`]),
    ...(env.length > 0 && (isMoved || !hasEnvFilesOf(started, meant)) ? [`envFiles: ${list(env)}`] : []),
  ];
  return `set ${settings.join(' and ')} in runbook.yaml, or bring it up as the profile says first`;
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

function commonFolder(paths: readonly string[]): string {
  let folder = posix.dirname(paths[1] ?? paths[0] ?? '/');
  while (folder !== '/' && !paths.every((path) => isIn(folder, path))) folder = posix.dirname(folder);
  return folder;
}

function seenFrom(folder: string, path: string): string {
  return path.startsWith('/') ? posix.relative(folder, path) || '.' : path;
}
