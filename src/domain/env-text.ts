/** One `NAME=value` of an env file. */
export interface EnvAssignment {
  readonly name: string;
  /** Without quotes and escapes, variables not yet replaced. */
  readonly value: string;
  /** Where the name stands in the text. */
  readonly at: number;
  /** Where the value stands in the text, without its quotes. */
  readonly start: number;
  readonly end: number;
  /** Whether `$NAME` in the value is replaced: not in single quotes. */
  readonly expands: boolean;
}

/** The assignments of a text, or the offset at which it is no env file; the problem does not repeat the text. */
export type EnvText =
  | { readonly assignments: readonly EnvAssignment[] }
  | { readonly problem: string; readonly at: number };

/** Blanks but no line end (compose-go, dotenv/parser.go). */
const BLANK = /[\t\v\f\r \u0085\u00a0]*/y;
const NAME = /(?:export[\t\v\f\r \u0085\u00a0]+)?([\p{L}\p{N}_.\-[\]]+)[\t\v\f\r \u0085\u00a0]*([=:\n]|$)/uy;
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * Reads an env file as Compose does (compose-go, dotenv/parser.go): `export`, quotes, comments, `NAME: value`.
 * A name without a value takes its value from elsewhere and is left out.
 */
export function readEnvText(text: string): EnvText {
  const found: EnvAssignment[] = [];
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (;;) {
    at = statementStart(text, at);
    if (at >= text.length) return { assignments: found };
    NAME.lastIndex = at;
    const match = NAME.exec(text);
    if (!match?.[1]) return { problem: 'no NAME=value', at };
    const begin = at;
    at = NAME.lastIndex;
    if (match[2] !== '=' && match[2] !== ':') continue;
    BLANK.lastIndex = at;
    BLANK.test(text);
    const read = readValue(text, BLANK.lastIndex);
    if (!read) return { problem: 'a quoted value has no closing quote', at: begin };
    found.push({ name: match[1], at: begin, ...read.value });
    at = read.next;
  }
}

function statementStart(text: string, from: number): number {
  let at = from;
  for (;;) {
    while (at < text.length && /\s/.test(text[at] as string)) at++;
    if (text[at] !== '#') return at;
    const end = text.indexOf('\n', at);
    at = end === -1 ? text.length : end;
  }
}

type AssignedValue = Omit<EnvAssignment, 'name' | 'at'>;

function readValue(
  text: string,
  from: number,
): { readonly value: AssignedValue; readonly next: number } | undefined {
  const quote = text[from];
  if (quote !== '"' && quote !== "'") return unquoted(text, from);
  let end = from + 1;
  while (end < text.length && text[end] !== quote) end += text[end] === '\\' ? 2 : 1;
  if (end >= text.length) return undefined;
  const raw = text.slice(from + 1, end);
  const value = quote === '"' ? unescaped(raw) : raw.replaceAll("\\'", "'");
  return { value: { value, start: from + 1, end, expands: quote === '"' }, next: end + 1 };
}

function unquoted(text: string, from: number): { readonly value: AssignedValue; readonly next: number } {
  const lineEnd = text.indexOf('\n', from);
  const next = lineEnd === -1 ? text.length : lineEnd;
  const [beforeComment = ''] = text.slice(from, next).split(' #', 1);
  const value = beforeComment.trimEnd();
  return { value: { value, start: from, end: from + value.length, expands: true }, next };
}

function unescaped(raw: string): string {
  return raw.replace(/\\([abcfnrtv$"\\])/g, (whole, letter: string) => {
    if (letter === '$') return '$$';
    return letter === '"' || letter === '\\' ? letter : (ESCAPES[letter] ?? whole);
  });
}
