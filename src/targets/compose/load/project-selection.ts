import { posix, relative, resolve } from 'node:path';
import { RunbookError } from '../../../domain/errors.ts';
import type { ComposeProfile } from '../../../domain/request/profile.ts';
import { type ReadText, variablesOf } from '../project/index.ts';

/** Which files make a project, and where its relative paths begin. Paths are relative to the profile's folder. */
export interface ProjectSelection {
  /** In the order in which Compose merges them. */
  readonly files: readonly string[];
  /** Where relative paths begin (`--project-directory`); `.` is the profile's folder. */
  readonly directory: string;
  /** Files for interpolation that are there; later ones win. */
  readonly envFiles: readonly string[];
  /** Whether these are others than Compose would take by itself, were it told the files and the directory. */
  readonly namesEnvFiles: boolean;
}

/** The first of each list that is there (compose-go, cli/options.go): an override counts whatever the main file is called. */
const FILES = ['compose.yaml', 'compose.yml', 'docker-compose.yml', 'docker-compose.yaml'];
const OVERRIDES = [
  'compose.override.yml',
  'compose.override.yaml',
  'docker-compose.override.yml',
  'docker-compose.override.yaml',
];

/**
 * Chooses as Compose does that is called in the folder with what the profile names (compose-go, cli/options.go):
 *
 * - the files are those of the profile, of `COMPOSE_FILE` in its env files, or the first default file and override;
 * - relative paths begin in the folder of the first file, unless the profile says where;
 * - `.env` is that of the project directory. Where `COMPOSE_FILE` leads to another folder than the one that it was found
 *   in, the variables of both count, and the first one's win.
 *
 * @throws WorkloadMissing when there is no compose file.
 */
export async function selectProject(
  profile: Pick<ComposeProfile, 'directory' | 'files' | 'envFiles' | 'projectDirectory'>,
  environment: Readonly<Record<string, string | undefined>>,
  readText: ReadText,
): Promise<ProjectSelection> {
  const fixed =
    profile.projectDirectory === undefined ? undefined : posix.normalize(profile.projectDirectory);
  const present = async (paths: readonly string[]) => {
    const found = await Promise.all(
      paths.map(async (path) => ((await readText(path)) === undefined ? [] : path)),
    );
    return found.flat();
  };
  const named = profile.envFiles;
  if (profile.files) {
    const directory = fixed ?? folderOf(profile.files);
    const envFiles = named ?? (await present([dotEnvOf(directory)]));
    return { files: profile.files, directory, envFiles, namesEnvFiles: named !== undefined };
  }
  const start = fixed ?? '.';
  const outer = named ?? (await present([dotEnvOf(start)]));
  const variables = await variablesOf(outer, environment, readText);
  const list = variables.get('COMPOSE_FILE')?.value;
  if (!list) {
    const files = await defaultFiles(start, present);
    return { files, directory: start, envFiles: outer, namesEnvFiles: named !== undefined };
  }
  const separator = variables.get('COMPOSE_PATH_SEPARATOR')?.value || ':';
  const files = list.split(separator).map((path) => inside(profile.directory, path));
  const directory = fixed ?? folderOf(files);
  const inner = named === undefined && directory !== start ? await present([dotEnvOf(directory)]) : [];
  return {
    files,
    directory,
    envFiles: [...inner, ...outer],
    namesEnvFiles: named !== undefined || (directory !== start && outer.length > 0),
  };
}

async function defaultFiles(
  folder: string,
  present: (paths: readonly string[]) => Promise<readonly string[]>,
): Promise<readonly string[]> {
  const below = (names: readonly string[]) => names.map((name) => posix.join(folder, name));
  const [[main], [override]] = await Promise.all([present(below(FILES)), present(below(OVERRIDES))]);
  if (!main) {
    throw new RunbookError('WorkloadMissing', `the project folder has no compose file (${FILES.join(', ')})`);
  }
  return override ? [main, override] : [main];
}

function folderOf([first = '']: readonly string[]): string {
  return posix.dirname(posix.normalize(first));
}

function dotEnvOf(folder: string): string {
  return posix.join(folder, '.env');
}

/** An absolute path of `COMPOSE_FILE` as one of the folder, where it is in there. */
function inside(folder: string, path: string): string {
  const found = path.startsWith('/') ? relative(resolve(folder), path) : posix.normalize(path);
  return found.startsWith('../') ? path : found;
}
