import { MASK, redact } from '../../domain/redact.ts';
import type { RawJson, RawObject } from './resources.ts';

const SECRET =
  'pass(?:word|wd|phrase|code)?|pwd|secret|token(?!s)|api[_-]?key|credential|private[_-]?key|auth(?!or)|dsn|cookie';
const SECRET_NAME = new RegExp(`${SECRET}|[_-](?:key|pw|pin|salt)$`, 'i');
/** Members whose names sound secret and only name an object or a file. */
const REFERENCES = new Set(['secretName', 'secretNamespace', 'secretFile']);
/** Lists that hold a command line. */
const COMMAND_LINES = new Set(['command', 'args']);

/** User and password of a URL. The password may hold "/" and "@", which a strict URL would not. */
const URL_CREDENTIALS = /(:\/\/)(?:[^\s/@:]{0,256}:\S{0,1024}|[^\s/@]{1,256})@/g;
/** `--token abc`, `--token=abc`, `TOKEN=abc`, `password: "abc"` within a longer text. */
const NAMED = new RegExp(
  `((?:--?[\\w.-]{0,40}(?:${SECRET})[\\w.-]{0,40}\\s{1,40}(?!-)|(?:${SECRET})[\\w.-]{0,40}["']?\\s{0,40}[=:]\\s{0,40}))` +
    `("[^"]{1,1024}"|'[^']{1,1024}'|[^\\s"']{1,1024})`,
  'gi',
);

/** A template that may be shown. */
export interface MaskedTemplate {
  readonly template: RawJson;
  /** Everything that is not shown, to tell whether two templates differ there. Never shown itself. */
  readonly hidden: readonly string[];
}

/**
 * Masks what may be a secret in a pod template:
 *
 * - each literal value of an environment variable (and of whatever else is a pair of `name` and `value`, such as a
 *   header) unless {@link isHarmless} and its name does not sound secret;
 * - the value of a member whose key sounds secret, such as an annotation;
 * - in command lines what follows a flag that sounds secret;
 * - in every text the credentials of a URL, and whatever else has the shape of a credential.
 */
export function maskTemplate(template: RawObject): MaskedTemplate {
  const hidden: string[] = [];
  const show = (raw: string, shown: string): string => {
    if (raw !== shown) hidden.push(...hiddenParts(raw, shown));
    return shown;
  };
  const walk = (value: RawJson, key: string): RawJson => {
    if (typeof value === 'string') return show(value, maskText(value));
    if (Array.isArray(value)) return value.map((item, index) => walkItem(item, key, value[index - 1]));
    if (typeof value !== 'object' || value === null) return value;
    const members = Object.keys(value)
      .sort()
      .map((name): [string, RawJson] => [name, walkMember(value, name)]);
    return Object.fromEntries(members);
  };
  const walkItem = (item: RawJson, list: string, before: RawJson | undefined): RawJson => {
    const isSecret = COMMAND_LINES.has(list) && typeof item === 'string' && isSecretFlag(before);
    return isSecret && !/^--[a-z]/i.test(item) ? show(item, MASK) : walk(item, '');
  };
  const walkMember = (parent: RawObject, key: string): RawJson => {
    const value = parent[key] ?? null;
    if (typeof value !== 'string') return walk(value, key);
    const { name } = parent;
    if (key === 'value' && typeof name === 'string') {
      return show(value, isHarmless(value) && !SECRET_NAME.test(name) ? value : MASK);
    }
    const isSecret = SECRET_NAME.test(key) && !REFERENCES.has(key);
    return isSecret ? show(value, MASK) : walk(value, key);
  };
  return { template: walk(template, ''), hidden };
}

/**
 * True for a value that is no secret by its shape, whatever its name: nothing, a number, or a token of at most 32
 * characters whose parts between `.`, `_` and `-` are plain. Plain are digits, a word in one case (at most three
 * words), a short word with a number (`v1`, `arm64`), and a number with a unit (`30s`, `512Mi`). Letters and digits
 * mixed in any other way, capitals in the middle of a word, and everything with another character in it may be a secret.
 */
export function isHarmless(value: string): boolean {
  if (value === '' || /^-?\d{1,15}(?:\.\d{1,15})?$/.test(value)) return true;
  if (!/^[A-Za-z0-9._-]{1,32}$/.test(value)) return false;
  const parts = value.split(/[._-]/);
  const isWord = (part: string) => /^(?:[a-z]+|[A-Z]+|[A-Z][a-z]+)$/.test(part);
  return (
    parts.every(
      (part) => isWord(part) || /^(?:\d{1,8}|[A-Za-z]{1,4}\d{1,3}|\d{1,6}[A-Za-z]{1,2})$/.test(part),
    ) && parts.filter(isWord).length <= 3
  );
}

function isSecretFlag(item: RawJson | undefined): boolean {
  return typeof item === 'string' && /^--?[\w.-]+$/.test(item) && SECRET_NAME.test(item);
}

function maskText(text: string): string {
  return redact(text.replace(URL_CREDENTIALS, `$1${MASK}@`).replace(NAMED, `$1${MASK}`));
}

/** What stands in the raw text where the shown one has a mask. */
function hiddenParts(raw: string, shown: string): readonly string[] {
  const [first = '', ...rest] = shown.split(MASK);
  let from = first.length;
  return rest.map((part) => {
    const end = part === '' ? raw.length : raw.indexOf(part, from);
    const hidden = raw.slice(from, end);
    from = end + part.length;
    return hidden;
  });
}
