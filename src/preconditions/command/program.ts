import { basename } from 'node:path';
import type { PreconditionFinding } from '../../domain/preconditions/preconditions.ts';
import { oneLine } from '../../domain/redact.ts';
import { maskSent } from '../../http/sent-credential.ts';
import type { PreconditionQuestion, PreconditionSurroundings } from '../precondition-kind.ts';
import { type Program, type ProgramEnd, runProgram } from '../run-program.ts';
import { filled, type PlaceholderValues, placeholderValues } from './placeholders.ts';
import type { ProgramSettings } from './settings.ts';

/** So many of the last lines say why. */
const REASON_LINES = 3;
/** In characters. */
const LONGEST_REASON = 300;

/** What the program of the profile says of a plan. */
export async function askProgram(
  settings: ProgramSettings,
  { plan, signal }: Pick<PreconditionQuestion, 'plan' | 'signal'>,
  surroundings: Pick<PreconditionSurroundings, 'service' | 'environment' | 'resolve'>,
): Promise<PreconditionFinding> {
  const values = placeholderValues(plan, surroundings);
  const made = await programOf(settings, values, surroundings, signal);
  if ('unfit' in made) {
    return unknown(
      `${made.unfit} has no value that a program may be given: it is empty, or could be taken for an option`,
    );
  }
  const name = oneLine(basename(made.program.path), 60);
  const ended = await runProgram(made.program, signal);
  return judged(name, ended, (output) => reasonIn(made.mask(output)), settings.timeout);
}

async function programOf(
  { run, env, timeout }: ProgramSettings,
  values: PlaceholderValues,
  { resolve }: Pick<PreconditionSurroundings, 'resolve'>,
  signal: AbortSignal,
): Promise<
  { readonly program: Program; readonly mask: (text: string) => string } | { readonly unfit: string }
> {
  const [path = '', ...rest] = run;
  const args: string[] = [];
  for (const written of rest) {
    const value = filled(written, values);
    if (value === undefined) return { unfit: written };
    args.push(value);
  }
  const variables: Record<string, string> = {};
  const masks: ((text: string) => string)[] = [];
  for (const { name, value: written } of env) {
    const isSecret = typeof written !== 'string';
    const given = isSecret ? await resolve(written, signal) : filled(written, values);
    if (given === undefined) return { unfit: String(written) };
    // A program prints one of several lines by its line.
    if (isSecret) masks.push(maskSent(undefined, [given, ...given.split(/\r?\n/)]));
    variables[name] = given;
  }
  const mask = (text: string) => masks.reduce((masked, one) => one(masked), text);
  return { program: { path, args, env: variables, timeoutMs: timeout }, mask };
}

function judged(
  name: string,
  ended: ProgramEnd,
  reason: (output: string) => string,
  timeoutMs: number,
): PreconditionFinding {
  switch (ended.kind) {
    case 'exited': {
      if (ended.code === 0) return { id: 'command', state: 'met', says: `${name} says that it may go back` };
      const why = reason(ended.output);
      if (ended.code === 1) {
        return { id: 'command', state: 'not-met', says: `${name} says that it may not go back${why}` };
      }
      return unknown(`${name} ended with exit code ${ended.code}${why}`);
    }
    case 'killed':
      return unknown(`${name} was ended by ${ended.by}${reason(ended.output)}`);
    case 'timed-out':
      return unknown(`${name} did not end within ${timeoutMs / 1000} s${reason(ended.output)}`);
    case 'too-much':
      return unknown(`${name} printed more than may be read, and was ended`);
    case 'not-started':
      return unknown(
        `${name} cannot be run on the worker's host (${ended.code})`,
        NOT_STARTED[ended.code] ?? 'look at preconditions.command of the profile',
      );
  }
}

const NOT_STARTED: Readonly<Record<string, string>> = {
  ENOENT: 'install the program of preconditions.command, or what its first line names',
  EACCES: 'make the program of preconditions.command executable for the worker',
  ENOEXEC: 'begin the program of preconditions.command with #! and what runs it',
};

/** The last lines that say something, on one line. */
function reasonIn(output: string): string {
  const lines = output
    .split(/[\r\n]+/)
    .map((line) => line.trim())
    .filter(Boolean)
    .slice(-REASON_LINES);
  return lines.length === 0 ? '' : `: ${oneLine(lines.join('; '), LONGEST_REASON)}`;
}

function unknown(says: string, remedy?: string): PreconditionFinding {
  return { id: 'command', state: 'unknown', says, ...(remedy === undefined ? {} : { remedy }) };
}
