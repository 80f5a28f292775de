import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { withWaitStates } from '../../docs/write-operations.ts';
import { parseRollbackRequest } from '../../src/activities/request-schema.ts';
import { addAnswerCommands } from '../../src/cli/answer-commands.ts';
import * as client from '../../src/client/index.ts';
import {
  OPERATOR_UPDATE_NAMES,
  OPERATOR_UPDATES,
  type OperatorUpdate,
} from '../../src/domain/people/operator-events.ts';
import { ANSWERS } from '../../src/domain/steps/answers.ts';

const ROOT = join(import.meta.dirname, '../..');
const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const example = readFileSync(join(ROOT, 'examples/answer-a-run.ts'), 'utf8');
const sections = page.split(/^## /m).slice(1);

/** Where the command line and the client call an update otherwise than Temporal does. */
const COMMANDS: Partial<Record<OperatorUpdate, string>> = { 'add-note': 'note', 'add-evidence': 'evidence' };
const commandOf = (update: OperatorUpdate) => COMMANDS[update] ?? update;
const functionOf = (update: OperatorUpdate) =>
  update.replaceAll(/-(\w)/g, (_dash, letter: string) => letter.toUpperCase());

const blocks = (text: string, language: string) =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(
    ([, body = '']) => body,
  );
const sectionOf = (update: OperatorUpdate) =>
  sections.find((section) => section.split('\n')[0]?.includes(`\`${update}\``)) ?? '';

const program = new Command('runbook').exitOverride();
addAnswerCommands(program);
const commandLines = blocks(page, 'sh')
  .flatMap((text) => text.trim().split('\n'))
  .map((text) => [...text.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, word]) => quoted ?? word ?? ''));

it('docs/operations.md has the states of a wait as they are (node docs/write-operations.ts)', () => {
  expect(page).toBe(withWaitStates(page));
});

describe.each(OPERATOR_UPDATE_NAMES)('docs/operations.md shows %s', (update) => {
  const section = sectionOf(update);

  it('from the Temporal UI, with JSON that a run takes', () => {
    const inputs = blocks(section, 'json');
    expect(inputs.length).toBeGreaterThan(0);
    for (const input of inputs) {
      expect(OPERATOR_UPDATES[update].read(JSON.parse(input)), input).toHaveProperty('value');
    }
  });

  it('from the command line', () => {
    expect(blocks(section, 'sh').join('')).toMatch(
      new RegExp(`^runbook ${commandOf(update)} rollback/orchestrator `, 'm'),
    );
  });

  it('from the client, with a function that is exported', () => {
    expect(client).toHaveProperty(functionOf(update), expect.any(Function));
    expect(blocks(section, 'ts').join('')).toContain(`await ${functionOf(update)}(client, run, `);
  });
});

it('shows every answer of a decision', () => {
  const shown = blocks(sectionOf('decide'), 'json').map((text) => JSON.parse(text).answer);
  expect([...new Set(shown)].sort()).toEqual([...ANSWERS].sort());
  for (const answer of ANSWERS)
    expect(sectionOf('decide')).toMatch(new RegExp(`^\\| \`${answer}\` \\| `, 'm'));
});

it('shows every command that answers a run, and docs/cli.md lists it', () => {
  const cli = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');
  for (const name of program.commands.map((command) => command.name())) {
    expect(commandLines.map(([, command]) => command)).toContain(name);
    expect(cli).toContain(`| \`runbook ${name} <workflow-id>`);
  }
});

it.each(commandLines)(
  '%s %s %s is a command with arguments and options that exist',
  (_runbook, name, ...args) => {
    if (name === 'rollback') return;
    const command = program.commands.find((known) => known.name() === name);
    if (!command) expect.fail(`there is no command ${name}`);
    const { operands, unknown } = command.parseOptions(args);
    expect(unknown).toEqual([]);
    expect(operands).toHaveLength(command.registeredArguments.length);
  },
);

it.each(blocks(page, 'json start'))('a request that starts a run is one that is taken: %s', (text) => {
  expect(parseRollbackRequest(JSON.parse(text))).toEqual(JSON.parse(text));
});

it.each(blocks(page, 'ts'))('a piece of the client stands in examples/answer-a-run.ts: %s', (text) => {
  const plain = (code: string) => code.replaceAll(/^ +/gm, '');
  expect(plain(example)).toContain(plain(text));
});

it('shows pictures that are there', () => {
  const pictures = [...page.matchAll(/!\[[^\]]+\]\(([^)]+)\)/g)].map(([, file = '']) => file);
  expect(pictures.length).toBeGreaterThanOrEqual(2);
  for (const file of pictures) {
    const size = readFileSync(join(ROOT, 'docs', file)).length;
    expect(size).toBeGreaterThan(10_000);
    expect(size).toBeLessThan(200_000);
  }
});
