import { describe, expect, it } from 'vitest';
import type { Consequence } from '../../../src/domain/consequence.ts';
import { documentOf } from '../../../src/domain/media/markdown.ts';
import {
  PRECONDITION_IDS,
  PRECONDITIONS,
  type PreconditionFinding,
  type PreconditionId,
  type PreconditionRules,
} from '../../../src/domain/preconditions/preconditions.ts';
import {
  type Overrides,
  preconditionQuestion,
  weighPreconditions,
} from '../../../src/domain/preconditions/weigh-preconditions.ts';
import { preconditionLines, preconditionsMarkdown } from '../../../src/domain/preconditions/words.ts';

type State = PreconditionFinding['state'];
const found = (id: PreconditionId, state: State, says = 'x'): PreconditionFinding => ({ id, state, says });
const rule = (id: PreconditionId, on: Consequence, unknown: 'open' | 'closed'): PreconditionRules => ({
  [id]: { on, unknown },
});

/** What a finding comes to: what follows and why it goes on, or that it is refused. */
function comesTo(id: PreconditionId, state: State, rules: PreconditionRules, overrides?: Overrides) {
  const weighed = weighPreconditions([found(id, state)], rules, overrides);
  if ('refused' in weighed) return 'refused';
  return weighed.preconditions.map(({ follows = 'holds', overridden }) =>
    overridden === undefined ? follows : `${follows}, ${overridden}`,
  )[0];
}

describe('what is found of a precondition', () => {
  it.each<[State, Consequence, 'open' | 'closed', string]>([
    ['met', 'block', 'closed', 'holds'],
    ['met', 'ask', 'open', 'holds'],
    ['not-met', 'block', 'open', 'refused'],
    ['not-met', 'ask', 'open', 'ask'],
    ['not-met', 'warn', 'closed', 'warn'],
    ['unknown', 'block', 'open', 'warn'],
    ['unknown', 'block', 'closed', 'refused'],
    ['unknown', 'ask', 'open', 'warn'],
    ['unknown', 'ask', 'closed', 'ask'],
    ['unknown', 'warn', 'closed', 'warn'],
  ])('%s, by on: %s and unknown: %s, comes to %s', (state, on, unknown, expected) => {
    for (const id of PRECONDITION_IDS) expect(comesTo(id, state, rule(id, on, unknown))).toBe(expected);
  });

  it.each<[PreconditionId, State, Consequence, Overrides, string]>([
    ['freeze', 'not-met', 'block', { breakGlass: 'outage' }, 'warn, break-glass: outage'],
    ['freeze', 'not-met', 'ask', { breakGlass: 'outage' }, 'warn, break-glass: outage'],
    ['freeze', 'not-met', 'warn', { breakGlass: 'outage' }, 'warn'],
    ['freeze', 'met', 'block', { breakGlass: 'outage', force: true }, 'holds'],
    ['freeze', 'not-met', 'block', { force: true }, 'warn, forced'],
    ['freeze', 'not-met', 'block', { force: true, breakGlass: 'outage' }, 'warn, break-glass: outage'],
    ['image', 'not-met', 'block', { breakGlass: 'outage' }, 'refused'],
    ['image', 'not-met', 'block', { force: true }, 'warn, forced'],
    ['command', 'unknown', 'block', { force: true }, 'warn, forced'],
    ['command', 'unknown', 'ask', { breakGlass: 'outage' }, 'ask'],
    ['quota', 'not-met', 'ask', { force: true }, 'warn, forced'],
    ['quota', 'not-met', 'warn', { force: true }, 'warn'],
  ])(
    '%s, %s, by on: %s and what the request says (%o) comes to: %s',
    (id, state, on, overrides, expected) => {
      expect(comesTo(id, state, rule(id, on, 'closed'), overrides)).toBe(expected);
    },
  );

  it('is left out where the profile has switched the precondition off', () => {
    expect(weighPreconditions([found('image', 'not-met')], {})).toEqual({ preconditions: [], warnings: [] });
  });
});

