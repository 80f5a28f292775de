/** Of one value. In characters. */
const LIMIT = 120;
/** What is shown of what two values have in common, before the place where they part. */
const LEAD = 30;

/** A value that is short enough for a line. */
export function excerpt(text: string, from = 0): string {
  const [before, rest] = [from > 0 ? '…' : '', text.slice(from)];
  return `${before}${rest.length <= LIMIT ? rest : `${rest.slice(0, LIMIT - 1)}…`}`.toWellFormed();
}

/** Two values of which the place where they part is shown. */
export function excerpts(before: string, after: string): readonly [string, string] {
  let common = 0;
  while (common < before.length && before[common] === after[common]) common += 1;
  const from = common < LIMIT / 2 ? 0 : common - LEAD;
  return [excerpt(before, from), excerpt(after, from)];
}
