import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createMasker } from '../../src/domain/masking/mask-value.ts';
import { documentOf } from '../../src/domain/media/markdown.ts';
import { findingLines, findingsMarkdown } from '../../src/domain/versions/findings.ts';
import { judgeSettings } from '../../src/settings/judge.ts';
import { readFile } from '../../src/settings/read/read-file.ts';
import type { ContainerEnvironment } from '../../src/settings/rules/environment.ts';
import { criticalSchema } from '../../src/settings/rules/schema.ts';
import type { ReadFile } from '../../src/settings/setting.ts';
import { environmentOf } from './environment.ts';
import { configFile, secretFile } from './files.ts';
import { GOOD_CONFIG } from './orchestrator/orchestrator.ts';

const critical = (...rules: readonly object[]) =>
  criticalSchema.parse({ rules: rules.map((rule) => ({ name: 'own', ...rule })) });

const judge = (
  rule: object,
  files: readonly ReadFile[],
  environment: ContainerEnvironment = environmentOf(),
) => findingLines(judgeSettings(files, environment, critical(rule)));

const AT = 'configmap/app-config';
const yaml = (text: string) => [configFile('app.yaml', text)];
const none: readonly string[] = [];

describe('a rule of the profile', () => {
  it.each<[string, object, string, string | undefined]>([
    ['a setting that is there', { setting: 'a.b' }, 'a: {b: 1}', undefined],
    ['a setting that is missing', { setting: 'a.b' }, 'a: {c: 1}', 'a.b is missing'],
    [
      'a setting that may be missing',
      { setting: 'a.b', optional: true, oneOf: ['x'] },
      'a: {c: 1}',
      undefined,
    ],
    ['one of some', { setting: 'a', oneOf: ['x', 'y'] }, 'a: y', undefined],
    ['none of some', { setting: 'a', oneOf: ['x', 'y'] }, 'a: z', 'a is none of x, y (it is "z")'],
    ['one of some numbers', { setting: 'a', oneOf: [1, 2.5] }, 'a: 2.50', undefined],
    ['a text where a number is meant', { setting: 'a', oneOf: [1] }, 'a: "1"', 'a is none of 1 (it is "1")'],
    ['a number where a text is meant', { setting: 'a', oneOf: ['1'] }, 'a: 1', 'a is none of 1 (it is 1)'],
    ['one of true and false', { setting: 'a', oneOf: [true] }, 'a: true', undefined],
    ['the other of them', { setting: 'a', oneOf: [true] }, 'a: false', 'a is none of true (it is false)'],
    ['a match', { setting: 'a', matches: '[a-z]+/[a-z]+' }, 'a: x/y', undefined],
    ['a match of a part', { setting: 'a', matches: 'x|y' }, 'a: xy', 'a does not match x|y (it is "xy")'],
    [
      'a value of great length',
      { setting: 'a', matches: '(a+)+' },
      `a: ${'a'.repeat(2000)}!`,
      `a is longer than 1024 characters, and not compared with (a+)+ (it is "${'a'.repeat(118)}…)`,
    ],
    ['a number within bounds', { setting: 'a', number: { least: 1, most: 5 } }, 'a: 5', undefined],
    [
      'a number below',
      { setting: 'a', number: { least: 1 } },
      'a: 0.5',
      'a is out of bounds, expected at least 1 (it is 0.5)',
    ],
    [
      'a number above',
      { setting: 'a', number: { most: 1 } },
      'a: 2',
      'a is out of bounds, expected at most 1 (it is 2)',
    ],
    [
      'no number',
      { setting: 'a', number: { least: 1, most: 5 } },
      'a: x',
      'a is no number, expected 1 to 5 (it is "x")',
    ],
    [
      'a number as text',
      { setting: 'a', number: { most: 5 } },
      'a: "3"',
      'a is no number, expected at most 5 (it is "3")',
    ],
    [
      'nothing',
      { setting: 'a', number: { most: 5 } },
      'a:',
      'a is no number, expected at most 5 (it is null)',
    ],
    ['a duration', { setting: 'a', number: { least: '1s', most: '2m' } }, 'a: 1m30.5s', undefined],
    [
      'a duration above',
      { setting: 'a', number: { most: '2m' } },
      'a: 2m1ms',
      'a is out of bounds, expected at most 2m (it is "2m1ms")',
    ],
    [
      'seconds by the name',
      { setting: 't_secs', number: { least: '5s', most: '1m' } },
      't_secs: 60',
      undefined,
    ],
    [
      'milliseconds by the name',
      { setting: 'waitMs', number: { least: '5s' } },
      'waitMs: 60',
      'waitMs is out of bounds, expected at least 5s (it is 60)',
    ],
    ['a unit by the rule', { setting: 'wait', number: { least: '5s', unit: 'm' } }, 'wait: 1', undefined],
    [
      'no unit',
      { setting: 'wait', number: { least: '5s' } },
      'wait: 1',
      'wait is a number without a unit: write unit in the rule (it is 1)',
    ],
    [
      'infinity',
      { setting: 'a', number: { most: 5 } },
      'a: .nan',
      'a is out of bounds, expected at most 5 (it is NaN)',
    ],
    ['a value', { setting: 'a', filled: 'as-written' }, 'a: x', undefined],
    ['an empty value', { setting: 'a', filled: 'as-written' }, 'a: " "', 'a is empty (it is " ")'],
    ['a null', { setting: 'a', filled: 'as-written' }, 'a: ~', 'a is empty (it is null)'],
    [
      'a variable of no program',
      { setting: 'a', filled: 'as-written' },
      'a: "{{HOST}}"',
      'a is an unresolved {{variable}} (it is "{{HOST}}")',
    ],
    [
      'a section that is named',
      { setting: 'use', names: { section: 'of.{value}', having: ['key'] } },
      'use: x\nof: {x: {key: 1}}',
      undefined,
    ],
    [
      'a section with a dot',
      { setting: 'use', names: { section: 'of.{value}' } },
      'use: x.y\nof: {x.y: 1}',
      undefined,
    ],
    [
      'no such section',
      { setting: 'use', names: { section: 'of.{value}' } },
      'use: "*"\nof: {x: 1}',
      'use names no section of.{value} that is there (it is "*")',
    ],
    [
      'a section without its key',
      { setting: 'use', names: { section: 'of.{value}', having: ['key.id'] } },
      'use: x\nof: {x: {key: {id: ""}}}',
      'use names a section whose key.id is missing or empty (it is "x")',
    ],
    [
      'many settings',
      { setting: 'a.*.n', number: { most: 1 } },
      'a: {x: {n: 1}, y: {n: 2}}',
      'a.y.n is out of bounds, expected at most 1 (it is 2)',
    ],
    ['items of a list', { setting: 'a[*]', oneOf: ['x'] }, 'a: [x, y]', 'a[1] is none of x (it is "y")'],
  ])('%s', (_, rule, text, told) => {
    expect(judge(rule, yaml(text))).toEqual(told === undefined ? none : [`${AT} app.yaml ${told} (own)`]);
  });

  it('whose expression takes for ever on some text says so, once', () => {
    const text = Array.from({ length: 50 }, (_, index) => `k${index}: ${'a'.repeat(60)}!`).join('\n');
    const before = process.threadCpuUsage();
    const findings = judge({ setting: '*', matches: '(a+)+b' }, yaml(text));
    expect(process.threadCpuUsage(before).user / 1000).toBeLessThan(5000);
    expect(findings).toHaveLength(50);
    expect(findings[49]).toMatch(
      'k49 is not compared with (a+)+b, which takes too long: write it in another way',
    );
  });

  it('is about the objects and keys that it names', () => {
    const files = [
      configFile('a.yaml', 'x: 1'),
      configFile('b.yaml', 'x: 2'),
      configFile('a.yaml', 'x: 3', 'configmap/other'),
    ];
    const only = { setting: 'x', number: { most: 0 } };
    expect(judge({ ...only, object: 'configmap/app-*', key: 'a*' }, files)).toHaveLength(1);
    expect(judge({ ...only, key: '*.yaml' }, files)).toHaveLength(3);
    expect(judge({ ...only, object: 'configmap/none' }, files)).toEqual([
      'configmap/none * x is missing (own)',
    ]);
    expect(judge({ ...only, object: 'configmap/none', optional: true }, files)).toEqual([]);
  });

  it('is kept by a setting that one of the files has', () => {
    const files = [configFile('a.yaml', 'x: 1'), configFile('b.yaml', 'y: 2')];
    expect(judge({ setting: 'y' }, files)).toEqual([]);
    expect(judge({ setting: 'z' }, files)).toEqual(['* * z is missing (own)']);
  });

  it('is about a key as a whole', () => {
    const files = [
      configFile('log_level', 'trace\n'),
      configFile('app.yaml', 'a: 1'),
      configFile('port', '8080'),
    ];
    const bad = ['configmap/app-config log_level is none of info, debug (it is "trace\\n") (own)'];
    expect(judge({ key: 'log_level', oneOf: ['info', 'debug'] }, files)).toEqual(bad);
    expect(judge({ key: 'port', number: { least: 1024 } }, files)).toEqual([]);
    expect(judge({ key: 'app.yaml' }, files)).toEqual([]);
    expect(judge({ key: 'app.yaml', filled: 'as-written' }, files)).toEqual([
      `${AT} app.yaml is read as YAML: write in the rule which setting of it is meant (own)`,
    ]);
  });

  it('cannot be judged in a file that cannot be read, and blocks unless another file has the setting', () => {
    const unread = configFile('app.yaml', 'a: 1\na: 2');
    const own = (rule: object, ...files: readonly ReadFile[]) =>
      judgeSettings(files, environmentOf(), critical(rule)).filter(({ rule: name }) => name === 'own');
    const says = 'cannot be judged: the same key twice (line 2, column 1)';
    expect(own({ setting: 'a' }, unread)).toMatchObject([{ key: 'app.yaml', path: '', says, on: 'block' }]);
    expect(own({ setting: 'a' }, unread, configFile('b.yaml', 'a: 1'))).toMatchObject([{ says, on: 'warn' }]);
    expect(own({ setting: 'a', optional: true }, unread)).toMatchObject([{ says, on: 'warn' }]);
    expect(own({ setting: 'a', key: 'b*' }, unread, configFile('b.yaml', 'a: 1'))).toEqual([]);
  });

  it('is about the environment of the container', () => {
    const environment = environmentOf({ APP_ENV: 'prd', TOKEN: 'x', DB_PASSWORD: null });
    const rule = { object: 'environment', setting: 'APP_ENV', oneOf: ['dev', 'prod'] };
    expect(judge(rule, [], environment)).toEqual([
      'environment APP_ENV is none of dev, prod (it is "prd") (own)',
    ]);
    expect(judge({ object: 'environment', setting: 'DB_PASSWORD' }, [], environment)).toEqual([]);
    expect(judge({ object: 'environment', setting: 'TOKEN', oneOf: ['y'] }, [], environment)).toEqual([
      'environment TOKEN is none of y (own)',
    ]);
    expect(judge({ object: 'environment', setting: 'JWT_SECRET' }, [], environment)).toEqual([
      'environment JWT_SECRET is missing (own)',
    ]);
    // A rule about any object is about none of the environment.
    expect(judge({ setting: 'APP_ENV' }, [], environment)).toEqual(['* * APP_ENV is missing (own)']);
  });

  it('neither blocks nor asks where what it asks for is not known', () => {
    const unknown: ContainerEnvironment = { variables: new Map([['A', { secret: true }]]), complete: false };
    const rules = critical(
      { object: 'environment', setting: 'A', oneOf: ['x'] },
      { name: 'second', object: 'environment', setting: 'B' },
      { name: 'third', setting: 'a', variable: true },
    );
    const findings = judgeSettings(yaml('a: B'), unknown, rules);
    expect(findings.map(({ on }) => on)).toEqual(['warn', 'warn', 'warn']);
    expect(findingLines(findings)).toEqual([
      'environment A is there, and its value is not known here (own)',
      'environment B may be missing: not all variables of the container are known here (second)',
      `${AT} app.yaml a needs the variable B, of which is not known whether the container has it (it is "B") (third)`,
    ]);
  });

  it('finds variables by their name, and fills them in', () => {
    const environment = environmentOf({ HOST: 'db', EMPTY: '', OPEN: '<host>' });
    const named = (name: string) => judge({ setting: 'a', variable: true }, yaml(`a: ${name}`), environment);
    expect(named('HOST')).toEqual([]);
    expect(named('NONE')[0]).toMatch('needs the variable NONE, which the container does not have');
    expect(named('EMPTY')[0]).toMatch('needs the variable EMPTY, which is empty');
    expect(named('OPEN')[0]).toMatch('needs the variable OPEN, which is a placeholder');
    const filled = (value: string) =>
      judge({ setting: 'a', filled: 'from-environment' }, yaml(`a: "${value}"`), environment);
    expect(filled('http://{{HOST}}:1/$' + '{HOST}')).toEqual([]);
    expect(filled('http://{{NONE}}')[0]).toMatch('needs the variable NONE');
    expect(filled('{{{HOST}}')[0]).toMatch('an unresolved {{variable}}');
    expect(filled('http://{{HOST | upper}}')[0]).toMatch('an unresolved {{variable}}');
  });

  it('says what follows, the gravest first', () => {
    const files = yaml(Array.from({ length: 150 }, (_, index) => `k${index}: 1`).join('\n'));
    const rules = critical(
      { setting: 'k*', number: { most: 0 }, on: 'warn' },
      { name: 'asked', setting: 'k1', number: { most: 0 }, on: 'ask' },
      { name: 'blocked', setting: 'k2', number: { most: 0 } },
    );
    const findings = judgeSettings(files, environmentOf(), rules);
    expect(findings.map(({ on }) => on)).toEqual(['block', 'ask', ...Array(98).fill('warn')]);
  });

  it('is one line each, and means itself in Markdown', () => {
    const files = yaml('"x`](http://evil)\\n": "**y**\\u202e\\n# z"');
    const findings = judgeSettings(files, environmentOf(), critical({ setting: '*', oneOf: ['a'] }));
    const [line = ''] = findingLines(findings);
    expect(line).not.toMatch(/[\n\u202e]/);
    const markdown = documentOf(findingsMarkdown(findings));
    expect(markdown).toMatch(/^- block: /);
    expect(markdown).not.toMatch(/\n|\u202e|(?<!\\)\]\(|(?<!\\)\*\*y/);
  });
});

