/** Real repositories with commits of any date. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll } from 'vitest';

/** All times are in minutes before this; milliseconds since the epoch. */
export const NOW = Date.UTC(2026, 10, 23, 3, 0, 0);
export const ago = (minutes: number): number => NOW - minutes * 60_000;

export interface Commit {
  /** Minutes before now. */
  readonly ago: number;
  readonly authoredAgo?: number;
  readonly author?: string;
  /** Default: one file of its own. */
  readonly paths?: readonly string[];
}

/** Folders of a test file, removed at its end. */
export function openFolders() {
  const made: string[] = [];
  afterAll(async () => {
    await Promise.all(made.map((path) => rm(path, { recursive: true, force: true })));
  });

  async function folder(): Promise<string> {
    const path = await mkdtemp(join(tmpdir(), 'git-signal-'));
    made.push(path);
    return path;
  }

  /** A repository with these commits on `main`, the first one first. */
  async function repository(commits: readonly Commit[], name?: string): Promise<string> {
    const path = join(await folder(), name ?? 'notes');
    await run('.', 'init', '--quiet', '--initial-branch=main', path);
    await add(path, commits);
    return path;
  }
  return { folder, repository };
}

const env = {
  PATH: process.env.PATH,
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_AUTHOR_NAME: 'a',
  GIT_AUTHOR_EMAIL: 'a@example',
  GIT_COMMITTER_NAME: 'a',
  GIT_COMMITTER_EMAIL: 'a@example',
};

export async function run(path: string, ...args: readonly string[]): Promise<string> {
  return (await execa('git', ['-C', path, ...args], { env, extendEnv: false })).stdout;
}

/** Adds commits to a branch: one process for all of them. */
export async function add(path: string, commits: readonly Commit[], branch = 'main'): Promise<void> {
  if (commits.length === 0) return;
  const ref = `refs/heads/${branch}`;
  const isThere = (await run(path, 'for-each-ref', ref)) !== '';
  const input = commits.map(
    ({ ago: minutes, authoredAgo = minutes, author = 'Agent <agent@example>', paths }, index) => {
      const at = (of: number) => `${Math.floor(ago(of) / 1000)} +0000`;
      const first = index === 0 && isThere ? `from ${ref}^0\n` : '';
      const files = paths ?? [`file-${branch}-${minutes}-${index}.md`];
      const content = (name: string) => `M 100644 inline ${name}\n${data(`${name} ${minutes} ${index}`)}`;
      return `commit ${ref}\nauthor ${author} ${at(authoredAgo)}\ncommitter Committer <c@example> ${at(minutes)}\n${data('words')}${first}${files.map(content).join('')}\n`;
    },
  );
  await execa('git', ['-C', path, 'fast-import', '--quiet', '--force'], {
    env,
    extendEnv: false,
    input: input.join(''),
  });
}

function data(text: string): string {
  return `data ${Buffer.byteLength(text)}\n${text}\n`;
}
