import type { Row } from './rows.ts';

const HEAD = ['family', 'what was done', 'target', 'ends', 'runs', 'right', '%', 'on'] as const;
const [BEGIN, END] = ['<!-- tables:begin -->', '<!-- tables:end -->'];

/** Rows of lines of JSON. @throws SyntaxError for a line that is none. */
export function parseRows(text: string): readonly Row[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Row);
}

/** Adds up rows that say the same, in the order of their first appearance within sorted families. */
export function addedUp(rows: readonly Row[]): readonly Row[] {
  const sums = new Map<string, Row>();
  for (const row of rows) {
    const key = keyOf(row);
    const known = sums.get(key);
    sums.set(key, known ? { ...known, runs: known.runs + row.runs, right: known.right + row.right } : row);
  }
  return [...sums.values()].sort(
    (a, b) =>
      a.family.localeCompare(b.family) || a.fault.localeCompare(b.fault) || a.target.localeCompare(b.target),
  );
}

/** What tells one row from another: its counts do not. */
function keyOf({ family, fault, target, ends }: Row): string {
  return JSON.stringify([family, fault, target, ends]);
}

/**
 * Rows with those that were run again replaced. What was not run again stays, with its day.
 * @param before rows of the document.
 */
export function renewed(before: readonly Row[], again: readonly Row[]): readonly Row[] {
  const keys = new Set(again.map(keyOf));
  return [...before.filter((row) => !keys.has(keyOf(row))), ...again];
}

/** The rows that a document shows, as `withTables` has written them. */
export function rowsOf(document: string): readonly Row[] {
  return document.split('\n').flatMap((line) => {
    const cells = line
      .split(/(?<!\\)\|/)
      .slice(1, -1)
      .map((cell) => cell.trim().replaceAll('\\|', '|'));
    const [family = '', fault = '', target = '', ends = '', runs = '', right = '', , day = ''] = cells;
    if (cells.length !== HEAD.length || !/^\d+$/.test(runs)) return [];
    return [
      { family, fault, target: target as Row['target'], ends, runs: Number(runs), right: Number(right), day },
    ];
  });
}

/** True when every run of every row ended as it has to, and there was one. */
export function isPerfect(rows: readonly Row[]): boolean {
  return rows.length > 0 && rows.every(({ runs, right }) => runs > 0 && right === runs);
}

/**
 * The document with the tables of these rows between its marks; what people have written around them stays.
 * @param day of the rows that have none.
 * @throws Error when the marks are not there.
 */
export function withTables(document: string, rows: readonly Row[], day: string): string {
  const [begin, end] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`the document has no ${BEGIN} … ${END}`);
  return `${document.slice(0, begin + BEGIN.length)}\n\n${tables(rows, day)}\n\n${document.slice(end)}`;
}

function tables(rows: readonly Row[], day: string): string {
  const all = rows.map((row) => ({ ...row, day: row.day ?? day }));
  const families = Map.groupBy(addedUp(all), ({ family }) => family);
  const overview = [...families].map(([family, own]) => [family, ...counts(own)]);
  return [
    `${total(rows, 'runs')} runs, ${total(rows, 'right')} right.`,
    table(['family', 'runs', 'right', '%'], [...overview, ['**all**', ...counts(rows)]]),
    ...[...families].flatMap(([family, own]) => [
      `## ${family.slice(0, 1).toUpperCase()}${family.slice(1)}`,
      table(
        HEAD,
        own.map((row) => [family, row.fault, row.target, row.ends, ...counts([row]), row.day ?? '']),
      ),
    ]),
  ].join('\n\n');
}

function counts(rows: readonly Row[]): readonly string[] {
  const [runs, right] = [total(rows, 'runs'), total(rows, 'right')];
  // Rounded down: what is not all right never reads as 100.
  const percent = runs === 0 ? 0 : Math.floor((right / runs) * 1000) / 10;
  return [String(runs), String(right), String(percent)];
}

function total(rows: readonly Row[], what: 'runs' | 'right'): number {
  return rows.reduce((sum, row) => sum + row[what], 0);
}

function table(head: readonly string[], lines: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), `|${'---|'.repeat(head.length)}`, ...lines.map(line)].join('\n');
}
