/** A payload as histories are exported: base64 in both metadata and data. */
export interface EncodedPayload {
  readonly metadata?: { readonly encoding?: string };
  readonly data?: string;
}

export interface EncodedPayloads {
  readonly payloads?: readonly EncodedPayload[];
}

interface Failure {
  readonly message?: string;
  readonly applicationFailureInfo?: { readonly type?: string; readonly details?: EncodedPayloads };
}

/** The fields of a history event that the audit reads (temporal.api.history.v1.HistoryEvent as JSON). */
export interface HistoryEvent {
  readonly eventId?: string | number;
  readonly eventTime?: string | { readonly seconds: string | number; readonly nanos?: number };
  readonly eventType?: string;
  /** What the workflow has said of the event, for people. */
  readonly userMetadata?: { readonly summary?: EncodedPayload };
  readonly workflowExecutionStartedEventAttributes?: {
    readonly workflowType?: { readonly name?: string };
    readonly workflowId?: string;
    readonly originalExecutionRunId?: string;
    readonly input?: EncodedPayloads;
  };
  readonly activityTaskScheduledEventAttributes?: {
    readonly activityId?: string;
    readonly activityType?: { readonly name?: string };
    readonly input?: EncodedPayloads;
  };
  readonly activityTaskStartedEventAttributes?: {
    readonly scheduledEventId?: string | number;
    readonly attempt?: number;
    readonly identity?: string;
  };
  readonly activityTaskCompletedEventAttributes?: {
    readonly scheduledEventId?: string | number;
    readonly result?: EncodedPayloads;
  };
  readonly activityTaskFailedEventAttributes?: {
    readonly scheduledEventId?: string | number;
    readonly failure?: Failure;
  };
  readonly activityTaskTimedOutEventAttributes?: {
    readonly scheduledEventId?: string | number;
    readonly failure?: Failure;
  };
  readonly activityTaskCanceledEventAttributes?: { readonly scheduledEventId?: string | number };
  readonly workflowExecutionUpdateAcceptedEventAttributes?: {
    readonly acceptedRequest?: {
      readonly meta?: { readonly updateId?: string; readonly identity?: string };
      readonly input?: { readonly name?: string; readonly args?: EncodedPayloads };
    };
  };
  readonly workflowExecutionSignaledEventAttributes?: {
    readonly signalName?: string;
    readonly input?: EncodedPayloads;
    readonly identity?: string;
  };
  readonly workflowExecutionCancelRequestedEventAttributes?: { readonly identity?: string };
  readonly timerFiredEventAttributes?: { readonly startedEventId?: string | number };
  readonly startChildWorkflowExecutionInitiatedEventAttributes?: {
    readonly workflowId?: string;
    readonly workflowType?: { readonly name?: string };
    readonly input?: EncodedPayloads;
  };
  readonly childWorkflowExecutionStartedEventAttributes?: {
    readonly initiatedEventId?: string | number;
    readonly workflowExecution?: { readonly workflowId?: string; readonly runId?: string };
  };
  readonly childWorkflowExecutionCompletedEventAttributes?: {
    readonly initiatedEventId?: string | number;
    readonly result?: EncodedPayloads;
  };
  readonly childWorkflowExecutionFailedEventAttributes?: {
    readonly initiatedEventId?: string | number;
    readonly failure?: Failure;
  };
  readonly childWorkflowExecutionCanceledEventAttributes?: { readonly initiatedEventId?: string | number };
  readonly childWorkflowExecutionTerminatedEventAttributes?: { readonly initiatedEventId?: string | number };
  readonly workflowExecutionCompletedEventAttributes?: { readonly result?: EncodedPayloads };
  readonly workflowExecutionFailedEventAttributes?: { readonly failure?: Failure };
}

export interface HistoryFile {
  readonly events: readonly HistoryEvent[];
}

/**
 * Reads an exported history: `temporal workflow show --output json`, the Temporal UI's download, or `runbook audit --save`.
 * @throws Error when the text is not such a file.
 */
export function parseHistory(text: string): HistoryFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new Error('the file is not JSON');
  }
  const events = Array.isArray(value) ? value : (value as { events?: unknown } | null)?.events;
  if (!Array.isArray(events) || events.length === 0) throw new Error('the file holds no history events');
  for (const [index, event] of events.entries()) {
    if (typeof event?.eventType !== 'string' || instantOf(event) === '') {
      throw new Error(`event ${index + 1} of the file has no type or no time: export the history as JSON`);
    }
  }
  return { events: events as HistoryEvent[] };
}

/** `EVENT_TYPE_ACTIVITY_TASK_SCHEDULED` and `ActivityTaskScheduled` are the same kind. */
export function kindOf({ eventType }: HistoryEvent): string {
  const name = String(eventType ?? '');
  if (name.startsWith('EVENT_TYPE_')) return name.slice('EVENT_TYPE_'.length);
  return name.replaceAll(/([a-z])([A-Z])/g, '$1_$2').toUpperCase();
}

/** When the event was written; empty when it does not say. */
export function instantOf({ eventTime }: HistoryEvent): string {
  const ms =
    typeof eventTime === 'object' && eventTime !== null
      ? Number(eventTime.seconds) * 1000 + (eventTime.nanos ?? 0) / 1e6
      : Date.parse(eventTime ?? '');
  return Number.isFinite(ms) ? new Date(ms).toISOString() : '';
}

/** Values of JSON payloads; anything else (encrypted, binary) stays unread. */
export function decodePayloads(encoded: EncodedPayloads | undefined): unknown[] {
  return (encoded?.payloads ?? []).map(({ metadata, data }) => {
    const encoding = Buffer.from(metadata?.encoding ?? '', 'base64').toString();
    if (encoding !== 'json/plain' || !data) return undefined;
    return JSON.parse(Buffer.from(data, 'base64').toString());
  });
}

/** @throws Error when a value could not be decoded. */
export function readable(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new Error(
    'its payloads cannot be read: they are encrypted or compressed; export the history decoded',
  );
}
