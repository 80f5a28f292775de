import { isSeq } from 'yaml';
import { type ComposeFile, resolved } from '../text/compose-file.ts';
import { type Evaluation, evaluate } from '../text/evaluate.ts';
import { entriesOf, VisitBudget } from '../text/mapping-entries.ts';
import type { ProjectOptions } from '../text/project-options.ts';
import { type Line, unsupported } from '../text/unsupported.ts';
import { asList, isMapping, type Value } from '../text/value.ts';
import { processScope, type Scope, withEnvFiles } from '../text/variables.ts';
import { folderOf, type ProjectFiles, within } from './project-files.ts';

/** A compose file in its place: what its variables are, and where its relative paths begin. */
export interface Layer {
  readonly file: ComposeFile;
  readonly scope: Scope;
  /** Folder seen from the project folder; `.` is the project folder. */
  readonly folder: string;
  /** Layers that the file takes in with `include`, in their order. */
  readonly included: readonly Layer[];
}

/** What every part that reads one project shares. */
export interface ReadContext {
  readonly files: ProjectFiles;
  readonly budget: VisitBudget;
  /** Services that services of the project extend: takes up what is found. */
  readonly extended: Extended[];
}

/** A service of a file, and the service of the project that extends it. */
export interface Extended {
  readonly path: string;
  readonly service: string;
  readonly by: string;
}

/** The compose files of a project in the order in which they are merged, and the project's variables. */
export interface Layers {
  readonly scope: Scope;
  /** The files of the profile; what they include hangs below them. */
  readonly top: readonly Layer[];
  /** All of them, included ones before the file that includes them. */
  readonly merged: readonly Layer[];
}

export async function readLayers(
  { files: paths, directory = '.', envFiles = ['.env'], environment }: Omit<ProjectOptions, 'service'>,
  files: ProjectFiles,
): Promise<Layers & ReadContext> {
  const context: ReadContext = { files, budget: new VisitBudget(), extended: [] };
  const normalised = envFiles.map((path) => within('.', path));
  const scope = withEnvFiles(processScope(environment), await envTexts(normalised, files));
  const top: Layer[] = [];
  for (const path of paths) top.push(await readLayer(within('.', path), directory, scope, context));
  return { ...context, scope, top, merged: top.flatMap(flat) };
}

/** The root entry `key` of a file, resolved; null when there is none. */
export function rootValue(key: string, { file, scope }: Layer, budget: VisitBudget): Value {
  return evaluate(entriesOf(file.root, file, budget).get(key), silent(file, scope, budget));
}

function silent(file: ComposeFile, scope: Scope, budget: VisitBudget): Evaluation {
  return { file, scope, budget, note: () => {} };
}

/** A layer with what it includes before it. */
function flat(layer: Layer): readonly Layer[] {
  return [...layer.included.flatMap(flat), layer];
}

async function envTexts(paths: readonly string[], files: ProjectFiles, from?: Line) {
  const found: { path: string; text: string }[] = [];
  for (const path of paths) {
    const text = await files.text(path);
    if (text !== undefined) found.push({ path, text });
    else if (path !== '.env' || from) throw unsupported(from ?? path, `there is no env file ${path}`);
  }
  return found;
}

async function readLayer(
  path: string,
  folder: string,
  scope: Scope,
  context: ReadContext,
  includers: readonly string[] = [],
  from?: Line,
): Promise<Layer> {
  if (includers.includes(path)) {
    throw unsupported(from ?? path, `include in a circle: ${[...includers, path].join(' includes ')}`);
  }
  const file = await context.files.compose(path, from);
  const bare: Layer = { file, scope, folder, included: [] };
  const node = resolved(entriesOf(file.root, file, context.budget).get('include'), file);
  const included: Layer[] = [];
  for (const item of isSeq(node) ? node.items : []) {
    const at = file.lineOf(resolved(item, file) ?? file.root);
    const entry = evaluate(item, silent(file, scope, context.budget));
    included.push(...(await readInclude(entry, at, bare, context, [...includers, path])));
  }
  return { ...bare, included };
}

/**
 * compose-go, loader/include.go: relative paths of what is included begin at `project_directory`, by default the
 * folder of the first file; its env files (by default `.env` there) add variables that are not set in the project.
 */
async function readInclude(
  entry: Value,
  at: Line,
  { folder, scope }: Layer,
  context: ReadContext,
  includers: readonly string[],
): Promise<readonly Layer[]> {
  const long = isMapping(entry) ? entry : { path: entry };
  const written = strings(long.path);
  if (written.length === 0 || written.some((path) => /^\w+:|^git@/.test(path))) {
    throw unsupported(at, 'only files of this host can be included; include a local copy');
  }
  const paths = written.map((path) => within(folder, path));
  const [directory] = strings(long.project_directory);
  const base = directory === undefined ? folderOf(paths[0] as string) : within(folder, directory);
  const envPaths = strings(long.env_file).filter((path) => path !== '/dev/null');
  const named = asList(long.env_file).length > 0;
  const env = named
    ? await envTexts(
        envPaths.map((path) => within(folder, path)),
        context.files,
        at,
      )
    : await optionalText(within(base, '.env'), context.files);
  const inner = withEnvFiles(scope, env);
  const layers: Layer[] = [];
  for (const path of paths) layers.push(await readLayer(path, base, inner, context, includers, at));
  return layers;
}

async function optionalText(path: string, files: ProjectFiles) {
  const text = await files.text(path);
  return text === undefined ? [] : [{ path, text }];
}

function strings(value: Value | undefined): readonly string[] {
  return asList(value).filter((item) => typeof item === 'string');
}
