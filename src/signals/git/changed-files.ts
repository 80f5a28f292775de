import type { Dirent } from 'node:fs';
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Change } from './windows.ts';

/** A folder with more files than this is not read. */
const MOST_FILES = 200_000;
/** So many files are asked for their times at once. */
const AT_ONCE = 64;
/** What programs keep for themselves in a vault: it changes with every click. */
const OWN = ['.git', '.obsidian', '.trash'];

/**
 * When each file of a folder was last changed. Links are not followed. Files that are deleted leave nothing.
 * @param paths folders or files inside it; empty: all.
 * @returns why it cannot be told; throws only when `signal` aborts.
 */
export async function changedFiles(
  folder: string,
  paths: readonly string[],
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<readonly Change[] | { readonly why: string }> {
  const endsAt = performance.now() + timeoutMs;
  const changes: Change[] = [];
  const left = paths.length > 0 ? paths.map((path) => join(folder, path)) : [folder];
  const isNamed = new Set(left);
  try {
    while (left.length > 0) {
      signal.throwIfAborted();
      if (performance.now() > endsAt) return { why: `the folder was not read within ${timeoutMs / 1000} s` };
      const now = left.splice(-AT_ONCE);
      const found = await Promise.all(now.map((path) => probe(path, isNamed.has(path))));
      for (const { inside, change } of found) {
        left.push(...inside);
        if (change) changes.push(change);
      }
      if (changes.length + left.length > MOST_FILES) {
        return { why: `the folder has more than ${MOST_FILES} files` };
      }
    }
    return changes;
  } catch (error) {
    signal.throwIfAborted();
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { why: 'there is no such folder' };
    if (code === 'EACCES' || code === 'EPERM') return { why: 'the worker may not read all of the folder' };
    return { why: `the folder cannot be read (${code ?? 'unknown'})` };
  }
}

/** @param isNamed whether the settings name it: then it has to be there. */
async function probe(
  path: string,
  isNamed: boolean,
): Promise<{ readonly inside: readonly string[]; readonly change?: Change }> {
  try {
    const seen = await lstat(path);
    if (seen.isFile()) return { inside: [], change: { at: seen.mtimeMs, count: 1 } };
    if (!seen.isDirectory()) return { inside: [] };
    const entries = await readdir(path, { withFileTypes: true });
    return { inside: entries.filter(isMeant).map(({ name }) => join(path, name)) };
  } catch (error) {
    // Deleted a moment ago.
    if (!isNamed && (error as NodeJS.ErrnoException).code === 'ENOENT') return { inside: [] };
    throw error;
  }
}

function isMeant(entry: Dirent): boolean {
  return !OWN.includes(entry.name) && (entry.isFile() || entry.isDirectory());
}
