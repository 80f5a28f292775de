import { describe, expect, it } from 'vitest';
import type { RunReport } from '../../../src/domain/ledger/ledger.ts';
import { type Moment, objectionTo } from '../../../src/domain/ledger/objections.ts';
import type { RunEvent } from '../../../src/domain/people/events.ts';
import {
  OPERATOR_UPDATE_NAMES,
  type OperatorInputs,
  type OperatorUpdate,
} from '../../../src/domain/people/operator-events.ts';
import type { Waiting } from '../../../src/domain/people/waiting.ts';
import type { ResolvedRun } from '../../../src/domain/request/request.ts';
import { APPROVAL, DECISION, PAUSE } from '../waits.ts';

const HASH = APPROVAL.planHash;
const INPUTS: OperatorInputs = {
  decide: { answer: 'retry', decidedBy: 'ben', reason: 'seen' },
  approve: { plan: HASH, approvedBy: 'grace' },
  reject: { plan: HASH, rejectedBy: 'ben', reason: 'no' },
  pause: { by: 'ben', reason: 'wait' },
  resume: { by: 'ben', reason: 'go' },
  'change-target': { target: '0.1.0', by: 'ben', reason: 'that' },
  'repeat-check': { check: 'chat', by: 'ben', reason: 'again' },
  'add-note': { note: 'seen', by: 'ben' },
  'add-evidence': { by: 'alerts', reason: 'firing', symptoms: [] },
};
const open: Moment = { stage: 'open' };
const request = { checks: ['health', 'chat'] } as unknown as ResolvedRun;

function objection<U extends OperatorUpdate>(
  update: U,
  {
    waitingFor,
    moment = open,
    input = {},
    events,
  }: {
    readonly waitingFor?: Waiting;
    readonly moment?: Moment;
    readonly input?: Partial<OperatorInputs[U]>;
    readonly events?: readonly RunEvent[];
  } = {},
): string | undefined {
  const report: Pick<RunReport, 'waitingFor' | 'request' | 'events'> = {
    request,
    ...(waitingFor ? { waitingFor } : {}),
    ...(events ? { events } : {}),
  };
  return objectionTo(update, { ...INPUTS[update], ...input }, report, moment);
}

describe('when the run is being closed', () => {
  it.each(OPERATOR_UPDATE_NAMES)('%s comes too late', (update) => {
    expect(objection(update, { waitingFor: DECISION, moment: { stage: 'closing' } })).toMatch(/being closed/);
  });
});

