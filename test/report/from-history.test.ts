import { describe, expect, it } from 'vitest';
import type { LedgerEntry, RunReport, StepResult } from '../../src/domain/ledger/ledger.ts';
import type { CheckResult } from '../../src/domain/proof/checks.ts';
import type { StepId } from '../../src/domain/steps/steps.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import type { EncodedPayloads, HistoryEvent } from '../../src/report/history-file.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const metadata = { encoding: base64('json/plain') };
const payload = (value: unknown) => ({ metadata, data: base64(JSON.stringify(value)) });
const encodedAll = (values: readonly unknown[]): EncodedPayloads => ({ payloads: values.map(payload) });
const encoded = (value: unknown): EncodedPayloads => encodedAll([value]);
const failure = (message: string, type: string, details: unknown = {}) => ({
  failure: { message, applicationFailureInfo: { type, details: encoded(details) } },
});

/** A history that is written event by event: the first at second 0, then one each second. */
function recorder(name = 'rollback', ids: object = { workflowId: 'w', originalExecutionRunId: 'r' }) {
  const events: HistoryEvent[] = [];
  const add = (eventType: string, attributes: object = {}) => {
    const key = `${eventType.charAt(0).toLowerCase()}${eventType.slice(1)}EventAttributes`;
    const eventId = String(events.length + 1);
    events.push({ eventId, eventTime: at(events.length), eventType, [key]: attributes });
    return eventId;
  };
  add('WorkflowExecutionStarted', { workflowType: { name }, ...ids });
  return {
    add,
    schedule: (step: string, ...input: unknown[]) =>
      add('ActivityTaskScheduled', { activityType: { name: step }, input: encodedAll(input) }),
    start: (scheduledEventId: string, attempt = 1, identity = 'worker-1') =>
      add('ActivityTaskStarted', { scheduledEventId, attempt, identity }),
    complete: (scheduledEventId: string, value: StepResult<unknown>) =>
      add('ActivityTaskCompleted', { scheduledEventId, result: encoded(value) }),
    fail: (scheduledEventId: string, failed: object) =>
      add('ActivityTaskFailed', { scheduledEventId, ...failed }),
    update: (name: string, input: unknown, identity = 'cli@host') =>
      add('WorkflowExecutionUpdateAccepted', {
        acceptedRequest: { meta: { updateId: 'u', identity }, input: { name, args: encoded(input) } },
      }),
    /** A timer with its name; it fires at once or never. */
    timer(summary: string, fires: boolean) {
      const startedEventId = add('TimerStarted');
      Object.assign(events.at(-1) ?? {}, { userMetadata: { summary: payload(summary) } });
      if (fires) add('TimerFired', { startedEventId });
    },
    end: (own: unknown) => add('WorkflowExecutionCompleted', { result: encoded(own) }),
    audit: (given = {}) => auditHistory({ events }, given),
  };
}

const times = { startedAt: at(10), finishedAt: at(11) };
const result = (value: unknown, change: Partial<StepResult<unknown>> = {}): StepResult<unknown> => {
  return { value, summary: 'done', attempt: 1, ...times, ...change };
};
const entry = (step: StepId, change: Partial<LedgerEntry> = {}): LedgerEntry => {
  return { step, outcome: 'completed', summary: 'done', attempts: 1, ...times, ...change };
};
/** The entry of a step that was scheduled first in its history and did not succeed. */
const ended = (step: StepId, outcome: LedgerEntry['outcome'], type = '', message = ''): LedgerEntry => {
  const error = { summary: `${type}: ${message}`, error: { type, message } };
  const change = type ? error : { summary: 'cancelled' };
  return entry(step, { outcome, startedAt: at(1), finishedAt: at(2), ...change });
};

