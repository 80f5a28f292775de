import { describe, expect, it } from 'vitest';
import { parseRollbackRequest, parseVerifyRequest } from '../../src/activities/request-schema.ts';
import { RunbookError } from '../../src/domain/errors.ts';

const DIGEST = `sha256:${'a'.repeat(64)}`;
const SECRETS = [
  'Bearer abcdef0123456789',
  'password=hunter22',
  'ghp_abcdefghijklmnopqrstuvwxyz0123456789',
  'postgres://user:hunter22@db/x',
  'https://hooks.slack.com/services/T000/B000/hunter22',
] as const;

type Parse = (input: unknown) => unknown;
type Fields = Record<string, unknown>;
const parsers: [string, Parse][] = [
  ['rollback', parseRollbackRequest],
  ['verify', parseVerifyRequest],
];

/** The sentence that refuses a request. */
function refusal(input: unknown, parse: Parse = parseRollbackRequest): string {
  try {
    parse(input);
  } catch (error) {
    expect(error).toBeInstanceOf(RunbookError);
    expect(error).toMatchObject({ type: 'InvalidRequest', retryable: false });
    return (error as Error).message;
  }
  return expect.fail(`accepted: ${JSON.stringify(input)}`);
}

/** Every way in which a text can be wrong, for a text of at most so many characters. */
const textFaults = (limit: number): [unknown, string][] => [
  ['x'.repeat(limit + 1), `is longer than ${limit} characters`],
  ['see http://evil.example', 'holds a URL; a request names things, addresses stand in runbook.yaml'],
  ['HTTPS://EVIL.EXAMPLE', 'holds a URL'],
  ['git+ssh://evil.example', 'holds a URL'],
  ['_https://evil.example_', 'holds a URL'],
  ['1https://evil.example', 'holds a URL'],
  ['Bearer abcdef0123456789', 'looks like a secret; a request never carries one'],
  ['a\u0000b', 'holds control characters'],
  ['\u001b[31mred', 'holds control characters'],
  ['a\rb', 'holds control characters'],
  ['a\u007fb', 'holds control characters'],
  ['a\u009b31mb', 'holds control characters'],
  ['a\u202eb', 'holds control characters'],
  [5, 'expected string'],
  [null, 'expected string'],
  [['x'], 'expected string'],
];
const NAME = 'is not a profile name (lowercase letters, digits, - . _)';
const nameFaults: [unknown, string][] = [
  ...textFaults(63),
  ...['', 'Orchestrator', '-a', 'a-', 'a b', 'a\n', '__proto__', '../a', 'ä'].map(
    (name): [unknown, string] => [name, NAME],
  ),
];

