import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { html } from '../../../src/domain/media/html.ts';
import { md } from '../../../src/domain/media/markdown.ts';
import { slack, slackLink } from '../../../src/domain/media/slack.ts';
import { logEntry, terminalJson, terminalLine, terminalText } from '../../../src/domain/media/terminal.ts';
import { sentence, visible } from '../../../src/domain/media/visible.ts';
import { FRAGMENTS, hostile, UNSEEN } from './hostile.ts';

describe('T6 a text from outside', () => {
  it.each([
    ['a\nb', 'a\\nb'],
    ['\u001b[31mred', '\\e[31mred'],
    ['gpj.\u202eexe', 'gpj.\\u{202e}exe'],
    ['a\u009bb', 'a\\x9bb'],
    ['half \ud800 of one', 'half \\u{d800} of one'],
    ['tag \u{e0041}', 'tag \\u{e0041}'],
    ['filler \u3164', 'filler \\u{3164}'],
    ['👩\u200d🚒 ❤\ufe0f Zoë 汉字 עברית', '👩\u200d🚒 ❤\ufe0f Zoë 汉字 עברית'],
  ])('%j is shown as %s', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('stays one line on a terminal, in which everything is seen', () => {
    fc.assert(fc.property(hostile, (text) => void expect(terminalLine(text)).not.toMatch(UNSEEN)));
  });

  it('is the same when it is made visible twice', () => {
    fc.assert(fc.property(hostile, (text) => void expect(visible(visible(text))).toBe(visible(text))));
  });

  it('of several lines keeps its lines and tabs, and moves no cursor', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const shown = terminalText(text);
        expect(shown.replaceAll(/[\n\t]/g, '')).not.toMatch(UNSEEN);
        expect(shown.split('\n')).toHaveLength(text.split(/\r?\n/).length);
      }),
    );
  });

  it('in a log begins no entry of its own', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        for (const line of logEntry(`WARN ${text}`).split('\n').slice(1)) expect(line).toMatch(/^ {4}/);
      }),
    );
  });

  it('in JSON means the same, and is seen', () => {
    fc.assert(
      fc.property(hostile, hostile, (key, text) => {
        const json = terminalJson({ [`x${key}`]: [text] });
        expect(json.replaceAll('\n', '')).not.toMatch(UNSEEN);
        expect(JSON.parse(json)).toEqual({ [`x${key}`]: [text] });
      }),
    );
  });
});

describe('T6 HTML', () => {
  const SIGNS: Readonly<Record<string, string>> = {
    amp: '&',
    lt: '<',
    gt: '>',
    quot: '"',
    '#39': "'",
    '#96': '`',
  };
  const read = (text: string) => text.replaceAll(/&([#\w]+);/g, (_, name: string) => SIGNS[name] ?? '?');

  it('has no tag, attribute or entity but ours, and says the text', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: shown } = html`<td title="${text}">${text}</td>`;
        const inside = /^<td title="([^"<>]*)">([^"'<>`]*)<\/td>$/u.exec(shown);
        expect(inside?.slice(1).map(read)).toEqual([sentence(text), sentence(text)]);
        expect(shown).not.toMatch(UNSEEN);
      }),
    );
  });
});

describe('T6 Slack', () => {
  const FORMATS = new RegExp(
    [
      // A sign that opens, and one that closes.
      '(?<![\\p{L}\\p{N}])[*~`](?=[^\\s*_~`])',
      '(?<=[^\\s*_~`])[*~`](?![\\p{L}\\p{N}])',
      // The same of underscores, which in the middle of a word are part of it, however many they are.
      '(?<![\\p{L}\\p{N}_])_+(?=[^\\s*_~`])',
      '(?<=[^\\s*_~`])_+(?![\\p{L}\\p{N}_])',
    ].join('|'),
    'u',
  );

  it('takes the effect from every sign that has one, and cannot be led out of a link', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const { text: shown } = slack`${text}`;
        expect(shown).not.toMatch(/[<>]|&(?!(?:amp|lt|gt);)|@(?:here|channel|everyone|all)\b|\]\(|\n/i);
        expect(shown).not.toMatch(FORMATS);
        expect(shown).not.toMatch(/(?<![\p{L}\p{N}]):[a-z+][\w+-]*:/iu);
        expect(shown.replaceAll('\u200b', '')).not.toMatch(UNSEEN);
        expect(slackLink(`http://h/${text}`, text).text).toMatch(/^<[^<>|\s]+\|[^<>]*>$/);
      }),
    );
  });

  it('leaves honest text alone', () => {
    const honest = 'snake_case, 12:30:45, a-b, mail me@alliance.example, 0.2.0 (revision 7), "quoted", 50 %';
    expect(slack`${honest}`.text).toBe(honest);
  });
});

it('T6 markup is joined by its own tag alone', () => {
  expect(() => String(md`a`)).toThrow('Markdown is joined by its own tag');
  expect(md`**${'*'}** ${md`_${'_'}_`}`.text).toBe(String.raw`**\*** _\__`);
});

it('T6 what is tried is hostile', () => {
  expect(FRAGMENTS.filter((text) => UNSEEN.test(text)).length).toBeGreaterThan(15);
});
