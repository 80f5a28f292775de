import fc from 'fast-check';

/** Texts that have broken parsers, terminals, shells, templates and lookups before. */
const TRAPS = [
  ...['', ' ', '\n', '\t', '\0', '\r\n', '\u2028', '\ufeff', '\u202e', '\u200b', '\ud800', '\udc00x'],
  ...['null', 'undefined', 'true', 'NaN', '-0', '1e309', '0x1f', '9007199254740993', '~', 'no', '1_000'],
  ...['__proto__', 'constructor', 'prototype', 'toString', 'toJSON', 'hasOwnProperty', 'valueOf', 'then'],
  ...['../../etc/passwd', '~/.ssh/id_rsa', 'C:\\nul', 'file:///etc/passwd', 'a/b', '.', '..', '-rf'],
  ...['$' + '{HOME}', '{{secret}}', '$(id)', '`id`', '%s%n', "'; DROP TABLE runs; --", '<script>', '<!here>'],
  ...['http://127.0.0.1:1/', 'HTTPS://user:pw@host.example/x', 'javascript:alert(1)', '\u001b[2J\u001b[31m'],
  ...[
    '[a](b)',
    '| a | b |',
    '```',
    '@channel',
    '*',
    '?',
    '&a',
    '*a',
    '!!js/function',
    '<<',
    '---',
    '#',
    ': ',
  ],
  ...['ｆｕｌｌｗｉｄｔｈ', 'e\u0301', '👩‍👩‍👧', 'İ', 'ß', 'ﬃ', '\u{10ffff}'],
];

/** Any text: traps, plain ones, every code unit, and long ones. */
export const hostileText: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom(...TRAPS) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 40 }) },
  { weight: 2, arbitrary: fc.string({ unit: 'grapheme', maxLength: 40 }) },
  {
    weight: 1,
    arbitrary: fc.tuple(fc.constantFrom(...TRAPS, 'x'), fc.constantFrom(64, 501, 5000)).map(repeated),
  },
);

function repeated([text, times]: readonly [string, number]): string {
  return text.repeat(times);
}

const digits = (length: number, alphabet: string) =>
  fc.string({ unit: fc.constantFrom(...alphabet), minLength: length, maxLength: length });
const BASE62 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** A credential as one looks: the first half says which kind, the second is its own and must never be repeated. */
export interface Credential {
  readonly text: string;
  readonly own: string;
}

/** Credentials of the kinds that people paste. */
export const credential: fc.Arbitrary<Credential> = fc
  .record({
    prefix: fc.constantFrom(
      ...['Bearer ', 'sk-', 'xoxb-12-', 'ghp_', 'glpat-', 'eyJhbGciOiJIUzI1NiJ9.', 'AKIA', 'hvs.'],
      ...['password=', 'api_key: ', 'TOKEN=', 'https://hooks.slack.com/services/T0/B0/', 'https://bot:'],
      '-----BEGIN PRIVATE KEY-----\n',
    ),
    // Every kind wants a digit, and some want capitals alone.
    body: digits(18, BASE62),
  })
  .map(({ prefix, body }) => {
    const own = prefix === 'AKIA' ? `7Q${body.toUpperCase()}` : `7Qz${body}`;
    return { text: `${prefix}${own}${prefix === 'https://bot:' ? '@host.example' : ''}`, own };
  });

const key = fc.oneof(
  hostileText.filter((text) => text.length < 100),
  fc.string({ maxLength: 8 }),
);

/** Any JSON value, with keys that are traps too. Serialised JSON can hold an own key `__proto__`; so can these. */
export const anyJson: fc.Arbitrary<unknown> = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, depthSize: 'small' },
    fc.oneof(
      fc.constant(null),
      fc.boolean(),
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      hostileText,
    ),
    fc.array(tie('value'), { maxLength: 5 }),
    fc.array(fc.tuple(key, tie('value')), { maxLength: 5 }).map((entries) => Object.fromEntries(entries)),
  ),
})).value;

/** JSON that is nested as deep as a text of that size can be, and JSON of many entries. */
export const extremeJson: fc.Arbitrary<string> = fc
  .tuple(fc.constantFrom('[', '{"a":', '[{"b":'), fc.constantFrom(50, 1000, 20_000, 60_000))
  .map(([open, depth]) => {
    const close = [...open].reverse().flatMap((mark) => (mark === '[' ? [']'] : mark === '{' ? ['}'] : []));
    return `${open.repeat(depth)}1${close.join('').repeat(depth)}`;
  });

/** One payload as it stands in a start request, an update or a signal. */
export interface RawPayload {
  readonly metadata?: Readonly<Record<string, Uint8Array>>;
  readonly data?: Uint8Array;
}

const utf8 = (text: string) => new TextEncoder().encode(text);

/** A value as the SDKs send it. */
export function jsonPayload(json: string): RawPayload {
  return { metadata: { encoding: utf8('json/plain') }, data: utf8(json) };
}

const encodings = fc.constantFrom(
  ...['json/plain', 'json/protobuf', 'binary/plain', 'binary/null', 'binary/protobuf', 'binary/encrypted'],
  ...['binary/zlib', 'application/json', 'JSON/PLAIN', '', 'json/plain ', 'constructor', '__proto__'],
);

const bytes = fc.oneof(
  fc.uint8Array({ maxLength: 60 }),
  anyJson.map((value) => utf8(JSON.stringify(value) ?? 'null')),
  fc
    .constantFrom(...['{', '{"service":', "{'a': 1}", 'undefined', 'NaN', '{}{}', '\ufeff{}', '{"a":1,}', ''])
    .map(utf8),
);

/** Payloads whose encoding and content have nothing to do with each other. */
export const strangePayload: fc.Arbitrary<RawPayload> = fc.oneof(
  fc
    .record({ encoding: encodings, data: fc.option(bytes, { nil: undefined }), more: fc.option(hostileText) })
    .map(({ encoding, data, more }) => ({
      metadata: {
        encoding: utf8(encoding),
        ...(more === null ? {} : { messageType: utf8(more.toWellFormed()), 'x-unknown': utf8('1') }),
      },
      ...(data ? { data } : {}),
    })),
  bytes.map((data) => ({ data })),
  bytes.map((data) => ({ metadata: {}, data })),
  fc.uint8Array({ maxLength: 8 }).map((encoding) => ({ metadata: { encoding }, data: utf8('{}') })),
  fc.constant({}),
);

/** What a caller may hand over: nothing, one value, several, in any encoding. */
export function payloadsOf(json: fc.Arbitrary<string>): fc.Arbitrary<readonly RawPayload[] | undefined> {
  return fc.oneof(
    { weight: 6, arbitrary: json.map((text) => [jsonPayload(text)]) },
    { weight: 4, arbitrary: strangePayload.map((payload) => [payload]) },
    { weight: 1, arbitrary: fc.array(fc.oneof(json.map(jsonPayload), strangePayload), { maxLength: 4 }) },
    { weight: 1, arbitrary: fc.constant(undefined) },
  );
}
