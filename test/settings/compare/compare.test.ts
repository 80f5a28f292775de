import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker } from '../../../src/domain/masking/mask-value.ts';
import { documentOf } from '../../../src/domain/media/markdown.ts';
import { compareSettings } from '../../../src/settings/compare/compare.ts';
import { differenceLines, differenceMarkdown } from '../../../src/settings/compare/lines.ts';
import { configFile, secretFile } from '../files.ts';

/** The lines for people about one key that was one text and is another. */
const lines = (key: string, before: string, after: string, masker = createMasker()) =>
  differenceLines(compareSettings([configFile(key, before)], [configFile(key, after)], masker));

const AT = 'configmap/app-config';
const KEY = 'Zx8Kq2Lm9Rt4Vw7Yb3Nc6';

describe('what differs between two texts', () => {
  it.each<[string, string, string, string, readonly string[]]>([
    ['nothing', 'c.toml', 'a = 1', '# new\na=0x1', []],
    [
      'a value',
      'config.toml',
      '[llm]\ndefault_provider = "openai"',
      '[llm]\ndefault_provider = "anthropic"',
      [`${AT} config.toml llm.default_provider: "openai" -> "anthropic"`],
    ],
    [
      'what is there on one side',
      'c.yaml',
      'a: 1\nb: {c: x}',
      'a: 1\nd: [true]',
      [`${AT} c.yaml b.c: removed, was "x"`, `${AT} c.yaml d[0]: added, true`],
    ],
    [
      'the type of a value',
      'c.yaml',
      'port: 8080\nratio: 5\non: true',
      'port: "8080"\nratio: 5.0\non: "true"',
      [
        `${AT} c.yaml port: 8080 -> "8080", another type`,
        `${AT} c.yaml ratio: 5 -> 5.0, another type`,
        `${AT} c.yaml on: true -> "true", another type`,
      ],
    ],
    ['one value', 'log_level', 'info\n', 'debug\n', [String.raw`${AT} log_level: "info\n" -> "debug\n"`]],
    [
      'a text of some lines',
      'nginx.conf',
      'a;\nb;\n',
      'a;\n',
      [String.raw`${AT} nginx.conf: text of 2 lines -> "a;\n"`],
    ],
    [
      'lines of a text of some lines',
      'nginx.conf',
      'a;\nb;\n',
      'a;\nc;\n',
      [`${AT} nginx.conf: changed (masked)`],
    ],
    [
      'that it can be read no more',
      'c.toml',
      'a = 1',
      'b = 2\na = ',
      [`${AT} c.toml: TOML -> not TOML (line 2)`],
    ],
    ['that it can be read again', 'c.json', '', '{}', [`${AT} c.json: not JSON -> JSON`]],
    ['a text that cannot be read', 'c.json', '{1', `{${KEY}`, [`${AT} c.json: changed (masked)`]],
  ])('%s', (_, key, before, after, told) => {
    expect(lines(key, before, after)).toEqual(told);
  });

  it('is told of keys that came and went, and of bytes', () => {
    const before = [configFile('old', 'x'), configFile('logo.png', new Uint8Array([255]))];
    const after = [
      configFile('logo.png', new Uint8Array([255, 254])),
      configFile('new.env', 'A=1', 'configmap/other'),
    ];
    expect(differenceLines(compareSettings(before, after))).toEqual([
      `${AT} old: removed, was "x"`,
      `${AT} logo.png: 1 byte -> 2 bytes`,
      'configmap/other new.env A: added, "1"',
    ]);
  });

  it('shows where two long values part, and only that', () => {
    const long = 'word '.repeat(100);
    const [line = ''] = lines('c.yaml', `a: ${long}left`, `a: ${long}right`);
    expect(line).toMatch(/: ….*left" -> ….*right"$/);
    expect(line.length).toBeLessThan(250);
  });

  it('is short, however long a key is', () => {
    const [line = ''] = lines('c.yaml', '{}', `${'word-'.repeat(100)}: 1`);
    expect(line.length).toBeLessThan(250);
  });

  it('counts what is beyond the limit', () => {
    const text = (value: number) =>
      Array.from({ length: 130 }, (_, index) => `k${index} = ${value}`).join('\n');
    const difference = compareSettings([configFile('c.toml', text(1))], [configFile('c.toml', text(2))]);
    expect(difference).toMatchObject({ changes: { length: 100 }, left: 30 });
    expect(differenceLines(difference).at(-1)).toBe('and 30 more settings');
  });

  it('is one line each, and means itself in Markdown', () => {
    const difference = compareSettings(
      [configFile('c.toml', '"`]\\n[x](http://evil)" = "a"')],
      [configFile('c.toml', '"`]\\n[x](http://evil)" = "**b**\\u202e\\n# c"')],
    );
    const [line = ''] = differenceLines(difference);
    expect(line).not.toMatch(/[\n\u202e]/);
    const markdown = documentOf(differenceMarkdown(difference));
    expect(markdown).not.toMatch(/\n|\u202e|(?<!\\)\]\(/);
  });
});

