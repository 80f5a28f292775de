import { MASK, redact } from '../redact.ts';
import { mayBeRandom, withoutRandom } from './random-text.ts';
import { isSecretName } from './secret-names.ts';

/** User and password of a URL. The password may hold "/" and "@", which a strict URL would not. */
const URL_CREDENTIALS = /(:\/\/)(?:[^\s/@:]{0,256}:\S{0,1024}|[^\s/@]{1,256})@/g;
/** `user:password@tcp(host)/db`, as some drivers write it. */
const BARE_CREDENTIALS = /^([\w.-]{1,64}:)[^\s@/]{1,256}(?=@[\w.-]{0,20}\()/g;
/** Where a pair within a longer text begins: `?sig=`, `Password=`, `"api_key": `, `--token `, `TOKEN=`. */
const HEAD =
  /(?<![\w.-])(?:(?<flag>--?[A-Za-z][\w.-]{0,200})(?:\s{1,40}(?![-\s])|=)|(?<name>[A-Za-z][\w.-]{0,200})\\?["']?\s{0,40}[=:]\s{0,40})/g;
/** The value behind it; a list as a whole. */
const VALUE = /\\?"[^"]{1,4096}"|'[^']{1,4096}'|\[[^\]]{0,4096}\]?|[^\s"'&;,}]{1,4096}/y;
/** Names whose values are several words. */
const WHOLE_LINE = /authorization$|cookie$/i;
const LINE = /[^\n"']{1,4096}/y;

/** What of a service's settings may be shown. */
export interface Masker {
  /** A value in whole or in part, by its name and by itself. */
  value(name: string, value: string): string;
  /** A text without a name of its own: a command line, a comment. */
  text(text: string): string;
  /** Whether everything of this name is masked. */
  hides(name: string): boolean;
}

/**
 * Masks what looks like a secret by its name or by its value, or what the profile names; the rest is shown, because it is
 * what broke production as often as not (docs/decisions/0010).
 *
 * @param named names that are masked as well, `*` for any characters, whatever their case
 */
export function createMasker(named: readonly string[] = []): Masker {
  const patterns = named.map((name) => new RegExp(`^${name.split('*').map(literal).join('.*')}$`, 'i'));
  const hides = (name: string) => isSecretName(name) || patterns.some((pattern) => pattern.test(name));
  const text = (raw: string) =>
    maskPairs(
      redact(raw.replace(URL_CREDENTIALS, `$1${MASK}@`).replace(BARE_CREDENTIALS, `$1${MASK}`)),
      hides,
    );
  return {
    hides,
    text,
    value(name, value) {
      if (value === '') return value;
      if (hides(name)) return MASK;
      const shown = text(value);
      return mayBeRandom(name, value) ? shown : withoutRandom(shown, MASK);
    },
  };
}

function literal(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** Masks the values of pairs whose names are hidden; a pair may stand in the value of another. */
function maskPairs(text: string, hides: (name: string) => boolean): string {
  let shown = '';
  let from = 0;
  for (const head of text.matchAll(HEAD)) {
    const { flag, name = flag ?? '' } = head.groups ?? {};
    const begin = head.index + head[0].length;
    if (begin < from || !hides(name.replace(/^-+/, ''))) continue;
    const value = WHOLE_LINE.test(name) ? LINE : VALUE;
    value.lastIndex = begin;
    const [found = ''] = value.exec(text) ?? [];
    if (found === '') continue;
    shown += `${text.slice(from, begin)}${MASK}`;
    from = begin + found.length;
  }
  return shown + text.slice(from);
}