describe.each(parsers)('a %s request', (_kind, parse) => {
  it.each([undefined, null, {}])('of %j asks for everything by default', (input) => {
    expect(parse(input)).toEqual({});
  });

  it.each<[unknown]>([[[]], [''], ['orchestrator'], [0], [false], [true]])('of %j is refused', (input) => {
    expect(refusal(input, parse)).toBe('the request is wrong: request: expected object');
  });

  it.each<[Fields]>([
    [{ service: 'o' }],
    [{ service: 'orchestrator-2.eu_west' }],
    [{ service: 'a'.repeat(63) }],
    [{ environment: 'production' }],
    [{ reason: '' }],
    [{ reason: 'chats fail\n\tsince 02:40: “ü” & <b>|' }],
    [{ reason: 'x'.repeat(500) }],
    [{ reason: 'LLM answers 400: max_tokens: 8192 is too large; token: expired' }],
    [{ requestedBy: 'r'.repeat(100) }],
  ])('with %j is taken as it is', (input) => {
    expect(parse(input)).toEqual(input);
  });

  it.each([
    ...nameFaults.map(([value, fault]) => ['service', value, fault] as const),
    ...nameFaults.map(([value, fault]) => ['environment', value, fault] as const),
    ...textFaults(500).map(([value, fault]) => ['reason', value, fault] as const),
    ...textFaults(100).map(([value, fault]) => ['requestedBy', value, fault] as const),
  ])('is refused when %s is %j: %s', (field, value, fault) => {
    expect(refusal({ [field]: value }, parse)).toContain(`${field}: ${fault}`);
  });

  it.each<[Fields, string]>([
    [{ url: 'x' }, 'url: no such field'],
    [{ services: 'x' }, 'services: no such field'],
    [JSON.parse('{"__proto__":{"service":"x"}}'), '__proto__: no such field'],
    [{ ['k'.repeat(200)]: 1 }, `${'k'.repeat(59)}…: no such field`],
    [{ [`${'k'.repeat(50)} ${SECRETS[2]}`]: 1 }, `${'k'.repeat(50)} •••: no such field`],
  ])('is refused when it has a field too many: %j', (input, fault) => {
    expect(refusal(input, parse)).toBe(`the request is wrong: ${fault}`);
  });

  it('is told every fault at once', () => {
    const message = refusal({ service: 'A', reason: 5, environment: '', mine: 1, yours: 2 }, parse);
    expect(message.split(/(?<=wrong): |; /).sort()).toEqual([
      `environment: ${NAME}`,
      'mine: no such field',
      'reason: expected string',
      `service: ${NAME}`,
      'the request is wrong',
      'yours: no such field',
    ]);
  });

  it('names fields of its own before unknown ones, at most twenty problems, and counts the rest', () => {
    const unknown = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`unknown${index}`, 1]));
    const problems = refusal({ ...unknown, service: 'A', reason: 5 }, parse)
      .replace(/^.*?wrong: /, '')
      .split('; ');
    expect(problems).toHaveLength(21);
    expect(problems.slice(0, 3)).toEqual([
      `service: ${NAME}`,
      'reason: expected string',
      'unknown0: no such field',
    ]);
    expect(problems.at(-1)).toBe('… and 282 more');
  });

  it('with a huge text is refused at once, for its length', () => {
    const begun = performance.now();
    expect(refusal({ reason: 'Bearer abcdef0123456789 '.repeat(50_000) }, parse)).toBe(
      'the request is wrong: reason: is longer than 500 characters',
    );
    expect(performance.now() - begun).toBeLessThan(5_000);
  });

  it.each(SECRETS)('never has its secret repeated: %s', (secret) => {
    for (const field of ['service', 'environment', 'reason', 'requestedBy', 'unknown']) {
      expect(refusal({ [field]: secret }, parse)).not.toMatch(/hunter22|abcdef/);
    }
  });
});

