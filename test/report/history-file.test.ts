import { historyFromJSON, historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { describe, expect, it } from 'vitest';
import {
  decodePayloads,
  type EncodedPayload,
  type HistoryEvent,
  instantOf,
  kindOf,
  parseHistory,
} from '../../src/report/history-file.ts';

const base64 = (text: string) => Buffer.from(text).toString('base64');
const payload = (value: unknown, encoding = 'json/plain'): EncodedPayload => ({
  metadata: { encoding: base64(encoding) },
  data: base64(JSON.stringify(value)),
});

const event = { eventId: '1', eventType: 'WorkflowExecutionStarted', eventTime: '2026-01-01T00:00:00Z' };

describe('a history file', () => {
  it.each<[string, unknown]>([
    ['as the command line and the UI write it', { events: [event, event] }],
    ['as a bare list of events', [event, event]],
    ['with more around the events', { workflowId: 'x', events: [event, event] }],
  ])('is read %s', (_title, written) => {
    expect(parseHistory(JSON.stringify(written))).toEqual({ events: [event, event] });
  });

  it.each<[string, unknown]>([
    ['that is none', null],
    ['without a type', { ...event, eventType: undefined }],
    ['with a number as its type', { ...event, eventType: 1 }],
    ['without a time', { ...event, eventTime: undefined }],
    ['with a time that is none', { ...event, eventTime: 'yesterday' }],
  ])('is refused for an event %s', (_title, odd) => {
    expect(() => parseHistory(JSON.stringify([event, odd]))).toThrow(
      'event 2 of the file has no type or no time',
    );
  });

  it('is read as the SDK exports it', () => {
    const history = historyFromJSON({
      events: [
        {
          eventId: '1',
          eventTime: '2026-01-01T00:00:00.250Z',
          eventType: 'WorkflowExecutionStarted',
          workflowExecutionStartedEventAttributes: {
            workflowType: { name: 'rollback' },
            workflowId: 'rollback/orchestrator',
            input: { payloads: [payload({ reason: 'ü' })] },
          },
        },
      ],
    });
    const [event] = parseHistory(historyToJSON(history)).events;
    if (!event) expect.fail('no event');
    expect(kindOf(event)).toBe('WORKFLOW_EXECUTION_STARTED');
    expect(instantOf(event)).toBe('2026-01-01T00:00:00.250Z');
    const started = event.workflowExecutionStartedEventAttributes;
    expect(started).toMatchObject({
      workflowType: { name: 'rollback' },
      workflowId: 'rollback/orchestrator',
    });
    expect(decodePayloads(started?.input)).toEqual([{ reason: 'ü' }]);
  });

  it.each([
    ['', 'the file is not JSON'],
    ['events:\n  - eventId: 1\n', 'the file is not JSON'],
    ['{"events":[{"eventId":"1"}', 'the file is not JSON'],
    ['null', 'the file holds no history events'],
    ['5', 'the file holds no history events'],
    ['"events"', 'the file holds no history events'],
    ['{}', 'the file holds no history events'],
    ['[]', 'the file holds no history events'],
    ['{"events":[]}', 'the file holds no history events'],
    ['{"events":{"0":{}}}', 'the file holds no history events'],
    ['{"workflow":"rollback","ledger":[{}]}', 'the file holds no history events'],
  ])('%j is refused: %s', (text, problem) => {
    expect(() => parseHistory(text)).toThrow(new Error(problem));
  });
});

describe('the kind of an event', () => {
  it.each([
    ['EVENT_TYPE_WORKFLOW_EXECUTION_STARTED', 'WorkflowExecutionStarted', 'WORKFLOW_EXECUTION_STARTED'],
    ['EVENT_TYPE_ACTIVITY_TASK_SCHEDULED', 'ActivityTaskScheduled', 'ACTIVITY_TASK_SCHEDULED'],
    ['EVENT_TYPE_ACTIVITY_TASK_TIMED_OUT', 'ActivityTaskTimedOut', 'ACTIVITY_TASK_TIMED_OUT'],
    ['EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED', 'WorkflowExecutionCanceled', 'WORKFLOW_EXECUTION_CANCELED'],
  ])('is the same for %s and %s', (proto, pascal, expected) => {
    expect(kindOf({ eventType: proto })).toBe(expected);
    expect(kindOf({ eventType: pascal })).toBe(expected);
  });

  it('is nothing for an event without one', () => {
    expect(kindOf({})).toBe('');
  });
});

describe('the instant of an event', () => {
  it.each<[HistoryEvent['eventTime'], string]>([
    ['2026-01-01T00:00:00Z', '2026-01-01T00:00:00.000Z'],
    ['2026-01-01T00:00:00.123456789Z', '2026-01-01T00:00:00.123Z'],
    ['2026-01-01T02:00:00+02:00', '2026-01-01T00:00:00.000Z'],
    [{ seconds: '1767225600', nanos: 123_456_789 }, '2026-01-01T00:00:00.123Z'],
    [{ seconds: 1_767_225_600 }, '2026-01-01T00:00:00.000Z'],
  ])('%j is %s', (eventTime, expected) => {
    expect(instantOf({ ...(eventTime ? { eventTime } : {}) })).toBe(expected);
  });

  it('is empty for an event without one', () => {
    expect(instantOf({})).toBe('');
  });
});

describe('the payloads of an event', () => {
  it.each([[{ a: [1, 'ü', null] }], ['text'], [0], [false], [null]])('give the JSON value %j', (value) => {
    expect(decodePayloads({ payloads: [payload(value)] })).toEqual([value]);
  });

  it.each(['binary/encrypted', 'binary/plain', 'json/protobuf', 'json/external', ''])(
    'of encoding %j stay unread, and keep their place',
    (encoding) => {
      const payloads = [payload('first'), payload('hidden', encoding), payload('last')];
      expect(decodePayloads({ payloads })).toEqual(['first', undefined, 'last']);
    },
  );

  it('without data or encoding stay unread', () => {
    const metadata = { encoding: base64('json/plain') };
    expect(decodePayloads({ payloads: [{ metadata: { encoding: base64('binary/null') } }] })).toEqual([
      undefined,
    ]);
    expect(decodePayloads({ payloads: [{ metadata }, { data: base64('1') }, {}] })).toEqual(
      Array(3).fill(undefined),
    );
  });

  it('may be missing', () => {
    expect(decodePayloads(undefined)).toEqual([]);
    expect(decodePayloads({})).toEqual([]);
  });
});
