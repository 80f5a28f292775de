import { describe, expect, it } from 'vitest';
import type { CheckResult } from '../../src/domain/checks.ts';
import type { LedgerEntry, RunReport, StepResult } from '../../src/domain/ledger.ts';
import type { StepId } from '../../src/domain/steps.ts';
import { auditHistory } from '../../src/report/from-history.ts';
import type { EncodedPayloads, HistoryEvent } from '../../src/report/history-file.ts';

const at = (second: number) => new Date(Date.UTC(2026, 0, 1) + second * 1000).toISOString();
const base64 = (text: string) => Buffer.from(text).toString('base64');
const metadata = { encoding: base64('json/plain') };
const encoded = (value: unknown): EncodedPayloads => ({
  payloads: [{ metadata, data: base64(JSON.stringify(value)) }],
});
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
    schedule: (step: string, input?: string) =>
      add('ActivityTaskScheduled', { activityType: { name: step }, input: encoded(input ?? {}) }),
    start: (scheduledEventId: string, attempt = 1, identity = 'worker-1') =>
      add('ActivityTaskStarted', { scheduledEventId, attempt, identity }),
    complete: (scheduledEventId: string, value: StepResult<unknown>) =>
      add('ActivityTaskCompleted', { scheduledEventId, result: encoded(value) }),
    fail: (scheduledEventId: string, failed: object) =>
      add('ActivityTaskFailed', { scheduledEventId, ...failed }),
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
    const slack = history.schedule('notify', 'slack');
    const pager = history.schedule('notify', 'pager');
    history.complete(pager, result({}));
    history.fail(slack, failure('HTTP 404', 'NotificationFailed'));
    expect(history.audit().report.ledger).toMatchObject([
      { step: 'notify', outcome: 'completed', receiver: 'pager' },
      { step: 'notify', outcome: 'failed', receiver: 'slack', error: { type: 'NotificationFailed' } },
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
    const problem = `this is the history of "${workflow}", not of rollback or verify`;
    expect(() => recorder(workflow).audit()).toThrow(problem);
  });

  it.each<[HistoryEvent[]]>([[[]], [[{ eventId: '1' }]], [[{ eventType: 'EVENT_TYPE_TIMER_STARTED' }]]])(
    'when it does not begin with the start of a workflow: %j',
    (events) => {
      expect(() => auditHistory({ events })).toThrow('it does not begin with WorkflowExecutionStarted');
    },
  );
});
