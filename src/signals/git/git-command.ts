import { realpath } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { execa } from 'execa';

/** What git has printed, or why it has not: for people, without paths. */
export type GitOutput = { readonly text: string } | { readonly why: string; readonly code?: number };

/** How git is run. */
export interface GitOptions {
  readonly repository: string;
  /** The worker's environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** More than this is not read: a million commits. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/**
 * A repository belongs to whoever may write to it, and its config can name programs: none is run, nothing is fetched (a partial clone would), and
 * nothing is written.
 */
const SAFE = [
  '--no-pager',
  '--no-optional-locks',
  '--literal-pathspecs',
  ...[
    'core.fsmonitor=false',
    'core.hooksPath=/dev/null',
    'core.untrackedCache=false',
    'log.showSignature=false',
    'protocol.allow=never',
  ].flatMap((setting) => ['-c', setting]),
];

/** Passed on: where git and the worker's own config are. Not GIT_DIR and the like, which would mean another repository. */
const PASSED = ['PATH', 'HOME', 'XDG_CONFIG_HOME', 'LD_LIBRARY_PATH', 'SystemRoot'];

/** What is said of a repository without the branch that is meant. */
export const NO_BRANCH = 'it has no such branch, or no commit yet';

/** What git says when it refuses, by what is told. */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /dubious ownership/,
    'the repository belongs to another user: name it in safe.directory of the worker’s git config',
  ],
  [/not a git repository/i, 'there is no git repository there'],
  [/does not have any commits|unknown revision|needed a single revision|ambiguous argument/i, NO_BRANCH],
  [
    /lazy fetching|promisor|transport '.*' not allowed/i,
    'the clone is partial, and what it lacks is not fetched',
  ],
  [/permission denied/i, 'the worker may not read it'],
  [/bad object|corrupt|inflate|unable to read|invalid object|loose object/i, 'the repository is damaged'],
];

/** Runs git in a repository; throws only when `signal` aborts. */
export async function git(
  args: readonly string[],
  { repository, env, timeoutMs, signal }: GitOptions,
): Promise<GitOutput> {
  signal.throwIfAborted();
  const known = Object.fromEntries(
    PASSED.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
  );
  const { failed, code, exitCode, timedOut, isMaxBuffer, stdout, stderr } = await execa(
    'git',
    ['-C', repository, ...SAFE, ...args],
    {
      env: {
        ...known,
        LC_ALL: 'C',
        GIT_TERMINAL_PROMPT: '0',
        GIT_OPTIONAL_LOCKS: '0',
        GIT_NO_LAZY_FETCH: '1',
        // A folder in some other repository is none itself.
        GIT_CEILING_DIRECTORIES: dirname(await realpath(repository).catch(() => resolve(repository))),
      },
      extendEnv: false,
      stdin: 'ignore',
      reject: false,
      cancelSignal: signal,
      timeout: timeoutMs,
      maxBuffer: OUTPUT_LIMIT,
      forceKillAfterDelay: 1000,
      stripFinalNewline: false,
    },
  );
  signal.throwIfAborted();
  if (!failed) return { text: stdout };
  if (timedOut) return { why: `git did not answer within ${timeoutMs / 1000} s` };
  if (isMaxBuffer) return { why: 'git has more to tell than is read' };
  if (code === 'ENOENT' || code === 'EACCES')
    return { why: `git cannot be run on the worker’s host (${code})` };
  const told = REFUSALS.find(([words]) => words.test(stderr))?.[1];
  const status = exitCode === undefined ? {} : { code: exitCode };
  if (told) return { why: told, ...status };
  const missing = /cannot change to .*: (No such file or directory|Not a directory)/.test(stderr);
  return {
    why: missing ? 'there is no such folder' : `git ended with exit code ${exitCode ?? 'none'}`,
    ...status,
  };
}
