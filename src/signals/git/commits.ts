import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { type GitOptions, type GitOutput, git, NO_BRANCH } from './git-command.ts';
import type { Change } from './windows.ts';

/** Which commits count. */
export interface WantedCommits {
  readonly authors: readonly string[];
  readonly paths: readonly string[];
  readonly branch?: string;
  readonly count: 'commits' | 'files';
  /** Milliseconds since the epoch. */
  readonly from: number;
}

/** The history of a branch, as far as the clone has it. Milliseconds since the epoch. */
export interface Commits {
  readonly changes: readonly Change[];
  /** Of a shallow clone: from here on it has everything. */
  readonly knownFrom: number;
  /** Of a branch that is fetched: until when it was. */
  readonly knownUntil?: number;
  readonly notes: readonly string[];
}

interface Place {
  readonly ref: string;
  readonly isShallow: boolean;
  readonly fetchedAt?: number;
}

/**
 * The commits of a branch by the date of their committer: that is when they came into this history, and what git orders by. The author's
 * date is kept by a rebase and a cherry-pick, and may be of any time. Nothing is fetched, and nothing is written.
 * @returns why there are none, where git does not tell.
 */
export async function readCommits(
  wanted: WantedCommits,
  options: GitOptions,
): Promise<Commits | { readonly why: string }> {
  const endsAt = performance.now() + options.timeoutMs;
  const ask = (args: readonly string[], part = 1): Promise<GitOutput> => {
    const timeoutMs = Math.max(1, Math.round((endsAt - performance.now()) * part));
    return git(args, { ...options, timeoutMs });
  };
  const place = await placeOf(wanted.branch, options.repository, ask);
  if ('why' in place) return place;
  const boundary = place.isShallow ? await boundaryOf(place.ref, ask) : 0;
  if (typeof boundary !== 'number') return boundary;
  const told = await logOf(wanted, place.ref, ask);
  if ('why' in told) return told;
  const changes = changesIn(told.text, wanted.count).filter(({ at }) => at > boundary);
  const notes = [...told.notes];
  if (changes.length === 0) {
    const everChanged = await hasEver(wanted, place.ref, ask);
    if (typeof everChanged !== 'boolean') return everChanged;
    if (!everChanged && wanted.paths.length > 0) {
      return { why: 'nothing in its history has ever changed these paths' };
    }
    if (!everChanged && wanted.authors.length > 0) notes.push('no commit of these authors is in its history');
  }
  const { fetchedAt } = place;
  return {
    changes,
    knownFrom: boundary,
    ...(fetchedAt === undefined ? {} : { knownUntil: fetchedAt }),
    notes,
  };
}

type Ask = (args: readonly string[], part?: number) => Promise<GitOutput>;

/** The branch under its whole name, and of what kind the clone is. */
async function placeOf(
  branch: string | undefined,
  repository: string,
  ask: Ask,
): Promise<Place | { readonly why: string }> {
  const found = await ask([
    'rev-parse',
    ...['--is-shallow-repository', '--git-path', 'FETCH_HEAD', '--git-path', 'description'],
    ...(branch === undefined ? ['--symbolic-full-name', 'HEAD'] : []),
  ]);
  if ('why' in found) return found;
  const [shallow, fetchHead = '', description = '', head] = found.text.trimEnd().split('\n');
  const ref = branch === undefined ? head : await refOf(branch, ask);
  if (ref === undefined) return { why: NO_BRANCH };
  if (typeof ref !== 'string') return ref;
  const place = { ref, isShallow: shallow === 'true' };
  const mirror = await ask(['config', '--get-regexp', '^remote\\..*\\.mirror$', '^true$']);
  const isFetched = ref.startsWith('refs/remotes/') || 'text' in mirror;
  if (!isFetched) return place;
  const [fetched, cloned] = await Promise.all(
    [fetchHead, description].map((path) => stat(resolve(repository, path)).catch(() => undefined)),
  );
  const fetchedAt = (fetched ?? cloned)?.mtimeMs;
  if (fetchedAt === undefined) return { why: 'it is not known when it was fetched last' };
  return { ...place, fetchedAt };
}

