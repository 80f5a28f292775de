import { wordsOf } from './secret-names.ts';

/** Shorter is no key; what is made of such pieces is found as a whole. In characters. */
const SHORTEST = 8;
const UUID = /^[\da-f]{8}-(?:[\da-f]{4}-){3}[\da-f]{12}$/i;
/** Names of values that look made by chance and are no secret. */
const DIGESTS: ReadonlySet<string> = new Set(
  'sha sha1 sha256 commit digest checksum hash revision etag image tag version build uid uuid guid name'.split(
    ' ',
  ),
);

/** Whether a value of this name may look like a key without being one: a commit, a digest, the id of a tenant. */
export function mayBeRandom(name: string, value: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  return (
    words.some((word) => DIGESTS.has(word) && word !== 'name') ||
    last === 'name' ||
    (last === 'id' && UUID.test(value))
  );
}

/** Digests and instants, which are no keys (group 1), and what may be one. */
const RUNS = /(sha(?:256|512):[\da-f]+|\b\d{4}-\d\d-\d\dT[\d:.]+)|[A-Za-z\d+/=_~.-]+/g;

/** Masks the parts of a text that look made by chance: high entropy for their length, as keys and tokens have. */
export function withoutRandom(text: string, mask: string): string {
  return text.replaceAll(RUNS, (run, honest?: string) => (honest === undefined ? maskedRun(run, mask) : run));
}

function maskedRun(run: string, mask: string): string {
  if (UUID.test(run)) return mask;
  // Base64 has signs in it that separate words elsewhere; a path has words between them.
  if (/^[A-Za-z\d+/]{24,}={0,2}$/.test(run) && isRandom(run.replaceAll(/[+/=]/g, ''))) return mask;
  return run.replaceAll(/[A-Za-z\d]+(?:[_-]+[A-Za-z\d]+)*/g, (part) =>
    isRandom(part) || part.split(/[_-]/).some(isRandom) ? mask : part,
  );
}

/**
 * Whether letters and digits change as often as they do by chance. A word, a number or camelCase is a piece; by chance a
 * piece has about two characters, and words have more.
 */
function isRandom(text: string): boolean {
  if (text.length < SHORTEST) return false;
  if (/^(?=.*\d)[\da-f]{24,}$|^\d{16,}$/i.test(text)) return true;
  const pieces = text.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+/g) ?? [];
  const average = text.replaceAll(/[^A-Za-z\d]/g, '').length / pieces.length;
  return (
    average <= 2 ||
    (text.length >= 12 && average < 2.6) ||
    (text.length >= 20 && average < 3.2) ||
    (text.length >= 30 && average < 4)
  );
}
