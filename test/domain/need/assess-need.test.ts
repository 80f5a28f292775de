import { describe, expect, it } from 'vitest';
import { assessNeed } from '../../../src/domain/need/assess-need.ts';
import type { JudgedSignal, NeedVerdict, SignalState } from '../../../src/domain/need/assessment.ts';
import { followsFrom, needQuestion } from '../../../src/domain/need/follows.ts';
import { DEFAULT_NEED_POLICY } from '../../../src/domain/need/need-policy.ts';

function signal(state: SignalState, more: Partial<JudgedSignal> = {}): JudgedSignal {
  return {
    id: state,
    title: state,
    unit: 'ratio',
    source: 'prometheus',
    windowMs: 300_000,
    state,
    decides: true,
    says: `it is ${state}`,
    ...more,
  };
}

const aside = { decides: false };
const FAILED = 'verification failed at chat';

function assessed(signals: readonly JudgedSignal[], known?: string) {
  return assessNeed({
    signals,
    version: '0.2.0',
    at: '2026-11-23T03:00:00.000Z',
    ...(known === undefined ? {} : { known }),
  });
}

const VERDICTS: readonly [string, readonly JudgedSignal[], string | undefined, NeedVerdict][] = [
  ['one is worse since', [signal('worse-since')], undefined, 'warranted'],
  [
    'one is worse since, and it only adds',
    [signal('worse-since', aside), signal('normal')],
    undefined,
    'warranted',
  ],
  [
    'one that decides is worse since, another was before: there are two stories',
    [signal('worse-since'), signal('worse-before')],
    undefined,
    'inconclusive',
  ],
  [
    'one that only adds is worse since, and one that decides was before',
    [signal('worse-since', aside), signal('worse-before')],
    undefined,
    'not-warranted',
  ],
  [
    'one is worse since, and one that only adds was before',
    [signal('worse-since'), signal('worse-before', aside)],
    undefined,
    'warranted',
  ],
  [
    'one is worse since, another is not known',
    [signal('worse-since'), signal('unknown')],
    undefined,
    'warranted',
  ],
  [
    'one is worse since that traffic alone may have moved',
    [signal('worse-since', { ...aside, suffices: false }), signal('normal')],
    undefined,
    'not-warranted',
  ],
  [
    'such a one is worse since, and nothing else is known',
    [signal('worse-since', { ...aside, suffices: false }), signal('unknown', aside)],
    undefined,
    'inconclusive',
  ],
  ['one that decides is not known', [signal('normal'), signal('unknown')], undefined, 'inconclusive'],
  [
    'one was worse before, one that decides is not known',
    [signal('worse-before'), signal('unknown')],
    undefined,
    'inconclusive',
  ],
  [
    'one that only adds is not known',
    [signal('normal'), signal('unknown', aside)],
    undefined,
    'not-warranted',
  ],
  [
    'one that only adds is bad, and cannot be dated',
    [signal('normal'), signal('unknown', { ...aside, isBad: true })],
    undefined,
    'inconclusive',
  ],
  [
    'one that only adds is bad, and one that decides was so before',
    [signal('worse-before'), signal('unknown', { ...aside, isBad: true })],
    undefined,
    'not-warranted',
  ],
  [
    'one that decides was bad before, another is not known, although the version has failed',
    [signal('worse-before'), signal('unknown')],
    FAILED,
    'inconclusive',
  ],
  ['only such are there, and none is known', [signal('unknown', aside)], undefined, 'inconclusive'],
  ['there is none', [], undefined, 'inconclusive'],
  ['all are normal', [signal('normal'), signal('normal')], undefined, 'not-warranted'],
  ['it was so before', [signal('worse-before'), signal('normal')], undefined, 'not-warranted'],
  ['it cannot be told, but the version has failed', [signal('unknown')], FAILED, 'warranted'],
  ['nothing is measured, but the version has failed', [], FAILED, 'warranted'],
  ['all is normal, although the version has failed', [signal('normal')], FAILED, 'not-warranted'],
  ['it was so before, although the version has failed', [signal('worse-before')], FAILED, 'not-warranted'],
];

describe('whether it is the release', () => {
  it.each(VERDICTS)('%s', (_, signals, known, verdict) => {
    expect(assessed(signals, known).verdict).toBe(verdict);
  });

  it('says what a recorded failure adds to what is measured', () => {
    expect(assessed([signal('unknown')], FAILED).sentence).toBe(
      'recorded of 0.2.0: verification failed at chat, which settles what the numbers do not tell; it is unknown',
    );
    expect(assessed([signal('normal')], FAILED).sentence).toBe(
      'recorded of 0.2.0: verification failed at chat, but what is measured now does not say so; it is normal',
    );
  });

  it('is not settled by a failure of an earlier life of the version', () => {
    const live = { at: '2026-11-23T02:00:00.000Z', from: 'event', exact: true } as const;
    const verdictOf = (knownAt: string) =>
      assessNeed({
        signals: [signal('unknown')],
        version: '0.2.0',
        at: '2026-11-23T03:00:00.000Z',
        live,
        known: FAILED,
        knownAt,
      }).verdict;
    expect(verdictOf('2026-10-20T00:00:00.000Z')).toBe('inconclusive');
    expect(verdictOf('2026-11-23T02:10:00.000Z')).toBe('warranted');
  });

  it('says nothing of a version of which nothing is ready', () => {
    const facts = { signals: [signal('normal')], version: '0.2.0', at: '2026-11-23T03:00:00.000Z' };
    expect(assessNeed({ ...facts, isServed: false })).toMatchObject({
      verdict: 'inconclusive',
      sentence: expect.stringContaining('nothing of 0.2.0 is ready'),
    });
  });

  it('names what is bad now beside a verdict that does not need it', () => {
    const sick = signal('unknown', { ...aside, isBad: true, says: 'healthy agents 0 %' });
    expect(assessed([signal('worse-since'), sick]).sentence).toContain('healthy agents 0 %');
  });

  it('asks with what was found, where the policy asks', () => {
    const open = assessed([signal('unknown')]);
    expect(followsFrom(DEFAULT_NEED_POLICY, 'alert', open.verdict)).toBe('ask');
    expect(needQuestion(open)).toBe(
      'it cannot be told whether the release is the cause: it is unknown: go-on rolls back all the same, abort changes nothing',
    );
  });
});
