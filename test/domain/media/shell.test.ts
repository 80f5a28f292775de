import { execFileSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runbookCommand, shellWord } from '../../../src/domain/media/shell.ts';
import { slack } from '../../../src/domain/media/slack.ts';
import { FRAGMENTS, hostile, UNSEEN } from './hostile.ts';

/** What a real shell makes of words: one process for all. */
function read(words: readonly string[], shell = 'bash'): readonly string[] {
  const script = words.map((word) => `printf '%s\\0' ${word}`).join('\n');
  const out = execFileSync(shell, ['-s'], { input: script, encoding: 'utf8', cwd: '/' });
  return out.split('\0').slice(0, -1);
}

/** No argument of a program has them. */
const possible = hostile.map((text) => text.toWellFormed().replaceAll('\u0000', '')).filter(Boolean);

describe('T6 a word of a command that people paste', () => {
  it.each([
    ['rollback/orchestrator', 'rollback/orchestrator'],
    ['rollback/x; touch pwned; #', "'rollback/x; touch pwned; #'"],
    ["it's mine", String.raw`'it'\''s mine'`],
    ['a\nb', String.raw`$'a\012b'`],
    ['$(touch pwned)', "'$(touch pwned)'"],
    ['`touch pwned`', String.raw`$'\140touch\040pwned\140'`],
    ['=ls', "'=ls'"],
    ['~', String.raw`$'\176'`],
    ['', "''"],
  ])('%j is %s', (text, word) => {
    expect(shellWord(text)).toBe(word);
  });

  it('is read by a shell as the text that it was', () => {
    const texts = [
      ...FRAGMENTS.flatMap((one) => FRAGMENTS.map((other) => `${one}a${other}`)),
      ...fc.sample(possible, 2000),
    ]
      .map((text) => text.toWellFormed().replaceAll('\u0000', ''))
      .filter((text) => text !== '');
    expect(read(texts.map(shellWord))).toEqual(texts);
  });

  it('is one line, in which everything is seen, and outlives a message', () => {
    fc.assert(
      fc.property(possible, (text) => {
        expect(shellWord(text)).not.toMatch(UNSEEN);
        const sent = slack`${shellWord(text)}`.text;
        const read = sent.replaceAll('&lt;', '<').replaceAll('&gt;', '>').replaceAll('&amp;', '&');
        if (shellWord(text).length < 550) expect(read.replaceAll(/:\u200b/g, ':')).toBe(shellWord(text));
      }),
    );
  });
});

describe('T6 a command', () => {
  it('has its options before a word that would be one', () => {
    expect(runbookCommand('decide', ['a b', { blank: 'answer' }], '--by <name>')).toBe(
      "runbook decide 'a b' <answer> --by <name>",
    );
    expect(runbookCommand('decide', ['--json', 'retry'], '--by <name>')).toBe(
      'runbook decide --by <name> -- --json retry',
    );
    expect(runbookCommand('status', ['x'])).toBe('runbook status x');
  });
});
