import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pathText } from '../../../src/settings/path.ts';
import { formatOf } from '../../../src/settings/read/format.ts';
import { readFile } from '../../../src/settings/read/read-file.ts';

const read = (key: string, content: string | Uint8Array) =>
  readFile({ object: 'configmap/app-config', key, content, secret: false });

/** `path: kind value`, one a setting. */
const told = (key: string, content: string | Uint8Array) => {
  const { settings, unread } = read(key, content);
  expect(unread).toBeUndefined();
  return settings.map(({ path, kind, value }) => `${pathText(path)}: ${kind} ${value}`);
};

describe('how a key or a file is read', () => {
  it.each([
    ['config.toml', 'TOML'],
    ['data/config.prod.TOML', 'TOML'],
    ['values.yaml', 'YAML'],
    ['values.yml', 'YAML'],
    ['appsettings.json', 'JSON'],
    ['.env', 'env file'],
    ['app.env', 'env file'],
    ['.env.production', 'env file'],
    ['conf.d\\.env', 'env file'],
    ['redis_url', 'one value'],
    ['toml', 'one value'],
    ['nginx.conf', 'one value'],
    ['a.constructor', 'one value'],
    ['folder.toml/app', 'one value'],
    ['', 'one value'],
  ])('%s: %s', (key, format) => {
    expect(formatOf(key)).toBe(format);
  });
});

describe('settings', () => {
  it.each<[string, string, readonly string[]]>([
    [
      'c.toml',
      '[llm]\ndefault_provider = "openai"\n[llm.openai]\nmodel_name = "gpt-4.1"\n[agents.default]\ntimeout_secs = 0x14\nratio = 1.50\nbig = 9007199254740993\nsince = 1979-05-27\nat = 07:32:00\non = true\nempty = []\n[none]',
      [
        'llm.default_provider: text openai',
        'llm.openai.model_name: text gpt-4.1',
        'agents.default.timeout_secs: whole number 20',
        'agents.default.ratio: decimal number 1.5',
        'agents.default.big: whole number 9007199254740993',
        'agents.default.since: date 1979-05-27',
        'agents.default.at: date 07:32:00.000',
        'agents.default.on: boolean true',
        'agents.default.empty: empty list []',
        'none: empty section {}',
      ],
    ],
    [
      'c.toml',
      '[[servers]]\nport = 1\n[[servers]]\nport = 5.0',
      ['servers[0].port: whole number 1', 'servers[1].port: decimal number 5.0'],
    ],
    ['c.toml', '\u{feff}a = 1\r\nb = """x\r\ny"""\r\n', ['a: whole number 1', 'b: text x\r\ny']],
    [
      'c.yaml',
      'z: 1\na: &x {b: 0x10, c: 1.0, d: ~, e: yes}\nm:\n  <<: *x\n  b: "2"\n1: one\nempty:\nt: !Sub $A\n',
      [
        'z: whole number 1',
        'a.b: whole number 16',
        'a.c: decimal number 1.0',
        'a.d: null null',
        'a.e: text yes',
        'm.b: text 2',
        'm.c: decimal number 1.0',
        'm.d: null null',
        'm.e: text yes',
        '1: text one',
        'empty: null null',
        't: text $A',
      ],
    ],
    ['c.yaml', '- a\n- [b, {c: d}]', ['[0]: text a', '[1][0]: text b', '[1][1].c: text d']],
    ['c.yaml', 'plain', [': text plain']],
    ['c.yaml', '', [': null null']],
    ['c.yml', '\u{feff}a: 1\r\nb: |\r\n  x\r\n', ['a: whole number 1', 'b: text x\n']],
    [
      'c.json',
      '{"b": {"2": 1, "1": 12345678901234567890}, "a": [1.5, "x", null, true, [], {}], "": -0}',
      [
        'b.2: whole number 1',
        'b.1: whole number 12345678901234567890',
        'a[0]: decimal number 1.5',
        'a[1]: text x',
        'a[2]: null null',
        'a[3]: boolean true',
        'a[4]: empty list []',
        'a[5]: empty section {}',
        '"": whole number 0',
      ],
    ],
    ['c.json', '\u{feff}{\t"a\\u00e9\\"": "{,}:[]\\\\"\r\n}', ['"aé\\"": text {,}:[]\\']],
    ['c.json', '7', [': whole number 7']],
    [
      '.env',
      '\u{feff}# a remark\r\nexport A=1\r\nB="two words"\r\nC: x # y\r\nINHERITED\r\nA=2\r\nD=\r\n',
      ['A: text 2', 'B: text two words', 'C: text x', 'D: text '],
    ],
    ['log_level', 'debug\n', [': text debug\n']],
    ['nginx.conf', 'worker_processes 4;\n', [': text worker_processes 4;\n']],
  ])('of %s', (key, content, settings) => {
    expect(told(key, content)).toEqual(settings);
    expect(told(key, new TextEncoder().encode(content))).toEqual(settings);
  });

  it.each([
    ['c.toml', '__proto__.polluted = 1\nconstructor.prototype.polluted = 1\nhasOwnProperty = 1'],
    ['c.yaml', '__proto__: {polluted: 1}\nconstructor: {prototype: {polluted: 1}}\nhasOwnProperty: 1'],
    [
      'c.json',
      '{"__proto__": {"polluted": 1}, "constructor": {"prototype": {"polluted": 1}}, "hasOwnProperty": 1}',
    ],
    ['.env', '__proto__=1\nconstructor=1\nhasOwnProperty=1'],
  ])('of %s have names that mean nothing to the language', (key, content) => {
    const names = read(key, content).settings.map(({ path }) => path[0]);
    expect(names).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
    expect({}).not.toHaveProperty('polluted');
  });
});