const request = { service: 'orchestrator', environment: 'production' };
const plan = { hash: 'abc', diff: '', basis: 'asked' };
const counts = { samples: 3, needed: 3, inARow: 3, values: { provider: 'openrouter' }, evidence: [] };
const check: CheckResult = { check: 'health', verdict: 'passed', summary: '3 of 3', ...counts };
const own = (ledger: readonly LedgerEntry[] = [], change: Partial<RunReport> = {}): RunReport => {
  const ids = { workflow: 'rollback', workflowId: 'own-w', runId: 'own-r', startedAt: at(0) } as const;
  return { ...ids, outcome: 'rolled-back', summary: 'well', ledger, ...change };
};

describe('the audit of a run', () => {
  it('that reached its aim rebuilds every step with what it proved', () => {
    const history = recorder();
    const ledger: LedgerEntry[] = [];
    const ran = (step: StepId, value: unknown, kept: Partial<LedgerEntry> = {}) => {
      const id = history.schedule(step);
      history.start(id, 1, `worker-${step === 'plan' ? 2 : 1}`);
      history.complete(id, result(value, kept.verdict ? { verdict: kept.verdict } : {}));
      ledger.push(entry(step, kept));
    };
    const live = { fingerprint: 'f', version: '2', image: 'i:2', generation: 7, uid: 'u' };
    const snapshot = { ...live, keptIn: 'replicaset/x' };
    const pods = { replicas: 2, podTemplateHash: 'h', instances: [] };
    const rollout = { generation: 8, revision: 8, uid: 'u', fingerprint: 'f', completeAt: at(1), ...pods };
    const record = { markdown: '/i/w.md', json: '/i/w.json', sha256: 'ff' };
    ran('resolve-request', request);
    ran('plan', plan);
    ran('take-snapshot', snapshot, { snapshot });
    ran('roll-back', { changed: true }, { changed: true });
    ran('wait-for-rollout', rollout, { rollout });
    ran('verify-health', check, { verdict: 'passed', check });
    ran('record-incident', record, { record });
    history.end(own(ledger));
    const ids = { workflow: 'rollback', workflowId: 'w', runId: 'r', startedAt: at(0), finishedAt: at(22) };
    expect(history.audit()).toEqual({
      report: { ...ids, outcome: 'rolled-back', summary: 'well', request, plan, ledger },
      agrees: true,
      workers: ['worker-1', 'worker-2'],
      events: 23,
    });
  });

  it('is refused with a reason when its payloads are encrypted', () => {
    const history = recorder();
    const id = history.schedule('plan');
    const secret = { metadata: { encoding: base64('binary/encrypted') }, data: 'AAAA' };
    history.add('ActivityTaskCompleted', { scheduledEventId: id, result: { payloads: [secret] } });
    expect(() => history.audit()).toThrow('its payloads cannot be read');
  });

  it('that failed has the error of the catalogue', () => {
    const history = recorder();
    history.fail(history.schedule('check-access'), failure('may not patch', 'AccessDenied'));
    const error = { type: 'AccessDenied', message: 'may not patch' };
    const failed = { outcome: 'failed', summary: 'AccessDenied: may not patch', error } as const;
    const ledger = [ended('check-access', 'failed', 'AccessDenied', 'may not patch')];
    history.add('WorkflowExecutionFailed', failure('may not patch', 'AccessDenied', own(ledger, failed)));
    const { report, agrees } = history.audit();
    expect(report).toMatchObject({ ...failed, finishedAt: at(3), ledger });
    expect(agrees).toBe(true);
  });

  it.each<[string, object, string]>([
    ['an error that is none of the catalogue', failure('x is undefined', 'TypeError'), 'x is undefined'],
    ['an error that has the name of a method', failure('x', 'toString'), 'x'],
    ['an error without a type', { failure: { message: 'worker lost' } }, 'worker lost'],
    ['no reason at all', {}, 'timed out'],
  ])('counts a step that failed with %s as one that spent its budget', (_title, failed, message) => {
    const history = recorder();
    history.fail(history.schedule('plan'), failed);
    expect(history.audit().report.ledger).toEqual([ended('plan', 'failed', 'StepTimedOut', message)]);
  });

  it('has a step that timed out, since when its last attempt ran', () => {
    const history = recorder();
    const scheduledEventId = history.schedule('wait-for-rollout');
    history.start(scheduledEventId, 3);
    const message = 'activity StartToClose timeout';
    history.add('ActivityTaskTimedOut', { scheduledEventId, failure: { message } });
    const timedOut = ended('wait-for-rollout', 'failed', 'StepTimedOut', message);
    const attempt = { attempts: 3, startedAt: at(2), finishedAt: at(3) };
    expect(history.audit().report.ledger).toEqual([{ ...timedOut, ...attempt }]);
  });

  it('has the attempt that succeeded', () => {
    const history = recorder();
    const id = history.schedule('plan');
    history.start(id, 5);
    history.complete(id, result(plan, { attempt: 5 }));
    expect(history.audit().report.ledger).toEqual([entry('plan', { attempts: 5 })]);
  });

  it('names the receiver of each message, in the order in which they ended', () => {
    const history = recorder();
    const slack = history.schedule('notify', 'slack', { about: 'decision-1' });
    const pager = history.schedule('notify', 'pager');
    history.complete(pager, result({}));
    history.fail(slack, failure('HTTP 404', 'NotificationFailed'));
    expect(history.audit().report.ledger).toMatchObject([
      { step: 'notify', outcome: 'completed', receiver: 'pager' },
      {
        step: 'notify',
        outcome: 'failed',
        receiver: 'slack',
        about: 'decision-1',
        error: { type: 'NotificationFailed' },
      },
    ]);
  });

  const byOperator = { outcome: 'failed', summary: expect.stringContaining('terminated by an operator') };
  it.each<[string, string, object, object]>([
    ['was cancelled', 'Canceled', {}, { outcome: 'cancelled', summary: 'cancelled on request' }],
    ['was terminated', 'Terminated', {}, { ...byOperator, error: { type: 'RunTerminated' } }],
    ['timed out', 'TimedOut', {}, { outcome: 'failed', summary: expect.stringContaining('timed out') }],
    [
      'failed without a report of its own',
      'Failed',
      { failure: { message: 'lost', applicationFailureInfo: { type: 'Lost' } } },
      { outcome: 'failed', summary: 'lost', error: { type: 'Lost', message: 'lost' } },
    ],
  ])('that %s has the steps up to there, and no result to compare with', (_title, end, details, expected) => {
    const history = recorder();
    history.add('ActivityTaskCanceled', { scheduledEventId: history.schedule('roll-back') });
    const ledger = [ended('roll-back', 'cancelled')];
    const going = history.audit();
    expect(going.report).toMatchObject({ outcome: 'running', summary: '', ledger });
    expect(going.report).not.toHaveProperty('finishedAt');
    history.add(`WorkflowExecution${end}`, details);
    const { report, agrees } = history.audit();
    expect(report).toMatchObject({ ...expected, finishedAt: at(3), ledger });
    expect(agrees).toBeUndefined();
  });

  it('leaves out what is no step of the runbook', () => {
    const history = recorder();
    history.complete(history.schedule('toString'), result({}));
    history.complete('999', result({}));
    expect(history.audit().report.ledger).toEqual([]);
  });
});

