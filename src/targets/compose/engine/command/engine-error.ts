import { type ErrorType, RunbookError } from '../../../../domain/errors.ts';
import { oneLine } from '../../../../domain/redact.ts';
import type { CommandResult } from './command.ts';
import { ENGINE_FAULTS } from './engine-faults.ts';

/** Longest text of a program that an error repeats, in characters. */
const SHOWN = 300;

/** What the messages of docker, Compose and registries mean. The first that fits counts. */
const MEANINGS: readonly { readonly says: RegExp; readonly type: ErrorType; readonly retryable?: boolean }[] =
  [
    { says: /permission denied while trying to connect|dial unix.*permission denied/i, type: 'AccessDenied' },
    {
      says: /cannot connect to the docker daemon|error during connect|connection refused|no such host|is the docker daemon running|couldn't connect to docker daemon|i\/o timeout|TLS handshake|EOF$|context deadline exceeded|server misbehaving|too ?many ?requests|rate limit|(?<!disk )quota.{0,40}exceeded|\b50[0234]\b.*(?:error|gateway|unavailable)/i,
      type: 'Unreachable',
    },
    ...ENGINE_FAULTS.map((says) => ({ says, type: 'Unreachable' }) as const),
    {
      says: /context "?[^"]*"? does not exist|context not found|unable to resolve docker endpoint/i,
      type: 'InvalidConfig',
    },
    { says: /no space left on device|disk quota exceeded/i, type: 'FileNotWritten' },
    { says: /read-only file system/i, type: 'FileNotWritten', retryable: false },
    {
      says: /manifest unknown|manifest for .* not found|name unknown|no such image|repository .* not found|failed to resolve reference.*not found/i,
      type: 'ImageMissing',
    },
    {
      says: /unauthorized|authentication required|denied: requested access|no basic auth credentials|access forbidden/i,
      type: 'AccessDenied',
    },
  ];

/**
 * The error of a command that failed, by what it says: docker has exit codes, but they tell nothing.
 * @param otherwise the type where nothing known is said.
 */
export function engineError(
  what: string,
  { code, stderr, stdout }: CommandResult,
  otherwise: ErrorType = 'Unreachable',
): RunbookError {
  const text = (stderr.trim() || stdout.trim()).split('\n').slice(-8).join(' ');
  const meaning = MEANINGS.find(({ says }) => says.test(stderr) || says.test(stdout));
  const said = oneLine(text, SHOWN);
  const { retryable } = meaning ?? {};
  return new RunbookError(
    meaning?.type ?? otherwise,
    `${what}: ${said || `exit code ${code}`}`,
    retryable === undefined ? {} : { retryable },
  );
}

/**
 * As `engineError`, for a command that reads files: Compose repeats the lines that it does not understand, and such a
 * line of an env file is a secret. What it quotes is left out.
 */
export function unquotedError(
  what: string,
  { code, stderr, stdout }: CommandResult,
  otherwise: ErrorType,
): RunbookError {
  const unquoted = (text: string) => text.replaceAll(/(["'`]).*?(\1|$)/gm, '$1…$1');
  return engineError(what, { code, stderr: unquoted(stderr), stdout: unquoted(stdout) }, otherwise);
}