/** A branch, and no tag of the same name, which git would take first. */
async function refOf(branch: string, ask: Ask): Promise<string | undefined | { readonly why: string }> {
  const names = [`refs/heads/${branch}`, `refs/remotes/${branch}`];
  const found = await ask(['for-each-ref', '--format=%(refname)', ...names]);
  if ('why' in found) return found;
  const there = found.text.split('\n');
  return names.find((name) => there.includes(name));
}

/** The date of the newest commit whose parents are missing. */
async function boundaryOf(ref: string, ask: Ask): Promise<number | { readonly why: string }> {
  const roots = await ask(['rev-list', '--max-parents=0', '--timestamp', '--end-of-options', ref]);
  if ('why' in roots) return roots;
  const times = roots.text.split('\n').map((line) => Number.parseInt(line, 10) * 1000);
  return Math.max(0, ...times.filter((at) => !Number.isNaN(at)));
}

/**
 * Dates can be in any order: one commit with an old date must not hide those behind it, so all are visited. Where that takes too
 * long, or git is older than 2.37, it ends at the first old one, and that is told.
 */
async function logOf(
  { authors, paths, count, from }: WantedCommits,
  ref: string,
  ask: Ask,
): Promise<{ readonly text: string; readonly notes: readonly string[] } | { readonly why: string }> {
  const since = new Date(from).toISOString();
  const args = (filter: string) => [
    'log',
    ...['--format=tformat:%x1e%ct%x1f', '--no-color', '--no-decorate', '--no-mailmap', `${filter}=${since}`],
    ...(count === 'files' ? ['--name-only', '-z', '--no-ext-diff', '--no-textconv', '--no-renames'] : []),
    ...(authors.length > 0 ? ['--fixed-strings', '--regexp-ignore-case'] : []),
    ...authors.map((author) => `--author=${author}`),
    // What a merge brings its commits have changed.
    ...(paths.length > 0 ? ['--full-history', '--no-merges'] : []),
    ...['--end-of-options', ref, '--', ...paths],
  ];
  const all = await ask(args('--since-as-filter'), 0.6);
  if ('text' in all) return { text: all.text, notes: [] };
  const isOld = all.code === 128 || all.code === 129;
  const isSlow = /did not answer/.test(all.why);
  if (!isOld && !isSlow) return all;
  const some = await ask(args('--since'));
  if ('why' in some) return isOld ? some : all;
  return { text: some.text, notes: ['commits behind one with an older date may be missing'] };
}

/** Whether anything of the history is meant at all: a path that is misspelt changes never. */
async function hasEver(
  { authors, paths }: WantedCommits,
  ref: string,
  ask: Ask,
): Promise<boolean | { readonly why: string }> {
  if (authors.length === 0 && paths.length === 0) return true;
  const found = await ask([
    ...['rev-list', '--max-count=1', '--fixed-strings', '--regexp-ignore-case'],
    ...(paths.length > 0 ? [] : authors.map((author) => `--author=${author}`)),
    ...['--end-of-options', ref, '--', ...paths],
  ]);
  return 'why' in found ? found : found.text.trim() !== '';
}

/** Records are `<1e><seconds><1f>`, then the names of files, each ended by NUL. */
function changesIn(text: string, count: WantedCommits['count']): readonly Change[] {
  return text
    .split('\x1e')
    .slice(1)
    .flatMap((record) => {
      const [seconds = '', names = ''] = record.split('\x1f');
      const at = Number.parseInt(seconds, 10) * 1000;
      const files = names.split('\0').filter((name) => name.trim() !== '').length;
      return Number.isNaN(at) ? [] : [{ at, count: count === 'files' ? files : 1 }];
    });
}