/** Every condition, about everything. */
const EVERYTHING = critical(
  ...[
    { filled: 'as-written' },
    { filled: 'from-environment' },
    { oneOf: ['nothing'] },
    { matches: 'nothing' },
    { number: { least: 1, most: 2 } },
    { number: { least: '1s', most: '2s' } },
    { names: { section: 'of.{value}', having: ['key'] } },
    { variable: true },
  ].flatMap((condition, index) => [
    { name: `a${index}`, setting: '**', ...condition },
    { name: `b${index}`, ...condition },
    { name: `c${index}`, object: 'environment', setting: '**', ...condition },
  ]),
);

describe('a secret is in no finding', () => {
  // A word is masked for its name or its place alone; a key for what it is as well.
  const word = fc.stringMatching(/^hidden[a-z]{8}$/);
  const key = fc.stringMatching(/^[a-z]{2}[A-Z]\d[a-z][A-Z]\d[a-z]\d[A-Z]{2}\d[a-z]\d[A-Z][a-z]\d$/);
  const config = (from: string, to: string) => [configFile('config.toml', GOOD_CONFIG.replaceAll(from, to))];
  const KEY_LINE = 'api_key = "{{OPENROUTER_API_KEY}}"';

  type Place = (value: string) => readonly ReadFile[];
  const forWords: readonly Place[] = [
    (value) => [
      secretFile('key', value),
      secretFile('c.toml', `a = "${value}"`),
      secretFile('c.env', `A=${value}`),
    ],
    (value) => [secretFile('c.toml', `a = ${value}`), configFile('c.toml', `api_key = ${value}`)],
    (value) => [
      configFile(
        'c.yaml',
        `api_key: ${value}\npasswords: [${value}]\nenv: [{name: DB_PASSWORD, value: ${value}}]`,
      ),
    ],
    (value) => config('"{{OPENROUTER_API_KEY}}"', `"<${value}>"`),
    (value) => config(KEY_LINE, `api_key_env = "${value}"`),
  ];
  const forKeys: readonly Place[] = [
    ...forWords,
    (value) => [configFile('c.json', `{"api_key": "${value}", "note": "${value}", "${value}": 1}`)],
    (value) => config('{{OPENROUTER_API_KEY}}', `{{${value}}}`),
    (value) => config('"openrouter"', `"${value}"`),
    (value) => {
      const named = GOOD_CONFIG.replace('llm.ollama', `llm.${value}`).replace(
        '= "openrouter"',
        `= "${value}x"`,
      );
      return [configFile('config.toml', named)];
    },
  ];
  const placed = fc.oneof(
    fc.record({ value: word, place: fc.constantFrom(...forWords) }),
    fc.record({ value: key, place: fc.constantFrom(...forKeys) }),
  );

  it('whatever the rule, and wherever it stands', () => {
    fc.assert(
      fc.property(placed, fc.boolean(), ({ value, place }, complete) => {
        const variables = new Map([
          ['PLAIN', { value, secret: true }],
          ['API_KEY', { value, secret: false }],
          ['OPENROUTER_API_KEY', { value, secret: false }],
        ]);
        const findings = judgeSettings(place(value), { variables, complete }, EVERYTHING);
        expect(findings.length).toBeGreaterThan(5);
        expect(JSON.stringify(findings)).not.toContain(value);
      }),
      { numRuns: 200 },
    );
  });

  it('that the profile alone names', () => {
    const masker = createMasker(['greeting']);
    const findings = judgeSettings(yaml('greeting: hunter2'), environmentOf(), EVERYTHING, masker);
    expect(findings.length).toBeGreaterThan(3);
    expect(JSON.stringify(findings)).not.toContain('hunter2');
  });
});

it('no text of any key makes it throw', () => {
  const noise = fc.oneof(
    fc.string(),
    fc.json(),
    fc.uint8Array(),
    fc.constantFrom(GOOD_CONFIG, 'a: &a [*a]', '[llm]\nx.y.z = []', 'llm: 1', '[agents]'),
  );
  const key = fc.constantFrom('config.toml', 'config.dev.toml', 'config.yaml', 'c.json', '.env', 'other', '');
  const file = fc.record({ object: fc.string(), key, content: noise, secret: fc.boolean() }).map(readFile);
  const variables = fc.dictionary(
    fc.string(),
    fc.record({ value: fc.string(), secret: fc.boolean() }, { requiredKeys: ['secret'] }),
  );
  fc.assert(
    fc.property(fc.array(file, { maxLength: 4 }), variables, fc.boolean(), (files, values, complete) => {
      const environment = { variables: new Map(Object.entries(values)), complete };
      for (const finding of judgeSettings(files, environment, EVERYTHING)) {
        expect(finding.says.length).toBeLessThanOrEqual(300);
      }
    }),
    { numRuns: 200 },
  );
});
