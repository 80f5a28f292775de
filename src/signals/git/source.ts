import type { SignalReading } from '../../domain/need/signals.ts';
import type { SignalQuestion, SignalSource } from '../signal-source.ts';
import { changedFiles } from './changed-files.ts';
import { readCommits } from './commits.ts';
import type { GitSignalSettings } from './settings.ts';
import { type Change, countsOf } from './windows.ts';

/** What the source is given beside its settings. */
export interface GitSourceOptions {
  /** The worker's environment: where git and its own config are. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Time-out of one signal, in ms. */
  readonly timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;
/** Clocks of those who commit may be ahead of ours by this, in ms. */
const AHEAD_MS = 60_000;

/**
 * Modifications in repositories and vaults that agents write to (runbook 1): commits, or changed files, in each window. It reads
 * clones on the worker's host as they are, runs none of their programs, fetches nothing and writes nothing.
 */
export function createGitSource(
  settings: readonly GitSignalSettings[],
  { env, timeoutMs = TIMEOUT_MS }: GitSourceOptions,
): SignalSource {
  return {
    read: (definitions, question) =>
      Promise.all(
        definitions.map(async ({ id, windowMs }) => {
          const found = settings.find((one) => one.id === id);
          if (!found) return noData('it is no signal of git');
          const own = { ...found, window: Math.min(found.window, windowMs) };
          const limits = { env, timeoutMs };
          return own.folder === undefined
            ? repositorySignal(own, question, limits)
            : folderSignal(own, own.folder, question, limits);
        }),
      ),
  };
}

type Limits = Required<GitSourceOptions>;

async function repositorySignal(
  { repository = '', authors, paths, branch, count, window }: GitSignalSettings,
  { from, to, signal }: SignalQuestion,
  { env, timeoutMs }: Limits,
): Promise<SignalReading> {
  const wanted = { authors, paths, count, from: from - window, ...(branch === undefined ? {} : { branch }) };
  const found = await readCommits(wanted, { repository, env, timeoutMs, signal });
  if ('why' in found) return noData(found.why);
  const { changes, knownFrom, knownUntil = to, notes } = found;
  // What was not fetched is not known: the last value is of then.
  const end = Math.min(to, knownUntil);
  const points = countsOf(changes, { from: Math.min(from, end), to: end, windowMs: window, knownFrom });
  const now = points.at(-1);
  if (!now) return noData('the clone is shallow, and does not reach back a window');
  const told = [...notes, ...futureNote(changes, to, 'commits')];
  return {
    kind: 'measured',
    source: 'git',
    now,
    past: points.slice(0, -1),
    ...(told.length > 0 ? { notes: told } : {}),
  };
}

async function folderSignal(
  { paths, window }: GitSignalSettings,
  folder: string,
  { to, signal }: SignalQuestion,
  { timeoutMs }: Limits,
): Promise<SignalReading> {
  const found = await changedFiles(folder, paths, { timeoutMs, signal });
  if ('why' in found) return noData(found.why);
  const value = found.filter(({ at }) => at > to - window && at <= to).length;
  return {
    kind: 'measured',
    source: 'git',
    now: { at: to, value },
    // A file has the time of its last change alone: what was changed before, and again since, would be missing there.
    past: [],
    notes: [
      'a folder without git has no past, and does not show what was deleted',
      ...futureNote(found, to, 'files'),
    ],
  };
}

function futureNote(changes: readonly Change[], to: number, what: string): readonly string[] {
  const ahead = changes.filter(({ at }) => at > to + AHEAD_MS).length;
  return ahead > 0 ? [`${ahead} ${what} have a date in the future, and do not count`] : [];
}

function noData(why: string): SignalReading {
  return { kind: 'no-data', source: 'git', why };
}
