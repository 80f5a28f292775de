import type { Command } from 'commander';
import { closest } from '../../domain/closest.ts';
import { CHECK_IDS } from '../../domain/proof/checks.ts';
import { ANSWERS } from '../../domain/steps/answers.ts';
import { CommandError, EXIT } from './exit-codes.ts';

/** What Temporal takes as an id, in bytes of UTF-8. */
const ID_LIMIT = 1000;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;

/** What is wrong with a value of an argument or option of this name, in words that follow the value. */
const PROBLEMS: Readonly<Record<string, (value: string) => string | undefined>> = {
  answer: (value) => unknownOf(value, 'answer', ANSWERS),
  check: (value) => unknownOf(value, 'check', CHECK_IDS),
  accept: (value) => unknownOf(value, 'check', CHECK_IDS),
  runId: (value) =>
    UUID.test(value)
      ? undefined
      : 'is no run id: that is a UUID, and stands in the Temporal UI and in what --detach prints',
  workflowId: tooLong,
  workflowIdOrFile: tooLong,
  updateId: tooLong,
  ui: (value) =>
    URL.canParse(value) && /^https?:$/.test(new URL(value).protocol)
      ? undefined
      : 'is no http or https address, for example http://127.0.0.1:8233',
};

/**
 * Looks at everything that was typed before anything is connected to. An empty value is refused wherever it stands: it is
 * an unset variable of a script, and never the default.
 * @throws CommandError that says what is wrong and what is possible
 */
export function checkInputs(command: Command): void {
  const options = Object.entries(command.opts()).map(([name, value]): [string, string, unknown] => [
    name,
    `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`,
    value,
  ]);
  const args = command.registeredArguments.map((argument, index): [string, string, unknown] => {
    const name = argument.name();
    return [
      name.replaceAll(/-([a-z])/g, (_, letter: string) => letter.toUpperCase()),
      name,
      command.processedArgs[index],
    ];
  });
  for (const [name, shown, given] of [...options, ...args]) {
    for (const value of Array.isArray(given) ? given : [given]) {
      if (typeof value !== 'string') continue;
      const problem = value.trim() === '' ? 'is empty' : PROBLEMS[name]?.(value);
      if (problem === undefined) continue;
      const what = problem === 'is empty' ? shown : `${shown}: ${value.slice(0, 60)}`;
      throw new CommandError(EXIT.usage, `${what} ${problem}`);
    }
  }
}

function tooLong(value: string): string | undefined {
  return Buffer.byteLength(value) > ID_LIMIT ? `… is longer than ${ID_LIMIT} bytes` : undefined;
}

function unknownOf(value: string, kind: string, known: readonly string[]): string | undefined {
  if (known.includes(value)) return undefined;
  const meant = closest(value, known);
  return `is no ${kind}${meant ? `; did you mean ${meant}?` : ''} (there are: ${known.join(', ')})`;
}