describe('the ledger of the run itself', () => {
  const first = entry('plan');
  const proved = entry('verify-health', { verdict: 'passed', check });
  it.each<[string, boolean, LedgerEntry[]]>([
    ['is the same', true, [first, proved]],
    ['has other times and words', true, [{ ...first, startedAt: at(99), summary: 'x' }, proved]],
    ['lacks a step', false, [proved]],
    ['has a step too many', false, [first, proved, entry('notify', { receiver: 'slack' })]],
    ['has another order', false, [proved, first]],
    ['has another end of a step', false, [{ ...first, outcome: 'failed' }, proved]],
    ['has another verdict', false, [first, { ...proved, verdict: 'failed' }]],
    ['has other evidence', false, [first, { ...proved, check: { ...check, values: {} } }]],
  ])('when it %s: agrees is %s', (_title, agrees, ledger) => {
    const history = recorder();
    history.complete(history.schedule('plan'), result({ hash: 'abc' }));
    history.complete(history.schedule('verify-health'), result(check, { verdict: 'passed' }));
    history.end(own(ledger));
    expect(history.audit()).toMatchObject({ agrees, report: { ledger: [first, proved] } });
  });

  it('is never copied', () => {
    const history = recorder();
    history.end({ ...own([first]), request, plan });
    const { report, agrees } = history.audit();
    expect(report.ledger).toEqual([]);
    expect(report).not.toHaveProperty('request');
    expect(report).not.toHaveProperty('plan');
    expect(agrees).toBe(false);
  });
});

