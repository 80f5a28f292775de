/** What stands where a secret stood. */
export const MASK = '•••';

/** More of a text from outside is not even read. In characters. */
const READ_LIMIT = 4096;

/**
 * A shape of credentials. Group 1 of the pattern is kept, the rest of a match is masked. No pattern reads a character
 * more than a few times, whatever the text: a repetition is bounded, or it consumes all that it has read.
 */
interface Shape {
  readonly pattern: RegExp;
  /** Tells a credential from honest text of the same shape; without it there is none. */
  readonly isReal?: (value: string, kept: string) => boolean;
}

const SECRET_NAME =
  'passw(?:or)?d|passphrase|secret|token(?!s)|api[_-]?key|access[_-]?key|private[_-]?key|authorization';
const KEY = `(?:${SECRET_NAME})[\\w-]{0,40}["']?\\s{0,40}[:=]\\s{0,40}["']?`;

/** Shapes of credentials that must not be repeated, wherever they come from. */
const SHAPES: readonly Shape[] = [
  { pattern: /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]{0,40}PRIVATE KEY-----|$)/g },
  { pattern: /\beyJ[\w-]{8,}(?:\.[\w-]*){0,4}/g },
  { pattern: /\b((?:Bearer|Basic)\s{1,40})[\w.~+/=-]{6,}/gi, isReal: isGenerated },
  {
    pattern: /\b(?:xox[abeoprs]-|gh[oprsu]_|github_pat_|glpat-|sk-|xai-|AIza|hvs\.)[\w.-]{8,}/g,
    isReal: isGenerated,
  },
  { pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{12,}/g },
  { pattern: /(:\/\/)[^\s/@:]{0,256}:[^\s/@]{1,1024}(?=@)/g },
  { pattern: /(?:https?:\/\/hooks\.|\bhooks\.slack\.com\/(?:services|workflows|triggers)\/)[^\s"']+/gi },
  // A list as a whole, of which the next shape knows the first item. What people write in brackets is no secret.
  { pattern: new RegExp(`(${KEY})\\[[^\\]]{1,4096}\\]?`, 'gi'), isReal: () => false },
  {
    // A value that is a key itself is left to the next match: `secret: token: …`.
    pattern: new RegExp(`(${KEY})(?!•|${KEY})[^\\s"',;&}]{4,}`, 'gi'),
    isReal: (value, kept) => namesSecret(kept) && isGenerated(value),
  },
];

/** Masks everything in a text that has the shape of a credential, honest text that looks like one too. */
export function redact(text: string): string {
  return SHAPES.reduce(
    (masked, { pattern }) =>
      masked.replace(pattern, (_, kept: unknown) => `${typeof kept === 'string' ? kept : ''}${MASK}`),
    text,
  );
}

/**
 * True when a text holds a credential. Less strict than {@link redact}, because it refuses what people wrote:
 * `max_tokens: 8192` and `token: expired` are none.
 */
export function holdsSecret(text: string): boolean {
  return SHAPES.some(({ pattern, isReal = () => true }) =>
    [...text.matchAll(pattern)].some(([match, kept = '']) => isReal(match.slice(kept.length), kept)),
  );
}

/** All but the joiner of emoji. */
const INVISIBLE = /(?:[\s\p{Cc}]|(?!\u200d)\p{Cf})+/gu;

/**
 * A text from outside as one line without control and format characters (bidirectional ones make a text read otherwise)
 * and secrets. It is cut last, so that no half of a
 * secret is left that has lost its shape.
 *
 * @param limit longest result, in characters
 */
export function oneLine(text: string, limit: number): string {
  const read = wholeWords(text);
  const line = redact(read.toWellFormed().replace(INVISIBLE, ' ').trim());
  if (line.length <= limit && read.length === text.length) return line;
  return `${line.slice(0, limit - 1).toWellFormed()}…`;
}

/** The beginning of a text, without the word or value in which it was cut. */
function wholeWords(text: string): string {
  if (text.length <= READ_LIMIT) return text;
  const read = text.slice(0, READ_LIMIT);
  const end = Math.max(...[' ', '\n', '"', ','].map((mark) => read.lastIndexOf(mark)));
  return end > 0 ? read.slice(0, end) : read;
}

/** Whether a value looks made by a machine or a careful person: a dictionary word is none. */
function isGenerated(value: string): boolean {
  return value.length >= 8 && (/\d|[a-z][A-Z]/.test(value) || /\w[!@#$%^*~+]\w/.test(value));
}

const NAMES = new RegExp(`^(?:${SECRET_NAME})([\\w-]*)`, 'i');

/** Whether the key names a secret, and not something about one: `token_count`, `secretName`, `tokenizer`. */
function namesSecret(kept: string): boolean {
  const rest = NAMES.exec(kept)?.[1] ?? '';
  return (
    !/^[a-z]/.test(rest) && !/(?:name|type|count|limit|length|size|ttl|expiry|path|file|ref)$/i.test(rest)
  );
}
