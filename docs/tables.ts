/** A table in Markdown, a line each. */
export function table(columns: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(columns), `|${'---|'.repeat(columns.length)}`, ...rows.map(line)];
}

/**
 * The page with these lines between the marks `<!-- name:begin -->` and `<!-- name:end -->`.
 * @throws Error when the page has no such marks.
 */
export function between(page: string, name: string, lines: readonly string[]): string {
  const [begin, end] = [`<!-- ${name}:begin -->`, `<!-- ${name}:end -->`];
  const [before, rest] = page.split(begin);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined) throw new Error(`no ${begin} … ${end} in the page`);
  return `${before}${[begin, ...lines, end].join('\n')}${after}`;
}
