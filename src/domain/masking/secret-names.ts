/** Wherever they stand in a name, with or without a sign around them: `PGPASSWORD`, `apikey`. */
const ANYWHERE =
  /passw(?:or)?d|passphrase|passcode|secret|credential|api[_-]?key|private[_-]?key|authorization|mnemonic/i;
/** Words of a name that make it a secret's. */
const WORDS: ReadonlySet<string> = new Set(
  'pass pw pwd token creds cred cookie dsn bearer jwt pat otp htpasswd connectionstring connstr'.split(' '),
);
/** The same where they end a name: `REDIS_AUTH`, `SIGNING_KEY`, and neither `AUTH_MODE` nor `KEY_PREFIX`. */
const AT_THE_END: ReadonlySet<string> = new Set(['auth', 'key', 'keys', 'pin', 'salt', 'signature', 'sig']);
/** Which say nothing alone: the key of a Secret, a label, an index. */
const ALONE: ReadonlySet<string> = new Set(['key', 'keys']);
/** Of several: `API_TOKENS` and not `MAX_TOKENS`. */
const HELD_BY: ReadonlySet<string> = new Set(
  'api auth access bearer refresh session user bot admin'.split(' '),
);
/** Keys that open nothing. */
const HONEST_KEYS: ReadonlySet<string> = new Set(
  'public primary foreign partition sort cache routing lookup index object group row dedup idempotency ordering feature message config label annotation sharding shard hot page'.split(
    ' ',
  ),
);
/** A name that ends with one of these tells of a secret, and holds none: `TOKEN_LIMIT`, `secretName`, `PASSWORD_FILE`. */
const ABOUT: ReadonlySet<string> = new Set(
  (
    'name names type kind count limit limits length size ttl expiry expires expiration lifetime age path file dir ref url uri ' +
    'host port endpoint mode enabled disabled required prefix suffix column field header algorithm alg issuer audience min max ' +
    'policy timeout budget usage window rate domain secure samesite version namespace provider backend store format interval'
  ).split(' '),
);

/**
 * Whether a name of a setting, a header, an annotation or a flag says that its value is a secret. When in doubt it does:
 * `SOME_KEY` is one.
 */
export function isSecretName(name: string): boolean {
  const words = wordsOf(name);
  const last = words.at(-1) ?? '';
  if (ABOUT.has(last)) return false;
  if (ANYWHERE.test(name)) return true;
  if (AT_THE_END.has(last) && (words.length > 1 || !ALONE.has(last)))
    return !HONEST_KEYS.has(words.at(-2) ?? '');
  return words.some(
    (word, index) =>
      (WORDS.has(word) && words[index + 1] !== 'through') ||
      (word === 'tokens' && HELD_BY.has(words[index - 1] ?? '')),
  );
}

/** The words of a name, whatever joins them: `authToken`, `AUTH_TOKEN`, `x-auth.token`. */
export function wordsOf(name: string): readonly string[] {
  const split = name.replaceAll(/([a-z\d])([A-Z])/g, '$1 $2').replaceAll(/([A-Z]+)([A-Z][a-z])/g, '$1 $2');
  return split
    .toLowerCase()
    .split(/[^a-z\d]+/)
    .filter(Boolean);
}
