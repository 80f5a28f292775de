import { describe, expect, it } from 'vitest';
import {
  type Read,
  readApproval,
  readCheck,
  readDecision,
  readEvidence,
  readNote,
  readPause,
  readRejection,
  readTarget,
} from '../../../src/domain/people/operator-inputs.ts';
import { CHECK_IDS } from '../../../src/domain/proof/checks.ts';
import { unreadableInput } from '../../../src/domain/request/unreadable-input.ts';

type Reader = (input: unknown) => Read<unknown>;
const PLAN = 'abcdef012345';
/** A right input of each kind, and the longest text that each field takes; a shorter list of those that may be missing. */
const KINDS: readonly [string, Reader, Record<string, string>, Record<string, number>, readonly string[]][] =
  [
    [
      'decision',
      readDecision,
      { answer: 'retry', decidedBy: 'ben', reason: 'seen', decision: 'decision-1' },
      { decidedBy: 100, reason: 500, decision: 100 },
      ['decision'],
    ],
    [
      'approval',
      readApproval,
      { plan: PLAN, approvedBy: 'ben', reason: 'seen' },
      { approvedBy: 100, reason: 500 },
      ['reason'],
    ],
    [
      'rejection',
      readRejection,
      { plan: PLAN, rejectedBy: 'ben', reason: 'no' },
      { rejectedBy: 100, reason: 500 },
      [],
    ],
    ['pause', readPause, { by: 'ben', reason: 'wait' }, { by: 100, reason: 500 }, []],
    ['target', readTarget, { target: '0.1.0', by: 'ben', reason: 'that' }, { by: 100, reason: 500 }, []],
    ['check', readCheck, { check: 'chat', by: 'ben', reason: 'again' }, { by: 100, reason: 500 }, []],
    ['note', readNote, { note: 'seen', by: 'ben' }, { note: 1000, by: 100 }, []],
    [
      'evidence',
      readEvidence,
      { by: 'alerts', reason: 'firing', incident: 'INC-1' },
      { by: 100, reason: 500, incident: 100 },
      ['incident'],
    ],
  ];
const problemOf = (read: Read<unknown>) => ('problem' in read ? read.problem : undefined);

describe.each(KINDS)('a %s', (_kind, read, right, limits, optional) => {
  it('is read as it is, without blanks around it', () => {
    const spaced = Object.fromEntries(Object.entries(right).map(([key, text]) => [key, ` ${text} `]));
    expect(read(right)).toMatchObject({ value: right });
    if (!('plan' in right)) expect(read(spaced)).toMatchObject({ value: right });
  });

  it.each([undefined, null, 1, 'text', [], true])('is one JSON object, not %j', (input) => {
    expect(problemOf(read(input))).toMatch(/expected one JSON object/);
  });

  it('that could not be read says so', () => {
    expect(problemOf(read(unreadableInput('not JSON')))).toBe('not JSON');
  });

  it('has no other fields, and does not repeat their names', () => {
    const problem = problemOf(read({ ...right, secretWord: 'x' }));
    expect(problem).toMatch(/no such field/);
    expect(problem).not.toContain('secretWord');
    expect(problemOf(read({ ...right, ['__proto__']: 'x', constructor: 'y' }))).toMatch(/no such field/);
  });

  it.each(Object.keys(right))('needs %s as a text, unless it may be missing', (key) => {
    const { [key]: _left, ...rest } = right;
    if (optional.includes(key)) expect(read(rest)).toHaveProperty('value');
    else expect(problemOf(read(rest))).toBe(`${key}: missing`);
    expect(problemOf(read({ ...right, [key]: 5 }))).toBe(`${key}: expected a string`);
    expect(problemOf(read({ ...right, [key]: null }))).toBe(`${key}: expected a string`);
    expect(problemOf(read({ ...right, [key]: ' \n' }))).toBe(`${key}: is empty`);
  });

  it.each(Object.entries(limits))('takes %s of at most %i characters', (key, limit) => {
    expect(read({ ...right, [key]: 'x'.repeat(limit) })).toHaveProperty('value');
    expect(problemOf(read({ ...right, [key]: 'x'.repeat(limit + 1) }))).toBe(
      `${key}: is longer than ${limit} characters`,
    );
  });

  it.each(Object.keys(limits))(
    'carries neither address, secret nor control character in %s, and repeats none',
    (key) => {
      for (const [text, wrong] of [
        ['see https://hooks.example/x', /holds a URL/],
        ['password=hunter2hunter2', /looks like a secret/],
        ['a\u001b[31mred', /control characters/],
        ['left\u202eright', /control characters/],
      ] as const) {
        const problem = problemOf(read({ ...right, [key]: text }));
        expect(problem).toMatch(wrong);
        expect(problem).not.toContain(text);
      }
    },
  );
});

