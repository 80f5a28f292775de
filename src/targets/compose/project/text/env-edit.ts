import { readEnvText } from '../../../../domain/env-text.ts';

/** One assignment with its whole line or lines. */
interface Statement {
  readonly from: number;
  /** Behind its line end. */
  readonly to: number;
  /** The value as it is written, with its quotes. */
  readonly written: string;
}

/** The variables of these whose value is written differently in two env files, or that one of them does not have. */
export function variablesChanged(a: string, b: string, names: Iterable<string>): readonly string[] {
  const [left, right] = [statementsOf(a), statementsOf(b)];
  return [...names].filter((name) => left.get(name)?.written !== right.get(name)?.written).sort();
}

/**
 * An env file in which these variables are as in another one: their lines are replaced, added at the end, or taken out; all
 * others stay as they are.
 */
export function withVariablesOf(now: string, then: string, names: readonly string[]): string {
  const [present, former] = [statementsOf(now), statementsOf(then)];
  const edits = names.flatMap((name) => {
    const [at, was] = [present.get(name), former.get(name)];
    const text = was ? then.slice(was.from, was.to) : '';
    return at ? [{ ...at, text }] : was ? [{ from: now.length, to: now.length, text }] : [];
  });
  return edits
    .toSorted((a, b) => b.from - a.from)
    .reduce((text, edit) => {
      const before = text.slice(0, edit.from);
      const gap = edit.text !== '' && before !== '' && !before.endsWith('\n') ? '\n' : '';
      const added = edit.text === '' || edit.text.endsWith('\n') || edit.to === text.length ? '' : '\n';
      return `${before}${gap}${edit.text}${added}${text.slice(edit.to)}`;
    }, now);
}

/** By name; of two of one name the last counts. None of a text that is no env file. */
function statementsOf(text: string): ReadonlyMap<string, Statement> {
  const read = readEnvText(text);
  if ('problem' in read) return new Map();
  return new Map(
    read.assignments.map(({ name, at, start, end }) => {
      const lineEnd = text.indexOf('\n', end);
      const isQuoted = start > 0 && /["']/.test(text[start - 1] ?? '') && text[end] === text[start - 1];
      return [
        name,
        {
          from: text.lastIndexOf('\n', at - 1) + 1,
          to: lineEnd === -1 ? text.length : lineEnd + 1,
          written: isQuoted ? text.slice(start - 1, end + 1) : text.slice(start, end),
        },
      ] as const;
    }),
  );
}
