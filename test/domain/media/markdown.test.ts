import fc from 'fast-check';
import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, it } from 'vitest';
import { code, documentOf, fenced, md, row, ruler } from '../../../src/domain/media/markdown.ts';
import { sentence, visible } from '../../../src/domain/media/visible.ts';
import { hostile, UNSEEN } from './hostile.ts';

/** As a reader of Markdown makes HTML of it, its own HTML included. */
const rendered = (text: string) =>
  micromark(text, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
const SIGNS: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"' };
const plain = (text: string) =>
  text.replaceAll(/&(amp|lt|gt|quot);/g, (_, name: string) => SIGNS[name] ?? '');
const words = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

describe('T6 Markdown', () => {
  it.each([
    ['a paragraph', (text: string) => md`so: ${text}`, 'so: '],
    ['the beginning of a paragraph', (text: string) => md`${text}`, ''],
    ['a list', (text: string) => md`- ${text}`, ''],
    ['a quotation', (text: string) => md`> ${text}`, ''],
    ['a heading', (text: string) => md`## ${text} ends`, ''],
    ['strong text', (text: string) => md`**x${text}x**`, ''],
  ])('says a text from outside as it is in %s, and makes nothing of it', (_place, write) => {
    fc.assert(
      fc.property(hostile, (text) => {
        const written = write(text);
        const found = rendered(written.text);
        const ours = rendered(write('x').text).match(/<[^>]*>/g);
        if (sentence(text).trim() !== '') expect(found.match(/<[^>]*>/g)).toEqual(ours);
        expect(words(plain(found.replaceAll(/<[^>]*>/g, '')))).toContain(words(sentence(text)));
        expect(written.text).not.toMatch(UNSEEN);
      }),
      { numRuns: 150 },
    );
  });

  it('keeps it in its cell', () => {
    fc.assert(
      fc.property(hostile, hostile, (one, other) => {
        const table = documentOf([row('a', 'b', 'c'), ruler(3), row(one, code(other), 'end')]);
        const found = rendered(table);
        const cells = [...found.matchAll(/<td>(.*?)<\/td>/g)].map(([, cell = '']) => cell);
        expect(cells).toHaveLength(3);
        expect(cells[2]).toBe('end');
        expect(words(plain(cells[0] ?? ''))).toBe(words(sentence(one)));
        const inCode = (cells[1] ?? '').replaceAll(/<\/?code>/g, '');
        expect(words(plain(inCode))).toBe(words(visible(other)));
      }),
      { numRuns: 150 },
    );
  });

  it('keeps lines in their fence, each of them seen', () => {
    fc.assert(
      fc.property(hostile, (text) => {
        const block = documentOf([...fenced('diff', text), md`after`]);
        expect(rendered(block)).toMatch(
          /^<pre><code class="language-diff">[^<]*<\/code><\/pre>\n<p>after<\/p>$/,
        );
        expect(block.replaceAll(/[\n\t]/g, '')).not.toMatch(UNSEEN);
      }),
    );
  });

  it('leaves honest text alone', () => {
    const honest = '0.2.0 (revision 7) -> 0.1.0; max_tokens, a/b:v1, 3 of 3 good (5 %) "quoted" it’s fine!';
    expect(md`${honest}`.text).toBe(honest);
  });
});
