import { lineNumbers } from './lines.ts';
import { unsupported } from './unsupported.ts';

/** One `NAME=value` of an env file. */
export interface Assignment {
  readonly name: string;
  /** Without quotes and escapes, variables not yet replaced. */
  readonly value: string;
  /** Where the value stands in the text, without its quotes. */
  readonly start: number;
  readonly end: number;
  /** 1-based. */
  readonly line: number;
  /** Whether `$NAME` in the value is replaced: not in single quotes. */
  readonly expands: boolean;
}

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
 * @throws RunbookError ComposeFileUnsupported; the message does not repeat the text.
 */
export function parseEnvFile(path: string, text: string): readonly Assignment[] {
  const found: Assignment[] = [];
  const lineAt = lineNumbers(text);
  let at = text.startsWith('\uFEFF') ? 1 : 0;
  for (;;) {
    at = statementStart(text, at);
    if (at >= text.length) return found;
    NAME.lastIndex = at;
    const match = NAME.exec(text);
    const line = lineAt(at);
    if (!match?.[1]) throw unsupported({ path, line }, 'no NAME=value; mend the line');
    at = NAME.lastIndex;
    if (match[2] !== '=' && match[2] !== ':') continue;
    BLANK.lastIndex = at;
    BLANK.test(text);
    const read = readValue(text, BLANK.lastIndex);
    if (!read) throw unsupported({ path, line }, 'a quoted value has no closing quote');
    found.push({ name: match[1], line, ...read.value });
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

type AssignedValue = Omit<Assignment, 'name' | 'line'>;

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