describe('a decision', () => {
  const right = { answer: 'retry', decidedBy: 'ben', reason: 'seen' };
  it.each<[object, RegExp]>([
    [{ answer: 'dance' }, /^answer: expected one of retry, skip, /],
    [{ answer: 'change-target' }, /^target: missing/],
    [{ target: '0.1.0' }, /^target: goes with change-target only/],
    [{ answer: 'change-target', target: 'latest' }, /^target: "latest" names no version/],
    [{ answer: 'change-target', target: 'revision:0' }, /^target: a revision counts from 1/],
  ])('of %j is refused', (change, message) => {
    expect(problemOf(readDecision({ ...right, ...change }))).toMatch(message);
  });

  it.each(['0.1.0', 'known-good', 'previous', 'revision:6', `sha256:${'a'.repeat(64)}`])(
    'leads to %s',
    (target) => {
      expect(readDecision({ ...right, answer: 'change-target', target })).toHaveProperty(
        'value.target',
        target,
      );
    },
  );
});

describe.each([
  ['approval', readApproval, { approvedBy: 'ben' }],
  ['rejection', readRejection, { rejectedBy: 'ben', reason: 'no' }],
] as const)('the plan of an %s', (_kind, read, rest) => {
  it.each(['abcdef01234', 'ABCDEF012345', 'xyz', 'a'.repeat(65)])('is no hash: %s', (plan) => {
    expect(problemOf(read({ plan, ...rest }))).toMatch(/^plan: expected the hash/);
  });

  it.each([12, 16, 64])('is known by %i digits', (digits) => {
    expect(read({ plan: 'a'.repeat(digits), ...rest })).toHaveProperty('value');
  });
});

it.each(['latest', '', 'a b'])('a target of %j is refused', (target) => {
  expect(problemOf(readTarget({ target, by: 'ben', reason: 'that' }))).toMatch(/^target: /);
});

it('a check is one of those that there are', () => {
  expect(problemOf(readCheck({ check: 'love', by: 'ben', reason: 'x' }))).toBe(
    `check: expected one of ${CHECK_IDS.join(', ')}`,
  );
});

describe('symptoms', () => {
  const read = (symptoms: unknown) => readEvidence({ by: 'alerts', reason: 'firing', symptoms });
  it.each<[unknown, RegExp]>([
    ['slow', /^symptoms: expected a list/],
    [Array.from({ length: 21 }, () => 'x'), /^symptoms: has more than 20 entries/],
    [[5], /^symptoms: expected a string/],
    [['x'.repeat(501)], /^symptoms: is longer than 500 characters/],
    [['token=abcdef1234567'], /^symptoms: looks like a secret/],
  ])('are refused: %j', (symptoms, message) => {
    expect(problemOf(read(symptoms))).toMatch(message);
  });

  it('may be none, or up to 20', () => {
    expect(readEvidence({ by: 'alerts', reason: 'firing' })).toHaveProperty('value.symptoms', []);
    const symptoms = Array.from({ length: 20 }, (_, index) => `${index}`);
    expect(read(symptoms)).toHaveProperty('value.symptoms', symptoms);
  });
});