describe('of a secret it is told that it differs, and no more', () => {
  it.each<[string, string, string, string, readonly string[]]>([
    [
      'by its name',
      'c.toml',
      '[llm.openai]\napi_key = "one"',
      '[llm.openai]\napi_key = "two"',
      ['llm.openai.api_key: changed (masked)'],
    ],
    [
      'by the name of its section',
      'c.yaml',
      'secrets: {github: one}',
      'secrets: {github: two}',
      ['secrets.github: changed (masked)'],
    ],
    [
      'by the name of its list',
      'c.yaml',
      'passwords: [one]',
      'passwords: [two]',
      ['passwords[0]: changed (masked)'],
    ],
    [
      'by the name beside it',
      'c.yaml',
      'env: [{name: DB_PASSWORD, value: one}]',
      'env: [{name: DB_PASSWORD, value: two}]',
      ['env[0].value: changed (masked)'],
    ],
    [
      'by the flag before it',
      'c.yaml',
      'args: [--token, one]',
      'args: [--token, two]',
      ['args[1]: changed (masked)'],
    ],
    ['by its value', 'c.env', `A=${KEY}`, `A=${KEY}x9`, ['A: changed (masked)']],
    [
      'in a part of a value',
      'c.env',
      'A=postgres://u:one@db/x',
      'A=postgres://u:two@db/x',
      ['A: changed (masked)'],
    ],
    [
      'beside a part that is shown',
      'c.env',
      'A=postgres://u:one@db/x',
      'A=postgres://u:two@db/y',
      ['A: "postgres://•••@db/x" -> "postgres://•••@db/y"'],
    ],
    ['that came', 'c.env', 'A=1', 'A=1\nTOKEN=one', ['TOKEN: added (masked)']],
    ['that went', 'c.env', 'A=1\nTOKEN=one', 'A=1', ['TOKEN: removed (masked)']],
    ['that is empty now', 'c.env', 'TOKEN=one', 'TOKEN=', ['TOKEN: changed (masked)']],
    ['of another type', 'c.yaml', 'pin: 1234', 'pin: "1234"', ['pin: changed (masked), another type']],
    ['that is a key', 'c.yaml', `users: {${KEY}: 1}`, `users: {${KEY}: 2}`, ['users."•••": 1 -> 2']],
    [
      'that the profile names',
      'c.env',
      'INTERNAL_HOST=a',
      'INTERNAL_HOST=b',
      ['INTERNAL_HOST: changed (masked)'],
    ],
  ])('%s', (_, key, before, after, told) => {
    expect(lines(key, before, after, createMasker(['INTERNAL_*']))).toEqual(
      told.map((line) => `${AT} ${key} ${line}`),
    );
  });

  it.each([
    ['auth.mode', '[auth]\nmode = "none"', '[auth]\nmode = "jwt"', '"none" -> "jwt"'],
    ['token_bucket.capacity', '[token_bucket]\ncapacity = 1', '[token_bucket]\ncapacity = 2', '1 -> 2'],
    ['llm.openai.max_tokens', 'llm.openai.max_tokens = 1', 'llm.openai.max_tokens = 2', '1 -> 2'],
    [
      'llm.openai.base_url',
      'llm.openai.base_url = "http://a"',
      'llm.openai.base_url = "http://b"',
      '"http://a" -> "http://b"',
    ],
  ])('and %s is none', (path, before, after, values) => {
    expect(lines('c.toml', before, after)).toEqual([`${AT} c.toml ${path}: ${values}`]);
  });

  it('in an object that is secret as a whole, on one side too', () => {
    const [old, now] = ['a = "one"\nb = 1', 'a = "two"\nb = 2'];
    const told = ['a: changed (masked)', 'b: changed (masked)'];
    const plain = (key: string, text: string) => configFile(key, text, 'secret/llm-keys');
    for (const [before, after] of [
      [secretFile, secretFile],
      [plain, secretFile],
      [secretFile, plain],
    ] as const) {
      const difference = compareSettings([before('c.toml', old)], [after('c.toml', now)]);
      expect(differenceLines(difference)).toEqual(told.map((line) => `secret/llm-keys c.toml ${line}`));
    }
    const difference = compareSettings([secretFile('openai', 'one')], [secretFile('openai', '')]);
    expect(differenceLines(difference)).toEqual(['secret/llm-keys openai: changed (masked)']);
  });

  it('whatever stands around it', () => {
    // A word is masked for its name or its place alone; a key for what it is as well.
    const word = fc.stringMatching(/^hidden[a-z]{8}$/);
    const key = fc.stringMatching(/^[a-z]{2}[A-Z]\d[a-z][A-Z]\d[a-z]\d[A-Z]{2}\d[a-z]\d[A-Z][a-z]\d$/);
    const texts = (name: string, value: string, noise: string) => [
      `${name} = "${value}"`,
      `${name}: ${value}`,
      `{"x": {"${name}": ["${value}"]}}`,
      `${name}=${value}`,
      `${noise}${name} = ${value}`,
      `${name}: [${value}`,
      `{"${name}": ${value}`,
      `${value}\n${noise}`,
    ];
    const secret = fc.record({
      value: word,
      name: fc.constantFrom('a', 'api_key'),
      isSecret: fc.constant(true),
    });
    const named = fc.record({
      value: word,
      name: fc.constantFrom('api_key', 'password'),
      isSecret: fc.constant(false),
    });
    const generated = fc.record({
      value: key,
      name: fc.constantFrom('a', 'note'),
      isSecret: fc.constant(false),
    });
    const file = fc.constantFrom('c.toml', 'c.yaml', 'c.json', '.env', 'other');
    fc.assert(
      fc.property(
        fc.oneof(secret, named, generated),
        file,
        fc.string(),
        ({ value, name, isSecret }, key, noise) => {
          const sides = ['', 'new'].map((end) =>
            texts(name, `${value}${end}`, noise)
              // Of the value of a whole key there is no name but the key's.
              .filter(
                (text) =>
                  isSecret || name === 'a' || name === 'note' || key !== 'other' || text.includes(name),
              )
              .map((text) => (isSecret ? secretFile(key, text) : configFile(key, text))),
          );
          for (const before of sides[0] ?? []) {
            for (const after of sides[1] ?? []) {
              const difference = compareSettings([before], [after]);
              expect(JSON.stringify([difference, differenceLines(difference)])).not.toContain(value);
            }
          }
        },
      ),
      { numRuns: 60 },
    );
  });
});