describe('what people said to a run', () => {
  const decided = { answer: 'retry', decidedBy: 'ada', reason: 'the registry is back' };
  const decision = {
    kind: 'decision',
    by: 'ada',
    summary: 'retry',
    reason: 'the registry is back',
    answer: 'retry',
  } as const;

  it('is rebuilt from the updates that were taken, with who really sent them', () => {
    const history = recorder();
    history.update('decide', decided);
    history.update('add-note', { note: 'phoned ops', by: 'grace' }, 'temporal-ui');
    expect(history.audit().report.events).toEqual([
      { ...decision, at: at(1), sentBy: 'cli@host' },
      { kind: 'note', by: 'grace', summary: 'phoned ops', at: at(2), sentBy: 'temporal-ui' },
    ]);
  });

  it('is rebuilt from the signals of other runs, and from a cancellation', () => {
    const history = recorder();
    const input = encoded({ by: 'alertmanager', reason: 'fires', symptoms: ['500'] });
    history.add('WorkflowExecutionSignaled', { signalName: 'add-evidence', input, identity: 'server' });
    history.add('WorkflowExecutionSignaled', { signalName: 'add-evidence', input: encoded('?') });
    history.add('WorkflowExecutionSignaled', { signalName: 'other', input });
    history.add('WorkflowExecutionCancelRequested', { identity: 'cli@host' });
    expect(history.audit().report.events).toMatchObject([
      { kind: 'evidence', by: 'alertmanager', summary: '500', sentBy: 'server' },
      { kind: 'cancellation', sentBy: 'cli@host' },
    ]);
  });

  it.each<[string, boolean, RunReport['events']]>([
    ['says the same', true, [{ ...decision, at: at(9) }]],
    [
      'knows what it noticed by itself too',
      true,
      [
        { kind: 'decision-due', at: at(8), summary: 'decision-1: x' },
        { ...decision, at: at(9) },
        { kind: 'over-budget', at: at(9), summary: 'slow' },
      ],
    ],
    ['lacks it', false, []],
    ['is of a version that kept none', false, undefined],
    ['has another name', false, [{ ...decision, by: 'grace', at: at(9) }]],
    ['has another answer', false, [{ ...decision, answer: 'abort', at: at(9) }]],
    ['has another reason', false, [{ ...decision, reason: 'x', at: at(9) }]],
    [
      'has one more',
      false,
      [
        { ...decision, at: at(9) },
        { ...decision, at: at(9) },
      ],
    ],
  ])('when the result of the run %s: agrees is %s', (_title, agrees, events) => {
    const history = recorder();
    history.update('decide', decided);
    history.end(own([], events ? { events } : {}));
    expect(history.audit().agrees).toBe(agrees);
  });

  it('that this version does not know is left out', () => {
    const history = recorder();
    history.update('toString', decided);
    history.update('decide', { answer: 'pray' });
    expect(history.audit().report).not.toHaveProperty('events');
  });
});

