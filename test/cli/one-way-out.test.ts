import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const SOURCE = join(import.meta.dirname, '../../src');
const files = readdirSync(SOURCE, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);
const textOf = (name: string) => readFileSync(join(SOURCE, name), 'utf8');
const naming = (pattern: RegExp) => files.filter((name) => pattern.test(textOf(name))).toSorted();

describe('T6 text from outside has one way out of each kind', () => {
  it.each([
    [
      'a terminal',
      /process\.std(?:out|err)\b|\bconsole\.\w/,
      ['cli/show/terminal.ts', 'wiring/worker-log.ts'],
    ],
    ['a screen that is drawn again', /output\.write\(/, ['cli/show/screen.ts']],
    [
      'the logger of the SDK',
      /\b(?:DefaultLogger\(|Runtime\.install)/,
      ['wiring/bundle.ts', 'wiring/worker-log.ts'],
    ],
    [
      'markup',
      /new Markup\(/,
      ['domain/media/markdown.ts', 'domain/media/markup.ts', 'domain/media/slack.ts'],
    ],
    // Of a command with something filled in, which has to be quoted for a shell.
    ['a command to paste', /\brunbook [a-z-]+ \$\{/, []],
  ])('to %s', (_medium, pattern, allowed) => {
    expect(naming(pattern)).toEqual(allowed);
  });
});
