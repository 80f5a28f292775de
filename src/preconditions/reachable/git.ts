import { runProgram } from '../run-program.ts';

/** Variables that git needs to find its configuration and its keys. */
const PASSED =
  /^(?:PATH|HOME|USER|LANG|SSH_AUTH_SOCK|XDG_CONFIG_HOME|(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|GIT_CONFIG_\w+|GIT_SSL_\w+|GIT_SSH\w*)$/i;

/** What git says, by what it means; the rest is told by its exit code, because its words may hold an address. */
const MEANINGS: readonly (readonly [RegExp, string])[] = [
  [/could not resolve host|name or service not known/i, 'host name not found'],
  [/connection refused/i, 'connection refused'],
  [/timed out/i, 'timed out'],
  [
    /authentication failed|could not read username|permission denied|access denied|403/i,
    'not without a login',
  ],
  [/certificate|SSL/i, 'certificate not accepted'],
  [/not found|does not (?:exist|appear to be a git repository)|no such file/i, 'no such repository'],
];

/**
 * Asks a repository for its HEAD.
 * @returns why there was no answer; undefined when there was one.
 */
export async function problemOfGit(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<string | undefined> {
  const passed = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && PASSED.test(name) ? [[name, value] as const] : [],
  );
  const program = {
    path: 'git',
    args: ['ls-remote', '--quiet', '--', address, 'HEAD'],
    env: {
      GIT_SSH_COMMAND: 'ssh -oBatchMode=yes',
      ...Object.fromEntries(passed),
      GIT_TERMINAL_PROMPT: '0',
      GIT_ALLOW_PROTOCOL: 'https:http:ssh:git:file',
      LC_ALL: 'C',
    },
    timeoutMs,
  };
  const ended = await runProgram(program, signal);
  switch (ended.kind) {
    case 'exited':
      if (ended.code === 0) return undefined;
      return MEANINGS.find(([pattern]) => pattern.test(ended.output))?.[1] ?? `git ended with ${ended.code}`;
    case 'killed':
      return `git was ended by ${ended.by}`;
    case 'timed-out':
      return `no answer within ${timeoutMs / 1000} s`;
    case 'too-much':
      return 'git printed more than may be read';
    case 'not-started':
      return `git cannot be run on the worker's host (${ended.code})`;
  }
}