describe('what a run noticed by itself', () => {
  it.each<[string, boolean, object]>([
    ['decision-1: half of its time', false, { kind: 'decision-due', summary: 'decision-1 is open' }],
    ['approval-2: half of its time', false, { kind: 'approval-due' }],
    ['budget of decide', true, { kind: 'over-budget', summary: 'takes longer than its budget: decide' }],
    ['budget of the run: target', true, { kind: 'over-budget' }],
    ['pause-1: deadline', true, { kind: 'resume', summary: 'goes on: the longest pause is over' }],
    ['decision-1: deadline', true, { kind: 'decision' }],
  ])('stands in history as the timer "%s"', (name, fires, expected) => {
    const history = recorder();
    history.timer(name, fires);
    const { events } = history.audit().report;
    expect(events).toHaveLength(1);
    expect(events?.[0]).toMatchObject(expected);
    expect(events?.[0]).not.toHaveProperty('by');
  });

  it.each([['budget of decide'], ['decision-1: deadline'], ['pause-1: half of its time'], ['']])(
    'is nothing when the timer "%s" is stopped',
    (name) => {
      const history = recorder();
      history.timer(name, false);
      expect(history.audit().report).not.toHaveProperty('events');
    },
  );

  it('names the step that a decision is about', () => {
    const history = recorder();
    history.fail(history.schedule('wait-for-rollout'), failure('x', 'RolloutFailed'));
    history.timer('decision-1: half of its time', false);
    expect(history.audit().report.events?.[0]).toMatchObject({ step: 'wait-for-rollout' });
  });

  it.each([
    ['sev1', true],
    ['sev3', false],
  ])('of a request of %s that breaks the glass: marked is %s', (severity, marked) => {
    const approval = { required: true, breakGlass: ['sev1'], quorum: 1, approvers: [], expiresMs: 1 };
    const broken = {
      ...request,
      requestedBy: 'ada',
      severity,
      breakGlass: 'all is down',
      policy: { approval },
    };
    const history = recorder();
    history.complete(history.schedule('resolve-request'), result(broken));
    history.complete(history.schedule('plan'), result(plan));
    history.schedule('roll-back');
    history.schedule('roll-back');
    history.end(own([entry('resolve-request'), entry('plan')], { events: [] }));
    const { report, agrees } = history.audit();
    const events = [{ kind: 'break-glass', by: 'ada', reason: 'all is down' }];
    expect(report.events ?? []).toMatchObject(marked ? events : []);
    expect(agrees).toBe(true);
  });
});

it('a follow-through has its request from whoever started it', () => {
  const input = encoded({ request, rollback: { workflowId: 'rollback/x', runId: 'r' } });
  const history = recorder('followThrough', { input });
  history.complete(history.schedule('watch-service'), result({ end: 'well', probes: 3 }));
  history.add('StartChildWorkflowExecutionInitiated', {
    workflowId: 'rollback/x/after/r',
    workflowType: { name: 'rollback' },
  });
  const { report } = history.audit();
  expect(report).toMatchObject({ workflow: 'followThrough', request });
  expect(report.events).toMatchObject([{ kind: 'follow-through', summary: 'started rollback/x/after/r' }]);
});

it.each([
  ['whoever asks', { workflowId: 'w', originalExecutionRunId: 'r' }, { workflowId: 'a', runId: 'b' }, 'a b'],
  ['the history', { workflowId: 'w', originalExecutionRunId: 'r' }, {}, 'w r'],
  ['the result', {}, {}, 'own-w own-r'],
])('the ids of a run come from %s', (_title, recorded, given, expected) => {
  const history = recorder('verify', recorded);
  history.end(own());
  const { workflow, workflowId, runId } = history.audit(given).report;
  expect(`${workflow} ${workflowId} ${runId}`).toBe(`verify ${expected}`);
});

describe('a file is refused', () => {
  it.each(['deploy', 'Rollback', ''])('when it is the history of the workflow %j', (workflow) => {
    const problem = `this is the history of "${workflow}", not of rollback, verify, rollbackGroup, followThrough`;
    expect(() => recorder(workflow).audit()).toThrow(problem);
  });

  it.each<[HistoryEvent[]]>([[[]], [[{ eventId: '1' }]], [[{ eventType: 'EVENT_TYPE_TIMER_STARTED' }]]])(
    'when it does not begin with the start of a workflow: %j',
    (events) => {
      expect(() => auditHistory({ events })).toThrow('it does not begin with WorkflowExecutionStarted');
    },
  );
});
