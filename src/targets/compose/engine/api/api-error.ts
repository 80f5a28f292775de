import { RunbookError } from '../../../../domain/errors.ts';
import { oneLine } from '../../../../domain/redact.ts';
import { commandMissing } from '../command/command.ts';
import { engineError } from '../command/engine-error.ts';
import { ConnectionEnded } from './dial-stdio.ts';

/** What a docker command says to `system dial-stdio` when it is older than 18.09, or none of Docker's. */
const REFUSED = /unknown command|unrecognized command|is not a docker command|unknown flag/i;
/** Longest text of the command that is repeated beside words of ours, in characters. */
const SHOWN = 100;

/**
 * The error of an answer that is none to the question, by the engine's own words, as the docker command prints them.
 * @param what for messages: `the containers cannot be listed`.
 */
export function answerError(what: string, status: number, text: string): RunbookError {
  const said = messageOf(text) || `status ${status}`;
  return engineError(what, { code: 1, stdout: '', stderr: `Error response from daemon: ${said}` });
}

/** What the engine says in an answer that is an error; empty when it says nothing. */
export function messageOf(text: string): string {
  try {
    const { message } = JSON.parse(text);
    return typeof message === 'string' ? message : '';
  } catch {
    return '';
  }
}

export function unreadable(what: string): RunbookError {
  return new RunbookError('Unreachable', `${what}: the engine's answer cannot be read`);
}

/**
 * The error of a question that got no whole answer. Only codes and what the docker command said are repeated: errors of
 * the HTTP library hold pieces of answers.
 * @param hasAnswered whether this docker command has ever led to an engine.
 */
export function connectionError(what: string, error: unknown, hasAnswered: boolean): RunbookError {
  if (error instanceof ConnectionEnded) return ended(what, error);
  const { code, syscall = '', name } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' || code === 'EACCES') return commandMissing('docker', code);
  if (syscall.startsWith('spawn')) {
    return new RunbookError('Unreachable', `${what}: docker cannot be started (${code})`);
  }
  if (name === 'HTTPParserError') return hasAnswered ? unreadable(what) : tooOld('it prints something else');
  if (code === 'UND_ERR_RES_EXCEEDED_MAX_SIZE') {
    return new RunbookError('Unreachable', `${what}: the engine answered more than may be read`);
  }
  return new RunbookError('Unreachable', `${what}: the connection to the engine failed (${code ?? name})`);
}

function ended(what: string, { exitCode, said, hadAnswered }: ConnectionEnded): RunbookError {
  if (!hadAnswered && REFUSED.test(said)) return tooOld(`it says ${oneLine(said, SHOWN)}`);
  const how = exitCode === null ? 'a signal' : `exit code ${exitCode}`;
  const stderr = said.trim() || `docker system dial-stdio has ended (${how})`;
  return engineError(what, { code: exitCode ?? 1, stdout: '', stderr });
}

function tooOld(why: string): RunbookError {
  return new RunbookError(
    'CommandMissing',
    `docker system dial-stdio leads to no engine (${why}): the docker command on the worker's host has to be Docker's, 18.09 or newer`,
  );
}