describe('a decision', () => {
  it('fits when it is possible', () => {
    expect(objection('decide', { waitingFor: DECISION })).toBeUndefined();
    expect(objection('decide', { waitingFor: DECISION, input: { decision: 'decision-1' } })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof objection<'decide'>>[1], RegExp]>([
    ['nothing is waited for', {}, /^no decision is due; the run waits for nobody$/],
    ['an approval is waited for', { waitingFor: APPROVAL }, /^no decision is due; plan abcdef/],
    [
      'it was taken',
      { waitingFor: DECISION, moment: { stage: 'open', decision: {} } },
      /decision-1 has just been taken/,
    ],
    [
      'it is about another one',
      { waitingFor: DECISION, input: { decision: 'decision-2' } },
      /decision-2 is not open; a decision on/,
    ],
    [
      'it is not possible',
      { waitingFor: DECISION, input: { answer: 'skip' } },
      /skip is not possible; .*retry .*abort/,
    ],
    [
      'there is no such answer',
      { waitingFor: DECISION, input: { answer: 'dance' as never } },
      /unknown answer; /,
    ],
  ])('does not fit when %s', (_title, given, message) => {
    expect(objection('decide', given)).toMatch(message);
  });
});

describe('an approval', () => {
  it('fits from somebody who may, by the hash or its beginning', () => {
    expect(objection('approve', { waitingFor: APPROVAL })).toBeUndefined();
    expect(
      objection('approve', { waitingFor: APPROVAL, input: { plan: HASH.slice(0, 12) } }),
    ).toBeUndefined();
    const anybody = { ...APPROVAL, approvers: [] };
    expect(objection('approve', { waitingFor: anybody, input: { approvedBy: 'zoe' } })).toBeUndefined();
  });

  it.each<[string, Parameters<typeof objection<'approve'>>[1], RegExp]>([
    ['none is due', { waitingFor: DECISION }, /^no approval is due; a decision/],
    [
      'it is of another plan',
      { waitingFor: APPROVAL, input: { plan: 'f'.repeat(12) } },
      /another plan; plan abcdef/,
    ],
    [
      'the requester gives it',
      { waitingFor: APPROVAL, input: { approvedBy: ' ALAN' } },
      /has asked for the rollback/,
    ],
    [
      'it is the second of one person',
      { waitingFor: APPROVAL, input: { approvedBy: 'Ada ' } },
      /has approved already/,
    ],
    [
      'somebody else gives it',
      { waitingFor: APPROVAL, input: { approvedBy: 'zoe' } },
      /only ada, grace, linus may approve/,
    ],
    [
      'there are enough',
      { waitingFor: { ...APPROVAL, approvedBy: ['ada', 'linus'] } },
      /has just been approved/,
    ],
    [
      'the plan was refused',
      { waitingFor: APPROVAL, moment: { stage: 'open', rejection: {} } },
      /has just been refused/,
    ],
  ])('does not fit when %s', (_title, given, message) => {
    expect(objection('approve', given)).toMatch(message);
  });

  it('may be refused by anybody, as long as it is open', () => {
    expect(objection('reject', { waitingFor: APPROVAL, input: { rejectedBy: 'alan' } })).toBeUndefined();
    expect(objection('reject', {})).toMatch(/no approval is due/);
    expect(objection('reject', { waitingFor: APPROVAL, input: { plan: 'f'.repeat(12) } })).toMatch(
      /another plan/,
    );
  });
});

describe('what may be sent at any time', () => {
  const paused: Moment = { stage: 'proving', pausedBy: { by: 'ben' } };

  it('a pause, when there is none, and its end', () => {
    expect(objection('pause')).toBeUndefined();
    expect(objection('pause', { moment: paused, waitingFor: PAUSE })).toMatch(
      /paused already; paused by ada/,
    );
    expect(objection('resume', { moment: paused })).toBeUndefined();
    expect(objection('resume')).toMatch(/is not paused; the run waits for nobody/);
  });

  it.each<[Moment['stage'], Waiting | undefined, boolean]>([
    ['open', undefined, true],
    ['changing', undefined, false],
    ['proving', undefined, false],
    ['changing', DECISION, false],
    ['changing', { ...DECISION, answers: ['change-target'] }, true],
  ])('another target while the run is %s (waits: %j): %s', (stage, waitingFor, fits) => {
    const found = objection('change-target', { moment: { stage }, ...(waitingFor ? { waitingFor } : {}) });
    if (fits) expect(found).toBeUndefined();
    else expect(found).toMatch(/the target stays/);
  });

  it.each<[Moment['stage'], OperatorInputs['repeat-check']['check'], RegExp | undefined]>([
    ['open', 'chat', /no finished rollout/],
    ['changing', 'chat', /no finished rollout/],
    ['proving', 'chat', undefined],
    ['proving', 'agents', /agents is not configured; there are health, chat/],
  ])('a check while the run is %s: %s', (stage, check, message) => {
    const found = objection('repeat-check', { moment: { stage }, input: { check } });
    if (message) expect(found).toMatch(message);
    else expect(found).toBeUndefined();
  });

  it.each<OperatorUpdate>(['add-note', 'add-evidence'])('%s', (update) => {
    for (const stage of ['open', 'changing', 'proving'] as const) {
      expect(objection(update, { moment: { stage } })).toBeUndefined();
    }
  });
});

describe('a full record', () => {
  const note: RunEvent = { kind: 'note', at: '2026-01-01T00:00:00.000Z', by: 'ben', summary: 'seen' };
  const lines = (count: number, summary = 'seen') =>
    Array.from({ length: count }, () => ({ ...note, summary }));

  it.each<[string, readonly RunEvent[], boolean]>([
    ['299 lines', lines(299), false],
    ['300 lines', lines(300), true],
    ['few but long lines', lines(200, 'x'.repeat(1000)), true],
    [
      'lines that the run has written itself',
      lines(400).map((line) => ({ ...line, kind: 'decision-due' as const })),
      false,
    ],
  ])('%s', (_title, events, isFull) => {
    expect(objection('add-note', { events }) !== undefined).toBe(isFull);
  });

  it.each(OPERATOR_UPDATE_NAMES)('%s is refused only when nobody waits for it', (update) => {
    const events = lines(300);
    const waitingFor = update === 'decide' ? DECISION : APPROVAL;
    const moment: Moment = update === 'resume' ? { stage: 'open', pausedBy: {} } : open;
    const found = objection(update, { events, waitingFor, moment });
    const isNeeded = ['decide', 'approve', 'reject', 'resume'].includes(update);
    if (isNeeded) expect(found).toBeUndefined();
    else expect(found).toMatch(/its record is full/);
  });
});
