import { Markup, markupTag } from './markup.ts';
import { sentence, visible } from './visible.ts';

/** Markdown as GitHub and the Temporal UI read it. */
export type Markdown = Markup<'Markdown'>;

/** One line of Markdown: `md`| ${name} | ${value} |``. */
export const md = markupTag('Markdown', escaped);

/**
 * Text from outside that means itself wherever it stands: in a paragraph, a list, a quotation, a heading or the cell of a
 * table. It starts no link, image, emphasis, code, formula or HTML, and neither a block of its own.
 */
function escaped(text: string): string {
  const said = sentence(text);
  return MAY_MEAN_MORE.test(said) ? meaningItself(said) : said;
}

/** Every text that {@link meaningItself} changes, and some more: to find that out is cheaper than to change nothing. */
const MAY_MEAN_MORE = /[\\`*[\]|~$_&<@]|:\/\/|[wW]{3}\.|^ ?(?:[#>=+-]|\d{1,9}[.)])/;

function meaningItself(said: string): string {
  return said
    .replaceAll(/[\\`*[\]|~$]/g, '\\$&')
    .replaceAll(/(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, '\\_')
    .replaceAll(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll(/:(?=\/\/)|@(?=[\w-]+\.)|(?<=www)\./gi, '\\$&')
    .replace(/(?<=^ ?)(?:[#>=]|[+-](?=[\s-]|$))|(?<=^ ?\d{1,9})[.)](?=\s|$)/, '\\$&');
}

/** Text from outside in the letters of code, where Markdown can say it so in a table too. */
export function code(text: string): Markdown {
  const shown = visible(text);
  return shown.trim() === '' || /[`|]/.test(shown) || /^\s|\s$/.test(shown)
    ? md`${shown}`
    : new Markup('Markdown', `\`${shown}\``);
}

/** A block of code: a fence that is longer than any inside it. */
export function fenced(language: 'diff' | 'json', text: string): readonly Markdown[] {
  const lines = text.split(/\r?\n/).map((line) => line.split('\t').map(visible).join('\t'));
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longest + 1);
  return [`${fence}${language}`, ...lines, fence].map((line) => new Markup('Markdown', line));
}

/** A row of a table. */
export function row(...cells: readonly (string | Markdown)[]): Markdown {
  const shown = cells.map((cell) => md`${cell}`.text);
  return new Markup('Markdown', `| ${shown.join(' | ')} |`);
}

/** The line below the heads of a table. */
export function ruler(columns: number): Markdown {
  return new Markup('Markdown', `|${'---|'.repeat(columns)}`);
}

/** The lines as one document. */
export function documentOf(lines: readonly Markdown[]): string {
  return lines.map(({ text }) => text).join('\n');
}