describe('a plan in whose way something stands', () => {
  const rules: PreconditionRules = PRECONDITIONS;
  const gone: PreconditionFinding = {
    id: 'image',
    state: 'not-met',
    says: 'phoenix/app:0.1.0 is not in its registry',
    remedy: 'push it again, or choose another version',
  };

  it('is refused with what it is and what helps', () => {
    expect(weighPreconditions([found('reachable', 'not-met'), gone], rules)).toEqual({
      refused: 'what has to hold before a rollback does not: image: phoenix/app:0.1.0 is not in its registry',
      remedy:
        'push it again, or choose another version; choose another target, or start again with force and a reason; what each leads to is preconditions of the profile',
    });
  });

  it('by a freeze alone is told of break-glass, and of no other target', () => {
    const weighed = weighPreconditions([found('freeze', 'not-met', '"weekend"')], {
      freeze: { on: 'block', unknown: 'open' },
    });
    expect(weighed).toMatchObject({
      remedy: expect.stringMatching(/^start again with force .* break-glass/),
    });
  });

  it('tells in its warnings what does not hold and goes on, in the order of the catalogue, and keeps the rest', () => {
    const findings = [
      found('reachable', 'not-met', 'Prometheus does not answer'),
      gone,
      found('quota', 'unknown', 'may not be read'),
      found('freeze', 'met', 'none of 2 windows is open'),
    ];
    const weighed = weighPreconditions(findings, rules, { force: true });
    expect(weighed).toMatchObject({
      warnings: [
        'forced: image: phoenix/app:0.1.0 is not in its registry (push it again, or choose another version)',
        'quota: not known: may not be read',
        'reachable: Prometheus does not answer',
      ],
      preconditions: [{ id: 'freeze' }, { id: 'image' }, { id: 'quota' }, { id: 'reachable' }],
    });
  });

  it('asks what is to be decided, and nothing else', () => {
    const weighed = weighPreconditions([gone, found('quota', 'not-met', 'has no room')], {
      image: { on: 'warn', unknown: 'open' },
      quota: { on: 'ask', unknown: 'open' },
    });
    if ('refused' in weighed) throw new Error(weighed.refused);
    expect(weighed.warnings).toContain('to be decided: quota: has no room');
    expect(preconditionQuestion(weighed)).toBe(
      'preconditions to be decided: quota: has no room: go-on carries the plan out all the same',
    );
    expect(preconditionQuestion({})).toBeUndefined();
    expect(preconditionQuestion({ preconditions: [{ ...gone, follows: 'warn' }] })).toBeUndefined();
  });

  it('keeps the gravest of very many, and counts the rest', () => {
    const many = Array.from({ length: 60 }, (_, index) => found('reachable', 'met', `${index}`));
    const weighed = weighPreconditions([...many, found('reachable', 'not-met', 'last')], rules);
    if ('refused' in weighed) throw new Error(weighed.refused);
    expect(weighed.preconditions).toHaveLength(30);
    expect(weighed.warnings).toEqual(['reachable: last', '31 more preconditions were looked at']);
  });
});

describe('what is said of preconditions', () => {
  const weighed = (says: string) => [{ ...found('command', 'not-met', says), follows: 'warn' as const }];

  it('says of what holds that it does', () => {
    expect(preconditionLines([found('image', 'met', 'app:0.1.0 is there, by digest')])).toEqual([
      'image: app:0.1.0 is there, by digest',
    ]);
    expect(documentOf(preconditionsMarkdown([found('image', 'met', 'app:0.1.0 is there')]))).toBe(
      '- holds: image: app:0.1.0 is there',
    );
  });

  it.each([
    ['a\u001b[2J\nb', 'schema gate: a\\e[2J\\nb'],
    ['a\u202eb', 'schema gate: a\\u{202e}b'],
  ])('shows in a terminal what a gate says as it is: %j', (says, line) => {
    expect(preconditionLines(weighed(says))).toEqual([line]);
  });

  it.each([
    ['[x](http://y)', '- warn: schema gate: \\[x\\](http\\://y)'],
    ['<img src=x>\n# head', '- warn: schema gate: &lt;img src=x> # head'],
  ])('means itself in Markdown: %j', (says, line) => {
    expect(documentOf(preconditionsMarkdown(weighed(says)))).toBe(line);
  });
});