/** Stands where a parser stumbles. */
const CANARY = 'sk-canary-7f3d9a51c2e8';
const deep = (open: string, close: string) => open.repeat(20_000) + close.repeat(20_000);

describe('a text that cannot be read is told by its place', () => {
  it.each<[string, string, string | Uint8Array, object]>([
    ['TOML that is none', 'c.toml', `a = 1\nkey = ${CANARY}`, { says: 'not TOML', line: 2 }],
    ['a value without end', 'c.toml', `key = "${CANARY}`, { says: 'not TOML', line: 1 }],
    [
      'a key twice',
      'c.toml',
      `key = 1\nkey = "${CANARY}"`,
      { says: 'the same key or section twice', line: 2 },
    ],
    [
      'a section twice',
      'c.toml',
      `[a]\n[a]\nkey = "${CANARY}"`,
      { says: 'the same key or section twice', line: 2 },
    ],
    ['lists in lists', 'c.toml', `a = ${deep('[', ']')}`, { says: 'not TOML', line: 1 }],
    ['a key of keys', 'c.toml', `${'a.'.repeat(5000)}a = "${CANARY}"`, { says: 'nested too deeply' }],
    ['a day that there is not', 'c.toml', 'a = 2026-99-99', { says: 'not TOML' }],
    ['YAML that is none', 'c.yaml', `a: 1\nkey: "${CANARY}\n`, { says: 'not YAML: MISSING_CHAR', line: 3 }],
    [
      'a tab where blanks belong',
      'c.yaml',
      `a:\n\tkey: ${CANARY}`,
      { says: 'not YAML: TAB_AS_INDENT', line: 2 },
    ],
    ['a key twice', 'c.yaml', `key: 1\nkey: ${CANARY}`, { says: 'the same key twice', line: 2, column: 1 }],
    ['a list as key', 'c.yaml', `? [${CANARY}]\n: 1`, { says: 'a key must be a text', line: 1, column: 3 }],
    [
      'two documents',
      'c.yaml',
      `a: 1\n---\nkey: ${CANARY}`,
      { says: 'more than one document in the file', line: 2 },
    ],
    [
      'an alias to nothing',
      'c.yaml',
      `a: *${CANARY}`,
      { says: 'an alias without anchor, or too many aliases' },
    ],
    [
      'aliases of aliases',
      'c.yaml',
      [
        'a: &a [x, x, x, x, x, x, x, x, x]',
        ...[...'bcdefghi'].map((name, i) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[i]}`)}]`),
      ].join('\n'),
      { says: 'an alias without anchor, or too many aliases' },
    ],
    ['a list that holds itself', 'c.yaml', 'a: &a [1, *a]', { says: 'nested too deeply' }],
    [
      'lists in lists',
      'c.yaml',
      deep('[', ']'),
      { says: expect.stringMatching(/nested too deeply|not YAML/) },
    ],
    [
      'more settings than anybody has',
      'c.yaml',
      '- 1\n'.repeat(20_001),
      { says: 'more than 20000 settings' },
    ],
    ['JSON that is none', 'c.json', `{"key": ${CANARY}}`, { says: 'not JSON' }],
    ['a comma too many', 'c.json', `{"key": "${CANARY}",\n}`, { says: 'not JSON', line: 2, column: 1 }],
    ['a text that names a place', 'c.json', '"a" at position 3 (line 1 column 4)', { says: 'not JSON' }],
    [
      'a key twice',
      'c.json',
      `{"a": {\n "k": 1, "k": "${CANARY}"}}`,
      { says: 'the same key twice', line: 2, column: 10 },
    ],
    ['lists in lists', 'c.json', deep('[', ']'), { says: 'nested too deeply' }],
    ['an empty text', 'c.json', '', { says: 'not JSON' }],
    ['a line without a name', '.env', `A=1\n= ${CANARY}`, { says: 'no NAME=value', line: 2, column: 1 }],
    [
      'a quote without end',
      '.env',
      `A=1\nB="${CANARY}`,
      { says: 'a quoted value has no closing quote', line: 2, column: 1 },
    ],
    [
      'a text of great length',
      'c.toml',
      `#${'x'.repeat(128 * 1024)}`,
      { says: 'longer than 128 KiB', unknown: true },
    ],
    ['bytes that are no text', 'c.toml', new Uint8Array([0x61, 0xff, 0xfe]), { says: 'no text in UTF-8' }],
    [
      'UTF-16',
      'c.json',
      new Uint8Array(Buffer.from('\u{feff}{"a": 1}', 'utf16le')),
      { says: 'no text in UTF-8' },
    ],
    ['a text with a NUL', 'c.yaml', 'a: \0', { says: 'no text in UTF-8' }],
  ])('%s (%s)', (_, key, content, unread) => {
    const file = read(key, content);
    expect(file.unread).toMatchObject(unread);
    expect(JSON.stringify(file.unread)).not.toContain(CANARY);
    // It is compared as a whole.
    expect(file.settings).toMatchObject([{ path: [] }]);
  });

  it('and one of an unknown format is no text that cannot be read', () => {
    expect(read('logo.png', new Uint8Array([0x89, 0xff]))).toEqual({
      object: 'configmap/app-config',
      key: 'logo.png',
      secret: false,
      format: 'one value',
      settings: [{ path: [], kind: 'bytes', value: '\x89\xff' }],
    });
    expect(read('notes', 'x'.repeat(1024 * 1024)).unread).toBeUndefined();
  });

  it('in a moment, whatever it is made of', () => {
    const texts = [
      '[',
      '{',
      '"',
      '\\',
      '- ',
      ': ',
      '? ',
      '&a ',
      '*a ',
      '[[a]]\n',
      'a.',
      '#',
      "'''",
      '"""',
      '\n',
      '\t',
      '9',
      '${',
      '=',
    ].map((part) => part.repeat(Math.floor(20_000 / part.length)));
    const before = process.threadCpuUsage();
    for (const text of texts) for (const key of ['c.toml', 'c.yaml', 'c.json', '.env']) read(key, text);
    expect(process.threadCpuUsage(before).user / 1000 / texts.length).toBeLessThan(1500);
  });

  it('and nothing makes it throw', () => {
    const pieces = fc.constantFrom(
      ...[
        '{',
        '}',
        '[',
        ']',
        ':',
        ',',
        '"',
        "'",
        '\n',
        '\r\n',
        '\t',
        ' ',
        '- ',
        '# ',
        '= ',
        'a',
        '1',
        'null',
        '__proto__',
        '&a',
        '*a',
        '<<',
        '!!binary',
        '? ',
        '|',
        '>',
        '---',
        '1979-05-27',
        '\\u',
        '\ud800',
        '\0',
      ],
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
      fc.uint8Array(),
      fc.json(),
    );
    const key = fc.constantFrom('c.toml', 'c.yaml', 'c.json', '.env', 'other');
    fc.assert(
      fc.property(key, text, (name, content) => {
        const { settings, unread } = read(name, content);
        expect(Array.isArray(settings)).toBe(true);
        if (unread) expect(unread.says).toMatch(/^[\w .:=,-]+$/);
      }),
      { numRuns: 1000 },
    );
  });

  it('and JSON says what it says', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
        const text = JSON.stringify(value);
        const { settings, unread } = read('c.json', text);
        expect(unread).toBeUndefined();
        const leaves: string[] = [];
        const walk = (inner: unknown): void => {
          const items = typeof inner === 'object' && inner !== null ? Object.values(inner) : [];
          if (items.length > 0) items.forEach(walk);
          else leaves.push(typeof inner === 'string' ? inner : JSON.stringify(inner));
        };
        walk(JSON.parse(text));
        expect(settings.map((one) => one.value).toSorted()).toEqual(
          leaves.map((leaf) => (leaf === '-0' ? '0' : leaf)).toSorted(),
        );
      }),
    );
  });
});