describe('a rollback request', () => {
  it.each<[Fields]>([
    ...['known-good', 'previous', '0.1.0', 'v0.1.0', 'revision:6', 'revision 6', DIGEST].map(
      (target): [Fields] => [{ target }],
    ),
    [{ incident: 'INC-1234' }],
    [{ symptoms: [] }],
    [{ symptoms: ['500 on /chat', 'x'.repeat(500)] }],
    [{ symptoms: Array(20).fill('x') }],
    [{ mitigationsTried: ['restarted'] }],
    [{ dryRun: true }],
    [{ dryRun: false }],
    ...['sev1', 'sev2', 'sev3', 'sev4', 'sev5'].map((severity): [Fields] => [{ severity }]),
    [{ severity: 'sev1', breakGlass: 'nobody else is awake' }],
    [{ breakGlass: 'x'.repeat(500) }],
    [{ ifRunning: 'refuse' }],
    [{ ifRunning: 'join' }],
  ])('with %j is taken as it is', (input) => {
    expect(parseRollbackRequest(input)).toEqual(input);
  });

  it.each<[string, unknown, string]>([
    ...textFaults(200).map(([value, fault]): [string, unknown, string] => ['target', value, fault]),
    ['target', '', 'expected known-good, previous, a version such as 0.1.0, revision:6, sha256:… or id:…'],
    ['target', 'a version', 'expected known-good'],
    ['target', 'latest', '"latest" names no version: its content moves'],
    ['target', 'Stable', '"Stable" names no version: its content moves'],
    ['target', 'revision:0', 'a revision counts from 1'],
    ['target', 'revision:six', 'expected known-good'],
    ['target', 'sha256:abc', 'a digest is sha256: and 64 lowercase hexadecimal digits'],
    ['target', DIGEST.toUpperCase().replace('SHA', 'sha'), 'a digest is sha256:'],
    ...textFaults(100).map(([value, fault]): [string, unknown, string] => ['incident', value, fault]),
    ['dryRun', 'true', 'expected boolean'],
    ['dryRun', null, 'expected boolean'],
    ...['SEV1', 'sev0', 'sev6', '', 'critical', 1, null, ['sev1']].map((value): [string, unknown, string] => [
      'severity',
      value,
      'Invalid option: expected one of "sev1"|"sev2"|"sev3"|"sev4"|"sev5"',
    ]),
    ...textFaults(500).map(([value, fault]): [string, unknown, string] => ['breakGlass', value, fault]),
    ['breakGlass', '', 'is empty; it takes the reason'],
    ['breakGlass', ' \n\t', 'is empty; it takes the reason'],
    ['breakGlass', true, 'expected string'],
    ...['wait', 'Join', '', true, null].map((value): [string, unknown, string] => [
      'ifRunning',
      value,
      'Invalid option: expected one of "refuse"|"join"',
    ]),
  ])('is refused when %s is %j: %s', (field, value, fault) => {
    expect(refusal({ [field]: value })).toContain(`${field}: ${fault}`);
  });

  describe.each(['symptoms', 'mitigationsTried'])('with %s', (field) => {
    it.each(textFaults(500))('names the one that is wrong: %j', (value, fault) => {
      const message = refusal({ [field]: ['fine', 'fine too', value] });
      expect(message).toContain(`${field}.2: ${fault}`);
      expect(message).not.toMatch(/\.[01]:/);
    });

    it.each<[unknown, string]>([
      [Array(21).fill('x'), 'has more than 20 entries'],
      [5, 'expected array'],
      [{ 0: 'x' }, 'expected array'],
    ])('is refused: %j', (value, fault) => {
      expect(refusal({ [field]: value })).toBe(`the request is wrong: ${field}: ${fault}`);
    });
  });

  it.each(SECRETS)('never has its secret repeated: %s', (secret) => {
    const nested = [{ symptoms: [secret] }, { mitigationsTried: ['x', secret] }, { breakGlass: secret }];
    for (const input of [
      { target: secret },
      { incident: secret },
      ...nested,
      { dryRun: secret },
      { severity: secret },
      { ifRunning: secret },
    ]) {
      expect(refusal(input)).not.toMatch(/hunter22|abcdef/);
    }
  });

  it('with very many faults is told no more than history should hold', () => {
    const many = Array(20).fill('http://evil.example');
    const message = refusal({ symptoms: many, mitigationsTried: many, dryRun: 1, x: 1 });
    expect(message).toMatch(
      /^the request is wrong: dryRun: expected boolean; x: no such field; symptoms\.0: /,
    );
    expect(message).toMatch(/; … and 22 more$/);
    expect(message.length).toBeLessThan(4000);
  });

  it('has no field of a verify request', () => {
    expect(refusal({ accept: ['chat'] })).toBe('the request is wrong: accept: no such field');
  });
});

describe('a verify request', () => {
  it.each<[string[]]>([[[]], [['chat']], [['health', 'chat', 'agents', 'metrics']]])(
    'may accept %j',
    (accept) => {
      expect(parseVerifyRequest({ accept })).toEqual({ accept });
    },
  );

  it.each<[unknown, string]>([
    [['chat', 'frontend'], 'accept.1: Invalid option: expected one of "health"|"chat"|"agents"|"metrics"'],
    [['toString'], 'accept.0: Invalid option'],
    [[5], 'accept.0: Invalid option'],
    [Array(5).fill('chat'), 'accept: names a check twice'],
    [5, 'accept: expected array'],
    [null, 'accept: expected array'],
  ])('may not accept %j', (accept, fault) => {
    expect(refusal({ accept }, parseVerifyRequest)).toContain(`the request is wrong: ${fault}`);
  });

  it.each([
    'target',
    'incident',
    'symptoms',
    'mitigationsTried',
    'dryRun',
    'severity',
    'breakGlass',
    'ifRunning',
  ])('has no field %s', (field) => {
    expect(refusal({ [field]: 'x' }, parseVerifyRequest)).toBe(
      `the request is wrong: ${field}: no such field`,
    );
  });
});
